"""Idle conversations: closed some time after the last message, once their summary is written."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from assistant.models import Conversation, Organization, Turn
from assistant.services.conversations.state import set_state
from assistant.services.conversations.summaries import GIVE_UP_AFTER

log = logging.getLogger(__name__)

AT_ONCE = 200


def close_idle(limit: int = AT_ONCE) -> int:
    """Close conversations with the assistant that their organization leaves open no longer; how many. The oldest first."""
    now = timezone.now()
    found = _idle(now).order_by("last_message_at").values_list("pk", flat=True)[:limit]
    return sum(_try(pk, now) for pk in list(found))


def _try(conversation_id: UUID, now: datetime) -> bool:
    try:
        return _close(conversation_id, now)
    except Exception:  # one that cannot be closed must not hold up the others: it is the oldest at each run
        log.exception("conversation %s could not be closed", conversation_id)
        return False


def _close(conversation_id: UUID, now: datetime) -> bool:
    """Whether it is still idle under its lock, and is closed."""
    with transaction.atomic():
        conversation = _idle(now).select_for_update(of=("self",)).filter(pk=conversation_id).first()
        if conversation is None:
            return False
        set_state(conversation, Conversation.State.CLOSED)
    return True


def _idle(now: datetime) -> QuerySet[Conversation]:
    """Nobody has said anything for the organization's hours, nothing is being answered, and no summary is to come."""
    chosen = Organization.objects.filter(close_after_hours__gt=0).order_by().values_list("close_after_hours", flat=True)
    # One condition for each choice: SQLite cannot add a column's hours to a time.
    over = (
        Q(organization__close_after_hours=hours, last_message_at__lt=now - timedelta(hours=hours))
        for hours in chosen.distinct()
    )
    summarized = Q(assistant__makes_notes=False) | Q(summary_seq__gt=0) | Q(last_message_at__lt=now - GIVE_UP_AFTER)
    return Conversation.objects.filter(
        reduce(or_, over, Q(pk=None)),
        summarized,
        ~Exists(Turn.objects.filter(conversation=OuterRef("pk")).open()),
        state=Conversation.State.ASSISTANT,
        last_message_at__lt=now - timedelta(hours=1),
    )
