"""What is free, as visitors and models are offered it: slots by day, with an id and words for each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, groupby, islice
from zoneinfo import ZoneInfo

from django.utils import timezone

from assistant.errors import ToolError
from assistant.models import Appointment, Calendar, Offering, Service
from assistant.services.booking.availability import resources, slot_ids, wording
from assistant.services.booking.availability.hours import DAY, INSTANT
from assistant.services.booking.availability.slots import PARTS_OF_DAY, Free, Resource, Wish, free, starts
from assistant.services.days import midnight

DAYS_OFFERED = 3
SLOTS_PER_DAY = 16  # a day with more is thinned evenly, so that a card stays a card

DaysOffered = tuple[tuple[date, tuple["Slot", ...]], ...]


@dataclass(frozen=True)
class Slot:
    """A bookable time. `start_at` and `end_at` are UTC; `local` is the start on the clock that leads, `other` on the one
    beside it, of `other_zone`: the visitor's and the business's, or the other way round (`wording.leading`).
    """

    id: str
    start_at: datetime
    end_at: datetime
    local: datetime
    other: datetime
    other_zone: str
    places: int = 1
    shared: bool = False  # whether others can book the same time: then `places` is worth a word

    @property
    def label(self) -> str:
        """As a model reads it: English, by the 24-hour clock."""
        return self.label_in("")

    def label_in(self, locale: str) -> str:
        """As a visitor of `locale` reads it: "10:00", or "10:00 (09:00 London)" where the clocks there differ."""
        note = self.note_in(locale)
        return f"{self.time_in(locale)} ({note})" if note else self.time_in(locale)

    def time_in(self, locale: str) -> str:
        return wording.clock(self.local, locale)

    def note_in(self, locale: str) -> str:
        """The time on the other clock where that differs, with its weekday where that differs too; and the places left."""
        notes = []
        if self.local.utcoffset() != self.other.utcoffset():
            same_day = self.local.date() == self.other.date()
            weekday = "" if same_day else f"{wording.weekday_of(self.other.date(), locale)} "
            notes.append(f"{weekday}{wording.clock(self.other, locale)} {wording.place(self.other_zone)}")
        if self.shared:
            notes.append(wording.places_left(self.places, locale))
        return ", ".join(notes)


@dataclass(frozen=True)
class Offer:
    """Slots by day, on the clock that leads, that of `timezone`.

    `problem` says why the days and hours that were asked for are not among them: past, too_far, closed or full; it is
    "" when they are, or when no day was asked for.
    """

    timezone: str
    today: date
    days: DaysOffered
    problem: str = ""

    @property
    def slots(self) -> list[Slot]:
        return [slot for _, slots in self.days for slot in slots]


class Search:
    """One search for free times of a service, on one calendar or on whichever is free, as one visitor reads them."""

    def __init__(
        self,
        service: Service,
        calendar: Calendar | None,
        visitor_timezone: str,
        now: datetime,
        moving: Appointment | None = None,
        since: datetime | None = None,
    ) -> None:
        self.service, self.calendar, self.now = service, calendar, now
        self.offerings = resources.offerings_of(service, calendar)
        without = [moving.pk] if moving else []
        self.resources = resources.load(self.offerings, since=since or now, now=now, without=without)
        there = ZoneInfo(_zone_of(self.offerings, service))
        visitors = wording.known_zone(visitor_timezone) or there
        self.zone, self.other = wording.leading(service, there, visitors)
        self.today = now.astimezone(self.zone).date()
        self.end = now + timedelta(days=service.horizon_days)

    def free(self, since: datetime, until: datetime) -> Iterator[Slot]:
        return (self._slot(one) for one in free(self.resources, since, until, self.now))

    def is_open(self, since: datetime, until: datetime) -> bool:
        """Whether the hours offer anything at all there, taken or not."""
        return any(True for one in self.resources for _ in starts(one.hours, one.rules, since, until, self.now))

    def midnight(self, day: date) -> datetime:
        return midnight(day, self.zone).astimezone(UTC)

    def offer(self, days: DaysOffered, problem: str = "") -> Offer:
        return Offer(self.zone.key, self.today, days, problem)

    def _slot(self, one: Free) -> Slot:
        id = slot_ids.issue(self.service, self.calendar, one.start_at)
        local, other = one.start_at.astimezone(self.zone), one.start_at.astimezone(self.other)
        shared = self.service.capacity > 1
        return Slot(id, one.start_at, one.end_at, local, other, self.other.key, one.places, shared)


def offer(
    service: Service,
    calendar: Calendar | None = None,
    *,
    from_day: str = "",
    to_day: str = "",
    part_of_day: str = "",
    weekday: str = "",
    after: str = "",
    before: str = "",
    visitor_timezone: str = "",
    now: datetime | None = None,
    moving: Appointment | None = None,
) -> Offer:
    """Free times from `from_day` to `to_day` (YYYY-MM-DD on the clock that leads; left out, the same day) that fit
    `part_of_day`, `weekday` ("monday"), and the hours `after` and `before` (HH:MM); the next ones where there are none, or
    without a day. `calendar` None: whichever is free.

    The time of an appointment that is `moving` counts as free. Raises `ToolError` for what is no day, hour and so on.
    """
    search = Search(service, calendar, visitor_timezone, now or timezone.now(), moving)
    wish = parse_wish(search.today, from_day, to_day, part_of_day, weekday, after, before)
    if wish.first_day is None or wish.last_day is None:
        return search.offer(_first_days(search.free(search.now, search.end), wish))
    if wish.last_day < search.today:
        return search.offer(_first_days(search.free(search.now, search.end), wish), "past")
    last_day = search.end.astimezone(search.zone).date()
    if wish.first_day > last_day:
        return search.offer(_first_days(search.free(search.now, search.end), wish), "too_far")
    return _between(search, wish, search.midnight(wish.first_day), search.midnight(min(wish.last_day, last_day) + DAY))


def _between(search: Search, wish: Wish, since: datetime, until: datetime) -> Offer:
    """What fits between two midnights; else what is free there at other hours, and the nearest days around it."""
    there = _by_day(search.free(since, until - INSTANT))
    first, rest = list(islice(there, DAYS_OFFERED)), there
    if fitting := list(islice(_fitting(chain(first, rest), wish), DAYS_OFFERED)):
        return search.offer(tuple((day, _thinned(slots)) for day, slots in fitting))
    other_hours = tuple((day, _thinned(slots)) for day, slots in first[:1])
    days = (*other_hours, *_first_days(search.free(until, search.end), wish, DAYS_OFFERED - len(other_hours)))
    if not days:  # nothing later: the last before it
        earlier = list(_by_day(search.free(search.now, since - INSTANT)))
        fitting = list(_fitting(iter(earlier), wish)) or earlier
        days = tuple((day, _thinned(slots)) for day, slots in fitting[-DAYS_OFFERED:])
    is_open = bool(other_hours) or search.is_open(since, until - INSTANT)
    return search.offer(days, "full" if is_open else "closed")


def near(
    service: Service,
    calendar: Calendar | None,
    start_at: datetime,
    *,
    visitor_timezone: str = "",
    now: datetime | None = None,
    moving: Appointment | None = None,
) -> Offer:
    """The three free times closest to `start_at`: what to offer when it has just been taken."""
    search = Search(service, calendar, visitor_timezone, now or timezone.now(), moving)
    around = islice(search.free(start_at - DAY, search.end), 400)
    closest = sorted(around, key=lambda slot: abs(slot.start_at - start_at))[:3]
    in_order = sorted(closest, key=lambda slot: slot.start_at)
    return search.offer(tuple((day, tuple(slots)) for day, slots in _by_day(in_order)))


def is_ever_open(service: Service, now: datetime | None = None) -> bool:
    """Whether its length, breaks, notice and days ahead, and the hours of its calendars, leave any time, taken or not."""
    search = Search(service, None, "", now or timezone.now())
    return search.is_open(search.now, search.end)


def is_offered(resource: Resource, start_at: datetime, now: datetime) -> bool:
    """Whether the hours offer this instant, taken or not: open, in step, not too soon, not too far ahead."""
    return any(starts(resource.hours, resource.rules, start_at, start_at, now))


def describe(pick: slot_ids.Pick, visitor_timezone: str, locale: str = "") -> str:
    """ "Tuesday 8 January 2030, 10:00 (09:00 London)": the time of a pick, on the clock that leads."""
    offerings = resources.offerings_of(pick.service, pick.calendar)
    there = ZoneInfo(_zone_of(offerings, pick.service))
    zone, other = wording.leading(pick.service, there, wording.known_zone(visitor_timezone) or there)
    local = pick.start_at.astimezone(zone)
    slot = Slot("", pick.start_at, pick.start_at, local, pick.start_at.astimezone(other), other.key)
    return f"{wording.day_label(local.date(), locale=locale)}, {slot.label_in(locale)}"


# --- By day -------------------------------------------------------------------------------------------------------------


def _by_day(slots: Iterable[Slot]) -> Iterator[tuple[date, list[Slot]]]:
    return ((day, list(of_day)) for day, of_day in groupby(slots, key=lambda slot: slot.local.date()))


def _fitting(days: Iterator[tuple[date, list[Slot]]], wish: Wish) -> Iterator[tuple[date, list[Slot]]]:
    for day, slots in days:
        if right := [slot for slot in slots if wish.fits(slot.local)]:
            yield day, right


def _first_days(slots: Iterable[Slot], wish: Wish, count: int = DAYS_OFFERED) -> DaysOffered:
    """The first days that have something that fits; where none has, those that have anything."""
    any_hour: list[tuple[date, list[Slot]]] = []
    fitting: list[tuple[date, list[Slot]]] = []
    for day, of_day in _by_day(slots):
        if len(any_hour) < count:
            any_hour.append((day, of_day))
        fitting += _fitting(iter([(day, of_day)]), wish)
        if len(fitting) == count:
            break
    return tuple((day, _thinned(of_day)) for day, of_day in fitting or any_hour)


def _thinned(slots: list[Slot]) -> tuple[Slot, ...]:
    step = -(-len(slots) // SLOTS_PER_DAY)
    return tuple(slots[::step])


def _zone_of(offerings: list[Offering], service: Service) -> str:
    return offerings[0].calendar.timezone if offerings else service.organization.timezone


# --- What is asked for --------------------------------------------------------------------------------------------------

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def parse_wish(today: date, from_day: str, to_day: str, part_of_day: str, weekday: str, after: str, before: str) -> Wish:
    """Days that begin in the past begin today. Raises `ToolError` that says what is wrong with which argument."""
    if part_of_day and part_of_day not in PARTS_OF_DAY:
        raise ToolError(f"part_of_day is one of: {', '.join(PARTS_OF_DAY)}.", code="bad_arguments")
    if weekday and weekday not in WEEKDAYS:
        raise ToolError(f"weekday is one of: {', '.join(WEEKDAYS)}.", code="bad_arguments")
    first = parse_day(from_day, today, "from_day") if from_day else today if to_day else None
    last = parse_day(to_day, today, "to_day") if to_day else first
    if first and last and last < first:
        raise ToolError(f"to_day, {to_day}, is before from_day, {first.isoformat()}.", code="bad_arguments")
    if first and last and first < today <= last:  # the first midnight of year 1 is outside what a UTC time can hold
        first = today
    weekdays = frozenset([WEEKDAYS.index(weekday)] if weekday else [])
    return Wish(first, last, part_of_day, weekdays, _parse_hour("after", after), _parse_hour("before", before))


def parse_day(text: str, today: date, name: str = "A day") -> date:
    """A day in the one grammar that is taken, YYYY-MM-DD. Raises `ToolError`, naming today, for anything else."""
    try:
        # `fromisoformat` alone would also take 20300108 and 2030-W02-2.
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as error:
        raise ToolError(
            f"{name} is written like {today.isoformat()}, which is today, {wording.day_label(today)}.",
            code="bad_arguments",
        ) from error


def _parse_hour(name: str, text: str) -> time | None:
    if not text:
        return None
    try:
        if not re.fullmatch(r"[0-9]{2}:[0-9]{2}", text):
            raise ValueError(text)
        return time.fromisoformat(text)
    except ValueError as error:
        raise ToolError(f"{name} is an hour of the day, such as 17:00.", code="bad_arguments") from error
