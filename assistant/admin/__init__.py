"""What staff see: one module per noun. `scoping` decides who may see and change what."""

from . import appointment, assistant, conversation, delivery, ledger, method, organization, people

__all__ = ["appointment", "assistant", "conversation", "delivery", "ledger", "method", "organization", "people"]
