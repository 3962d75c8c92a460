"""Retention: deletes what an organization no longer keeps, in bounded batches.

Two runs at once, or one that is cut short, cost nothing: each batch finds its own rows and is a transaction.
"""

from __future__ import annotations

import logging
from collections import Counter
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from assistant.errors import NotFound
from assistant.models import (
    Appointment,
    Conversation,
    Delivery,
    Message,
    Organization,
    Removal,
    ToolCall,
    Turn,
    Visitor,
    VoiceCall,
)
from assistant.services.privacy import erasure, inventory
from assistant.services.privacy.inventory import Term

log = logging.getLogger(__name__)

BATCH = 50  # visitors or conversations, each with all that belongs to it
ROWS = 500  # calls or e-mails
BATCHES = 20  # of each kind, of an organization, in one run; the rest waits for the next run
ENDED_EMAILS = (Delivery.State.SENT, Delivery.State.KEPT, Delivery.State.LOGGED, Delivery.State.DEAD)


def run(now: datetime | None = None) -> list[Removal]:
    """Delete what is due in every organization; returns what was removed apart from visitors, a row per organization."""
    now = now or timezone.now()
    erasure.drop_counters()
    limited = Q(keep_messages_days=None, keep_visitors_days=None, keep_ledger_days=None)
    found = []
    for organization in Organization.objects.exclude(limited):
        try:
            removal = _run_for(organization, now)
        except Exception:
            log.exception("organization %s: retention stopped, and goes on with the next run", organization.pk)
            continue
        if removal:
            found.append(removal)
    return found


def _run_for(organization: Organization, now: datetime) -> Removal | None:
    counts: Counter[str] = Counter()
    for batch, days in (
        (erase_visitors, organization.keep_visitors_days),
        (delete_messages, organization.keep_messages_days),
        (delete_ledger, organization.keep_ledger_days),
    ):
        for _ in range(BATCHES if days is not None else 0):
            assert days is not None
            found = batch(organization, now - timedelta(days=days))
            counts.update(found)
            if not any(found.values()):
                break
    if not (removed := {name: count for name, count in counts.items() if count}):
        return None
    log.info("organization %s: retention removed %s", organization.pk, removed)
    return Removal.objects.create(organization=organization, reason=Removal.Reason.RETENTION, counts=removed)


def erase_visitors(organization: Organization, before: datetime) -> dict[str, int]:
    """Visitors not seen since, whose appointments are over as long; and the people in appointments without a visitor."""
    here = OuterRef("pk")
    spoken = Conversation.objects.filter(visitor=here, last_message_at__gte=before)
    coming = Appointment.objects.filter(visitor=here, end_at__gte=before)
    due = Visitor.objects.filter(~Exists(spoken), ~Exists(coming), organization=organization, last_seen_at__lt=before)
    erased = 0
    for visitor_id in list(due.order_by("last_seen_at").values_list("pk", flat=True)[:BATCH]):
        with suppress(NotFound):  # another run was faster
            erasure.erase(organization, visitor_id, reason=Removal.Reason.EXPIRED)
            erased += 1
    alone = Appointment.objects.filter(organization=organization, visitor=None, conversation=None, end_at__lt=before)
    named = alone.exclude(name="", email="", phone="", reason="", cancel_reason="")
    found = list(named.values_list("pk", flat=True)[:ROWS])
    with transaction.atomic():
        erasure.blank_appointments(found)
    return {"Visitor": erased, "Appointment": len(found)}


def delete_messages(organization: Organization, before: datetime, *, most: int = BATCH) -> dict[str, int]:
    """What was said in conversations that ended before. A conversation whose calls or e-mails are kept longer stays, empty:
    without it, they would not be found when the visitor is erased."""
    here = OuterRef("pk")
    silent = Q(last_message_at__lt=before) | Q(last_message_at=None, created_at__lt=before)
    said = Exists(Message.objects.filter(conversation=here))
    needed = _kept_longer()
    at_work = Exists(Turn.objects.open().filter(conversation=here)) | Exists(
        VoiceCall.objects.not_over().filter(conversation=here)  # it can be hung up as long as its row is there
    )
    due = Conversation.objects.filter(silent, said | ~needed, ~at_work)
    counts: Counter[str] = Counter()
    found = due.filter(organization=organization).order_by("created_at")
    for pk in list(found.values_list("pk", flat=True)[:most]):
        with transaction.atomic():
            # Again, under its lock: its visitor may have come back.
            row = due.select_for_update(of=("self",)).filter(pk=pk).first()
            if row is None:
                continue
            counts.update(_empty(row))
            if not Conversation.objects.filter(needed, pk=pk).exists():
                row.delete()
                counts["Conversation"] += 1
    return dict(counts)


def _kept_longer() -> Exists | Q:
    here = OuterRef("pk")
    return Q(Exists(ToolCall.objects.filter(conversation=here))) | Q(Exists(Delivery.objects.filter(conversation=here)))


def _empty(conversation: Conversation) -> dict[str, int]:
    """Delete the tables of the conversation that are kept as long as messages, and its own title and summary."""
    ToolCall.objects.filter(turn__conversation=conversation).update(turn=None)
    counts = {}
    for model, table in inventory.models():
        if table.term == Term.MESSAGES and model is not Conversation:
            rows = model._default_manager.filter(conversation=conversation)
            counts[model.__name__] = rows.count()
            rows.delete()
    closed = Conversation.State.CLOSED
    texts = {"title": "", "summary": "", "language": "", "origin": "", "network": "", "note_to_assistant": ""}
    texts["rating_comment"] = ""  # the score stays as a number for the statistics
    Conversation.objects.filter(pk=conversation.pk).update(**texts, state=closed, staff=None, thinking_until=None)
    return counts


def delete_ledger(organization: Organization, before: datetime) -> dict[str, int]:
    """Calls and e-mails that have an outcome. Those of appointments that are not over stay."""
    old = {"organization": organization, "created_at__lt": before}
    calls = ToolCall.objects.filter(**old).exclude(state__in=[*ToolCall.OPEN, ToolCall.State.WAITING])
    emails = Delivery.objects.filter(**old, state__in=ENDED_EMAILS)
    counts = {}
    for rows in (
        calls.exclude(appointment__end_at__gte=before).exclude(turn__in=Turn.objects.open()),
        emails.exclude(appointment__end_at__gte=before),
    ):
        found = list(rows.order_by("created_at").values_list("pk", flat=True)[:ROWS])
        rows.model._default_manager.filter(pk__in=found).delete()
        counts[rows.model.__name__] = len(found)
    return counts
