"""Sessions, messages, events and turns of a conversation."""
