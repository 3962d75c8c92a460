"""Replays: a past conversation answered again by the current assistant, with both replies side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST
from unfold.decorators import display

from assistant.admin.day_range import DayRangeFilter
from assistant.admin.scoping import ReadOnly
from assistant.admin.states import column_labels
from assistant.models import Conversation, Message, Replay
from assistant.services.methods import replays
from assistant.services.methods.replays import Comparison

LOOK_AGAIN_SECONDS = 3
MAX_WORDS = 1500  # of a text that is compared word by word; a longer one is shown as replaced
TOKEN = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """A stretch of a text: `kind` is "same", "gone" or "new"."""

    kind: str
    text: str


@dataclass(frozen=True)
class Line:
    """One message with both its replies, each as pieces."""

    compared: Comparison
    then: list[Piece]
    now: list[Piece]

    @property
    def unchanged(self) -> bool:
        now = self.compared.now
        return now is not None and self.compared.then == now["text"] and not now["problem"]


@admin.register(Replay)
class ReplayAdmin(ReadOnly):
    empty_text = "Start a replay on the page of a conversation."
    list_display = ["conversation", "organization", "shown_state", "progress", "by", "created_at"]
    list_filter = ["organization", "state", ("created_at", DayRangeFilter)]
    change_form_template = "admin/assistant/replay.html"  # which shows no form
    exclude = ["message", "texts"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Replay]:
        return super().get_queryset(request).select_related("organization", "conversation__assistant", "by")

    def get_urls(self) -> list[Any]:
        start = self.admin_site.admin_view(require_POST(self.start_view))
        return [path("of/<path:object_id>/", start, name="assistant_replay_start"), *super().get_urls()]

    def start_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Start a replay of the conversation with that id, or of the one `message` that is named."""
        conversations = self.admin_site.get_model_admin(Conversation)
        conversation = conversations.get_object(request, object_id)
        if not self.may_operate(request, conversation):
            raise PermissionDenied
        replay = replays.begin(conversation, request.user, message=_message(conversation, request.POST.get("message", "")))
        return HttpResponseRedirect(reverse("admin:assistant_replay_change", args=[replay.pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        replay = self.get_object(request, object_id)
        lines = [line(one) for one in replays.compared(replay)]
        context = {
            "replay": replay,
            "lines": lines,
            "running": replay.state in Replay.OPEN,
            "progress": f"{len(replay.results)} of {replay.total}" if replay.state in Replay.OPEN else "",
            "unchanged": sum(one.unchanged for one in lines),
            "caught": sum(len(result["caught"]) for result in replay.results),
            "may_operate": self.may_operate(request, replay),
            "title": "",
        }
        response = super().change_view(request, object_id, form_url, {**(extra_context or {}), **context})
        if replay.state in Replay.OPEN:
            response["Refresh"] = str(LOOK_AGAIN_SECONDS)
        return response

    @display(description="State", ordering="state", label=column_labels(Replay))
    def shown_state(self, obj: Replay) -> str:
        return obj.get_state_display()

    @display(description="Messages answered")
    def progress(self, obj: Replay) -> str:
        return f"{len(obj.results)} of {obj.total}"


def _message(conversation: Conversation, asked: str) -> Message | None:
    """The message of the conversation that is named; None where none is."""
    if not asked:
        return None
    try:
        return conversation.messages.get(pk=UUID(asked))
    except (ValueError, Message.DoesNotExist) as error:
        raise Http404("No such message.") from error


def line(compared: Comparison) -> Line:
    then, now = difference(compared.then, compared.now["text"]) if compared.now else ([], [])
    return Line(compared, then or [Piece("same", compared.then)], now)


def difference(old: str, new: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces, word by word: what is the same, what only the old one has, what only the new one has."""
    before, after = TOKEN.findall(old), TOKEN.findall(new)
    if max(len(before), len(after)) > MAX_WORDS:
        same = old == new
        return [Piece("same" if same else "gone", old)], [Piece("same" if same else "new", new)]
    gone: list[Piece] = []
    came: list[Piece] = []
    for kind, a, b, c, d in _joined(SequenceMatcher(None, before, after, autojunk=False).get_opcodes(), before):
        same = kind == "equal"
        gone.append(Piece("same" if same else "gone", "".join(before[a:b])))
        came.append(Piece("same" if same else "new", "".join(after[c:d])))
    return [piece for piece in gone if piece.text], [piece for piece in came if piece.text]


def _joined(opcodes: list[Any], before: list[str]) -> Iterator[tuple[str, int, int, int, int]]:
    """Changes that only a space parts are one change: words are read, not spaces between them."""
    open_change: tuple[str, int, int, int, int] | None = None
    for number, (kind, a, b, c, d) in enumerate(opcodes):
        between = kind == "equal" and 0 < number < len(opcodes) - 1 and "".join(before[a:b]).isspace()
        if kind == "equal" and not between:
            if open_change:
                yield open_change
                open_change = None
            yield kind, a, b, c, d
        else:
            _, first_a, _, first_c, _ = open_change or (kind, a, b, c, d)
            open_change = ("replace", first_a, b, first_c, d)
    if open_change:
        yield open_change
