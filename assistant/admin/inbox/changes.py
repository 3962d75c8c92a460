"""What staff do in the inbox: each posts one form, for a conversation in whose organization they may act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from assistant.admin.inbox import shown
from assistant.errors import InputError
from assistant.models import Conversation
from assistant.services.conversations import inbox, takeover
from assistant.services.conversations.state import change_state, leave_note
from assistant.services.files import uploads
from assistant.services.primary_keys import parse_pk

Change = Callable[[HttpRequest, Any], dict[str, Any] | None]
MOST_HOURS = 24 * 30


def changed(model_admin: Any, change: Change, request: HttpRequest, object_id: Any) -> HttpResponse:
    """Carry out a change; answers `{ok}` and what it has made, or `{error}`, with what another member of staff has said
    where two cross."""
    conversation = model_admin.get_object(request, str(object_id))
    # How far somebody has read is their own: to say so, looking at the conversation is enough.
    may = model_admin.has_view_permission if change is read else model_admin.may_operate
    if not may(request, conversation):
        return shown.answer({"error": "Your role cannot reply to visitors. Ask an owner to change it."}, status=403)
    try:
        made = change(request, conversation) or {}
    except takeover.Crossed as crossed:
        theirs = crossed.message
        said = {"seq": theirs.seq, "text": theirs.text, "by": shown.name_of(theirs.staff)}
        return shown.answer({"error": str(crossed), "crossed": said}, status=409)
    except InputError as error:
        return shown.answer({"error": str(error)}, status=409 if error.code == "conflict" else 400)
    return shown.answer({"ok": True, **made})


def read(request: HttpRequest, conversation: Conversation) -> None:
    inbox.mark_read(conversation, request.user, _number(request, "seq"))


def reply(request: HttpRequest, conversation: Conversation) -> None:
    files, text = _files(request), request.POST.get("text", "")
    said = takeover.answer(conversation, request.user, text, files=files, seen=_number(request, "seq"))
    inbox.mark_read(said.conversation, request.user, said.seq)


def attach(request: HttpRequest, conversation: Conversation) -> dict[str, Any]:
    """Upload a file for a reply, which names it by the id that this answers with."""
    if (sent := request.FILES.get("file")) is None:
        raise InputError("Choose a file.")
    return {"file": uploads.shown([uploads.receive(conversation, sent.name or "", sent.read(), by=request.user)])[0]}


def detach(request: HttpRequest, conversation: Conversation) -> None:
    for file_id in _files(request):
        uploads.remove_unsent(conversation, file_id, from_staff=True)


def take(request: HttpRequest, conversation: Conversation) -> None:
    takeover.take_over(conversation, request.user)


def hand_back(request: HttpRequest, conversation: Conversation) -> None:
    takeover.hand_back(conversation, request.POST.get("note", ""))


def close(request: HttpRequest, conversation: Conversation) -> None:
    change_state(conversation, Conversation.State.CLOSED)


def note(request: HttpRequest, conversation: Conversation) -> None:
    leave_note(conversation, request.user, request.POST.get("text", ""))
    inbox.publish(conversation)


def assign(request: HttpRequest, conversation: Conversation) -> None:
    chosen = request.POST.get("user", "")
    if not chosen:
        inbox.assign(conversation, None)
        return
    people = inbox.people(conversation.organization_id, request.user.pk)
    user = people.filter(pk=parse_pk(chosen)).first()
    if user is None:
        raise InputError("This person can no longer answer for the organization. Choose somebody else.")
    inbox.assign(conversation, user)


def tag(request: HttpRequest, conversation: Conversation) -> None:
    inbox.add_tag(conversation, request.POST.get("name", ""))


def untag(request: HttpRequest, conversation: Conversation) -> None:
    inbox.remove_tag(conversation, request.POST.get("name", ""))


def snooze(request: HttpRequest, conversation: Conversation) -> None:
    hours = _number(request, "hours")
    if hours > MOST_HOURS:
        raise InputError(f"A conversation is snoozed for at most {MOST_HOURS // 24} days.")
    inbox.snooze(conversation, timezone.now() + timedelta(hours=hours) if hours else None)


def _files(request: HttpRequest) -> list[str]:
    try:
        return [str(UUID(file_id)) for file_id in request.POST.getlist("file")]
    except ValueError:
        raise InputError("Unknown attachment. Reload the page.") from None


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise InputError(f"“{name}” is not a number. Reload the page.")
    return int(text)


CHANGES: dict[str, Change] = {
    "read": read,
    "reply": reply,
    "attach": attach,
    "detach": detach,
    "take": take,
    "hand-back": hand_back,
    "close": close,
    "note": note,
    "assign": assign,
    "tag": tag,
    "untag": untag,
    "snooze": snooze,
}
