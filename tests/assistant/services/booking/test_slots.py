"""Free times: what hours, clocks, closures and other people's appointments leave over."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.errors import ToolError
from assistant.models import Appointment, Calendar
from assistant.services.booking import slots
from tests import make

pytestmark = pytest.mark.django_db
MONDAY = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)
TUESDAY = "2030-01-08"


@pytest.fixture
def calendar(db):
    return make.calendar(closes="23:59", horizon_days=9)


def labels(offer: slots.Offer) -> list[str]:
    return [slot.label for slot in offer.slots]


def taken(calendar: Calendar, start_at: datetime, minutes: int = 30, **fields: object) -> Appointment:
    end_at = start_at + timedelta(minutes=minutes)
    return Appointment.objects.create(
        **{
            "organization": calendar.organization,
            "calendar": calendar,
            "state": "confirmed",
            "start_at": start_at,
            "end_at": end_at,
            "busy_until": end_at,
            "timezone": calendar.timezone,
            **fields,
        }
    )


def test_an_empty_day_offers_its_hours_in_steps():
    offer = slots.offer(make.calendar(opens="09:00", closes="11:00"), from_day=TUESDAY, now=MONDAY)
    assert labels(offer) == ["09:00", "09:30", "10:00", "10:30"]
    assert offer.problem == ""


def test_the_buffer_is_part_of_the_step_so_that_every_time_of_a_day_can_be_booked():
    calendar = make.calendar(opens="09:00", closes="11:00", buffer_minutes=10)
    assert labels(slots.offer(calendar, from_day=TUESDAY, now=MONDAY)) == ["09:00", "09:40", "10:20"]


def test_what_is_taken_and_its_buffer_are_not_offered():
    calendar = make.calendar(opens="09:00", closes="11:00")
    taken(calendar, datetime(2030, 1, 8, 9, 30, tzinfo=UTC), busy_until=datetime(2030, 1, 8, 10, 5, tzinfo=UTC))
    assert labels(slots.offer(calendar, from_day=TUESDAY, now=MONDAY)) == ["09:00", "10:30"]


def test_a_hold_counts_until_it_lapses():
    calendar = make.calendar(opens="09:00", closes="10:00")
    taken(calendar, datetime(2030, 1, 8, 9, tzinfo=UTC), state="held", held_until=MONDAY + timedelta(minutes=5))
    assert labels(slots.offer(calendar, from_day=TUESDAY, now=MONDAY)) == ["09:30"]
    assert labels(slots.offer(calendar, from_day=TUESDAY, now=MONDAY + timedelta(minutes=6))) == ["09:00", "09:30"]


def test_the_time_of_the_appointment_that_is_moved_counts_as_free():
    calendar = make.calendar(opens="09:00", closes="10:00")
    moving = taken(calendar, datetime(2030, 1, 8, 9, tzinfo=UTC))
    assert labels(slots.offer(calendar, from_day=TUESDAY, now=MONDAY, moving=moving)) == ["09:00", "09:30"]


def test_notice_and_horizon_bound_what_is_offered():
    calendar = make.calendar(notice_minutes=120, horizon_days=1, opens="09:00", closes="12:00")
    offer = slots.offer(calendar, now=MONDAY)  # 08:00: nothing before 10:00, nothing after 08:00 tomorrow
    assert [(day.day, [slot.label for slot in free]) for day, free in offer.days] == [
        (7, ["10:00", "10:30", "11:00", "11:30"])
    ]


def test_a_closed_day_gives_the_next_open_ones():
    calendar = make.calendar()
    calendar.closures.create(first_day=date(2030, 1, 8), last_day=date(2030, 1, 9))
    offer = slots.offer(calendar, from_day=TUESDAY, now=MONDAY)
    assert offer.problem == "closed"
    assert [day.day for day, _ in offer.days] == [10, 11, 12]


def test_a_full_afternoon_gives_the_morning_then_the_next_afternoons():
    calendar = make.calendar(opens="11:00", closes="13:00", slot_minutes=60)
    taken(calendar, datetime(2030, 1, 8, 12, tzinfo=UTC), 60)
    offer = slots.offer(calendar, from_day=TUESDAY, part_of_day="afternoon", now=MONDAY)
    assert offer.problem == "full"
    assert [(day.day, [slot.label for slot in free]) for day, free in offer.days] == [
        (8, ["11:00"]),
        (9, ["12:00"]),
        (10, ["12:00"]),
    ]


@pytest.mark.parametrize(("day", "problem"), [("2029-12-31", "past"), ("2031-01-01", "too_far"), ("9999-12-31", "too_far")])
def test_a_day_out_of_reach_gives_the_next_free_ones(day, problem):
    offer = slots.offer(make.calendar(), from_day=day, now=MONDAY)
    assert offer.problem == problem
    assert [day.day for day, _ in offer.days] == [7, 8, 9]


def test_a_calendar_without_hours_offers_nothing_and_does_not_fail():
    assert slots.offer(make.calendar(weekdays=[]), now=MONDAY).days == ()


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
def test_what_is_no_day_is_refused_and_told_what_today_is(day):
    with pytest.raises(ToolError, match="2030-01-07, which is today, Monday 7 January 2030"):
        slots.offer(make.calendar(), from_day=day, now=MONDAY)


@pytest.mark.parametrize(
    "zone",
    ["Europe", "", "../../etc/passwd", "localtime", "Factory", "posixrules", "right/UTC", "europe/berlin", "x" * 5000],
)
def test_a_zone_that_names_no_place_leaves_the_calendars_own(zone):
    assert slots.offer(make.calendar(timezone="Asia/Tokyo"), visitor_timezone=zone, now=MONDAY).timezone == "Asia/Tokyo"


def test_a_visitor_elsewhere_sees_his_own_clock_and_the_business_beside_it():
    calendar = make.calendar(timezone="Europe/Berlin", opens="09:00", closes="10:00")
    offer = slots.offer(calendar, from_day=TUESDAY, visitor_timezone="America/New_York", now=MONDAY)
    assert labels(offer) == ["03:00 (09:00 Berlin)", "03:30 (09:30 Berlin)"]


def test_another_zone_with_the_same_clock_is_not_worth_a_word():
    calendar = make.calendar(timezone="Europe/Berlin", opens="09:00", closes="09:30")
    assert labels(slots.offer(calendar, from_day=TUESDAY, visitor_timezone="Europe/Paris", now=MONDAY)) == ["09:00"]


def test_the_day_that_is_asked_for_is_the_visitors():
    calendar = make.calendar(timezone="America/Los_Angeles", opens="15:00", closes="17:00", slot_minutes=60)
    offer = slots.offer(calendar, from_day=TUESDAY, visitor_timezone="Asia/Tokyo", now=MONDAY)
    assert labels(offer) == ["08:00 (15:00 Los Angeles)", "09:00 (16:00 Los Angeles)"]
    assert {slot.start_at.date().isoformat() for slot in offer.slots} <= {"2030-01-07", "2030-01-08"}


def test_an_hour_that_the_clocks_skip_is_not_offered():
    calendar = make.calendar(timezone="Europe/Berlin", opens="01:00", closes="04:00")
    offer = slots.offer(calendar, from_day="2030-03-31", now=datetime(2030, 3, 30, tzinfo=UTC))
    assert labels(offer) == ["01:00", "01:30", "03:00", "03:30"]


def test_an_hour_that_the_clocks_repeat_is_offered_twice_and_told_apart():
    calendar = make.calendar(timezone="Europe/Berlin", opens="01:30", closes="03:30")
    offer = slots.offer(calendar, from_day="2030-10-27", now=datetime(2030, 10, 26, tzinfo=UTC))
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
    calendar = make.calendar(timezone="Europe/Berlin", opens="02:30", closes="04:00", slot_minutes=15)
    offer = slots.offer(calendar, from_day="2030-03-31", now=datetime(2030, 3, 30, tzinfo=UTC))
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
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_offered_can_be_booked_and_says_what_it_is(calendar, zone, visitor, now, opens, minutes, buffer):

    Calendar.objects.filter(pk=calendar.pk).update(timezone=zone, slot_minutes=minutes, buffer_minutes=buffer)
    calendar.hours.update(opens=opens)
    calendar = Calendar.objects.prefetch_related("hours", "closures").get()
    for slot in slots.offer(calendar, visitor_timezone=visitor, now=now).slots:
        assert slots.start_of(calendar, slot.id) == slot.start_at
        assert slots.is_offered(calendar, slot.start_at, now)
        assert not slots.is_offered(calendar, slot.start_at + timedelta(minutes=1), now)
        assert slot.end_at - slot.start_at == timedelta(minutes=minutes)
        assert now <= slot.start_at <= now + timedelta(days=9)
        assert slot.label.startswith(f"{slot.start_at.astimezone(ZoneInfo(visitor)):%H:%M}")
        there = ZoneInfo(zone)
        assert opens <= slot.start_at.astimezone(there).time()
        assert slot.start_at.astimezone(there).date() == slot.end_at.astimezone(there).date()


def test_a_slot_id_is_good_for_its_calendar_and_instant_alone():
    mine, other = make.calendar(), make.calendar(make.organization("Other"))
    id = slots.slot_id(mine, MONDAY)
    assert slots.start_of(mine, id) == MONDAY
    head, mac = id.split("-")
    forged = [slots.slot_id(other, MONDAY), f"{head[:-1]}1-{mac}", f"{head}-{mac[:-1]}", f"{id}x", "", "zzzzzzzz-00000000"]
    for bad in [*forged, "a" * 5000, "10:00", "2030-01-08T10:00", "̈-00000000", id.upper()]:
        with pytest.raises(ToolError) as refused:
            slots.start_of(mine, bad)
        assert refused.value.code == "unknown_slot"


def test_a_day_with_many_times_is_thinned_evenly():
    offer = slots.offer(make.calendar(slot_minutes=5), from_day=TUESDAY, now=MONDAY)
    assert 8 <= len(offer.slots) <= slots.SLOTS_PER_DAY
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
    assert slots.day_label(date(2030, 1, 8), locale=locale) == said
    assert slots.day_label(date(2030, 1, 8), date(2030, 1, 2), locale) in said
