"""Office hours of an organization: whether its team answers now, and when it does again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from assistant.models import OfficeHours, Organization
from assistant.services.booking.availability.hours import Days, Hours, Interval

LOOKED_AHEAD = timedelta(days=60)
MOMENT = timedelta(seconds=1)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Office:
    """Whether the team is there at a moment; `opens_at` is when it is the next time, where that is within two months.
    Without office hours nobody has said when the team answers: it counts as there."""

    is_open: bool
    opens_at: datetime | None = None


def office(organization: Organization, now: datetime) -> Office:
    """Reads the database."""
    hours = hours_of(organization)
    if not hours.week or hours.is_open_during(now, now + MOMENT):
        return Office(True)
    return Office(False, _next_opening(hours, now))


def presence(organization: Organization, now: datetime) -> dict[str, datetime]:
    """`closes_at` while the team answers, `opens_at` when it does again; empty where nobody has said when it answers."""
    hours = hours_of(organization)
    if not hours.week:
        return {}
    if not hours.is_open_during(now, now + MOMENT):
        opens_at = _next_opening(hours, now)
        return {"opens_at": opens_at} if opens_at else {}
    # Stretches may meet, as at midnight, or overlap.
    stretches = sorted((opens_at, closes_at) for _, opens_at, closes_at in hours.stretches(now, now + WEEK))
    closes = now
    for opens_at, closes_at in stretches:
        if opens_at <= closes < closes_at:
            closes = closes_at
    return {"closes_at": closes}


def hours_of(organization: Organization) -> Hours:
    return Hours(
        ZoneInfo(organization.timezone),
        tuple((row.weekday, Interval(row.opens, row.closes)) for row in organization.office_hours.all()),
        closed=tuple(Days(row.first_day, row.last_day) for row in organization.closures.all()),
    )


def _next_opening(hours: Hours, now: datetime) -> datetime | None:
    """The first moment after `now` at which a stretch of the hours begins."""
    found = (opens_at for _, opens_at, _ in hours.stretches(now, now + LOOKED_AHEAD) if opens_at > now)
    return min(found, default=None)


def week_of(organization: Organization) -> list[list[Interval]]:
    """The intervals of each weekday, Monday first."""
    week: list[list[Interval]] = [[] for _ in range(7)]
    for row in organization.office_hours.order_by("opens"):
        week[row.weekday].append(Interval(row.opens, row.closes))
    return week


@transaction.atomic
def set_week(organization: Organization, week: Sequence[Sequence[Interval]]) -> None:
    """Replace the office hours; nothing is written where they are the same."""
    if [list(intervals) for intervals in week] == week_of(organization):
        return
    organization.office_hours.all().delete()
    OfficeHours.objects.bulk_create(
        OfficeHours(organization=organization, weekday=weekday, opens=interval.opens, closes=interval.closes)
        for weekday, intervals in enumerate(week)
        for interval in intervals
    )
