"""Cards: what a visitor can act on or keep, drawn from rows. `card_answers` handles the answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from assistant.models import Card, Conversation, ToolCall
from assistant.services.conversations.events import record_event
from assistant.services.raw_sql import insert


def add(
    conversation: Conversation,
    kind: str,
    content: dict[str, Any],
    *,
    call: ToolCall | None = None,
    action: dict[str, Any] | None = None,
    expires_at: datetime | None = None,
) -> Card:
    """Show a card. `content` is what docs/protocol.md says of the kind; `action` never leaves the server."""
    with transaction.atomic(savepoint=False):
        state = Card.State.CLOSED if kind == Card.Kind.RECEIPT else Card.State.OPEN
        card = Card(
            conversation=conversation,
            call=call,
            kind=kind,
            state=state,
            content=content,
            action=action or {},
            expires_at=expires_at,
        )
        insert(card)
        record_event(conversation, "card.added", card=card)
        return card


def update(
    card: Card, *, state: str | None = None, choice: str | None = None, content: dict[str, Any] | None = None
) -> Card:
    """Change a card and show the change; what is None stays."""
    with transaction.atomic(savepoint=False):
        card.state = state if state is not None else card.state
        card.choice = choice[:80] if choice is not None else card.choice
        card.content = content if content is not None else card.content
        card.save(update_fields=["state", "choice", "content"])
        record_event(card.conversation, "card.updated", card=card)
        return card
