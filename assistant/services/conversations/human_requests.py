"""A visitor's request for a person."""

from __future__ import annotations

from django.db import transaction

from assistant.models import Conversation, Message, ToolCall, Turn
from assistant.services.conversations.leases import begin_turn
from assistant.services.conversations.messages import append_message
from assistant.services.conversations.state import set_state


def request_human(conversation: Conversation, words: str) -> Turn | None:
    """Fetch a person, as the visitor's click on "Talk to a person" asks.

    Through the assistant's handoff method where it has one, which tells the team; returns the turn that runs it.
    """
    with transaction.atomic():
        locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if locked.state in (Conversation.State.WAITING, Conversation.State.STAFF):
            return None
        method = conversation.assistant.methods.filter(kind="handoff", enabled=True).first()
        if method is None:
            set_state(locked, Conversation.State.WAITING)
            return None
        message = append_message(locked, Message.Role.VISITOR, words)
        call = ToolCall.objects.create(
            organization_id=conversation.organization_id,
            conversation=conversation,
            name=method.name,
            arguments={"reason": "The visitor asked for a person."},
            initiator=ToolCall.Initiator.VISITOR,
            idempotency_key=f"human-{message.pk}",
        )
        return begin_turn(message, call)
