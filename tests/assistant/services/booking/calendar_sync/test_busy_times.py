"""Busy times of outside calendars: they hide times, block bookings, and outlast a server that fails."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest
from django.utils import timezone

from assistant.jobs import sweep
from assistant.models import BusyTime, Delivery, OutsideCalendar
from assistant.secrets import SecretUnreadable
from assistant.services.booking.appointments import appointments, attempts, holds
from assistant.services.booking.calendar_sync import busy_times
from assistant.services.booking.calendar_sync.connectors import dav
from assistant.tasks import read_outside_calendar
from tests import make
from tests.assistant.services.booking.calendar_sync import outside_calendars
from tests.assistant.services.booking.calendar_sync.outside_calendars import read, served, source, text

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def at(hour: int, days: int = 2) -> datetime:
    return (timezone.now() + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)


def busy(outside: OutsideCalendar) -> list[tuple[datetime, datetime]]:
    return list(outside.busy_times.values_list("start_at", "end_at"))


def book(calendar, start):
    return appointments.confirm(holds.hold(make.pick(calendar, start)), name="Ada", email="ada@example.com")


def test_a_busy_time_hides_the_times_that_it_overlaps_and_no_others():
    calendar = make.calendar(minutes=60)
    read(source(calendar), body=text((at(10), at(12))))
    day = at(10).date()
    (offered,) = [slots for found, slots in make.offer(calendar, from_day=day.isoformat()).days if found == day]
    assert {slot.start_at.hour for slot in offered} == {9, 12, 13, 14, 15, 16}


def test_a_busy_time_refuses_a_hold_of_its_time_and_offers_others():
    calendar = make.calendar(minutes=60)
    read(source(calendar), body=text((at(10), at(12))))
    with pytest.raises(attempts.SlotTaken) as refused:
        holds.hold(make.pick(calendar, at(11)))
    assert refused.value.alternatives.slots


def test_a_time_that_became_busy_while_it_was_held_cannot_be_confirmed():
    calendar = make.calendar(minutes=60)
    held = holds.hold(make.pick(calendar, at(10)))
    read(source(calendar), body=text((at(10) + HOUR / 2, at(12))))
    with pytest.raises(attempts.SlotTaken):
        appointments.confirm(held, name="Ada", email="ada@example.com")
    held.refresh_from_db()
    assert held.state == "held" and not Delivery.objects.exists()


def test_a_busy_time_refuses_a_move_into_it():
    calendar = make.calendar(minutes=60)
    booked = book(calendar, at(14))
    read(source(calendar), body=text((at(10), at(12))))
    with pytest.raises(attempts.SlotTaken):
        appointments.reschedule(booked, make.pick(calendar, at(10)))
    assert appointments.reschedule(booked, make.pick(calendar, at(12))).start_at == at(12)


def test_busy_times_of_another_organizations_calendar_block_nothing_here():
    here, there = make.calendar(), make.calendar(make.organization("Other House"))
    read(source(there), body=text((at(10), at(12))))
    assert book(here, at(10)).state == "confirmed"


@pytest.mark.parametrize("off", [{"enabled": False}, {"reads_busy": False}])
def test_a_source_that_is_switched_off_blocks_nothing(off):
    calendar = make.calendar()
    mine = source(calendar)
    read(mine, body=text((at(10), at(12))))
    OutsideCalendar.objects.filter(pk=mine.pk).update(**off)
    assert book(calendar, at(10)).state == "confirmed"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (503, "", "The server answered with 503."),
        (401, "", "The server refused access (401)."),
        (404, "", "The server answered with 404. Check the address"),
        (200, "<html>Log in</html>", "did not answer with a calendar"),
        (200, text((at(10), at(11)))[:-30], "incomplete"),
    ],
)
def test_a_source_that_fails_keeps_its_last_known_times_and_says_so(status, body, said):
    calendar = make.calendar()
    mine = source(calendar)
    read(mine, body=text((at(10), at(12))))
    known = mine.read_at
    read(mine, status, body)
    assert busy(mine) == [(at(10), at(12))] and mine.read_at == known and said in mine.last_error
    assert mine in OutsideCalendar.objects.failing() and "still block bookings" in busy_times.state_of(mine)
    with pytest.raises(attempts.SlotTaken):
        holds.hold(make.pick(calendar, at(11)))
    read(mine, body=text())
    assert not mine.last_error and not busy(mine) and not mine.failures


def test_an_address_inside_our_own_network_is_refused_and_the_reason_shown():
    mine = source(make.calendar(), "http://127.0.0.1:8080/private.ics")
    read_outside_calendar(str(mine.pk))
    mine.refresh_from_db()
    assert mine.last_error and mine.read_at is None and "never been read" in busy_times.state_of(mine)


def test_the_team_gets_one_email_for_an_outage_and_another_for_the_next():
    calendar = make.calendar(make.organization(team_email="team@example.com"))
    mine = source(calendar)
    for outage in (1, 2):
        read(mine, body=text())
        for _ in range(busy_times.WRITE_TO_TEAM_AFTER + 2):
            read(mine, 500)
        assert Delivery.objects.filter(to="team@example.com").count() == outage
    assert outside_calendars.ADDRESS not in Delivery.objects.first().text


def test_a_failing_source_is_tried_again_less_and_less_often():
    mine = source(make.calendar())
    waits = []
    for _ in range(9):
        read(mine, 500)
        waits.append(round((mine.next_read_at - mine.tried_at).total_seconds() / 60))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_calendar_that_has_not_changed_is_not_read_whole_until_a_day_has_passed():
    mine = source(make.calendar())
    first = read(mine, body=text((at(10), at(12))), ETag='"v1"', **{"Last-Modified": "Mon, 07 Jan 2030 09:00:00 GMT"})
    assert "if-none-match" not in first.headers
    second = read(mine, 304)
    assert second.headers["if-none-match"] == '"v1"' and second.headers["if-modified-since"].startswith("Mon, 07 Jan")
    assert busy(mine) == [(at(10), at(12))] and not mine.last_error
    OutsideCalendar.objects.filter(pk=mine.pk).update(full_at=timezone.now() - 2 * busy_times.WHOLE_EVERY)
    third = read(mine, body=text())
    assert "if-none-match" not in third.headers, "time goes on, and recurring events with it"


def test_a_booking_of_ours_that_comes_back_from_the_outside_does_not_block_its_own_time():
    calendar, foreign = make.calendar(minutes=60), make.calendar(make.organization("Other House"))
    ours, theirs = book(calendar, at(10)), book(foreign, at(14))
    mine = source(calendar)
    read(mine, body=text((at(10), at(11)), uid=ours.ics_uid))
    assert busy(mine) == [] and appointments.reschedule(ours, make.pick(calendar, at(13))).start_at == at(13)
    read(mine, body=text((at(14), at(15)), uid=theirs.ics_uid))
    assert busy(mine) == [(at(14), at(15))], "an appointment with somebody else is busy like any other"


def test_only_one_reader_works_on_a_source_and_one_that_comes_late_changes_nothing():
    mine = source(make.calendar())
    first = busy_times.claim(mine.pk)
    assert first is not None and busy_times.claim(mine.pk) is None
    late = timezone.now() + timedelta(minutes=5)
    second = busy_times.claim(mine.pk, late)
    assert second is not None and not busy_times.failed(first, "too late") and busy_times.unchanged(second)
    mine.refresh_from_db()
    assert mine.last_error == "" and mine.read_at


def test_slow_sources_of_one_organization_leave_readers_to_others():
    calendar, other = make.calendar(), make.calendar(make.organization("Other House"))
    slow = [source(calendar) for _ in range(3)]
    claimed = [busy_times.claim(one.pk) for one in slow]
    assert [bool(one) for one in claimed] == [True, True, False] and busy_times.claim(source(other).pk)


def test_the_clock_hands_over_what_is_due_and_a_check_on_demand_comes_at_once(
    queued_tasks, django_capture_on_commit_callbacks
):
    mine = source(make.calendar())
    with django_capture_on_commit_callbacks(execute=True):
        sweep()
    assert queued_tasks == [(busy_times.TASK, str(mine.pk))]
    read(mine, body=text())
    queued_tasks.clear()
    with django_capture_on_commit_callbacks(execute=True):
        sweep()
    assert queued_tasks == []
    with django_capture_on_commit_callbacks(execute=True):
        busy_times.check_now(mine)
    assert queued_tasks == [(busy_times.TASK, str(mine.pk))] and busy_times.claim(mine.pk)


def test_bookings_at_a_time_that_became_busy_stay_and_are_listed_as_conflicts():
    calendar = make.calendar(minutes=60)
    booked = book(calendar, at(10))
    mine = source(calendar)
    read(mine, body=text((at(10), at(11))))
    booked.refresh_from_db()
    assert booked.state == "confirmed" and list(busy_times.overlapped(mine)) == [booked]


def test_what_could_not_be_read_of_a_calendar_is_reported():
    mine = source(make.calendar())
    broken = text((at(10), at(11)), (at(12), at(13))).replace(f"DTSTART:{at(10):%Y%m%d}", "DTSTART:20309999", 1)
    read(mine, body=broken)
    assert busy(mine) == [(at(12), at(13))] and "1 event(s) could not be read" in busy_times.state_of(mine)


def test_a_password_goes_to_the_server_that_it_was_entered_for_alone():
    mine = source(make.calendar(), password="s3cret", username="mira")
    request = read(mine, body=text())
    assert request.headers["authorization"].startswith("Basic ")
    assert "s3cret" not in mine.sealed_password and outside_calendars.ADDRESS not in mine.sealed_address
    mine.set_address("https://elsewhere.example.com/basic.ics")
    mine.save()
    assert mine.sealed_password == "" and "authorization" not in read(mine, body=text()).headers
    mine.set_password("other")
    OutsideCalendar.objects.filter(pk=mine.pk).update(
        sealed_password=mine.sealed_password, origin="https://third.example.com:443"
    )
    mine.refresh_from_db()
    with pytest.raises(SecretUnreadable):
        mine.password()


def test_a_password_is_not_sent_without_encryption():
    mine = source(make.calendar(), "http://calendar.example.com/basic.ics", password="s3cret", username="mira")
    with served(lambda request: httpx.Response(200, text=text())) as seen:
        read_outside_calendar(str(mine.pk))
    mine.refresh_from_db()
    assert seen == [] and "https" in mine.last_error


def test_a_redirect_to_another_server_does_not_carry_the_password():
    mine = source(make.calendar(), password="s3cret", username="mira")

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.host == "calendar.example.com":
            return httpx.Response(302, headers={"Location": "https://mirror.example.com/basic.ics"})
        return httpx.Response(200, text=text((at(10), at(11))))

    with served(answer) as seen:
        read_outside_calendar(str(mine.pk))
    assert len(seen) == 2 and "authorization" not in seen[1].headers and BusyTime.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "kind", "called"),
    [
        ("webcal://example.com/a.ics", "ics", "https://example.com/a.ics"),
        (" https://example.com/a.ics ", "ics", "https://example.com/a.ics"),
        ("https://example.com/dav/mira", "caldav", "https://example.com/dav/mira/"),
    ],
)
def test_an_address_is_taken_as_people_copy_it(typed, kind, called):
    assert dav.normal_address(typed, kind) == called
