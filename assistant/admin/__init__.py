"""The admin: a module or a folder per noun. `scoping` decides who may see and change what."""

from assistant.admin import audit, booking, conversations, deliveries, knowledge, notifications, privacy
from assistant.admin.inbox import setup
from assistant.admin.methods import ledger, method, replay
from assistant.admin.organizations import assistant, identity, organization, people, team
from assistant.admin.providers import provider, usage

__all__ = [
    "assistant", "audit", "booking", "conversations", "deliveries", "identity", "knowledge", "ledger", "method",
    "notifications", "organization", "people", "privacy", "provider", "replay", "setup", "team", "usage",
]  # fmt: skip
