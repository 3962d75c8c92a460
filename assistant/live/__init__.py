"""Notifications to open widgets and inboxes, to the runners of turns, and to Celery. Nothing depends on their delivery.

Whatever is published has been committed before, or kept as a snapshot, so a lost notification costs a moment and never a
message: subscribers notice gaps in `seq` and `offset`, and sweeps find rows that no worker took. Events about an unfinished
reply carry the fence of their runner; those of a runner that another has replaced, and those about a turn that has ended,
are dropped.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from django.db import transaction

from assistant.events import WidgetEvent
from assistant.live.channels import RUNNERS, group, staff_group
from assistant.live.drafts import DraftCopies, ReplyDraft, draft, keep_draft, share_draft
from assistant.live.fences import Fences
from assistant.live.publishing import bind, close, flush, publish, subscribe
from assistant.live.subscription import CHECK, Payload, Subscription

__all__ = [
    "CHECK",
    "RUNNERS",
    "DraftCopies",
    "Fences",
    "Payload",
    "ReplyDraft",
    "Subscription",
    "announce",
    "announce_to_staff",
    "ask_to_stop",
    "bind",
    "check_sessions",
    "close",
    "draft",
    "flush",
    "group",
    "keep_draft",
    "queue_task",
    "share_draft",
    "staff_group",
    "subscribe",
]

log = logging.getLogger(__name__)


def announce(conversation_id: UUID | str, event: WidgetEvent) -> None:
    """Publish an event to every open widget of a conversation. From any thread; returns at once, raises nothing."""
    publish(group(conversation_id), Payload(event.payload()))


def check_sessions(conversation_id: UUID | str) -> None:
    """Ask the processes that have widgets of this conversation open to check whether its visitor is still theirs."""
    publish(group(conversation_id), Payload({CHECK: True}))


def announce_to_staff(organization_id: int, payload: dict[str, Any]) -> None:
    """Publish to the open inboxes of an organization's staff: what has changed, for them to read, and who is typing."""
    publish(staff_group(organization_id), Payload(payload))


def ask_to_stop(turn_id: UUID | str) -> None:
    """Ask the process that runs this turn, whichever it is, to end it."""
    publish(RUNNERS, Payload(turn=str(turn_id)))


def queue_task(task: str, row_id: UUID | str) -> None:
    """Queue a Celery task for a row once the transaction has committed."""

    def send() -> None:
        from celery import current_app

        try:
            current_app.send_task(task, [str(row_id)])
        except Exception:
            # The row is there, and the sweep finds it: a broker that is down must not fail what was saved.
            log.warning("Celery was not reached for %s %s; the sweep will take it.", task, row_id, exc_info=True)

    transaction.on_commit(send)
