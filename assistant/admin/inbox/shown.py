"""What the inbox page is given to show, as JSON-ready values: plain text, never HTML."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator

from assistant.models import CannedReply, Card, Conversation, Message
from assistant.services.booking.availability import wording, zone_names
from assistant.services.conversations.staff_texts import public_name
from assistant.services.files.uploads import size_of

EARLIER = 5
NEWEST = 200  # messages and cards that are shown; older ones are on the conversation's own page


# As Django's `json_script`: whatever reads the answer as a page finds no markup in it.
ESCAPED = {ord(letter): f"\\u{ord(letter):04x}" for letter in "<>&"}


def answer(data: dict[str, Any], status: int = 200) -> HttpResponse:
    """A JSON response with what visitors wrote."""
    return HttpResponse(json.dumps(data).translate(ESCAPED), content_type="application/json", status=status)


def name_of(user: Any) -> str:
    return (user.get_full_name() or user.get_username()) if user else ""


def instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def line(row: Any) -> dict[str, Any]:
    """A conversation of `inbox.annotated`, as one line of the list."""
    return {
        "id": str(row.pk),
        "title": str(row),
        "visitor": row.visitor.name or row.visitor.email or str(row),
        "text": Truncator(row.last_text or ", ".join(file["name"] for file in row.last_files or ())).chars(120),
        "role": row.last_role or "",
        "at": instant(row.last_message_at or row.created_at),
        "state": row.state,
        "state_label": row.get_state_display(),
        "reach": row.get_reach_display(),
        "waiting_since": instant(row.waiting_since),
        "staff": name_of(row.staff),
        "assigned": name_of(row.assigned),
        "assigned_id": row.assigned_id,
        "unread": row.unread,
        "snoozed": row.snoozed,
        "snoozed_until": instant(row.snoozed_until) if row.snoozed else None,
        "seq": row.last_seq,
        "visitor_seq": row.visitor_seq,
        "tags": [tag.name for tag in row.tags.all()],
        "organization": row.organization.name,
    }


def items(conversation: Conversation) -> list[dict[str, Any]]:
    """Messages and cards in the order in which the visitor saw them, the newest ones."""
    messages = conversation.messages.select_related("staff").order_by("-seq")[:NEWEST]
    found = [(message.seq, _message(message)) for message in messages]
    added = conversation.events.filter(type="card.added", card__isnull=False).select_related("card").order_by("-seq")
    found += [(event.seq, _card(event.seq, event.card)) for event in added[:NEWEST] if event.card]
    return [item for _, item in sorted(found, key=lambda pair: pair[0])][-NEWEST:]


def _message(message: Message) -> dict[str, Any]:
    return {
        "kind": "message",
        "id": str(message.pk),
        "seq": message.seq,
        "role": message.role,
        "by": name_of(message.staff),
        "text": message.text,
        "at": instant(message.at),
        "state": message.state,
        "files": files(message),
    }


def files(message: Message) -> list[dict[str, Any]]:
    """The files of a message with their addresses in the admin; images have a small picture."""
    found = []
    for file in message.files:
        args = [message.conversation_id, file["id"]]
        small = reverse("admin:assistant_inbox_thumbnail", args=args) if file["type"].startswith("image/") else ""
        url = reverse("admin:assistant_inbox_file", args=args)
        found.append({**file, "size": size_of(file["size"]), "url": url, "thumbnail": small})
    return found


def _card(seq: int, card: Card) -> dict[str, Any]:
    lines = [f"{name}: {value}" for name, value in card.lines]
    said = [str(card.content.get("title", "")), *lines, str(card.content.get("note", ""))]
    return {
        "kind": "card",
        "id": str(card.pk),
        "seq": seq,
        "label": card.get_kind_display(),
        "state": card.content.get("status") or card.get_state_display(),
        "text": "\n".join(filter(None, said)),
        "at": instant(card.created_at),
    }


def detail(request: HttpRequest, conversation: Any, people: list[Any], earlier: Any, may_act: bool) -> dict[str, Any]:
    """The conversation with everything that stands beside it."""
    page = conversation.messages.exclude(page={}).order_by("-seq").values_list("page", flat=True).first() or {}
    return {
        **line(conversation),
        "items": items(conversation),
        "seen": conversation.seen_seq,  # how far the visitor has read, by what their widget says
        "summary": conversation.summary,
        "rating": _rating(conversation),
        "writing": conversation.turns.open().exists(),
        "notes": [
            {"text": note.text, "by": name_of(note.by), "at": instant(note.at)}
            for note in conversation.notes.select_related("by")
        ],
        "facts": _facts(conversation, page),
        "page": {"title": str(page.get("title", ""))[:200], "url": _web(str(page.get("url", "")))},
        "earlier": [
            {"title": str(row), "at": instant(row.last_message_at or row.created_at), "url": _address("conversation", row)}
            for row in earlier.exclude(pk=conversation.pk).order_by("-last_message_at")[:EARLIER]
        ],
        "appointments": [
            {
                "title": f"{row.service} · {row.reference}",
                "when": wording.moment(row.start_at, row.timezone),
                "state": row.get_state_display(),
                "url": _address("appointment", row),
            }
            for row in conversation.visitor.appointments.select_related("service").order_by("-start_at")[:EARLIER]
        ],
        "people": [{"id": person.pk, "name": name_of(person)} for person in people],
        "may_act": may_act,
        "url": _address("conversation", conversation),
        "names": {
            "visitor": conversation.visitor.name,
            "me": public_name(request.user),
            "assistant": conversation.assistant.name,
            "organization": conversation.organization.name,
        },
    }


def _rating(conversation: Any) -> dict[str, Any] | None:
    if not conversation.rating:
        return None
    return {"score": conversation.rating, "comment": conversation.rating_comment, "at": instant(conversation.rated_at)}


def _facts(conversation: Any, page: dict[str, Any]) -> list[list[str]]:
    visitor = conversation.visitor
    zone = wording.known_zone(visitor.timezone)
    verified = " (verified)" if visitor.email_verified_at else " (not verified)"
    found = [
        ["Visitor", visitor.name],
        ["E-mail", visitor.email + verified if visitor.email else ""],
        ["Phone", visitor.phone],
        ["Language", visitor.locale or conversation.language],
        ["Time zone", f"{zone_names.current(zone.key)}, {timezone.now().astimezone(zone):%H:%M} there" if zone else ""],
        ["Assistant", conversation.assistant.name],
        ["Site", conversation.origin],
    ]
    return [pair for pair in found if pair[1]]


def _web(address: str) -> str:
    """The address where it is one of a web page: it comes from the visitor's browser."""
    return address[:500] if address.startswith(("https://", "http://")) else ""


def _address(name: str, row: Any) -> str:
    return reverse(f"admin:assistant_{name}_change", args=[row.pk])


def replies(organization_ids: list[int]) -> list[dict[str, Any]]:
    rows = CannedReply.objects.filter(organization__in=organization_ids).select_related("organization")
    return [{"shortcut": row.shortcut, "text": row.text, "organization": row.organization.name} for row in rows]
