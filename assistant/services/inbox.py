"""Staff in a conversation: they answer, the assistant is silent meanwhile, and they hand it back."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from assistant import events, live
from assistant.models import Conversation, Message
from assistant.redaction import clean
from assistant.services import conversations, turns

MAX_CHARS = 4000


def answer(conversation: Conversation, by: Any, text: str) -> Message:
    """Say `text` to the visitor as the user `by`, who holds the conversation from then on; a reply in the making ends."""
    with transaction.atomic():
        locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
        for turn in locked.turns.open():
            turns.request_stop(locked, str(turn.pk))
        if (locked.state, locked.staff_id) != (Conversation.State.STAFF, by.pk):
            conversations.set_state(locked, Conversation.State.STAFF, staff=by)
        return conversations.append(locked, Message.Role.STAFF, clean(text)[:MAX_CHARS], staff=by)


def hand_back(conversation: Conversation) -> None:
    """Let the assistant answer again."""
    conversations.change_state(conversation, Conversation.State.ASSISTANT)


def typing(conversation: Conversation) -> None:
    """Show the visitor that somebody writes."""
    live.announce(conversation.pk, events.StaffTyping())
