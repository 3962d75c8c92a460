"""What staff see: one module per noun. `scoping` decides who may see and change what."""

from . import (
    appointment,
    assistant,
    conversation,
    delivery,
    knowledge,
    ledger,
    method,
    organization,
    people,
    provider,
    replay,
    usage,
)

__all__ = [
    "appointment", "assistant", "conversation", "delivery", "knowledge", "ledger", "method", "organization", "people",
    "provider", "replay", "usage",
]  # fmt: skip
