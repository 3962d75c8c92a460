"""Busy times of outside calendars: when each is read, and what is kept of it.

A source is claimed by one conditional write, read by `tasks`, and given its busy times here under the calendar's lock, so
that a booking is checked against all of the former ones or all of the new. A source that fails keeps what it had.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from assistant import live
from assistant.models import Appointment, BusyTime, OutsideCalendar
from assistant.services import renewal
from assistant.services.booking import locks
from assistant.services.booking.calendar_sync.busy_expansion import OWN, Expansion
from assistant.services.booking.calendar_sync.remote import ReadResult
from assistant.services.deliveries import outbox
from assistant.services.providers import budgets

TASK = "assistant.tasks.read_outside_calendar"
EVERY = timedelta(minutes=15)
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)  # after a failure: twice as long each time
# Longer than any service can be booked ahead, with a margin: the times of what has not changed stand for a day.
AHEAD = timedelta(days=735)
WHOLE_EVERY = timedelta(days=1)  # a calendar that "has not changed" is read whole this often, as time goes on
READ_AT_ONCE = 2  # of one organization's
WRITE_TO_TEAM_AFTER = 4  # failures in a row: about a quarter of an hour
BATCH = 1000


def window(now: datetime) -> tuple[datetime, datetime]:
    """The time whose busy times are kept."""
    return now - timedelta(days=2), now + AHEAD


def check_now(outside: OutsideCalendar) -> None:
    """Have it read as soon as a worker is free, and whole."""
    with transaction.atomic():
        OutsideCalendar.objects.filter(pk=outside.pk).update(next_read_at=timezone.now(), full_at=None)
        live.queue_task(TASK, outside.pk)


def enqueue_due(limit: int = 50) -> int:
    """Tell workers of the sources that are due. Returns how many."""
    found = list(OutsideCalendar.objects.due(timezone.now()).order_by("next_read_at").values_list("pk", flat=True)[:limit])
    for outside_id in found:
        live.queue_task(TASK, outside_id)
    return len(found)


def claim(outside_id: UUID | str, now: datetime | None = None) -> OutsideCalendar | None:
    """Lease a source to this reader, under a new `fence`; None when it is not due, gone, or another's, and when as many of
    its organization's are being read as may be."""
    now = now or timezone.now()
    due = OutsideCalendar.objects.due(now).filter(pk=outside_id)
    owners = due.values("organization")
    reading = OutsideCalendar.objects.filter(organization__in=owners, leased_until__gt=now)
    if reading.count() >= READ_AT_ONCE:
        return None
    if not due.update(fence=F("fence") + 1, leased_until=now + renewal.LEASE, tried_at=now):
        return None
    return OutsideCalendar.objects.select_related("organization", "calendar", "account").get(pk=outside_id)


def must_be_whole(outside: OutsideCalendar, now: datetime | None = None) -> bool:
    """Whether it is to be read whole, rather than asked whether anything has changed."""
    now = now or timezone.now()
    return outside.full_at is None or outside.full_at < now - WHOLE_EVERY


def keep(outside: OutsideCalendar, read: ReadResult, now: datetime | None = None) -> bool:
    """It was read: replace its busy times. False when the lease was lost meanwhile, and another reader's count."""
    now = now or timezone.now()
    found = read.found
    if found is None:
        return unchanged(outside, now)
    ours = _own(outside, found)
    spans = {(span.start, span.end) for span in found.spans if span.uid not in ours}
    with locks.locked({outside.calendar_id}, now, seconds=None):
        if not _still_mine(outside):
            return False
        known = {(start, end): pk for pk, start, end in outside.busy_times.values_list("pk", "start_at", "end_at")}
        gone = [pk for span, pk in known.items() if span not in spans]
        for at in range(0, len(gone), BATCH):
            BusyTime.objects.filter(pk__in=gone[at : at + BATCH]).delete()
        BusyTime.objects.bulk_create(
            (BusyTime(source=outside, calendar_id=outside.calendar_id, start_at=start, end_at=end)
             for start, end in sorted(spans - known.keys())),
            batch_size=BATCH,
        )  # fmt: skip
        known_by = {"etag": read.etag[:200], "last_modified": read.last_modified[:60], "sync_token": read.sync_token}
        _settle(outside, now, **known_by, full_at=now, note=_note(found))
    return True


def unchanged(outside: OutsideCalendar, now: datetime | None = None) -> bool:
    """Its server says that it is what it was."""
    with transaction.atomic():
        return _still_mine(outside) and _settle(outside, now or timezone.now())


def failed(
    outside: OutsideCalendar, problem: str, *, asked_to_wait: timedelta | None = None, now: datetime | None = None
) -> bool:
    """It could not be read: keep its last known times, say so, and try again. The team gets one e-mail for each outage.

    It is not tried again before its server's own time, where that has named one.
    """
    now = now or timezone.now()
    with transaction.atomic():
        if not _still_mine(outside):
            return False
        outside.failures += 1
        wait = max(min(FIRST_WAIT * 2 ** min(outside.failures - 1, 10), LONGEST_WAIT), asked_to_wait or timedelta())
        outside.last_error, outside.next_read_at, outside.leased_until = problem[:300], now + wait, None
        outside.save(update_fields=["failures", "last_error", "next_read_at", "leased_until"])
        if outside.failures == WRITE_TO_TEAM_AFTER:
            key = f"outside:{outside.pk}:{outside.read_at.timestamp() if outside.read_at else 0:.6f}"
            budgets.notify_team(outside.organization, f"The calendar {outbox.one_line(outside.name, 80)} cannot be read",
                                _email_text(outside), key=key)  # fmt: skip
    return True


def overlapped(outside: OutsideCalendar, now: datetime | None = None) -> QuerySet[Appointment]:
    """Appointments still to come that stand at one of its busy times: they stay until staff move or cancel them."""
    rows = Appointment.objects.upcoming(now or timezone.now()).filter(calendar=outside.calendar_id)
    return rows.filter(
        calendar__busy_times__source=outside,
        calendar__busy_times__start_at__lt=F("end_at"),
        calendar__busy_times__end_at__gt=F("start_at"),
    ).distinct()


def state_of(outside: OutsideCalendar) -> str:
    """One sentence for staff: whether its busy times are known, and of when."""
    if not outside.reads_busy or not outside.enabled:
        return "It is not read."
    if outside.read_at is None:
        return f"It has never been read. {outside.last_error}" if outside.last_error else "It has not been read yet."
    read = f"{timezone.localtime(outside.read_at):%-d %b %Y, %H:%M}"
    if outside.last_error:
        return f"The last check failed: {outside.last_error} The busy times of {read} still block bookings."
    return f"Read on {read}. {outside.note}".strip()


def _own(outside: OutsideCalendar, found: Expansion) -> set[str]:
    """The UIDs of this organization's own appointments, which come back from a calendar that they were entered in."""
    uids = {span.uid.removesuffix(OWN): span.uid for span in found.spans if span.uid}
    ids = {}
    for text, uid in uids.items():
        try:
            ids[UUID(text)] = uid
        except ValueError:
            continue  # somebody else's, which ends alike
    rows = Appointment.objects.filter(organization=outside.organization_id, pk__in=list(ids))
    known = set(rows.values_list("pk", flat=True))
    return {uid for pk, uid in ids.items() if pk in known}


def _note(found: Expansion) -> str:
    said = []
    if found.unreadable:
        said.append(f"{found.unreadable} event(s) could not be read and block nothing.")
    if found.unknown_zones:
        said.append(f"{found.unknown_zones} event(s) name an unknown time zone and were read in the calendar's own.")
    return " ".join(said)


def _email_text(outside: OutsideCalendar) -> str:
    return (
        f"The busy times of the calendar “{outbox.one_line(outside.name, 80)}” could not be read several times in a row.\n\n"
        f"{state_of(outside)}\n\nUntil it can be read again, new events there block no bookings on "
        f"{outbox.one_line(outside.calendar.name, 80)}. It is tried again at least every hour. Check it in the admin under "
        "Outside calendars."
    )


def _still_mine(outside: OutsideCalendar) -> bool:
    rows = OutsideCalendar.objects.select_for_update().filter(pk=outside.pk, fence=outside.fence, leased_until__isnull=False)
    return rows.first() is not None


def _settle(outside: OutsideCalendar, now: datetime, **changes: object) -> bool:
    rows = OutsideCalendar.objects.filter(pk=outside.pk, fence=outside.fence)
    return bool(rows.update(failures=0, last_error="", read_at=now, next_read_at=now + EVERY, leased_until=None, **changes))
