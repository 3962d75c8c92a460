"""Free times, computed: what rules, opening hours and busy spans leave.

Pure: instants are UTC, everything it needs is passed in, and it knows neither rows nor Django, so that tests can hold it
against a slow and obvious double. Only this module and `hours` compute with dates: a model only ever picks.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from heapq import merge
from itertools import accumulate, groupby

from assistant.services.booking.availability.hours import Hours

PARTS_OF_DAY = {"morning": range(0, 12), "afternoon": range(12, 17), "evening": range(17, 24)}  # hours of the clock


@dataclass(frozen=True)
class Rules:
    """How one service is offered on one calendar."""

    length: timedelta
    before: timedelta = timedelta()  # kept free
    after: timedelta = timedelta()
    step: timedelta | None = None  # from one start to the next; None: one after the other, breaks included
    notice: timedelta = timedelta()
    horizon: timedelta = timedelta(days=60)
    capacity: int = 1
    per_day: int | None = None  # bookings of the service on one calendar, by the calendar's days

    @property
    def stride(self) -> timedelta:
        return self.step or self.before + self.length + self.after

    def busy(self, start_at: datetime) -> tuple[datetime, datetime]:
        """The time that a booking takes up, breaks included."""
        return start_at - self.before, start_at + self.length + self.after


@dataclass(frozen=True)
class Busy:
    """A time that is taken. Those of one `session` other than 0 share it."""

    start: datetime
    end: datetime
    session: int = 0


class Timeline:
    """Busy spans, overlapping or not, that can be asked which of them overlap a time."""

    def __init__(self, spans: Iterable[Busy]) -> None:
        self._spans = sorted(spans, key=lambda span: span.start)
        self._starts = [span.start for span in self._spans]
        self._latest = list(accumulate((span.end for span in self._spans), max))  # of all up to this one

    def overlapping(self, start: datetime, end: datetime) -> Iterator[Busy]:
        at = bisect_left(self._starts, end) - 1
        while at >= 0 and self._latest[at] > start:
            if self._spans[at].end > start:
                yield self._spans[at]
            at -= 1


@dataclass(frozen=True)
class Resource:
    """One service on one calendar: all that decides what is free there. `booked_on` counts its bookings by day."""

    service: int
    calendar: int
    hours: Hours
    rules: Rules
    timeline: Timeline = field(default_factory=lambda: Timeline(()))
    booked_on: Mapping[date, int] = field(default_factory=dict)

    def session(self, start_at: datetime) -> int:
        return session_number(self.service, start_at) if self.rules.capacity > 1 else 0


def session_number(service: int, start_at: datetime) -> int:
    """One number for one service at one minute. Below 2**63 until the year 10000, and for two thousand million services."""
    return service * 2**32 + int(start_at.timestamp()) // 60


@dataclass(frozen=True)
class Free:
    """A bookable time: on which calendars, and how many places are left on them altogether."""

    start_at: datetime
    end_at: datetime  # the latest, where it takes longer on some calendars
    calendars: tuple[int, ...]
    places: int


def starts(hours: Hours, rules: Rules, since: datetime, until: datetime, now: datetime) -> Iterator[datetime]:
    """The instants that hours and rules offer from `since` to `until`, both included, in order and once each.

    Steps are of real time: an hour that the clocks skip is not offered, one that they repeat is offered twice.
    """
    since = max(since, now + rules.notice)
    until = min(until, now + rules.horizon)
    ahead: set[datetime] = set()
    for day, opens_at, closes_at in hours.stretches(since, until):
        yield from _due(ahead, hours.midnight(day))  # what is still to come begins on that day, or later
        ahead.update(
            start_at
            for start_at in _steps(opens_at, closes_at, rules, since, until)
            if not hours.is_closed_during(start_at, start_at + rules.length)
        )
    yield from sorted(ahead)


def _due(ahead: set[datetime], before: datetime) -> list[datetime]:
    """Take those out that are before an instant, in order."""
    due = sorted(start_at for start_at in ahead if start_at < before)
    ahead.difference_update(due)
    return due


def _steps(opens_at: datetime, closes_at: datetime, rules: Rules, since: datetime, until: datetime) -> Iterator[datetime]:
    start_at = opens_at
    if since > opens_at:
        start_at += -((opens_at - since) // rules.stride) * rules.stride  # the first step at or after `since`
    while start_at + rules.length <= closes_at and start_at <= until:
        yield start_at
        start_at += rules.stride


def places_left(resource: Resource, start_at: datetime) -> int:
    """How many could book that start, whether the hours offer it or not; 0 where the calendar is otherwise busy."""
    rules, session = resource.rules, resource.session(start_at)
    if rules.per_day is not None:
        day = start_at.astimezone(resource.hours.zone).date()
        if resource.booked_on.get(day, 0) >= rules.per_day:
            return 0
    overlapping = list(resource.timeline.overlapping(*rules.busy(start_at)))
    if any(not session or span.session != session for span in overlapping):
        return 0
    return max(0, rules.capacity - len(overlapping))


def free(resources: Sequence[Resource], since: datetime, until: datetime, now: datetime) -> Iterator[Free]:
    """What begins from `since` to `until` and is free on any of the resources, in order, computed as it is asked for."""
    in_order = merge(*(_free_on(resource, since, until, now) for resource in resources), key=lambda one: one.start_at)
    for start_at, group in groupby(in_order, key=lambda one: one.start_at):
        found = list(group)
        calendars = tuple(calendar for one in found for calendar in one.calendars)
        yield Free(start_at, max(one.end_at for one in found), calendars, sum(one.places for one in found))


def _free_on(resource: Resource, since: datetime, until: datetime, now: datetime) -> Iterator[Free]:
    for start_at in starts(resource.hours, resource.rules, since, until, now):
        if places := places_left(resource, start_at):
            yield Free(start_at, start_at + resource.rules.length, (resource.calendar,), places)


# --- What is asked for --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Wish:
    """What a visitor asks for, on their own clock. Whatever is left out does not matter to them."""

    first_day: date | None = None
    last_day: date | None = None  # included
    part_of_day: str = ""  # one of PARTS_OF_DAY
    weekdays: frozenset[int] = frozenset()  # 0 is Monday
    after: time | None = None  # at or after
    before: time | None = None  # before it, not at it

    def fits(self, local: datetime) -> bool:
        """Whether weekday and hour are right; the days are up to who asks."""
        at = local.time().replace(fold=0)
        return (
            (not self.part_of_day or local.hour in PARTS_OF_DAY[self.part_of_day])
            and (not self.weekdays or local.weekday() in self.weekdays)
            and (self.after is None or at >= self.after)
            and (self.before is None or at < self.before)
        )
