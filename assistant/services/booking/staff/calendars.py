"""The week of a calendar, and what is booked while it is closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from itertools import combinations, product
from typing import Any

from django.db import transaction

from assistant.models import Appointment, Calendar, OpeningHours
from assistant.services.booking.availability import resources
from assistant.services.booking.availability.hours import Interval
from assistant.services.booking.staff import typed_hours

Week = Sequence[Sequence[Interval]]  # Monday first

USUAL_WEEK: Week = [[Interval(time(9), time(17))]] * 5 + [[], []]


def week_of(calendar: Calendar) -> list[list[Interval]]:
    week: list[list[Interval]] = [[] for _ in range(7)]
    for row in calendar.hours.order_by("opens"):
        week[row.weekday].append(Interval(row.opens, row.closes))
    return week


@transaction.atomic
def set_week(calendar: Calendar, week: Week) -> None:
    """Replace the opening hours; nothing is written where they are the same. An open hold keeps its time."""
    if [list(intervals) for intervals in week] == week_of(calendar):
        return
    calendar.hours.all().delete()
    OpeningHours.objects.bulk_create(
        OpeningHours(calendar=calendar, weekday=weekday, opens=interval.opens, closes=interval.closes)
        for weekday, intervals in enumerate(week)
        for interval in intervals
    )


def booked_while_closed(calendar: Calendar, now: datetime) -> list[Appointment]:
    """Upcoming appointments that begin or end outside the calendar's hours, as they are now."""
    calendar = Calendar.objects.prefetch_related("hours", "special_hours", "closures").get(pk=calendar.pk)
    hours = resources.hours_of(calendar)
    return [row for row in calendar.appointments.upcoming(now) if not hours.is_open_during(row.start_at, row.end_at)]


def clashes(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[int, str]]:
    """Of the special hours, as a form cleans them, those that overlap others of their day, or of the night before: the
    number of the later row, and a sentence about both."""
    for ((_, one), (number, other)), later in product(combinations(enumerate(rows), 2), (0, 1, -1)):
        shift = timedelta(days=later)
        day = max(one["first_day"], other["first_day"] - shift)
        if day > min(one["last_day"], other["last_day"] - shift):
            continue
        days: list[list[Interval]] = [[], [], []]
        hours = [Interval(row["opens"], row["closes"]) for row in (one, other)]
        for at, interval in zip((1, 1 + later), hours, strict=True):
            days[at].append(interval)
        if any(typed_hours.overlaps(days)):
            both = zip(hours, (day, day + shift), strict=True)
            named = " and ".join(f"{typed_hours.write_interval(interval)} on {at}" for interval, at in both)
            yield number, f"{named} overlap. Change one of them."
