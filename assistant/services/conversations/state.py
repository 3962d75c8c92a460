"""States of a conversation (assistant, waiting, staff, closed), and staff's notes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from assistant.errors import InputError
from assistant.models import Conversation, ConversationNote
from assistant.services.conversations.events import format_instant, record_event
from assistant.services.conversations.staff_texts import NOTE_CHARS, cleaned, public_name
from assistant.services.notifications import queue as notifications


def set_state(
    conversation: Conversation,
    state: str,
    *,
    staff: Any = None,
    notified: bool = False,
    away: bool = False,
    opens_at: datetime | None = None,
    seq: int | None = None,
) -> None:
    """Set who holds the conversation. Inside the caller's transaction.

    Of one that waits for a person: `notified`, whether somebody was told of it, and whether the team is `away`, and when it
    is back. `seq`: the number that was given out for its event.
    """
    waits = state == Conversation.State.WAITING
    begins = waits and conversation.state != state
    reach = Conversation.Reach.NOBODY if not notified else Conversation.Reach.AWAY if away else Conversation.Reach.TOLD
    conversation.state = state
    conversation.staff = staff
    conversation.waiting_since = (conversation.waiting_since or timezone.now()) if waits else None
    conversation.reach = reach if waits else ""
    if state in (Conversation.State.WAITING, Conversation.State.STAFF) and conversation.person_at is None:
        conversation.person_at = timezone.now()
    conversation.save(update_fields=["state", "staff", "waiting_since", "reach", "person_at"])
    name = public_name(staff) if staff else None
    data: dict[str, Any] = {"state": state, **({"staff": name} if name else {})}
    if waits:
        data["notified"] = notified
        if opens_at:
            data["opens_at"] = format_instant(opens_at)
    record_event(conversation, "conversation.updated", data=data, seq=seq)
    if begins:
        notifications.about_waiting(conversation)


def change_state(conversation: Conversation, state: str, *, staff: Any = None) -> None:
    """`set_state` in a transaction of its own; the same state again changes nothing."""
    with transaction.atomic():
        locked = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if locked.state != state or locked.staff_id != (staff.pk if staff else None):
            set_state(locked, state, staff=staff)


def leave_note(conversation: Conversation, by: Any, text: str) -> ConversationNote:
    """Save a note by a member of staff for the others. It cannot be changed afterwards and has no `seq`. Raises `InputError`
    when nothing is written, or too much."""
    if not (written := cleaned(text, NOTE_CHARS, "note")):
        raise InputError("The note is empty.")
    return ConversationNote.objects.create(conversation=conversation, by=by, text=written)
