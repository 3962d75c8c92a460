"""Free times, computed, against a slow and obvious double: every minute of the days is asked by its wall clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.services.booking.availability.hours import Days, Hours, Interval
from assistant.services.booking.availability.slots import (
    Busy,
    Resource,
    Rules,
    Timeline,
    Wish,
    free,
    places_left,
    session_number,
    starts,
)
from tests.sampling import examples

# Offsets of 15, 30 and 45 minutes, a shift of half an hour, the date line, midnight that is skipped, and ordinary ones. The
# days are around changes of their clocks; Apia skipped the whole of 30 December 2011.
CHANGES = {
    "Europe/Berlin": [date(2030, 3, 31), date(2030, 10, 27)],
    "America/New_York": [date(2030, 3, 10), date(2030, 11, 3)],
    "Australia/Lord_Howe": [date(2030, 4, 7), date(2030, 10, 6)],
    "America/Havana": [date(2030, 3, 10), date(2030, 11, 3)],
    "Asia/Kathmandu": [date(2030, 1, 8), date(1986, 1, 1)],
    "Pacific/Chatham": [date(2030, 4, 7), date(2030, 9, 29)],
    "Asia/Kolkata": [date(2030, 5, 1)],
    "Pacific/Apia": [date(2011, 12, 30), date(2030, 1, 8)],
    "Pacific/Kiritimati": [date(1994, 12, 31), date(2030, 1, 8)],
    "Antarctica/Troll": [date(2030, 3, 31), date(2030, 10, 27)],
    "UTC": [date(2030, 1, 8)],
}
QUARTERS = st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))
INTERVALS = st.tuples(QUARTERS, QUARTERS).filter(lambda pair: pair[0] != pair[1] or pair[0] == time())
MINUTES = st.sampled_from([15, 20, 45, 60, 120])


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Resource, date, datetime]:
    """A resource around a change of its clocks, the day of it, and now."""
    name = draw(st.sampled_from(sorted(CHANGES)))
    zone, around = ZoneInfo(name), draw(st.sampled_from(CHANGES[name]))
    near = st.integers(-2, 2).map(lambda ahead: around + timedelta(days=ahead))
    week = draw(st.lists(st.tuples(st.integers(0, 6), INTERVALS), max_size=9))
    special = draw(st.lists(st.tuples(near, INTERVALS), max_size=2))
    hours = Hours(
        zone,
        tuple((weekday, Interval(*pair)) for weekday, pair in week),
        tuple((Days(day, day), Interval(*pair)) for day, pair in special),
        tuple(Days(day, day) for day in draw(st.lists(near, max_size=1))),
    )
    rules = Rules(
        length=timedelta(minutes=draw(MINUTES)),
        before=timedelta(minutes=draw(st.sampled_from([0, 0, 10]))),
        after=timedelta(minutes=draw(st.sampled_from([0, 15]))),
        step=draw(st.sampled_from([None, timedelta(minutes=15), timedelta(minutes=50)])),
        notice=timedelta(minutes=draw(st.sampled_from([0, 90]))),
        horizon=timedelta(days=draw(st.sampled_from([2, 60]))),
        capacity=draw(st.sampled_from([1, 1, 3])),
        per_day=draw(st.sampled_from([None, 1])),
    )
    noon = datetime.combine(around, time(12), UTC)
    now = noon - timedelta(hours=draw(st.integers(24, 60)))
    busy, booked_on = [], dict.fromkeys(draw(st.lists(near, max_size=1)), 1)
    for offset, length, same in draw(st.lists(st.tuples(st.integers(-96, 96), MINUTES, st.booleans()), max_size=5)):
        start_at = noon + timedelta(minutes=15 * offset)
        if same:  # a place in a session of this very service
            busy.append(Busy(*rules.busy(start_at), session_number(1, start_at)))
        else:
            busy.append(Busy(start_at, start_at + timedelta(minutes=length)))
    return Resource(1, 1, hours, rules, Timeline(busy), booked_on), around, now


def obvious(resource: Resource, busy: list[Busy], since: datetime, until: datetime, now: datetime) -> list[datetime]:
    """Every start that is free, minute by minute, without a thought for speed."""
    hours, rules, found = resource.hours, resource.rules, []
    opened = [stretch for day in days_between(since, until) for stretch in obvious_stretches(hours, day)]
    step, at = rules.step or rules.before + rules.length + rules.after, since
    while at <= until:
        ends = at + rules.length
        in_step = any(opens <= at and ends <= closes and (at - opens) % step == timedelta() for opens, closes in opened)
        in_time = now + rules.notice <= at <= now + rules.horizon
        minutes = (at + timedelta(minutes=n) for n in range(int(rules.length.total_seconds()) // 60))
        closed = (hours.is_closed(minute.astimezone(hours.zone).date()) for minute in minutes)
        if in_step and in_time and not any(closed) and obvious_places(resource, busy, at) > 0:
            found.append(at)
        at += timedelta(minutes=1)
    return found


def days_between(since: datetime, until: datetime) -> list[date]:
    count = (until - since).days + 5
    return [since.date() + timedelta(days=n - 2) for n in range(count)]


def obvious_stretches(hours: Hours, day: date) -> list[tuple[datetime, datetime]]:
    """From the first moment of the day at which the clock shows opening or later, to the last before it shows closing."""
    if hours.is_closed(day):
        return []
    special = [interval for days, interval in hours.special if days.first <= day <= days.last]
    usual = [interval for weekday, interval in hours.week if weekday == day.weekday()]
    found = []
    for interval in special or usual:
        closing_day = day + timedelta(days=1) if interval.closes <= interval.opens else day
        opens = moments(hours.zone, day, interval.opens, after_gap=True)[0]
        closes = moments(hours.zone, closing_day, interval.closes, after_gap=interval.closes == time())
        found.append((opens, closes[0] if interval.closes == time() else closes[-1]))
    return found


def moments(zone: ZoneInfo, day: date, wall: time, *, after_gap: bool) -> list[datetime]:
    """The instants at which the clock shows that wall time; for one that is skipped, as far past the gap, or before it, as
    the wall time is into it: opening late and closing early."""
    wanted = datetime.combine(day, wall)
    guess = wanted.replace(tzinfo=UTC) - timedelta(hours=27)
    shown = []
    for minute in range(54 * 60):
        at = guess + timedelta(minutes=minute)
        if at.astimezone(zone).replace(tzinfo=None) == wanted:
            shown.append(at)
    if shown:
        return shown
    # The change is where the wall clock first reads more than what was wanted.
    change = next(
        at
        for at in (guess + timedelta(minutes=minute) for minute in range(54 * 60))
        if at.astimezone(zone).replace(tzinfo=None) > wanted
    )
    before = (change - timedelta(minutes=1)).astimezone(zone).utcoffset()
    after = change.astimezone(zone).utcoffset()
    assert before is not None and after is not None
    return [(wanted - (before if after_gap else after)).replace(tzinfo=UTC)]


def obvious_places(resource: Resource, busy: list[Busy], at: datetime) -> int:
    rules = resource.rules
    first, last = at - rules.before, at + rules.length + rules.after
    there = [span for span in busy if span.start < last and first < span.end]
    shared = rules.capacity > 1
    if any(not shared or span.session != session_number(resource.service, at) for span in there):
        return 0
    if rules.per_day is not None and resource.booked_on.get(at.astimezone(resource.hours.zone).date(), 0) >= rules.per_day:
        return 0
    return max(0, rules.capacity - len(there))


@given(worlds())
@settings(max_examples=examples(30), deadline=None)
def test_what_is_free_is_what_the_obvious_double_finds(world):
    resource, around, now = world
    busy = list(resource.timeline._spans)
    since = datetime.combine(around, time(), UTC) - timedelta(hours=20)
    until = since + timedelta(hours=50)
    found = [one.start_at for one in free([resource], since, until, now)]
    assert found == obvious(resource, busy, since, until, now)


@given(worlds())
@settings(max_examples=examples(30), deadline=None)
def test_whatever_is_free_can_be_taken_place_by_place_and_then_is_not(world):
    resource, around, now = world
    noon = datetime.combine(around, time(12), UTC)
    spans = list(resource.timeline._spans)
    for one in list(free([resource], noon - timedelta(days=1), noon + timedelta(days=1), now))[:4]:
        left = places_left(resource, one.start_at)
        assert left == one.places or left < one.places  # another of them has been taken meanwhile
        for _ in range(left):
            spans.append(Busy(*resource.rules.busy(one.start_at), resource.session(one.start_at)))
            resource = Resource(1, 1, resource.hours, resource.rules, Timeline(spans), resource.booked_on)
        assert places_left(resource, one.start_at) == 0


# --- By example ---------------------------------------------------------------------------------------------------------

NINE = datetime(2030, 1, 8, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
TUESDAY = Hours(ZoneInfo("UTC"), ((1, Interval(time(9), time(12))),))


def resource(calendar: int = 1, *busy: Busy, hours: Hours = TUESDAY, **rules: object) -> Resource:
    return Resource(1, calendar, hours, Rules(**{"length": HOUR, **rules}), Timeline(busy))


def found(*resources: Resource) -> list[tuple[int, tuple[int, ...], int]]:
    return [(one.start_at.hour, one.calendars, one.places) for one in free(resources, NINE, NINE + 5 * HOUR, NINE - HOUR)]


def test_whichever_is_free_is_named_for_each_time():
    mira, tom = resource(1, Busy(NINE, NINE + HOUR)), resource(2, Busy(NINE + HOUR, NINE + 2 * HOUR))
    assert found(mira, tom) == [(9, (2,), 1), (10, (1,), 1), (11, (1, 2), 2)]


def test_a_class_has_places_left_and_keeps_its_room_from_everything_else():
    booked = Busy(NINE, NINE + HOUR, session_number(1, NINE))
    assert found(resource(1, booked, booked, capacity=3)) == [(9, (1,), 1), (10, (1,), 3), (11, (1,), 3)]
    assert found(resource(1, booked, booked, booked, capacity=3))[0] == (10, (1,), 3)
    assert [hour for hour, *_ in found(resource(1, booked))] == [10, 11], "somebody who wants the room alone"
    half_past = resource(1, booked, capacity=3, step=HOUR / 2)
    assert [hour for hour, *_ in found(half_past)] == [9, 10, 10, 11], "9:30 would overlap the class at nine"


def test_buffers_on_both_sides_keep_neighbours_apart():
    rules = {"before": HOUR / 4, "after": HOUR / 4, "step": HOUR / 4, "length": HOUR / 2}
    taken = Busy(NINE + HOUR, NINE + 2 * HOUR)  # 10 to 11, with its own buffers
    starts_free = [one.start_at - NINE for one in free([resource(1, taken, **rules)], NINE, NINE + 5 * HOUR, NINE - HOUR)]
    assert starts_free == [HOUR * 0, HOUR / 4, HOUR * 2.25, HOUR * 2.5]


def test_a_calendar_that_has_its_bookings_of_the_day_offers_nothing_more():
    full = Resource(1, 1, TUESDAY, Rules(HOUR, per_day=2), Timeline(()), {NINE.date(): 2})
    assert found(full) == []


def test_overlapping_and_touching_hours_offer_each_start_once_and_in_order():
    hours = Hours(ZoneInfo("UTC"), tuple((1, Interval(time(opens), time(12))) for opens in (10, 9, 10)))
    in_order = list(starts(hours, Rules(HOUR), NINE, NINE + 5 * HOUR, NINE - HOUR))
    assert in_order == [NINE, NINE + HOUR, NINE + 2 * HOUR]


def test_other_hours_of_a_day_replace_those_of_the_weekday():
    special = ((Days(NINE.date(), NINE.date()), Interval(time(11), time(13))),)
    hours = Hours(TUESDAY.zone, TUESDAY.week, special)
    assert [hour for hour, *_ in found(resource(hours=hours))] == [11, 12]


@pytest.mark.parametrize(
    ("wish", "fitting"),
    [
        (Wish(), [9, 12, 17, 20]),
        (Wish(part_of_day="morning"), [9]),
        (Wish(after=time(17)), [17, 20]),
        (Wish(before=time(17)), [9, 12]),
        (Wish(weekdays=frozenset({2})), []),
        (Wish(part_of_day="evening", before=time(18)), [17]),
    ],
)
def test_a_wished_hour_is_read_on_the_clock_that_leads(wish, fitting):
    assert [hour for hour in (9, 12, 17, 20) if wish.fits(NINE.replace(hour=hour))] == fitting
