"""Takeover of a conversation by staff: they answer, the assistant is silent, and they hand it back.

A person who leaves the chat is said to have left, and what the visitor asked meanwhile is the assistant's to answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from assistant import events, live
from assistant.errors import Conflict, InputError
from assistant.models import Conversation, Message, Turn
from assistant.sentences import label
from assistant.services.conversations import email_answers
from assistant.services.conversations.leases import begin_turn, request_stop
from assistant.services.conversations.messages import append_message
from assistant.services.conversations.staff_texts import HAND_BACK_CHARS, REPLY_CHARS, cleaned, public_name
from assistant.services.conversations.state import set_state
from assistant.services.files import uploads


class Crossed(Conflict):
    """Another member of staff has answered meanwhile, with `message`."""

    def __init__(self, message: Message) -> None:
        super().__init__(f"{message.staff or 'Somebody else'} has answered in the meantime.")
        self.message = message


def answer(conversation: Conversation, by: Any, text: str, *, files: Sequence[str] = (), seen: int | None = None) -> Message:
    """Say `text` to the visitor, with the files of these ids, as the user `by`, who holds the conversation from then on; a
    reply in the making ends.

    Written by somebody who had seen the conversation up to `seen`. Raises `Crossed` where another member of staff has
    answered since, `Conflict` when the conversation is closed, and `InputError` when nothing is said, or too much.
    """
    said = cleaned(text, REPLY_CHARS, "reply")
    if not said and not files:
        raise InputError("The message is empty.")
    with transaction.atomic():
        locked = _open(conversation)
        if seen is not None:
            _refuse_crossing(locked, by, seen)
        sent = uploads.ready(locked, files, from_staff=True) if files else []
        _hold(locked, by)
        email_answers.expect(locked)
        return append_message(locked, Message.Role.STAFF, said, sent, staff=by)


def _refuse_crossing(conversation: Conversation, by: Any, seen: int) -> None:
    others = conversation.messages.filter(role=Message.Role.STAFF, seq__gt=seen).exclude(staff=by)
    if found := others.select_related("staff").order_by("-seq").first():
        raise Crossed(found)


def take_over(conversation: Conversation, by: Any) -> None:
    """Hold the conversation as the user `by`, without a word yet. Raises `Conflict` when it is closed."""
    with transaction.atomic():
        _hold(_open(conversation), by)


def _hold(conversation: Conversation, by: Any) -> None:
    """Let `by` answer in the conversation, which is locked, and end a reply in the making."""
    for turn in conversation.turns.open():
        request_stop(conversation, str(turn.pk))
    if conversation.assigned_id is None:
        conversation.assigned = by
        conversation.save(update_fields=["assigned"])
    if (conversation.state, conversation.staff_id) != (Conversation.State.STAFF, by.pk):
        set_state(conversation, Conversation.State.STAFF, staff=by)


def hand_back(conversation: Conversation, note: str = "") -> Turn | None:
    """Let the assistant answer again, beginning with what the visitor has asked and nobody has answered: returns the turn
    for it. The assistant reads `note` from then on. Raises `Conflict` when the conversation is closed, and `InputError` when
    the note is too long."""
    written = cleaned(note, HAND_BACK_CHARS, "note")
    with transaction.atomic():
        locked = _open(conversation)
        if locked.state == Conversation.State.ASSISTANT:
            return None
        locked.note_to_assistant = written
        locked.save(update_fields=["note_to_assistant"])
        if locked.staff:
            left = label("person_left", locked.locale, name=public_name(locked.staff))
            append_message(locked, Message.Role.SYSTEM, left)
        set_state(locked, Conversation.State.ASSISTANT)
        return _answer_open_question(locked)


def _answer_open_question(conversation: Conversation) -> Turn | None:
    """Queue the answer to the visitor's last message, where nothing has been said to it and nothing is being said."""
    if conversation.turns.open().filter(stop_requested_at=None).exists():
        return None
    last = conversation.messages.exclude(role=Message.Role.SYSTEM).order_by("-seq").first()
    return begin_turn(last) if last and last.role == Message.Role.VISITOR else None


def _open(conversation: Conversation) -> Conversation:
    """The row, locked until the caller's transaction ends."""
    locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
    if locked.state == Conversation.State.CLOSED:
        raise Conflict("The conversation is closed.")
    return locked


def typing(conversation: Conversation) -> None:
    """Show the visitor that staff are typing."""
    live.announce(conversation.pk, events.StaffTyping())
