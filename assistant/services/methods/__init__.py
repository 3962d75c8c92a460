"""The ledger of tool calls, imported methods and replays."""
