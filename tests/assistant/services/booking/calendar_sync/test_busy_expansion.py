"""Busy times in other people's calendars: recurrences, zones, what is free, and what cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assistant.services.booking.calendar_sync import busy_expansion
from assistant.services.booking.calendar_sync.busy_expansion import CalendarUnreadable, expand, expanded

SINCE, UNTIL = datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 12, 31, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def calendar(*events: str, head: str = "") -> bytes:
    """Each event is its lines, in which a space stands for the end of a line."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *head.split(" ")]
    for number, event in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{number}@x", *event.split(" "), "END:VEVENT"]
    return "\r\n".join([line for line in [*lines, "END:VCALENDAR"] if line]).encode()


def busy(*events: str, zone: str = BERLIN, head: str = "") -> list[str]:
    found = expand(calendar(*events, head=head), zone, SINCE, UNTIL)
    assert not found.unreadable
    return [f"{span.start:%m-%d %H:%M} {span.end:%m-%d %H:%M}" for span in found.spans]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("DTSTART:20300108T090000Z DTEND:20300108T100000Z", ["01-08 09:00 01-08 10:00"]),
        ("DTSTART:20300108T090000Z DURATION:PT90M", ["01-08 09:00 01-08 10:30"]),
        ("DTSTART:20300108T090000 DTEND:20300108T100000", ["01-08 08:00 01-08 09:00"]),  # floating: the calendar's zone
        ("DTSTART;TZID=America/New_York:20300108T090000 DURATION:PT1H", ["01-08 14:00 01-08 15:00"]),
        ("DTSTART;TZID=Eastern\u00a0Standard\u00a0Time:20300108T090000 DURATION:PT1H", ["01-08 14:00 01-08 15:00"]),
        ("DTSTART;VALUE=DATE:20300108", ["01-07 23:00 01-08 23:00"]),  # the whole day of the calendar's zone
        ("DTSTART;VALUE=DATE:20300108 DTEND;VALUE=DATE:20300111", ["01-07 23:00 01-10 23:00"]),
        ("DTSTART;VALUE=DATE:20300331", ["03-30 23:00 03-31 22:00"]),  # a day of 23 hours
        ("DTSTART:20300108T090000Z", []),  # takes no time
        ("DTSTART:20291231T230000Z DTEND:20300101T020000Z", ["01-01 00:00 01-01 02:00"]),
    ],
)
def test_a_single_event_is_busy_at_its_time(event, said):
    data = calendar(event).replace("\u00a0".encode(), b" ")
    found = expand(data, BERLIN, SINCE, UNTIL)
    assert [f"{span.start:%m-%d %H:%M} {span.end:%m-%d %H:%M}" for span in found.spans] == said
    assert not found.unreadable and not found.unknown_zones


@pytest.mark.parametrize(
    "mark", ["STATUS:CANCELLED", "TRANSP:TRANSPARENT", "X-MICROSOFT-CDO-BUSYSTATUS:FREE", "status:cancelled"]
)
def test_what_is_cancelled_or_marked_as_free_is_not_busy(mark):
    assert busy(f"DTSTART:20300108T090000Z DURATION:PT1H {mark}") == []


@pytest.mark.parametrize("mark", ["STATUS:TENTATIVE", "TRANSP:OPAQUE", "X-MICROSOFT-CDO-BUSYSTATUS:OOF"])
def test_what_is_tentative_or_out_of_office_is_busy(mark):
    assert busy(f"DTSTART:20300108T090000Z DURATION:PT1H {mark}") == ["01-08 09:00 01-08 10:00"]


def test_a_recurring_event_keeps_its_hour_when_the_clocks_change():
    found = busy("DTSTART;TZID=Europe/Berlin:20300324T090000 DURATION:PT1H RRULE:FREQ=WEEKLY;COUNT=2")
    assert found == ["03-24 08:00 03-24 09:00", "03-31 07:00 03-31 08:00"]


def test_exceptions_of_a_recurring_event_are_moved_cancelled_or_left_out():
    rule = "DTSTART:20300107T090000Z DURATION:PT1H RRULE:FREQ=DAILY;COUNT=4 EXDATE:20300108T090000Z"
    moved = "RECURRENCE-ID:20300109T090000Z DTSTART:20300109T150000Z DURATION:PT2H"
    cancelled = "RECURRENCE-ID:20300110T090000Z DTSTART:20300110T090000Z DURATION:PT1H STATUS:CANCELLED"
    data = calendar(rule, moved, cancelled).replace(b"UID:1@x", b"UID:0@x").replace(b"UID:2@x", b"UID:0@x")
    found = expand(data, BERLIN, SINCE, UNTIL)
    assert [span.start.isoformat() for span in found.spans] == ["2030-01-07T09:00:00+00:00", "2030-01-09T15:00:00+00:00"]


def test_a_recurring_event_is_expanded_within_the_time_asked_for_alone():
    event = "DTSTART:20200101T090000Z DURATION:PT1H RRULE:FREQ=DAILY"
    found = expand(calendar(event), BERLIN, SINCE, SINCE + timedelta(days=3))
    assert [span.start.day for span in found.spans] == [1, 2, 3]


def test_times_that_overlap_are_joined():
    assert busy(
        "DTSTART:20300108T090000Z DURATION:PT2H", "DTSTART:20300108T100000Z DURATION:PT30M",
        "DTSTART:20300108T110000Z DURATION:PT1H", "DTSTART:20300108T130000Z DURATION:PT1H",
    ) == ["01-08 09:00 01-08 12:00", "01-08 13:00 01-08 14:00"]  # fmt: skip


def test_the_uid_of_our_own_appointment_is_kept_so_that_it_can_be_left_out():
    data = calendar("DTSTART:20300108T090000Z DURATION:PT1H").replace(b"UID:0@x", b"UID:5f1c@interworky")
    assert [span.uid for span in expand(data, BERLIN, SINCE, UNTIL).spans] == ["5f1c@interworky"]


def test_a_zone_that_its_calendar_defines_is_used_and_an_unknown_one_is_counted():
    event = "DTSTART;TZID=Somewhere:20300108T090000 DURATION:PT1H"
    found = expand(calendar(event), BERLIN, SINCE, UNTIL)
    assert found.unknown_zones == 1 and found.spans[0].start.hour == 8, "read as if in the calendar's own zone"
    zone = (
        "BEGIN:VTIMEZONE TZID:Somewhere BEGIN:STANDARD DTSTART:19700101T000000 TZOFFSETFROM:+0545 TZOFFSETTO:+0545 "
        "END:STANDARD END:VTIMEZONE"
    )
    found = expand(calendar(event, head=zone), BERLIN, SINCE, UNTIL)
    assert found.unknown_zones == 0 and found.spans[0].start == datetime(2030, 1, 8, 3, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "broken",
    [
        "DTSTART:20300199T090000Z DURATION:PT1H",
        "SUMMARY:no-start",
        "DTSTART:20300108T090000Z DURATION:PT1H RRULE:FREQ=SOMETIMES",
        "DTSTART:20300108T090000Z DTEND:never",
    ],
)
def test_an_event_that_cannot_be_read_is_counted_and_hides_no_other(broken):
    found = expand(calendar(broken, "DTSTART:20300109T090000Z DURATION:PT1H"), BERLIN, SINCE, UNTIL)
    assert found.unreadable == 1 and [span.start.day for span in found.spans if span.start.day == 9] == [9]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"<html><body>Log in</body></html>", "did not answer with a calendar"),
        (b"", "did not answer with a calendar"),
        (b"\xff\xfe\x00\x01", "did not answer with a calendar"),
        (calendar("DTSTART:20300108T090000Z DURATION:PT1H")[:-20], "incomplete"),
        (calendar("DTSTART:20300108T090000Z DURATION:PT1H")[:70], "incomplete"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VFREEBUSY\r\nUID:1\r\nEND:VFREEBUSY\r\nEND:VCALENDAR", "only a free/busy list"),
    ],
)
def test_what_is_no_calendar_says_why(data, why):
    with pytest.raises(CalendarUnreadable, match=why):
        expand(data, BERLIN, SINCE, UNTIL)


def test_a_calendar_with_too_many_busy_times_is_refused():
    minutes = "DTSTART:20300101T000000Z DURATION:PT1M RRULE:FREQ=MINUTELY;INTERVAL=2;COUNT=25000"
    with pytest.raises(CalendarUnreadable, match="more than 20,000"):
        expand(calendar(minutes), BERLIN, SINCE, UNTIL)


def test_the_child_answers_as_the_function_does():
    data = calendar("DTSTART:20300108T090000Z DURATION:PT1H RRULE:FREQ=DAILY;COUNT=3", "SUMMARY:no-start")
    assert expanded(data, BERLIN, SINCE, UNTIL) == expand(data, BERLIN, SINCE, UNTIL)
    with pytest.raises(CalendarUnreadable, match="did not answer with a calendar"):
        expanded(b"Not found", BERLIN, SINCE, UNTIL)


def test_a_calendar_that_takes_too_long_ends_its_child_alone():
    endless = "import time; time.sleep(60)"
    with pytest.raises(CalendarUnreadable, match="repeat so often"):
        expanded(b"", BERLIN, SINCE, UNTIL, program=endless, wait_seconds=0.05)


def test_a_child_that_hits_its_bound_is_a_calendar_that_cannot_be_read():
    ended = "import os, signal; os.kill(os.getpid(), signal.SIGXCPU)"
    with pytest.raises(CalendarUnreadable, match="repeat so often"):
        expanded(b"", BERLIN, SINCE, UNTIL, program=ended)
    assert busy_expansion.SECONDS <= 20
