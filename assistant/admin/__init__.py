"""The admin: a module or a folder per noun. `scoping` decides who may see and change what."""

from assistant.admin import booking, conversations, deliveries, knowledge, notifications, privacy
from assistant.admin.inbox import setup
from assistant.admin.methods import ledger, method, replay
from assistant.admin.organizations import assistant, organization, people
from assistant.admin.providers import provider, usage

__all__ = [
    "assistant", "booking", "conversations", "deliveries", "knowledge", "ledger", "method", "notifications",
    "organization", "people", "privacy", "provider", "replay", "setup", "usage",
]  # fmt: skip
