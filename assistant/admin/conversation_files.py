"""Conversations as files: text to read, CSV for spreadsheets, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.decorators import action

from assistant.admin.inbox.shown import name_of
from assistant.admin.spreadsheets import as_csv
from assistant.models import Card, Conversation, Message, ToolCall
from assistant.services.conversations.transcripts import indented
from assistant.services.files.uploads import with_files
from assistant.services.organizations.roles import Act

MOST_CONVERSATIONS = 1000
HEADINGS = ("Conversation", "Number", "At", "Who", "Name", "Text")


class ConversationFiles:
    """Actions of the list of conversations, for those who may export."""

    actions = ["export_text", "export_csv", "export_json"]

    @action(description="Export as text", permissions=["operate"])
    def export_text(self: Any, request: HttpRequest, queryset: QuerySet[Conversation]) -> HttpResponse | None:
        rows = _chosen(self, request, queryset)
        return _file("\n\n".join(map(as_text, rows)), "text/plain", "txt") if rows else None

    @action(description="Export as CSV", permissions=["operate"])
    def export_csv(self: Any, request: HttpRequest, queryset: QuerySet[Conversation]) -> HttpResponse | None:
        rows = _chosen(self, request, queryset)
        return as_csv("conversations", HEADINGS, chain.from_iterable(map(_cells, rows))) if rows else None

    @action(description="Export as JSON", permissions=["operate"])
    def export_json(self: Any, request: HttpRequest, queryset: QuerySet[Conversation]) -> HttpResponse | None:
        rows = _chosen(self, request, queryset)
        if not rows:
            return None
        written = json.dumps(list(map(as_data, rows)), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
        return _file(written, "application/json", "json")


def _chosen(model_admin: Any, request: HttpRequest, queryset: QuerySet[Conversation]) -> list[Conversation] | None:
    """The conversations to write; None, with the reason on the next page, where there are none or too many."""
    rows = model_admin.within_reach(request, queryset, Act.EXPORT.rank).order_by("created_at")
    found = list(rows.select_related("organization", "assistant", "visitor")[: MOST_CONVERSATIONS + 1])
    if 0 < len(found) <= MOST_CONVERSATIONS:
        return found
    refused = "Only editors and owners of the organization can export its conversations."
    too_many = f"Select {MOST_CONVERSATIONS} conversations at most, for instance those of a month."
    model_admin.message_user(request, too_many if found else refused, messages.WARNING)
    return None


def _file(text: str, content_type: str, suffix: str) -> HttpResponse:
    name = f"conversations-{timezone.localdate()}.{suffix}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(text, content_type=f"{content_type}; charset=utf-8", headers=headers)


def as_text(conversation: Conversation) -> str:
    """What the visitor saw, as a letter is read."""
    began = timezone.localtime(conversation.created_at)
    head = f"{conversation}\n{conversation.organization.name}, {began:%Y-%m-%d %H:%M %Z}, {conversation.visitor}\n"
    lines = [
        f"[{timezone.localtime(message.at):%Y-%m-%d %H:%M}] {_who(message)}: "
        + indented(with_files(message.text, message.files))
        for message in _messages(conversation)
    ]
    return head + "\n" + "\n".join(lines) + "\n"


def _cells(conversation: Conversation) -> Iterator[tuple[object, ...]]:
    for message in _messages(conversation):
        text = with_files(message.text, message.files)
        yield conversation.pk, message.seq, message.at.isoformat(), message.role, name_of(message.staff), text


def as_data(conversation: Conversation) -> dict[str, Any]:
    """Everything of it that staff see in the admin: also its cards, and what was done."""
    visitor = conversation.visitor
    return {
        "id": conversation.pk,
        "title": conversation.title,
        "summary": conversation.summary,
        "organization": conversation.organization.name,
        "assistant": conversation.assistant.name,
        "visitor": {
            "id": visitor.pk,
            "name": visitor.name,
            "email": visitor.email,
            "verified": bool(visitor.email_verified_at),
        },
        "state": conversation.state,
        "rating": conversation.rating,
        "rating_comment": conversation.rating_comment,
        "created_at": conversation.created_at,
        "last_message_at": conversation.last_message_at,
        "messages": [_message(message) for message in _messages(conversation)],
        "cards": [
            {"at": card.created_at, "kind": card.kind, "state": card.state, "choice": card.choice, "content": card.content}
            for card in Card.objects.filter(conversation=conversation)
        ],
        "tool_calls": [
            {"at": call.created_at, "name": call.name, "state": call.state, "receipt": call.receipt}
            for call in ToolCall.objects.filter(conversation=conversation)
        ],
        "appointments": list(conversation.appointments.values("reference", "state", "start_at", "end_at")),
    }


def _message(message: Message) -> dict[str, Any]:
    return {
        "number": message.seq,
        "at": message.at,
        "role": message.role,
        "by": name_of(message.staff),
        "text": message.text,
        "rating": message.rating,
        "sources": message.sources,
        "files": message.files,
    }


def _messages(conversation: Conversation) -> Iterator[Message]:
    said = conversation.messages.exclude(role=Message.Role.SYSTEM).select_related("staff").order_by("seq")
    return said.iterator(2000)


def _who(message: Message) -> str:
    return name_of(message.staff) or message.get_role_display()
