"""Free times, given opening hours, daylight saving, closures and other appointments."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import ToolError
from assistant.models import Appointment, Calendar
from assistant.services.booking.availability import offers, resources, slot_ids, slots, wording
from assistant.services.booking.availability.hours import Hours
from tests import make
from tests.sampling import examples

pytestmark = pytest.mark.django_db
MONDAY = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)
TUESDAY = "2030-01-08"


@pytest.fixture
def calendar(db):
    return make.calendar(closes="23:59", horizon_days=9)


def computed(calendar: Calendar) -> tuple[Hours, slots.Rules]:
    """The hours and rules of a calendar's only service."""
    (offering,) = resources.offerings_of(calendar.services.get())
    return resources.hours_of(calendar), resources.rules_of(offering)


def is_offered(calendar: Calendar, start_at: datetime, now: datetime) -> bool:
    return any(slots.starts(*computed(calendar), start_at, start_at, now))


def labels(offer: offers.Offer) -> list[str]:
    return [slot.label for slot in offer.slots]


def taken(calendar: Calendar, start_at: datetime, minutes: int = 30, **fields: object) -> Appointment:
    end_at = start_at + timedelta(minutes=minutes)
    return Appointment.objects.create(
        **{
            "organization": calendar.organization,
            "calendar": calendar,
            "service": calendar.services.get(),
            "state": "confirmed",
            "start_at": start_at,
            "busy_from": start_at,
            "end_at": end_at,
            "busy_until": end_at,
            "timezone": calendar.timezone,
            **fields,
        }
    )


def test_an_empty_day_offers_its_hours_in_steps():
    offer = make.offer(make.calendar(opens="09:00", closes="11:00"), from_day=TUESDAY, now=MONDAY)
    assert labels(offer) == ["09:00", "09:30", "10:00", "10:30"]
    assert offer.problem == ""


def test_the_buffer_is_part_of_the_step_so_that_every_time_of_a_day_can_be_booked():
    calendar = make.calendar(opens="09:00", closes="11:00", buffer_after_minutes=10)
    assert labels(make.offer(calendar, from_day=TUESDAY, now=MONDAY)) == ["09:00", "09:40", "10:20"]


def test_what_is_taken_and_its_buffer_are_not_offered():
    calendar = make.calendar(opens="09:00", closes="11:00")
    taken(calendar, datetime(2030, 1, 8, 9, 30, tzinfo=UTC), busy_until=datetime(2030, 1, 8, 10, 5, tzinfo=UTC))
    assert labels(make.offer(calendar, from_day=TUESDAY, now=MONDAY)) == ["09:00", "10:30"]


def test_a_hold_counts_until_it_lapses():
    calendar = make.calendar(opens="09:00", closes="10:00")
    taken(calendar, datetime(2030, 1, 8, 9, tzinfo=UTC), state="held", held_until=MONDAY + timedelta(minutes=5))
    assert labels(make.offer(calendar, from_day=TUESDAY, now=MONDAY)) == ["09:30"]
    assert labels(make.offer(calendar, from_day=TUESDAY, now=MONDAY + timedelta(minutes=6))) == ["09:00", "09:30"]


def test_the_time_of_the_appointment_that_is_moved_counts_as_free():
    calendar = make.calendar(opens="09:00", closes="10:00")
    moving = taken(calendar, datetime(2030, 1, 8, 9, tzinfo=UTC))
    assert labels(make.offer(calendar, from_day=TUESDAY, now=MONDAY, moving=moving)) == ["09:00", "09:30"]


def test_notice_and_horizon_bound_what_is_offered():
    calendar = make.calendar(notice_minutes=120, horizon_days=1, opens="09:00", closes="12:00")
    offer = make.offer(calendar, now=MONDAY)  # 08:00: nothing before 10:00, nothing after 08:00 tomorrow
    assert [(day.day, [slot.label for slot in free]) for day, free in offer.days] == [
        (7, ["10:00", "10:30", "11:00", "11:30"])
    ]


def test_a_closed_day_gives_the_next_open_ones():
    calendar = make.calendar()
    calendar.closures.create(first_day=date(2030, 1, 8), last_day=date(2030, 1, 9))
    offer = make.offer(calendar, from_day=TUESDAY, now=MONDAY)
    assert offer.problem == "closed"
    assert [day.day for day, _ in offer.days] == [10, 11, 12]


def test_a_full_afternoon_gives_the_morning_then_the_next_afternoons():
    calendar = make.calendar(opens="11:00", closes="13:00", minutes=60)
    taken(calendar, datetime(2030, 1, 8, 12, tzinfo=UTC), 60)
    offer = make.offer(calendar, from_day=TUESDAY, part_of_day="afternoon", now=MONDAY)
    assert offer.problem == "full"
    assert [(day.day, [slot.label for slot in free]) for day, free in offer.days] == [
        (8, ["11:00"]),
        (9, ["12:00"]),
        (10, ["12:00"]),
    ]


@pytest.mark.parametrize(("day", "problem"), [("2029-12-31", "past"), ("2031-01-01", "too_far"), ("9999-12-31", "too_far")])
def test_a_day_out_of_reach_gives_the_next_free_ones(day, problem):
    offer = make.offer(make.calendar(), from_day=day, now=MONDAY)
    assert offer.problem == problem
    assert [day.day for day, _ in offer.days] == [7, 8, 9]


def test_a_calendar_without_hours_offers_nothing_and_does_not_fail():
    assert make.offer(make.calendar(weekdays=[]), now=MONDAY).days == ()


@pytest.mark.parametrize(
    "day",
    [
        *("2026-02-30", "2026-13-01", "0000-01-01", "20300108", "2030-W02-2", "2030-01-08T10", "2030-01-08 ", "tomorrow"),
        *(
            "11/12/2030",
            "٢٠٣٠-٠١-٠٨",
            "２０３０-01-08",
            "1893456000",
            "2030-1-8",
            "2030-01-08\n",
            "-2030-01-08",
            "10000-01-01",
        ),
    ],
)
def test_an_invalid_day_is_refused_with_todays_date(day):
    with pytest.raises(ToolError, match="2030-01-07, which is today, Monday 7 January 2030"):
        make.offer(make.calendar(), from_day=day, now=MONDAY)


@pytest.mark.parametrize("name", ["from_day", "to_day"])
def test_an_invalid_day_is_named_by_its_argument(name):
    with pytest.raises(ToolError, match=f"^{name} is written like"):
        make.offer(make.calendar(), **{name: "2030-02-31"}, now=MONDAY)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_first_and_last_day_that_there_are_give_the_next_free_ones(day):
    assert make.offer(make.calendar(), from_day=day, now=MONDAY).days


@pytest.mark.parametrize(
    "zone",
    ["Europe", "", "../../etc/passwd", "localtime", "Factory", "posixrules", "right/UTC", "europe/berlin", "x" * 5000],
)
def test_a_zone_that_names_no_place_leaves_the_calendars_own(zone):
    assert make.offer(make.calendar(timezone="Asia/Tokyo"), visitor_timezone=zone, now=MONDAY).timezone == "Asia/Tokyo"


def test_a_visitor_in_another_zone_sees_their_own_time_and_the_business_time_beside_it():
    calendar = make.calendar(timezone="Europe/Berlin", opens="09:00", closes="10:00")
    offer = make.offer(calendar, from_day=TUESDAY, visitor_timezone="America/New_York", now=MONDAY)
    assert labels(offer) == ["03:00 (09:00 Berlin)", "03:30 (09:30 Berlin)"]


def test_another_zone_with_the_same_clock_is_not_worth_a_word():
    calendar = make.calendar(timezone="Europe/Berlin", opens="09:00", closes="09:30")
    assert labels(make.offer(calendar, from_day=TUESDAY, visitor_timezone="Europe/Paris", now=MONDAY)) == ["09:00"]


def test_the_day_that_is_asked_for_is_the_visitors():
    calendar = make.calendar(timezone="America/Los_Angeles", opens="15:00", closes="17:00", minutes=60)
    offer = make.offer(calendar, from_day=TUESDAY, visitor_timezone="Asia/Tokyo", now=MONDAY)
    assert labels(offer) == ["08:00 (Monday 15:00 Los Angeles)", "09:00 (Monday 16:00 Los Angeles)"]
    assert {slot.start_at.date().isoformat() for slot in offer.slots} <= {"2030-01-07", "2030-01-08"}


def test_an_hour_that_the_clocks_skip_is_not_offered():
    calendar = make.calendar(timezone="Europe/Berlin", opens="01:00", closes="04:00")
    offer = make.offer(calendar, from_day="2030-03-31", now=datetime(2030, 3, 30, tzinfo=UTC))
    assert labels(offer) == ["01:00", "01:30", "03:00", "03:30"]


def test_an_hour_repeated_by_daylight_saving_is_offered_twice_with_its_offset():
    calendar = make.calendar(timezone="Europe/Berlin", opens="01:30", closes="03:30")
    offer = make.offer(calendar, from_day="2030-10-27", now=datetime(2030, 10, 26, tzinfo=UTC))
    assert labels(offer) == [
        "01:30",
        "02:00 (UTC+02:00)",
        "02:30 (UTC+02:00)",
        "02:00 (UTC+01:00)",
        "02:30 (UTC+01:00)",
        "03:00",
    ]
    assert len({slot.id for slot in offer.slots}) == 6


def test_hours_that_begin_or_end_in_the_gap_are_closed_there():
    calendar = make.calendar(timezone="Europe/Berlin", opens="02:30", closes="04:00", minutes=15)
    offer = make.offer(calendar, from_day="2030-03-31", now=datetime(2030, 3, 30, tzinfo=UTC))
    assert labels(offer) == ["03:30", "03:45"]


ZONES = st.sampled_from(
    [
        *("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca"),
        *("America/St_Johns", "Pacific/Kiritimati", "Asia/Tehran", "America/Havana", "Antarctica/Troll", "UTC"),
    ]
)


@given(
    zone=ZONES,
    visitor=ZONES,
    now=st.integers(1_704_067_200, 2_082_758_400).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    opens=st.integers(0, 22).map(lambda hour: time(hour, hour)),
    minutes=st.integers(5, 240),
    buffer=st.integers(0, 60),
)
@settings(max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_offered_can_be_booked_and_says_what_it_is(calendar, zone, visitor, now, opens, minutes, buffer):

    Calendar.objects.filter(pk=calendar.pk).update(timezone=zone)
    calendar.services.update(minutes=minutes, buffer_after_minutes=buffer)
    calendar.hours.update(opens=opens)
    calendar = Calendar.objects.prefetch_related("hours", "closures").get()
    hours, rules = computed(calendar)
    offered = list(make.offer(calendar, visitor_timezone=visitor, now=now).slots)
    for slot in (*offered[:1], *offered[-1:]):  # each is looked up in the database
        assert slot_ids.read(slot.id, calendar.services.all()).start_at == slot.start_at
    for slot in offered:
        assert any(slots.starts(hours, rules, slot.start_at, slot.start_at, now))
        later = slot.start_at + timedelta(minutes=1)
        assert not any(slots.starts(hours, rules, later, later, now))
        assert slot.end_at - slot.start_at == timedelta(minutes=minutes)
        assert now <= slot.start_at <= now + timedelta(days=9)
        assert slot.label.startswith(f"{slot.start_at.astimezone(ZoneInfo(visitor)):%H:%M}")
        there = ZoneInfo(zone)
        assert opens <= slot.start_at.astimezone(there).time()
        assert slot.start_at.astimezone(there).date() == slot.end_at.astimezone(there).date()


def test_a_slot_id_is_good_for_its_service_calendar_and_instant_alone():
    mine, other = make.calendar(), make.calendar(make.organization("Other"))
    id = make.slot_id(mine, MONDAY)
    read = slot_ids.read(id, mine.services.all())
    assert (read.service, read.calendar, read.start_at) == (mine.services.get(), mine, MONDAY)
    head, mac = id.rsplit("-", 1)
    forged = [make.slot_id(other, MONDAY), f"{head[:-1]}1-{mac}", f"{head}-{mac[:-1]}", f"{id}x", "", "1-1-zzzzzz-00000000"]
    for bad in [*forged, "a" * 5000, "10:00", "2030-01-08T10:00", "̈-00000000", "---", id.upper()]:
        with pytest.raises(ToolError) as refused:
            slot_ids.read(bad, mine.services.all())
        assert refused.value.code == "unknown_slot"


def test_a_day_with_many_times_is_thinned_evenly():
    offer = make.offer(make.calendar(minutes=5), from_day=TUESDAY, now=MONDAY)
    assert 8 <= len(offer.slots) <= offers.SLOTS_PER_DAY
    assert labels(offer)[:2] == ["09:00", "09:30"]


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("", "Tuesday 8 January 2030"),
        ("de-AT", "Dienstag, 8. Januar 2030"),
        ("fr", "mardi 8 janvier 2030"),
        ("es", "martes 8 de enero de 2030"),
        ("ar", "الثلاثاء 8 يناير 2030"),
    ],
)
def test_a_day_is_named_in_the_visitors_language(locale, said):
    assert wording.day_label(date(2030, 1, 8), locale=locale) == said
    assert wording.day_label(date(2030, 1, 8), date(2030, 1, 2), locale) in said


# --- Until midnight, and past it --------------------------------------------------------------------------------------


def test_hours_may_last_until_midnight():
    calendar = make.calendar(opens="22:00", closes="00:00", minutes=60)
    assert labels(make.offer(calendar, from_day=TUESDAY, now=MONDAY)) == ["22:00", "23:00"]
    assert str(calendar.hours.first()) == "Monday 22:00–24:00"


def test_a_whole_day_is_one_stretch_and_meets_the_next():
    calendar = make.calendar(opens="00:00", closes="00:00", minutes=240)
    offer = make.offer(calendar, from_day=TUESDAY, now=MONDAY)
    assert labels(offer) == ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00"]


def test_hours_past_midnight_belong_to_the_day_on_which_they_begin():
    calendar = make.calendar(weekdays=[1], opens="22:00", closes="02:00", minutes=60)  # Tuesdays
    assert labels(make.offer(calendar, from_day=TUESDAY, now=MONDAY)) == ["22:00", "23:00"]
    assert labels(make.offer(calendar, from_day="2030-01-09", now=MONDAY)) == ["00:00", "01:00"]
    last = datetime(2030, 1, 9, 1, tzinfo=UTC)
    assert is_offered(calendar, last, MONDAY) and not is_offered(calendar, last + timedelta(hours=1), MONDAY)
    in_order = [slot.start_at for slot in make.offer(calendar, now=MONDAY).slots]
    assert in_order == sorted(in_order)


def test_hours_past_midnight_that_meet_the_next_days_are_offered_in_order_and_once():
    calendar = make.calendar(opens="20:00", closes="02:00", minutes=60)
    for weekday in range(7):
        calendar.hours.create(weekday=weekday, opens=time(0), closes=time(3))
    offer = make.offer(calendar, from_day=TUESDAY, now=MONDAY)
    assert labels(offer) == ["00:00", "01:00", "02:00", "20:00", "21:00", "22:00", "23:00"]


def test_nothing_begins_on_or_lasts_into_a_closed_day():
    calendar = make.calendar(weekdays=[0, 1], opens="22:00", closes="02:00", minutes=45)
    calendar.closures.create(first_day=date(2030, 1, 8), last_day=date(2030, 1, 8))  # Tuesday
    found = [slot.start_at for slot in make.offer(calendar, now=MONDAY).slots]
    assert [at for at in found if at.date() < date(2030, 1, 10)] == [
        datetime(2030, 1, 7, 22, tzinfo=UTC),
        datetime(2030, 1, 7, 22, 45, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", "2030-03-30", 23),  # the night in which the clocks go forward: 22:00 to 06:00 is seven hours
        ("Europe/Berlin", "2030-10-26", 25),
        ("Europe/Berlin", "2030-06-01", 24),
        ("America/Havana", "2030-03-09", 23),  # forward at midnight itself
        ("America/Havana", "2030-11-02", 25),  # back to midnight
    ],
)
def test_a_night_has_as_many_hours_as_its_clocks_give_it(zone, day, hours):
    wanted = date.fromisoformat(day)
    calendar = make.calendar(timezone=zone, weekdays=[wanted.weekday()], opens="22:00", closes="06:00", minutes=60)
    now = datetime.combine(wanted, time(3), UTC)
    found = [
        slot.start_at for slot in make.offer(calendar, now=now, part_of_day="").slots if slot.start_at < now + timedelta(3)
    ]
    assert len(found) == hours - 16
    assert {b - a for a, b in zip(found, found[1:], strict=False)} == {timedelta(hours=1)}


def test_the_end_of_a_day_is_the_moment_at_which_the_next_begins():
    for zone, day in (("America/Havana", "2030-03-09"), ("America/Havana", "2030-11-02"), ("Asia/Beirut", "2030-03-30")):
        wanted = date.fromisoformat(day)
        whole = make.calendar(make.organization(zone + day), timezone=zone, opens="00:00", closes="00:00", minutes=60)
        now = datetime.combine(wanted, time(), UTC) - timedelta(days=1)
        starts = list(slots.starts(*computed(whole), now + timedelta(hours=6), now + timedelta(days=3), now))
        assert {b - a for a, b in zip(starts, starts[1:], strict=False)} == {timedelta(hours=1)}, (zone, day)


# --- In words ---------------------------------------------------------------------------------------------------------


def test_the_business_clock_says_its_day_where_that_is_another(db):
    calendar = make.calendar(timezone="Europe/London", opens="17:00", closes="18:00")
    slot = make.offer(calendar, from_day="2030-01-09", visitor_timezone="Asia/Tokyo", now=MONDAY).slots[0]
    assert slot.label == "02:00 (Tuesday 17:00 London)"
    assert slot.label_in("de") == "02:00 (Dienstag 17:00 London)"
    booked = taken(calendar, slot.start_at)
    assert wording.when(booked, "Asia/Tokyo") == (
        "Wednesday 9 January 2030, 02:00–02:30 (Asia/Tokyo), Tuesday 8 January, 17:00 in London"
    )
    assert wording.when(booked, "Europe/Madrid") == "Tuesday 8 January 2030, 18:00–18:30 (Europe/Madrid), 17:00 in London"


@pytest.mark.parametrize("locale", ["en-US", "en_us", "en-Latn-US", "en-US-u-ca-gregory"])
def test_a_locale_with_a_clock_of_twelve_hours_gets_one(locale):
    calendar = make.calendar(timezone="America/New_York", opens="00:00", closes="00:00", minutes=360)
    offer = make.offer(calendar, from_day=TUESDAY, visitor_timezone="America/Chicago", now=MONDAY)
    assert [slot.label_in(locale) for slot in offer.slots] == [
        "5:00 AM (6:00 AM New York)",
        "11:00 AM (12:00 PM New York)",
        "5:00 PM (6:00 PM New York)",
        "11:00 PM (Wednesday 12:00 AM New York)",
    ]
    booked = taken(calendar, offer.slots[0].start_at)
    assert wording.when(booked, locale=locale) == "Tuesday, January 8, 2030, 6:00 AM–6:30 AM (America/New_York)"
    assert offer.slots[0].label == "05:00 (06:00 New York)", "a model reads the same for everybody"


@pytest.mark.parametrize("locale", ["en-AE", "en-BM", "en-KY", "en-MW", "en-TT", "en-VI"])
def test_smaller_countries_read_the_clock_that_they_are_used_to(locale):
    assert wording.clock(datetime(2030, 1, 8, 14, 30, tzinfo=UTC), locale) == "2:30 PM"


@pytest.mark.parametrize("locale", ["", "en", "en-GB", "en-IE", "en-ZA", "en-NG", "de-US", "es", "us"])
def test_every_other_locale_gets_a_clock_of_twenty_four_hours(locale):
    assert wording.clock(datetime(2030, 1, 8, 14, 30, tzinfo=UTC), locale) == "14:30"
