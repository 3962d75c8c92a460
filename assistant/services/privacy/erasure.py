"""Erasure of a visitor: one transaction deletes or empties every row about them and leaves a tombstone.
What is erased, and how, is in `inventory`.

Nothing can bring a row back. Each table about visitors hangs on the visitor by foreign keys, so a late insert fails in its
own transaction, and a late update finds no row: what stays of the ledger and the outbox, numbers for limits, has new ids.
What a process at work may still write to the cache or the demonstration's mailbox is deleted again by `finish_due`. A voice
call goes on at its provider: what hanging it up takes is kept in the tombstone until that is done.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.core.mail import get_connection
from django.db import connection, transaction
from django.db.models import F, Model, Q
from django.utils import timezone

from assistant import live
from assistant.errors import NotFound
from assistant.models import (
    Appointment,
    AuditEntry,
    Conversation,
    Delivery,
    Feedback,
    Organization,
    Removal,
    Spending,
    ToolCall,
    Turn,
    Visitor,
)
from assistant.models.booking.appointments import new_reference
from assistant.models.deliveries import erased_address
from assistant.services import audit
from assistant.services.booking.calendar_sync import entries
from assistant.services.conversations import removed_calls
from assistant.services.organizations import answer_cache
from assistant.services.privacy import inventory
from assistant.services.privacy.inventory import Erasure

log = logging.getLogger(__name__)

COUNTED_FOR = timedelta(days=1)  # the longest window that limits count calls and e-mails in
LATE_WRITES = timedelta(minutes=5)  # a runner that lost its turn has stopped by then: a lease is much shorter
COUNTER_KEY = "erased-"  # how the keys of rows begin that only limits count
SENT = (Delivery.State.SENDING, Delivery.State.SENT, Delivery.State.KEPT, Delivery.State.LOGGED)  # an e-mail may have left


def erase(
    organization: Organization,
    visitor_id: UUID | str,
    *,
    by: Any = None,
    reason: str = Removal.Reason.REQUEST,
    done_by: tuple[str, str] | None = None,
) -> Removal:
    """Erase a visitor of this organization; for one that is erased already, their tombstone again. `done_by` is who did it
    where that was no member of the staff, and how: for the audit log.

    Upcoming appointments are cancelled, without an e-mail. Raises `NotFound` for a visitor of nobody, or of another
    organization.
    """
    with transaction.atomic():
        # First the visitor, then their conversations: nobody can add one, or anything to one, until this has committed.
        visitor = Visitor.objects.select_for_update().filter(pk=visitor_id, organization=organization).first()
        if visitor is None:
            known = Removal.objects.filter(visitor=visitor_id, organization=organization).first()
            if known is None:
                raise NotFound("No such visitor.")
            return known
        conversations = list(Conversation.objects.select_for_update().filter(visitor=visitor).order_by("pk"))
        turns = list(Turn.objects.filter(conversation__in=conversations))
        removal = Removal.objects.create(
            organization=organization,
            visitor=visitor.pk,
            by=by,
            reason=reason,
            counts=_counts(visitor),
            pending={
                "drafts": [f"{turn.pk}.{fence}" for turn in turns for fence in range(turn.fence + 2)],
                "assistants": sorted({conversation.assistant_id for conversation in conversations}),
                "letters": [row.message_id for row in _rows(visitor, Delivery) if row.state in SENT],
                **removed_calls.pending_of(conversations),
            },
        )
        if done_by:
            audit.record_outside(organization, done_by[0], AuditEntry.Act.DELETED, visitor, done_by[1])
        _delete(visitor, turns)
        transaction.on_commit(lambda: _after(removal, turns, [conversation.pk for conversation in conversations]))
    log.info("organization %s: visitor %s was erased (%s): %s", organization.pk, visitor_id, reason, removal.counts)
    return removal


def _counts(visitor: Visitor) -> dict[str, int]:
    """How many rows of each table are about the visitor."""
    found = {model.__name__: inventory.rows_of(visitor, model, table).count() for model, table in inventory.models()}
    return {name: count for name, count in found.items() if count}


def _rows(visitor: Visitor, model: type[Model]) -> Any:
    return inventory.rows_of(visitor, model, inventory.INVENTORY[model.__name__])


def _delete(visitor: Visitor, turns: list[Turn]) -> None:
    # The ids first: the rows are not found through the visitor any more once they are detached.
    ids = {model: list(inventory.rows_of(visitor, model, table).values_list("pk", flat=True))
           for model, table in inventory.models() if table.owner}  # fmt: skip
    _blank_log(ids)
    blank_appointments(ids[Appointment])
    _count_letters(ids[Delivery])
    calls = ids[ToolCall]
    _detach_calls(calls)
    Spending.objects.filter(organization=visitor.organization_id, scope="visitor", subject=str(visitor.pk)).delete()
    for model, table in inventory.models():
        if table.erasure == Erasure.DELETED and table.owner and model is not Visitor:
            model._default_manager.filter(pk__in=ids[model]).delete()
    visitor.delete()
    _renew_calls(calls)


def _blank_log(ids: dict[type[Model], list[Any]]) -> None:
    """Django's log of the admin has the name of each row that was changed."""
    for model, pks in ids.items():
        entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))
        entries.filter(object_id__in=[str(pk) for pk in pks]).update(object_repr="Erased")


def blank_appointments(ids: list[UUID]) -> None:
    """Empty what appointments say about the person; those to come are cancelled. Inside the caller's transaction."""
    now = timezone.now()
    rows = Appointment.objects.filter(pk__in=ids)
    rows.filter(state=Appointment.State.HELD).update(state=Appointment.State.EXPIRED)
    rows.upcoming(now).update(state=Appointment.State.CANCELLED, sequence=F("sequence") + 1)
    fields = inventory.visitors_fields(Appointment, inventory.INVENTORY["Appointment"])
    empty = {field.name: None if field.null else field.get_default() for field in fields}
    for pk in ids:  # a reference is unique, and the visitor has the old one
        rows.filter(pk=pk).update(**{**empty, "reference": new_reference()})
    Feedback.objects.filter(appointment__in=ids).delete()
    for appointment in rows:
        entries.queue(appointment)  # outside calendars have the name


def _count_letters(ids: list[UUID]) -> None:
    """Delete e-mails; of those that may have left within the day, a row stays that limits count, under a new id."""
    recent = Delivery.objects.filter(pk__in=ids, state__in=SENT, created_at__gt=timezone.now() - COUNTED_FOR)
    counters = [
        Delivery(
            organization_id=row.organization_id, key=f"{COUNTER_KEY}{uuid4()}", to=erased_address(row.to), subject="Erased",
            state=Delivery.State.SENT if row.state == Delivery.State.SENDING else row.state,
        )
        for row in recent
    ]  # fmt: skip
    Delivery.objects.filter(pk__in=ids).delete()
    Delivery.objects.bulk_create(counters)


def _detach_calls(ids: list[UUID]) -> None:
    """Empty the calls that limits still count, and let go of what they belong to, so that they outlive it.

    The name of a call that was not let through is whatever a model wrote, and no limit counts it.
    """
    old = timezone.now() - COUNTED_FOR
    ToolCall.objects.filter(Q(created_at__lte=old) | Q(method=None), pk__in=ids).delete()
    rows = ToolCall.objects.filter(pk__in=ids)
    rows.filter(state__in=[ToolCall.State.SENT, ToolCall.State.UNKNOWN]).update(state=ToolCall.State.UNKNOWN)
    rows.filter(state__in=[ToolCall.State.PENDING, ToolCall.State.WAITING]).delete()
    rows.update(
        conversation=None, turn=None, arguments={}, result="", sources=[], receipt="", opaque={}, model_call_id="",
        code="", started_at=None, finished_at=None,
    )  # fmt: skip


def _renew_calls(ids: list[UUID]) -> None:
    """A runner that comes back with a result finds no row to write it to."""
    for pk in ids:
        row_id = uuid4()
        ToolCall.objects.filter(pk=pk).update(id=row_id, idempotency_key=f"{COUNTER_KEY}{row_id}")


def _after(removal: Removal, turns: list[Turn], conversations: list[UUID]) -> None:
    """What is not in the database; where it fails, `finish_due` tries again."""
    for turn in turns:
        if turn.state == Turn.State.RUNNING:
            live.ask_to_stop(turn.pk)
    for conversation in conversations:
        live.check_sessions(conversation)  # widgets that show it let go of it
    if removal.pending.get(removed_calls.PENDING):
        live.queue_task(removed_calls.TASK, str(removal.pk))
    try:
        _purge(removal)
    except Exception:
        log.exception("removal %s: caches and files could not be cleared yet", removal.pk)


def _purge(removal: Removal) -> None:
    cache.delete_many([f"draft.{key}" for key in removal.pending.get("drafts", ())])
    for assistant_id in removal.pending.get("assistants", ()):
        answer_cache.forget(assistant_id)
    # The demonstration's mail backend keeps files; what has been sent cannot be called back.
    letters, forget = removal.pending.get("letters"), getattr(get_connection(), "forget", None)
    if letters and forget:
        forget(letters)


def _truncate_log() -> bool:
    """SQLite's write-ahead log has pages as they were before, until it is written back; False while readers hold it up."""
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return not cursor.fetchone()[0]


def finish_due(now: datetime | None = None, *, limit: int = 50) -> int:
    """End the removals that are old enough for nobody to write to caches and files any more: delete what is there by now.
    Calls that go on at a provider are hung up first, from the start. Returns how many ended."""
    now = now or timezone.now()
    removed_calls.enqueue_due(now)
    purged = []
    due = Removal.objects.filter(finished_at=None, at__lt=now - LATE_WRITES).exclude(pending__has_key=removed_calls.PENDING)
    for removal in due.order_by("at")[:limit]:
        try:
            _purge(removal)
            purged.append(removal.pk)
        except Exception:
            log.exception("removal %s could not be finished yet", removal.pk)
    if not purged or not _truncate_log():
        return 0
    ended = Removal.objects.filter(pk__in=purged, finished_at=None).exclude(pending__has_key=removed_calls.PENDING)
    return ended.update(finished_at=now, pending={})


def drop_counters() -> None:
    """Delete what limits do not count any more."""
    old = timezone.now() - COUNTED_FOR
    for model, key in ((ToolCall, "idempotency_key"), (Delivery, "key")):
        rows: Any = model._default_manager
        # Between two keys too, because SQLite finds no beginning of a text by an index. A UUID follows, before any “g”.
        counted = {f"{key}__gte": COUNTER_KEY, f"{key}__lt": f"{COUNTER_KEY}g", f"{key}__startswith": COUNTER_KEY}
        rows.filter(**counted, created_at__lte=old).delete()
