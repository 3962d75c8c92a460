"""Opening hours as UTC instants: weekdays, other hours of single days, closed days, and clocks that change.

Pure: it knows dates and zones, and neither rows nor Django.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from assistant.services.days import midnight

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Interval:
    """From `opens` to `closes` on the wall clock; not after `opens`, that is on the next day. Midnight is the day's end."""

    opens: time
    closes: time

    @property
    def closes_next_day(self) -> bool:
        return self.closes <= self.opens


@dataclass(frozen=True)
class Days:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class Hours:
    """When a calendar is open, in its own zone.

    `week` is by weekday (0 is Monday). `special` replaces the hours of the weekday on its days. On a day in `closed` nothing
    begins, and nothing lasts into it, whatever the others say.
    """

    zone: ZoneInfo
    week: tuple[tuple[int, Interval], ...]
    special: tuple[tuple[Days, Interval], ...] = ()
    closed: tuple[Days, ...] = ()

    def is_closed(self, day: date) -> bool:
        return any(day in days for days in self.closed)

    def is_closed_during(self, start_at: datetime, end_at: datetime) -> bool:
        """Whether a closed day is touched between two instants, the end not included."""
        day, last = (at.astimezone(self.zone).date() for at in (start_at, end_at - INSTANT))
        while day <= last:
            if self.is_closed(day):
                return True
            day += DAY
        return False

    def intervals_of(self, day: date) -> list[Interval]:
        if self.is_closed(day):
            return []
        special = [interval for days, interval in self.special if day in days]
        return special or [interval for weekday, interval in self.week if weekday == day.weekday()]

    def stretches(self, since: datetime, until: datetime) -> Iterator[tuple[date, datetime, datetime]]:
        """The stretches that may hold something which begins from `since` to `until`: day, opening and closing (UTC), in the
        order of their days. Hours past midnight belong to the day on which they begin.
        """
        day, last = since.astimezone(self.zone).date() - DAY, until.astimezone(self.zone).date()
        while day <= last:
            for interval in self.intervals_of(day):
                yield day, *self._stretch(day, interval)
            day += DAY

    def is_open_during(self, start_at: datetime, end_at: datetime) -> bool:
        """Whether one stretch of the hours has all of it."""
        inside = any(opens <= start_at and end_at <= closes for _, opens, closes in self.stretches(start_at, start_at))
        return inside and not self.is_closed_during(start_at, end_at)

    def midnight(self, day: date) -> datetime:
        return midnight(day, self.zone).astimezone(UTC)

    def _stretch(self, day: date, interval: Interval) -> tuple[datetime, datetime]:
        """Of a wall time that comes twice, opening is the first and closing the last: fold 0 and fold 1. For one that does
        not exist the same folds give a moment after, and before, the gap: in doubt it is closed. Only the end of the day is
        the very moment at which the next begins, which is its first midnight.
        """
        closing_day = day + DAY if interval.closes_next_day else day
        fold = 0 if interval.closes == time() else 1
        opens_at = datetime.combine(day, interval.opens.replace(fold=0), self.zone).astimezone(UTC)
        closes_at = datetime.combine(closing_day, interval.closes.replace(fold=fold), self.zone).astimezone(UTC)
        return opens_at, closes_at
