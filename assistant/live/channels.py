"""The names of channels: who subscribes to what."""

from __future__ import annotations

from uuid import UUID

RUNNERS = "runners"  # every process that runs turns
STAFF = "staff."
CONVERSATION = "conversation."
PREFIX = "interworky."  # of all channels in Redis


def group(conversation_id: UUID | str) -> str:
    """The channel that a conversation's open widgets subscribe to."""
    return f"{CONVERSATION}{conversation_id}"


def staff_group(organization_id: int) -> str:
    """The channel that the open inboxes of an organization's staff subscribe to."""
    return f"{STAFF}{organization_id}"
