"""Bookings in outside calendars: each change raises the number that is wanted there, and a worker brings the entry up to it.

What a worker writes is the appointment as it is by then, so changes that come quickly are one write, and one that is
repeated changes nothing: the entry has the appointment's UID and an address made of its id.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import icalendar
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from assistant import live
from assistant.models import Appointment, OutsideCalendar, OutsideEntry
from assistant.models.booking.appointments import BOOKED
from assistant.services import renewal
from assistant.services.booking.calendar_sync import feeds
from assistant.services.deliveries import outbox

TASK = "assistant.tasks.write_outside_entry"
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
MAX_ATTEMPTS = 30  # with those waits: about a day
SHOWN = feeds.EntryDetails(name=True)  # the calendar is staff's own; contact details stay here, one click away


def queue(appointment: Appointment) -> None:
    """Have every outside calendar show the appointment as it is now, in the caller's transaction."""
    if _stands(appointment):
        for outside in OutsideCalendar.objects.to_write().filter(calendar=appointment.calendar_id):
            OutsideEntry.objects.get_or_create(outside=outside, appointment=appointment)
    rows = OutsideEntry.objects.filter(appointment=appointment)
    if rows.update(wanted=F("wanted") + 1, attempts=0, last_error="", next_attempt_at=timezone.now()):
        for entry_id in rows.values_list("pk", flat=True):
            live.queue_task(TASK, str(entry_id))


def queue_upcoming(outside: OutsideCalendar, now: datetime | None = None) -> int:
    """Have all that is still to come entered in a calendar that bookings are written to from now on. Returns how many."""
    if not OutsideCalendar.objects.to_write().filter(pk=outside.pk).exists():
        return 0
    rows = Appointment.objects.upcoming(now or timezone.now()).filter(calendar=outside.calendar_id)
    with transaction.atomic():
        for appointment in (found := list(rows.exclude(outside_entries__outside=outside))):
            queue(appointment)
    return len(found)


def retry(outside: OutsideCalendar) -> int:
    """Start again with the entries that were given up or wait for another attempt. Returns how many."""
    with transaction.atomic():
        ids = list(outside.entries.pending().values_list("pk", flat=True))
        OutsideEntry.objects.filter(pk__in=ids).update(attempts=0, next_attempt_at=timezone.now())
        for entry_id in ids:
            live.queue_task(TASK, str(entry_id))
    return len(ids)


def enqueue_due(limit: int = 100) -> int:
    """Tell workers of the entries that are due. Returns how many."""
    due = OutsideEntry.objects.due(timezone.now() - timedelta(seconds=5)).order_by("next_attempt_at")
    found = list(due.values_list("pk", flat=True)[:limit])
    for entry_id in found:
        live.queue_task(TASK, str(entry_id))
    return len(found)


def claim(entry_id: int | str) -> OutsideEntry | None:
    """Lease an entry to this worker, under a new `fence`; None when it is not due, gone, or another's."""
    now = timezone.now()
    due = OutsideEntry.objects.due(now).filter(pk=int(entry_id))
    if not due.update(fence=F("fence") + 1, attempts=F("attempts") + 1, leased_until=now + renewal.LEASE):
        return None
    related = [f"appointment__{name}" for name in ("calendar", "service__organization", "organization")]
    related += [f"outside__{name}" for name in ("organization", "calendar", "account")]
    return OutsideEntry.objects.select_related(*related).get(pk=entry_id)


def event_of(entry: OutsideEntry) -> icalendar.Event | None:
    """What is to stand there; None where nothing is."""
    appointment = entry.appointment
    there = _stands(appointment) and appointment.calendar_id == entry.outside.calendar_id
    return feeds.event(appointment, SHOWN) if there else None


def written(entry: OutsideEntry) -> bool:
    """It is there as it was when `entry` was claimed; a change since then is still due. False when the lease was lost."""
    mine = OutsideEntry.objects.filter(pk=entry.pk, fence=entry.fence, leased_until__isnull=False)
    with transaction.atomic():
        if not mine.update(written=entry.wanted, attempts=0, last_error="", leased_until=None):
            return False
        if OutsideEntry.objects.pending().filter(pk=entry.pk).exists():
            live.queue_task(TASK, str(entry.pk))
    return True


def failed(entry: OutsideEntry, problem: str, *, asked_to_wait: timedelta | None = None) -> bool:
    """It could not be written: try again, less and less often for about a day; then staff can."""
    wait = max(min(FIRST_WAIT * 2 ** min(entry.attempts - 1, 10), LONGEST_WAIT), asked_to_wait or timedelta())
    again_at = timezone.now() + wait if entry.attempts < MAX_ATTEMPTS else None
    mine = OutsideEntry.objects.filter(pk=entry.pk, fence=entry.fence, leased_until__isnull=False)
    return bool(mine.update(last_error=outbox.one_line(problem, 300), next_attempt_at=again_at, leased_until=None))


def _stands(appointment: Appointment) -> bool:
    return appointment.state in BOOKED
