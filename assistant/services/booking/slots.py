"""Free times of a calendar. Only this module computes with dates, so that a model only ever picks.

Opening hours are wall times of the calendar's zone; everything else here is a UTC instant. A visitor sees each instant
in their own zone, under an id that only this server can have made. The id is a convenience and no permission: what it
names is looked at again under the calendar's lock before it is held.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby, islice
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.formats import date_format

from assistant.errors import ToolError
from assistant.models import Appointment, Calendar, OpeningHours
from assistant.models.organizations.organization import validate_timezone
from assistant.sentences import catalogue, label, language

PARTS_OF_DAY = {"morning": range(0, 12), "afternoon": range(12, 17), "evening": range(17, 24)}  # hours of the clock
DAYS_OFFERED = 3
SLOTS_PER_DAY = 16  # a day with more is thinned evenly, so that a card stays a card
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

Days = tuple[tuple[date, tuple["Slot", ...]], ...]


@dataclass(frozen=True)
class Slot:
    """A bookable time. `start_at` and `end_at` are UTC; `local` is the start on the visitor's clock, `there` on that of the
    business, whose zone is `zone`.
    """

    id: str
    start_at: datetime
    end_at: datetime
    local: datetime
    there: datetime
    zone: str

    @property
    def label(self) -> str:
        """As a model reads it: English, by the 24-hour clock."""
        return self.label_in("")

    def label_in(self, locale: str) -> str:
        """As a visitor of `locale` reads it: "10:00", or "10:00 (09:00 London)" where the clocks there differ."""
        note = self.note_in(locale)
        return f"{self.time_in(locale)} ({note})" if note else self.time_in(locale)

    def time_in(self, locale: str) -> str:
        return clock(self.local, locale)

    def note_in(self, locale: str) -> str:
        """The business's own time where its clocks differ, with its weekday where that differs too; else ""."""
        if self.local.utcoffset() == self.there.utcoffset():
            return ""
        weekday = "" if self.local.date() == self.there.date() else f"{weekday_of(self.there.date(), locale)} "
        return f"{weekday}{clock(self.there, locale)} {place(self.zone)}"

    def is_in(self, part_of_day: str) -> bool:
        return not part_of_day or self.local.hour in PARTS_OF_DAY[part_of_day]


@dataclass(frozen=True)
class Offer:
    """Slots by the visitor's day, in their `timezone`.

    `problem` says why the day and hours that were asked for are not among them: past, too_far, closed or full; it is
    "" when they are, or when no day was asked for.
    """

    timezone: str
    today: date
    days: Days
    problem: str = ""

    @property
    def slots(self) -> list[Slot]:
        return [slot for _, slots in self.days for slot in slots]


# --- What is free ----------------------------------------------------------------------------------------------------


def offer(
    calendar: Calendar,
    *,
    from_day: str = "",
    part_of_day: str = "",
    visitor_timezone: str = "",
    now: datetime | None = None,
    moving: Appointment | None = None,
) -> Offer:
    """Free times on `from_day` (a day of the visitor's, YYYY-MM-DD); the next ones where it has none, or without it.

    The time of an appointment that is `moving` counts as free. Raises `ToolError` for a day or part of the day that is
    not one.
    """
    now = now or timezone.now()
    if part_of_day and part_of_day not in PARTS_OF_DAY:
        raise ToolError(f"part_of_day is one of: {', '.join(PARTS_OF_DAY)}.", code="bad_arguments")
    zone = zone_for(calendar, visitor_timezone)
    today = now.astimezone(zone).date()
    end = now + timedelta(days=calendar.horizon_days)

    def days_from(since: datetime, count: int) -> Days:
        return _first_days(_free(calendar, zone, since, end, now, moving), part_of_day, count)

    if not from_day:
        return Offer(zone.key, today, days_from(now, DAYS_OFFERED))
    wanted = parse_day(from_day, today)
    if wanted < today:
        return Offer(zone.key, today, days_from(now, DAYS_OFFERED), "past")
    if wanted > end.astimezone(zone).date():
        return Offer(zone.key, today, days_from(now, DAYS_OFFERED), "too_far")

    midnight, next_midnight = (
        datetime.combine(day, time(), zone).astimezone(UTC) for day in (wanted, wanted + timedelta(days=1))
    )
    on_that_day = list(_free(calendar, zone, midnight, next_midnight - timedelta(microseconds=1), now, moving))
    fitting = [slot for slot in on_that_day if slot.is_in(part_of_day)]
    if fitting:
        return Offer(zone.key, today, ((wanted, _thinned(fitting)),))
    if on_that_day:  # at another hour: the first alternative, before the same hours of the next days
        return Offer(zone.key, today, ((wanted, _thinned(on_that_day)), *days_from(next_midnight, DAYS_OFFERED - 1)), "full")
    is_open = any(_starts(calendar, midnight, next_midnight - timedelta(microseconds=1), now))
    return Offer(zone.key, today, days_from(next_midnight, DAYS_OFFERED), "full" if is_open else "closed")


def near(calendar: Calendar, start_at: datetime, *, visitor_timezone: str = "", now: datetime | None = None) -> Offer:
    """The three free times closest to `start_at`: what to offer when it has just been taken."""
    now = now or timezone.now()
    zone = zone_for(calendar, visitor_timezone)
    end = now + timedelta(days=calendar.horizon_days)
    around = islice(_free(calendar, zone, start_at - timedelta(days=1), end, now), 400)
    closest = sorted(around, key=lambda slot: abs(slot.start_at - start_at))[:3]
    in_order = sorted(closest, key=lambda slot: slot.start_at)
    days = groupby(in_order, key=lambda slot: slot.local.date())
    return Offer(zone.key, now.astimezone(zone).date(), tuple((day, tuple(slots)) for day, slots in days))


def is_offered(calendar: Calendar, start_at: datetime, now: datetime) -> bool:
    """Whether the calendar's hours offer this instant, taken or not: open, in step, not too soon, not too far ahead."""
    return any(_starts(calendar, start_at, start_at, now))


def busy_for(calendar: Calendar) -> timedelta:
    """How long a booking keeps others away."""
    return timedelta(minutes=calendar.slot_minutes + calendar.buffer_minutes)


def _free(
    calendar: Calendar, zone: ZoneInfo, since: datetime, until: datetime, now: datetime, moving: Appointment | None = None
) -> Iterator[Slot]:
    """The free slots that start from `since` to `until`, in order, computed as they are asked for."""
    taken = calendar.appointments.taking_time(now).filter(busy_until__gt=since)
    if moving is not None:
        taken = taken.exclude(pk=moving.pk)
    busy = list(taken.order_by("start_at").values_list("start_at", "busy_until"))
    starts = [start for start, _ in busy]
    for start_at in _starts(calendar, since, until, now):
        # Rows do not overlap, so of those that begin before this slot's time is over the last one ends last.
        last = bisect_left(starts, start_at + busy_for(calendar)) - 1
        if last < 0 or busy[last][1] <= start_at:
            yield describe(calendar, start_at, zone)


def _starts(calendar: Calendar, since: datetime, until: datetime, now: datetime) -> Iterator[datetime]:
    """The instants that the calendar's hours offer from `since` to `until`, both included, in order.

    Hours past midnight belong to the day on which they begin. What begins, or lasts into, a day that is closed is not
    offered.
    """
    zone = ZoneInfo(calendar.timezone)
    since = max(since, now + timedelta(minutes=calendar.notice_minutes))
    until = min(until, now + timedelta(days=calendar.horizon_days))
    hours = list(calendar.hours.all())
    closures = list(calendar.closures.all())
    length = timedelta(minutes=calendar.slot_minutes)

    def is_closed(day: date) -> bool:
        return any(closure.first_day <= day <= closure.last_day for closure in closures)

    def is_open(start_at: datetime) -> bool:
        ends_at = start_at + length - timedelta(microseconds=1)
        return not any(is_closed(at.astimezone(zone).date()) for at in (start_at, ends_at))

    day, last_day = since.astimezone(zone).date() - timedelta(days=1), until.astimezone(zone).date()
    ahead: set[datetime] = set()
    while day <= last_day:
        if not is_closed(day):
            for opening in hours:
                if opening.weekday == day.weekday():
                    ahead.update(_steps(day, opening, zone, calendar))
        day += timedelta(days=1)
        # Nothing that is still to come begins before the next day does.
        midnight = datetime.combine(day, time(), zone).astimezone(UTC)
        due = sorted(start_at for start_at in ahead if start_at < midnight or day > last_day)
        ahead.difference_update(due)
        yield from (start_at for start_at in due if since <= start_at <= until and is_open(start_at))


def _steps(day: date, opening: OpeningHours, zone: ZoneInfo, calendar: Calendar) -> Iterator[datetime]:
    """Starts within one stretch of opening hours, in steps of real time: an hour that the clocks skip is not offered,
    one that they repeat is offered twice.

    Of a wall time that comes twice, opening is the first and closing the last: fold 0 and fold 1. For one that does
    not exist the same folds give a moment after, and before, the gap: in doubt it is closed. Only the end of the day is
    the very moment at which the next begins, which is its first midnight.
    """
    closing_day = day + timedelta(days=1) if opening.closes_next_day else day
    fold = 0 if opening.closes == time() else 1
    start_at = datetime.combine(day, opening.opens.replace(fold=0), zone).astimezone(UTC)
    closes_at = datetime.combine(closing_day, opening.closes.replace(fold=fold), zone).astimezone(UTC)
    while start_at + timedelta(minutes=calendar.slot_minutes) <= closes_at:
        yield start_at
        start_at += busy_for(calendar)


def _first_days(free: Iterable[Slot], part_of_day: str, count: int) -> Days:
    """The first days that have something at that part of the day; where none has, those that have anything."""
    any_hour: list[tuple[date, tuple[Slot, ...]]] = []
    fitting: list[tuple[date, tuple[Slot, ...]]] = []
    for day, slots_of_day in groupby(free, key=lambda slot: slot.local.date()):
        slots = list(slots_of_day)
        if len(any_hour) < count:
            any_hour.append((day, _thinned(slots)))
        if right := [slot for slot in slots if slot.is_in(part_of_day)]:
            fitting.append((day, _thinned(right)))
        if len(fitting) == count:
            break
    return tuple(fitting or any_hour)


def _thinned(slots: list[Slot]) -> tuple[Slot, ...]:
    step = -(-len(slots) // SLOTS_PER_DAY)
    return tuple(slots[::step])


# --- Ids -------------------------------------------------------------------------------------------------------------


def slot_id(calendar: Calendar, start_at: datetime) -> str:
    """Short enough for a model to repeat without a slip, and of this calendar and instant alone."""
    seconds, text = int(start_at.timestamp()), ""
    while seconds:
        seconds, digit = divmod(seconds, 36)
        text = DIGITS[digit] + text
    return f"{text}-{_seal(calendar, text)}"


def start_of(calendar: Calendar, id: str) -> datetime:
    """The instant (UTC) that `slot_id` named. Raises `ToolError` for an id that this calendar never gave out."""
    text, _, seal = id.strip().partition("-")
    if not constant_time_compare(seal, _seal(calendar, text)):
        raise ToolError(
            "There is no such slot. Look for free times again and use a slot id from there.", code="unknown_slot"
        )
    return datetime.fromtimestamp(int(text, 36), UTC)


def _seal(calendar: Calendar, text: str) -> str:
    return salted_hmac("assistant.slot", f"{calendar.pk}:{text}").hexdigest()[:8]


# --- Words -----------------------------------------------------------------------------------------------------------


def describe(calendar: Calendar, start_at: datetime, zone: ZoneInfo) -> Slot:
    """The slot that begins at `start_at`, for a visitor in `zone`."""
    local, there = start_at.astimezone(zone), start_at.astimezone(ZoneInfo(calendar.timezone))
    end_at = start_at + timedelta(minutes=calendar.slot_minutes)
    return Slot(slot_id(calendar, start_at), start_at, end_at, local, there, calendar.timezone)


# Where English is read on a clock of twelve hours (CLDR 48, `timeFormats` of en and its regions), and where the month
# stands before the day.
TWELVE_HOURS = {f"en-{region}" for region in ("US", "CA", "AU", "NZ", "IN", "PK", "BD", "PH", "SG", "MY", "HK", "JM", "PR")}
MONTH_FIRST = {f"en-{region}" for region in ("US", "CA", "PH", "PR")}


def clock(local: datetime, locale: str = "") -> str:
    """A wall time as `locale` writes it: "14:30", "2:30 PM"; "02:30 (UTC+02:00)" where the clocks show it twice."""
    half = "AM" if local.hour < 12 else "PM"
    text = f"{local.hour % 12 or 12}:{local:%M} {half}" if reads_twelve_hours(locale) else f"{local:%H:%M}"
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{text} (UTC{local.isoformat()[-6:]})" if twice else text


def reads_twelve_hours(locale: str) -> bool:
    return _named(locale) in TWELVE_HOURS


def _named(locale: str) -> str:
    """Language and region of a locale, however it is written: "en-US" of en_us, en-Latn-US or en-US-u-hc-h12."""
    speech, *rest = locale.replace("_", "-").split("-")
    region = next((part for part in rest[:2] if len(part) == 2), "")
    return f"{speech.lower()}-{region.upper()}" if region else speech.lower()


MONTH_FIRST_DAY = ("l, F j", ", Y")


def day_label(day: date, today: date | None = None, locale: str = "") -> str:
    """ "Tuesday 8 January" in the language of `locale`; with the year where it is not the one of `today`."""
    written = catalogue(locale)
    pattern, year = MONTH_FIRST_DAY if _named(locale) in MONTH_FIRST else (written.day, written.year)
    with translation.override(language(locale)):  # the names of days and months are of Django's translations
        return date_format(day, pattern if today and today.year == day.year else pattern + year)


def weekday_of(day: date, locale: str = "") -> str:
    """ "Tuesday" in the language of `locale`."""
    with translation.override(language(locale)):
        return date_format(day, "l")


def moment(at: datetime, zone_name: str, locale: str = "") -> str:
    """ "Tuesday 8 January 2030, 10:00 (Europe/Berlin)": an instant on the clock of `zone_name`."""
    local = at.astimezone(ZoneInfo(zone_name))
    return f"{day_label(local.date(), locale=locale)}, {clock(local, locale)} ({zone_name})"


def when(appointment: Appointment, zone_name: str = "", locale: str = "") -> str:
    """ "Tuesday 8 January 2030, 10:00–10:30 (Europe/Berlin)" on the clock of `zone_name`, else the calendar's.

    Where the calendar's clock shows another time, that stands behind it, with its day where that is another too.
    """
    zone = known_zone(zone_name) or ZoneInfo(appointment.timezone)
    start, end = appointment.start_at.astimezone(zone), appointment.end_at.astimezone(zone)
    text = f"{day_label(start.date(), locale=locale)}, {clock(start, locale)}–{clock(end, locale)} ({zone.key})"
    there = appointment.start_at.astimezone(ZoneInfo(appointment.timezone))
    if there.utcoffset() != start.utcoffset():
        day = "" if there.date() == start.date() else f"{day_label(there.date(), there.date(), locale)}, "
        time_there = f"{day}{clock(there, locale)}"
        text += ", " + label("time_in_place", locale, time=time_there, place=place(appointment.timezone))
    return text


def place(zone_name: str) -> str:
    """ "New York" of America/New_York."""
    return zone_name.rsplit("/", 1)[-1].replace("_", " ")


def parse_day(text: str, today: date) -> date:
    """A day in the one grammar that is taken, YYYY-MM-DD. Raises `ToolError`, naming today, for anything else."""
    try:
        # `fromisoformat` alone would also take 20300108 and 2030-W02-2.
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as error:
        raise ToolError(
            f"A day is written like {today.isoformat()}, which is today, {day_label(today)}.", code="bad_arguments"
        ) from error


def zone_for(calendar: Calendar, visitor_timezone: str) -> ZoneInfo:
    """The visitor's zone where we know it, else the calendar's."""
    return known_zone(visitor_timezone) or ZoneInfo(calendar.timezone)


@lru_cache(maxsize=1024)
def known_zone(name: str) -> ZoneInfo | None:
    """The zone of that name, or None for what names no place on any machine."""
    try:
        validate_timezone(name)
    except ValidationError:
        return None
    return ZoneInfo(name)
