"""What staff do in the inbox: each posts one form, for a conversation in whose organization they may act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from assistant.admin.inbox import shown
from assistant.errors import InputError
from assistant.models import Conversation
from assistant.services.conversations import inbox, takeover
from assistant.services.conversations.state import change_state, leave_note

Change = Callable[[HttpRequest, Any], None]
MOST_HOURS = 24 * 30


def changed(model_admin: Any, change: Change, request: HttpRequest, object_id: Any) -> HttpResponse:
    """Carry out a change; answers `{ok}` or `{error}`, with what another member of staff has said where two cross."""
    conversation = model_admin.get_object(request, str(object_id))
    if not model_admin.may_operate(request, conversation):
        return shown.answer({"error": "Your role may not answer visitors. Ask an owner for one that may."}, status=403)
    try:
        change(request, conversation)
    except takeover.Crossed as crossed:
        theirs = crossed.message
        said = {"seq": theirs.seq, "text": theirs.text, "by": shown.name_of(theirs.staff)}
        return shown.answer({"error": str(crossed), "crossed": said}, status=409)
    except InputError as error:
        return shown.answer({"error": str(error)}, status=409 if error.code == "conflict" else 400)
    return shown.answer({"ok": True})


def read(request: HttpRequest, conversation: Conversation) -> None:
    inbox.mark_read(conversation, request.user, _number(request, "seq"))


def reply(request: HttpRequest, conversation: Conversation) -> None:
    said = takeover.answer(conversation, request.user, request.POST.get("text", ""), seen=_number(request, "seq"))
    inbox.mark_read(said.conversation, request.user, said.seq)


def take(request: HttpRequest, conversation: Conversation) -> None:
    takeover.take_over(conversation, request.user)


def hand_back(request: HttpRequest, conversation: Conversation) -> None:
    takeover.hand_back(conversation, request.POST.get("note", ""))


def close(request: HttpRequest, conversation: Conversation) -> None:
    change_state(conversation, Conversation.State.CLOSED)


def note(request: HttpRequest, conversation: Conversation) -> None:
    if not (text := request.POST.get("text", "").strip()):
        raise InputError("The note is empty.")
    leave_note(conversation, request.user, text)
    inbox.publish(conversation)


def assign(request: HttpRequest, conversation: Conversation) -> None:
    chosen = request.POST.get("user", "")
    if not chosen:
        return inbox.assign(conversation, None)
    people = inbox.people(conversation.organization_id, request.user.pk)
    user = people.filter(pk=chosen).first() if chosen.isdecimal() else None
    if user is None:
        raise InputError("This person can no longer answer for the organization. Choose somebody else.")
    inbox.assign(conversation, user)


def tag(request: HttpRequest, conversation: Conversation) -> None:
    inbox.set_tags(conversation, request.POST.get("tags", "").split(","))


def snooze(request: HttpRequest, conversation: Conversation) -> None:
    hours = _number(request, "hours")
    if hours > MOST_HOURS:
        raise InputError(f"A conversation is snoozed for at most {MOST_HOURS // 24} days.")
    inbox.snooze(conversation, timezone.now() + timedelta(hours=hours) if hours else None)


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise InputError(f"“{name}” is not a number. Reload the page.")
    return int(text)


CHANGES: dict[str, Change] = {
    "read": read,
    "reply": reply,
    "take": take,
    "hand-back": hand_back,
    "close": close,
    "note": note,
    "assign": assign,
    "tag": tag,
    "snooze": snooze,
}
