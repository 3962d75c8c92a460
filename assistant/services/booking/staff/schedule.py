"""A stretch of days as staff see it in a calendar: what is booked, blocked and open, on each calendar's own clock."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from assistant.models import Appointment, BlockedTime, Calendar
from assistant.services.booking.availability import resources
from assistant.services.booking.availability.hours import DAY

State = Appointment.State
GONE = (State.CANCELLED, State.DECLINED, State.EXPIRED)


@dataclass(frozen=True)
class Schedule:
    """`open` are the opening hours, by calendar, and `shut` what they leave out; all times are instants, and `zones` has the
    clock of each calendar."""

    appointments: tuple[Appointment, ...]
    blocked: tuple[BlockedTime, ...]
    open: tuple[tuple[int, datetime, datetime], ...]
    shut: tuple[tuple[int, datetime, datetime], ...]
    zones: dict[int, ZoneInfo]


def between(
    calendars: Collection[Calendar], first: date, last: date, *, with_cancelled: bool = False, now: datetime | None = None
) -> Schedule:
    """The days from `first` to `last`, both included. `calendars` come with their hours prefetched."""
    now = now or timezone.now()
    zones = {calendar.pk: ZoneInfo(calendar.timezone) for calendar in calendars}
    # A day lasts from the first zone's midnight to the last one's; what lies beside it is shown by no view.
    since = datetime.combine(first - DAY, datetime.min.time(), ZoneInfo("UTC"))
    until = since + (last - first) + timedelta(days=3)
    rows = Appointment.objects.filter(calendar__in=zones, start_at__lt=until, end_at__gt=since).reaching(since)
    lapsed = Q(state=State.HELD, held_until__lte=now)
    rows = rows.exclude(state=State.EXPIRED) if with_cancelled else rows.exclude(state__in=GONE)
    related = rows.exclude(lapsed).select_related("service", "calendar").order_by("start_at")
    blocked = BlockedTime.objects.filter(calendar__in=zones, start_at__lt=until, end_at__gt=since).order_by("start_at")
    opened = tuple(_open(calendars, since, until))
    shut = tuple(
        (pk, *gap)
        for pk in zones
        for gap in _gaps([(opens_at, closes_at) for of, opens_at, closes_at in opened if of == pk], since, until)
    )
    return Schedule(tuple(related), tuple(blocked), opened, shut, zones)


def _open(calendars: Collection[Calendar], since: datetime, until: datetime) -> Iterator[tuple[int, datetime, datetime]]:
    for calendar in calendars:
        hours = resources.hours_of(calendar)
        for _, opens_at, closes_at in hours.stretches(since, until):
            yield calendar.pk, opens_at, closes_at


def _gaps(
    spans: Collection[tuple[datetime, datetime]], since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """What the spans, overlapping or not, leave of the time from `since` to `until`."""
    for start_at, end_at in sorted(spans):
        if since < start_at:
            yield since, min(start_at, until)
        since = max(since, end_at)
    if since < until:
        yield since, until
