"""Messages of a conversation: posted once per client id, appended with their event, rated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from assistant import live
from assistant.errors import Conflict, NotFound
from assistant.models import Conversation, Event, Message, Turn
from assistant.services.conversations.events import next_seq, record_event, render_event
from assistant.services.conversations.leases import begin_turn
from assistant.services.conversations.state import set_state
from assistant.services.knowledge import questions


def append_message(conversation: Conversation, role: str, text: str, **fields: Any) -> Message:
    """Save a message and its event; the visitor's first one names the conversation. Inside the caller's transaction."""
    message = Message(conversation=conversation, role=role, text=text, **fields)
    changes: dict[str, Any] = {"last_message_at": timezone.now()}
    if role == Message.Role.VISITOR and not conversation.title:
        changes["title"] = " ".join(text.split())[:80]
    message.seq = next_seq(conversation, **changes)
    message.save(force_insert=True)
    event = Event.objects.create(conversation=conversation, seq=message.seq, type="message.added", message=message)
    transaction.on_commit(lambda: live.announce(conversation.pk, render_event(event)))
    return message


@dataclass(frozen=True)
class Posted:
    """A visitor's message once posted; `turn` is None while a person holds the conversation."""

    message: Message
    turn: Turn | None
    new: bool


def post_message(conversation: Conversation, client_id: str, text: str, page: dict[str, str] | None = None) -> Posted:
    """Save a visitor's message and the turn that is to answer it, once per `client_id`.

    Raises `Conflict` when the id was used for another text.
    """
    with transaction.atomic():
        # The conversation's lock first: of two copies that race, the second then finds the first.
        locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
        known = Message.objects.filter(conversation=locked, client_id=client_id).first()
        if known is not None:
            if known.text != text:
                raise Conflict("This id was used for another text.")
            return Posted(known, known.turns.order_by("created_at").first(), new=False)
        if locked.state == Conversation.State.CLOSED:
            set_state(locked, Conversation.State.ASSISTANT)
        message = append_message(locked, Message.Role.VISITOR, text, client_id=client_id, page=page or {})
        turn = None if locked.state == Conversation.State.STAFF else begin_turn(message)
        return Posted(message, turn, new=True)


def rate_message(conversation: Conversation, message_id: str, value: int) -> None:
    """Save a visitor's rating of a reply: 1, -1, or 0 for neither."""
    with transaction.atomic():
        message = conversation.messages.filter(pk=message_id, role__in=[Message.Role.ASSISTANT, Message.Role.STAFF]).first()
        if message is None:
            raise NotFound("No such message.")
        if message.rating == (value or None):
            return
        message.rating = value or None
        message.save(update_fields=["rating"])
        record_event(conversation, "message.rated", message=message, data={"value": value})
        if value < 0:
            questions.record_disliked(message)
