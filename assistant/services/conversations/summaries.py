"""Titles, languages and summaries of conversations, written by the fast model for staff.

A conversation's own row says what it lacks, and holds the worker's lease; what failed is tried again
later, and given up after a day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from assistant.models import Conversation, Message, ToolCall, Turn
from assistant.services.files.uploads import with_files

IDLE_AFTER = timedelta(minutes=15)  # after that, a conversation is summed up
GIVE_UP_AFTER = timedelta(days=1)
LEASE = timedelta(minutes=2)
RETRY_AFTER = timedelta(hours=1)
TITLE_MESSAGES, SUMMARY_MESSAGES = 6, 80
MAX_CHARS = 12_000  # of a transcript: its end, where it is longer

SPEAKERS = {Message.Role.VISITOR: "Visitor", Message.Role.ASSISTANT: "Assistant", Message.Role.STAFF: "Staff"}


@dataclass(frozen=True)
class Work:
    """One title or summary to write, claimed until `until`. `done` is what the ledger says was done, a line per call."""

    conversation: Conversation
    kind: Literal["title", "summary"]
    transcript: str
    done: str
    seq: int  # of the last message in `transcript`
    until: datetime


def due(limit: int) -> list[UUID]:
    """Conversations that lack a title or summary, while nobody in them waits for an answer."""
    return list(_lacking(timezone.now()).order_by("last_message_at").values_list("pk", flat=True)[:limit])


def claim(conversation_id: UUID) -> Work | None:
    """Lease the conversation's next title or summary to this worker; None when it lacks none, or another worker has it."""
    now = timezone.now()
    found = _lacking(now).select_related("assistant__organization", "organization", "visitor").filter(pk=conversation_id)
    conversation = found.first()
    if conversation is None:
        return None
    until = now + LEASE
    as_read = {name: getattr(conversation, name) for name in ("thinking_until", "titled_at", "summary_seq")}
    if not Conversation.objects.filter(pk=conversation.pk, **as_read).update(thinking_until=until):
        return None
    kind: Literal["title", "summary"] = "summary" if conversation.titled_at else "title"
    said = conversation.messages.exclude(role=Message.Role.SYSTEM)
    if kind == "title":
        rows = list(said.order_by("seq")[:TITLE_MESSAGES])
    else:
        rows = list(said.order_by("-seq")[:SUMMARY_MESSAGES])[::-1]
    transcript = "\n".join(f"{SPEAKERS[Message.Role(row.role)]}: {with_files(row.text, row.files)}" for row in rows)
    transcript = transcript[-MAX_CHARS:]
    return Work(conversation, kind, transcript, _done(conversation), rows[-1].seq, until)


def keep_title(work: Work, title: str, language: str) -> bool:
    """Save the title; False when the lease was lost, as with the others."""
    more = {"language": language} if language else {}
    return _keep(work, title=title, titled_at=timezone.now(), thinking_until=None, **more)


def keep_summary(work: Work, summary: str) -> bool:
    return _keep(work, summary=summary, summary_seq=work.seq, thinking_until=None)


def put_off(work: Work) -> bool:
    return _keep(work, thinking_until=timezone.now() + RETRY_AFTER)


def _keep(work: Work, **changes: object) -> bool:
    mine = Conversation.objects.filter(pk=work.conversation.pk, thinking_until=work.until)
    return mine.update(**changes) == 1


def _lacking(now: datetime) -> QuerySet[Conversation]:
    here = OuterRef("pk")
    turns = Turn.objects.filter(conversation=here)
    unread = Message.objects.filter(conversation=here, role=Message.Role.VISITOR, seq__gt=OuterRef("summary_seq"))
    idle = Q(state=Conversation.State.CLOSED) | Q(last_message_at__lt=now - IDLE_AFTER)
    return Conversation.objects.filter(
        Q(titled_at=None) & Exists(turns.filter(state=Turn.State.DONE)) | Q(titled_at__isnull=False) & idle & Exists(unread),
        Q(thinking_until=None) | Q(thinking_until__lt=now),
        ~Exists(turns.open()),
        last_message_at__gt=now - GIVE_UP_AFTER,
        assistant__makes_notes=True,
        organization__active=True,
    )


def _done(conversation: Conversation) -> str:
    calls = conversation.tool_calls.filter(state=ToolCall.State.DONE).exclude(risk="read")
    return "\n".join(f"{call.name} {call.receipt}".strip() for call in calls[:20])
