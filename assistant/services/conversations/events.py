"""Durable events of a conversation: numbered, recorded, rendered for widgets and read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Max, QuerySet

from assistant import events, live
from assistant.errors import NotFound
from assistant.models import Card, Conversation, Event, Message, Turn
from assistant.services.conversations import notices
from assistant.services.conversations.staff_texts import public_name
from assistant.services.pipeline import Rows, Statement
from assistant.services.raw_sql import insertion, new, statement, together

RESUME_LIMIT = 400  # durable events given at once; older ones are only in the admin
RESUME_BYTES = 262_144  # of their JSON, likewise; the newest is always given


def record_event(
    conversation: Conversation,
    type: str,
    *,
    message: Message | None = None,
    turn: Turn | None = None,
    card: Card | None = None,
    data: dict[str, Any] | None = None,
    seq: int | None = None,
) -> Event:
    """Save a durable event under the next `seq`, or under one that was given out for it, and publish it once the
    transaction has committed."""
    event = new(
        Event,
        conversation=conversation,
        seq=next_seq(conversation) if seq is None else seq,
        type=type,
        message=message,
        turn=turn,
        card=card,
        data=data or {},
    )
    together(saving_events(event))
    return event


def saving_events(*events: Event) -> Statement:
    """Saves durable events; they are published in this order after the transaction has committed."""
    for event in events:
        transaction.on_commit(partial(_publish, event))
    return insertion(*events)


def _publish(event: Event) -> None:
    live.announce(event.conversation_id, render_event(event))
    changed = {"type": "changed", "conversation": str(event.conversation_id), "event": event.type}
    live.announce_to_staff(event.conversation.organization_id, changed)


_ADVANCE = """
    UPDATE assistant_conversation
    SET last_seq = last_seq + %s, last_message_at = COALESCE(%s, last_message_at),
        title = CASE WHEN title = '' THEN %s ELSE title END
    WHERE id = %s
    RETURNING last_seq, state, staff_id, title
"""


def next_seq(conversation: Conversation, count: int = 1, *, said_at: datetime | None = None, title: str = "") -> int:
    """The next number of this conversation; with `count` the last of as many. One that has no title yet gets `title`.

    The row stays locked until the transaction ends, so numbers are committed in the order in which they were given out, and
    what the row says of the conversation's state is read with it.
    """
    return next_seq_then(conversation, (), count, said_at=said_at, title=title)[0]


def next_seq_then(
    conversation: Conversation,
    then: Sequence[Statement],
    count: int = 1,
    *,
    said_at: datetime | None = None,
    title: str = "",
) -> tuple[int, list[Rows]]:
    """`next_seq`, and the rows of statements that are run with it, once the conversation is locked."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("A seq is given out inside the transaction that uses it.")
    found, *others = together(statement(_ADVANCE, count, said_at, title, conversation.pk), *then)
    if not found:
        raise NotFound("No such conversation.")
    conversation.last_seq, conversation.state, conversation.staff_id, conversation.title = found[0]
    return conversation.last_seq, others


def render_event(event: Event) -> events.WidgetEvent:
    """A row as a widget may see it; cards as they are now."""
    cls = events.EVENTS[event.type]
    fields = {name: _FROM_ROW[source](event) for name, source in cls.from_row.items()}
    return cls(seq=event.seq, **fields, **event.data)  # type: ignore[call-arg]


def render_message(message: Message) -> dict[str, Any]:
    shown = {
        "id": str(message.pk),
        "client_id": message.client_id,
        "role": message.role,
        "text": message.text,
        "at": format_instant(message.at),
        "state": message.state,
        "turn": str(message.turn_id) if message.turn_id else None,
        "rating": message.rating,
        "sources": message.sources or None,
        "spoken": message.spoken or None,
        "files": message.files or None,
    }
    return {key: value for key, value in shown.items() if value is not None}


def render_card(card: Card) -> dict[str, Any]:
    shown = {
        "id": str(card.pk),
        "kind": card.kind,
        "state": card.state,
        "at": format_instant(card.created_at),
        **card.content,
    }
    if card.expires_at:
        shown["expires_at"] = format_instant(card.expires_at)
    if card.choice:
        shown["choice"] = card.choice
    return shown


# What `WidgetEvent.from_row` may name.
_FROM_ROW: dict[str, Callable[[Any], Any]] = {
    "message": lambda event: render_message(event.message),
    "card": lambda event: render_card(event.card),
    "message_id": lambda event: str(event.message_id),
    "turn_id": lambda event: str(event.turn_id),
}


def format_instant(at: datetime) -> str:
    """A UTC instant in the protocol's format."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_notified(conversation: Conversation) -> bool:
    """Whether the team was notified of a conversation that waits for a person, as the visitor was last shown."""
    return bool(_shown_state(conversation).get("notified"))


def _shown_state(conversation: Conversation) -> dict[str, Any]:
    """What the last `conversation.updated` said."""
    updates = conversation.events.filter(type="conversation.updated").order_by("-seq")
    return updates.values_list("data", flat=True).first() or {}


def resume_session(
    conversation: Conversation, after: int, *, limit: int = RESUME_LIMIT, max_bytes: int = RESUME_BYTES
) -> events.SessionReady:
    """The newest `limit` durable events after `after`, of at most `max_bytes` of JSON, and the unfinished reply."""
    conversation.refresh_from_db(fields=["state", "last_seq", "staff", "consented_at", "rating", "person_at"])
    rows = list(_newest(conversation.events.filter(seq__gt=after), limit))
    shown, more = _within(rows, limit, max_bytes)
    about: dict[str, Any] = {"id": str(conversation.pk), "state": conversation.state}
    if conversation.state == Conversation.State.WAITING:
        shown_state = _shown_state(conversation)
        about["notified"] = bool(shown_state.get("notified"))
        if opens_at := shown_state.get("opens_at"):
            about["opens_at"] = opens_at
    # Nobody of the team has read what no person was asked for: most sessions are spared the look.
    if conversation.person_at and (read := conversation.reads.aggregate(seq=Max("seq"))["seq"]):
        about["read"] = read
    if conversation.rating:
        about["rating"] = conversation.rating
    if conversation.visitor.email:
        about["email"] = conversation.visitor.email
    if conversation.staff:
        about["staff"] = public_name(conversation.staff)
    if notices.is_due(conversation) and (notice := notices.record(conversation, notices.Kind.CONSENT)):
        about["consent"] = notice.text.text
    # The newest seq that this answer accounts for: what is committed meanwhile is announced, or seen as a gap.
    seq = rows[0].seq if rows else max(after, 0)
    return events.SessionReady(about, shown, seq, more, _unfinished_reply(conversation))


def earlier_events(
    conversation: Conversation, before: int, *, limit: int = RESUME_LIMIT, max_bytes: int = RESUME_BYTES
) -> tuple[list[dict[str, Any]], bool]:
    """The newest durable events before `before`, as many as `resume_session` gives, and whether there are older ones."""
    return _within(list(_newest(conversation.events.filter(seq__lt=before), limit)), limit, max_bytes)


def _newest(rows: QuerySet[Event], limit: int) -> QuerySet[Event]:
    return rows.select_related("message", "card", "turn").order_by("-seq")[: limit + 1]


def _within(rows: list[Event], limit: int, max_bytes: int) -> tuple[list[dict[str, Any]], bool]:
    """As many of the `rows`, newest first, as both bounds allow, one at least; in order, and whether that leaves some."""
    shown: list[dict[str, Any]] = []
    size = 0
    for row in rows[:limit]:
        payload = render_event(row).payload()
        size += len(orjson.dumps(payload))
        if shown and size > max_bytes:
            break
        shown.append(payload)
    return shown[::-1], len(shown) < len(rows)


def _unfinished_reply(conversation: Conversation) -> dict[str, Any] | None:
    running = conversation.turns.open().order_by("created_at").first()
    if running is None:
        return None
    draft = live.draft(running.pk, running.fence)
    return {
        "id": str(running.pk),
        "fence": running.fence,
        "message": str(running.message_id),
        "text": draft.text,
        "offset": len(draft.text),
        "tools": list(draft.tools),
    }
