"""Bookings in outside calendars: entered, moved and removed on a real CalDAV server, and retried where one fails."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.request import Request, urlopen

import httpx
import icalendar
import pytest
from django.utils import timezone

from assistant.jobs import sweep
from assistant.models import OutsideCalendar, OutsideEntry
from assistant.services.booking.appointments import appointments, attempts, holds
from assistant.services.booking.availability.slot_ids import Pick
from assistant.services.booking.calendar_sync import entries
from assistant.tasks import read_outside_calendar, write_outside_entry
from tests import make, servers
from tests.assistant.services.booking.calendar_sync.outside_calendars import make_due, served, source

pytestmark = pytest.mark.django_db
CALDAV = {"kind": "caldav", "writes_bookings": True, "username": "mira"}
FAR = "https://dav.example.com/mira/salon/"


@pytest.fixture(scope="module")
def radicale() -> Iterator[str]:
    with servers.radicale() as address:
        yield address


@pytest.fixture
def salon(radicale, settings) -> OutsideCalendar:
    """A calendar of ours, and Mira's own on the CalDAV server."""
    settings.OUTBOUND_ALLOWED_ORIGINS = [radicale.removesuffix("/mira/salon/")]
    return source(make.calendar(minutes=60), radicale, "s3cret", **CALDAV)


def at(hour: int, days: int = 2) -> datetime:
    return (timezone.now() + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)


def book(calendar, start):
    return appointments.confirm(holds.hold(make.pick(calendar, start)), name="Ada", email="ada@example.com")


def work() -> None:
    """What workers do with all that is due."""
    for pk in OutsideEntry.objects.due(timezone.now()).values_list("pk", flat=True):
        write_outside_entry(str(pk))


def stored(salon: OutsideCalendar) -> dict[str, icalendar.Event]:
    """The events on the server, by UID, as another client reads them."""
    login = base64.b64encode(b"mira:s3cret").decode()
    with urlopen(Request(salon.address(), headers={"Authorization": f"Basic {login}"})) as answer:  # noqa: S310
        return {str(event["uid"]): event for event in icalendar.Calendar.from_ical(answer.read()).walk("VEVENT")}


def test_a_booking_is_entered_moved_and_removed_on_a_caldav_server(salon):
    booked = book(salon.calendar, at(10))
    work()
    entry = stored(salon)[booked.ics_uid]
    assert entry["dtstart"].dt == at(10) and "Ada" in entry["summary"] and entry["sequence"] == 0
    booked = appointments.reschedule(booked, make.pick(salon.calendar, at(14)))
    work()
    entry = stored(salon)[booked.ics_uid]
    assert entry["dtstart"].dt == at(14) and entry["sequence"] == 1
    appointments.cancel(booked)
    work()
    assert booked.ics_uid not in stored(salon) and not OutsideEntry.objects.pending().exists()


def test_busy_times_are_read_from_a_caldav_server_and_our_own_entries_are_not_among_them(salon):
    booked = book(salon.calendar, at(10))
    work()
    login = base64.b64encode(b"mira:s3cret").decode()
    event = (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:dentist\r\nDTSTAMP:20300101T000000Z\r\n"
        f"DTSTART:{at(12):%Y%m%dT%H%M%SZ}\r\nDTEND:{at(13):%Y%m%dT%H%M%SZ}\r\nRRULE:FREQ=WEEKLY;COUNT=2\r\nSUMMARY:Dentist\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    headers = {"Authorization": f"Basic {login}", "Content-Type": "text/calendar"}
    urlopen(Request(salon.address() + "dentist.ics", event.encode(), headers, method="PUT")).close()  # noqa: S310
    make_due(salon)
    read_outside_calendar(str(salon.pk))
    salon.refresh_from_db()
    assert salon.last_error == ""
    weekly = [(at(12), at(13)), (at(12, 9), at(13, 9))]
    assert list(salon.busy_times.values_list("start_at", "end_at")) == weekly, "and not the booking at 10"
    with pytest.raises(attempts.SlotTaken):
        holds.hold(make.pick(salon.calendar, at(12)))
    assert booked.ics_uid in stored(salon)


def test_a_wrong_password_is_reported_and_loses_nothing(salon):
    salon.set_password("wrong")
    salon.save()
    book(salon.calendar, at(10))
    work()
    (entry,) = OutsideEntry.objects.failed()
    assert "refused access (401)" in entry.last_error and entry.next_attempt_at > timezone.now()
    make_due(salon)
    read_outside_calendar(str(salon.pk))
    salon.refresh_from_db()
    assert "refused access (401)" in salon.last_error
    salon.set_password("s3cret")
    salon.save()
    assert entries.retry(salon) == 1
    work()
    assert not OutsideEntry.objects.pending().exists() and entry.appointment.ics_uid in stored(salon)


def test_an_appointment_that_moves_to_another_chair_leaves_the_first_ones_calendar():
    home = make.organization()
    first, second = make.calendar(home), make.calendar(home, name="Chair 2")
    service = make.service(first, second, name="Cut")
    one, two = source(first, FAR, "x", **CALDAV), source(second, FAR.replace("salon", "two"), "x", **CALDAV)
    with served(lambda request: httpx.Response(201)) as seen:
        held = holds.hold(Pick(service, first, at(10)))
        booked = appointments.confirm(held, name="Ada", email="ada@example.com")
        work()
        appointments.reschedule(booked, Pick(service, second, at(10)))
        work()
    assert [(request.method, str(request.url).removesuffix(f"{booked.pk}.ics")) for request in seen[:1]] == [
        ("PUT", one.address())
    ]
    assert {(request.method, str(request.url).removesuffix(f"{booked.pk}.ics")) for request in seen[1:]} == {
        ("DELETE", one.address()), ("PUT", two.address()),
    }  # fmt: skip


def test_a_change_while_an_entry_is_written_is_written_afterwards():
    calendar = make.calendar(minutes=60)
    source(calendar, FAR, "x", **CALDAV)
    booked = book(calendar, at(10))
    entry = entries.claim(OutsideEntry.objects.get().pk)
    appointments.reschedule(booked, make.pick(calendar, at(14)))
    assert entries.written(entry) and OutsideEntry.objects.due(timezone.now()).exists()
    with served(lambda request: httpx.Response(204)) as seen:
        work()
    assert f"DTSTART:{at(14):%Y%m%dT%H%M%SZ}" in seen[0].content.decode() and not OutsideEntry.objects.pending().exists()


def test_only_one_worker_writes_an_entry_and_one_that_comes_late_changes_nothing():
    calendar = make.calendar()
    source(calendar, FAR, "x", **CALDAV)
    book(calendar, at(10))
    first = entries.claim(OutsideEntry.objects.get().pk)
    assert first and entries.claim(first.pk) is None
    OutsideEntry.objects.update(leased_until=timezone.now() - timedelta(minutes=1))
    second = entries.claim(first.pk)
    assert second and not entries.failed(first, "late") and not entries.written(first) and entries.written(second)


def test_a_server_that_is_down_is_tried_again_until_staff_have_to():
    calendar = make.calendar()
    mine = source(calendar, FAR, "x", **CALDAV)
    book(calendar, at(10))
    with served(lambda request: httpx.Response(503)) as seen:
        for _ in range(entries.MAX_ATTEMPTS + 2):
            OutsideEntry.objects.filter(next_attempt_at__isnull=False).update(next_attempt_at=timezone.now())
            work()
    assert len(seen) == entries.MAX_ATTEMPTS
    (entry,) = OutsideEntry.objects.failed()
    assert entry.next_attempt_at is None and "503" in entry.last_error
    with served(lambda request: httpx.Response(201)):
        assert entries.retry(mine) == 1
        work()
    assert not OutsideEntry.objects.pending().exists()


def test_an_entry_that_is_gone_already_counts_as_removed():
    calendar = make.calendar()
    source(calendar, FAR, "x", **CALDAV)
    booked = book(calendar, at(10))
    with served(lambda request: httpx.Response(404 if request.method == "DELETE" else 201)):
        work()
        appointments.cancel(booked)
        work()
    assert not OutsideEntry.objects.pending().exists()


def test_what_is_still_to_come_is_entered_once_when_writing_is_switched_on():
    calendar = make.calendar()
    booked = book(calendar, at(10))
    mine = source(calendar, FAR, "x", **CALDAV)
    assert (entries.queue_upcoming(mine), entries.queue_upcoming(mine)) == (1, 0)
    assert OutsideEntry.objects.get().appointment == booked


@pytest.mark.parametrize("off", [{"enabled": False}, {"writes_bookings": False}, {"kind": "ics"}])
def test_nothing_is_entered_in_a_calendar_that_is_not_written(off):
    calendar = make.calendar()
    source(calendar, FAR, "x", **{**CALDAV, **off})
    book(calendar, at(10))
    assert not OutsideEntry.objects.exists()


def test_the_clock_hands_over_entries_whose_task_was_lost(queued_tasks, django_capture_on_commit_callbacks):
    calendar = make.calendar()
    source(calendar, FAR, "x", reads_busy=False, **CALDAV)
    book(calendar, at(10))
    OutsideEntry.objects.update(next_attempt_at=timezone.now() - timedelta(minutes=1))
    with django_capture_on_commit_callbacks(execute=True):
        sweep()
    assert (entries.TASK, str(OutsideEntry.objects.get().pk)) in queued_tasks


@pytest.mark.parametrize(
    "body",
    [b"<html>Log in</html>", b"not xml", b'<!DOCTYPE x [<!ENTITY a "b">]><multistatus xmlns="DAV:">&a;</multistatus>'],
)
def test_an_answer_that_is_no_caldav_is_a_failure_with_its_reason(body):
    mine = source(make.calendar(), FAR, "x", **CALDAV)
    with served(lambda request: httpx.Response(207, content=body)):
        read_outside_calendar(str(mine.pk))
    mine.refresh_from_db()
    assert mine.read_at is None and ("not valid XML" in mine.last_error or "CalDAV" in mine.last_error)
