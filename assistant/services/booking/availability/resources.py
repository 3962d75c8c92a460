"""Rows as the values that `slots` computes with: hours, rules, and what is taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from assistant.models import Appointment, BlockedTime, BusyTime, Calendar, Offering, Service
from assistant.models.booking.appointments import LONGEST
from assistant.services.booking.availability.hours import Days, Hours, Interval
from assistant.services.booking.availability.slots import Busy, Resource, Rules, Timeline


def offerings_of(service: Service, calendar: Calendar | None = None) -> list[Offering]:
    """The calendars that offer a service, in order; the one alone where it is given."""
    found = service.offerings.select_related("calendar", "service")
    related = ("calendar__hours", "calendar__special_hours", "calendar__closures")
    found = found.filter(calendar=calendar) if calendar else found
    return list(found.prefetch_related(*related)) if service.active else []


def load(offerings: Iterable[Offering], *, since: datetime, now: datetime, without: Collection[UUID] = ()) -> list[Resource]:
    """A resource for each offering, with what takes time on its calendar from `since` on.

    Appointments whose ids are in `without` count as free.
    """
    offerings = list(offerings)
    busy = _busy_spans(offerings, since, now, without)
    return [
        Resource(
            offering.service_id,
            offering.calendar_id,
            hours_of(offering.calendar),
            rules_of(offering),
            Timeline(busy[offering.calendar_id]),
            _booked_on(offering, since, now, without),
        )
        for offering in offerings
    ]


def hours_of(calendar: Calendar) -> Hours:
    return Hours(
        ZoneInfo(calendar.timezone),
        tuple((row.weekday, Interval(row.opens, row.closes)) for row in calendar.hours.all()),
        tuple((Days(row.first_day, row.last_day), Interval(row.opens, row.closes)) for row in calendar.special_hours.all()),
        tuple(Days(row.first_day, row.last_day) for row in calendar.closures.all()),
    )


def rules_of(offering: Offering) -> Rules:
    service = offering.service
    return Rules(
        length=timedelta(minutes=offering.minutes or service.minutes),
        before=timedelta(minutes=service.buffer_before_minutes),
        after=timedelta(minutes=service.buffer_after_minutes),
        step=timedelta(minutes=service.step_minutes) if service.step_minutes else None,
        notice=timedelta(minutes=service.notice_minutes),
        horizon=timedelta(days=service.horizon_days),
        capacity=service.capacity,
        per_day=service.per_day,
    )


def _busy_spans(
    offerings: list[Offering], since: datetime, now: datetime, without: Collection[UUID]
) -> dict[int, list[Busy]]:
    """All that keeps a calendar busy, by its id: the one place to add what is not an appointment."""
    spans: dict[int, list[Busy]] = {offering.calendar_id: [] for offering in offerings}
    rows = Appointment.objects.taking_time(now).filter(calendar__in=list(spans)).reaching(since - LONGEST)
    columns = ("calendar_id", "busy_from", "busy_until", "session")
    for calendar_id, busy_from, busy_until, session in rows.exclude(pk__in=without).values_list(*columns):
        spans[calendar_id].append(Busy(busy_from, busy_until, session))
    furthest = now + timedelta(days=max((one.service.horizon_days for one in offerings), default=0)) + LONGEST
    outside = BusyTime.objects.filter(calendar__in=list(spans), source__enabled=True, source__reads_busy=True)
    outside = outside.filter(end_at__gt=since - LONGEST, start_at__lt=furthest)
    for calendar_id, start_at, end_at in outside.values_list("calendar_id", "start_at", "end_at"):
        spans[calendar_id].append(Busy(start_at, end_at))
    blocked = BlockedTime.objects.filter(calendar__in=list(spans), end_at__gt=since - LONGEST)
    for calendar_id, start_at, end_at in blocked.values_list("calendar_id", "start_at", "end_at"):
        spans[calendar_id].append(Busy(start_at, end_at))
    return spans


def busy_elsewhere(calendar: Calendar) -> QuerySet[BusyTime]:
    """What the outside calendars that block a calendar have in them."""
    return BusyTime.objects.filter(calendar=calendar, source__enabled=True, source__reads_busy=True)


def is_busy_elsewhere(appointment: Appointment) -> bool:
    """Whether an outside calendar has something else at the appointment's time, breaks included."""
    rows = busy_elsewhere(appointment.calendar)
    return rows.filter(start_at__lt=appointment.busy_until, end_at__gt=appointment.busy_from).exists()


def _booked_on(offering: Offering, since: datetime, now: datetime, without: Collection[UUID]) -> Counter[date]:
    """Bookings of the service by the calendar's days, where there is a limit to them."""
    if offering.service.per_day is None:
        return Counter()
    zone = ZoneInfo(offering.calendar.timezone)
    rows = Appointment.objects.taking_time(now).filter(calendar=offering.calendar, service=offering.service)
    rows = rows.filter(start_at__gt=since - LONGEST).exclude(pk__in=without)
    return Counter(start_at.astimezone(zone).date() for start_at in rows.values_list("start_at", flat=True))
