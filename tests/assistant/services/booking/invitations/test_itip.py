"""Invitations as a recipient's calendar takes them: from the e-mail that was sent into a real CalDAV server (RFC 5546)."""

from __future__ import annotations

import base64
import email
import email.policy
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import icalendar
import pytest
from django.core import mail
from django.utils import timezone

from assistant.models import Appointment, Delivery
from assistant.services.booking.appointments import appointments, holds
from assistant.services.booking.staff import by_staff
from assistant.tasks import deliver
from tests import make, servers

pytestmark = pytest.mark.django_db
LOGIN = base64.b64encode(b"mira:s3cret").decode()


class Recipient:
    """Somebody's calendar on a CalDAV server, and their mail program: it applies each invitation as RFC 5546 says. A
    request replaces what is there under its UID, a cancellation removes it, and neither does where it is older (2.1.5)."""

    def __init__(self, address: str) -> None:
        self.address = address

    def receive(self, message: bytes) -> None:
        (part,) = (
            part
            for part in email.message_from_bytes(message, policy=email.policy.default).walk()
            if part.get_content_type() == "text/calendar"
        )
        calendar = icalendar.Calendar.from_ical(part.get_content())
        assert part["content-type"].params["method"] == calendar.pop("method"), "a program may read either"
        (event,) = calendar.walk("VEVENT")
        mine = self.entry(str(event["uid"]))
        if mine is not None and self._age(event) <= self._age(mine):
            return
        if str(event["status"]) == "CANCELLED":
            self._ask("DELETE", str(event["uid"]))
        else:
            self._ask("PUT", str(event["uid"]), calendar.to_ical())

    def entry(self, uid: str) -> icalendar.Event | None:
        try:
            (event,) = icalendar.Calendar.from_ical(self._ask("GET", uid)).walk("VEVENT")
            return event
        except HTTPError as error:
            assert error.code == 404
            return None

    @staticmethod
    def _age(event: icalendar.Event) -> tuple[int, datetime]:
        return int(event["sequence"]), event["dtstamp"].dt

    def _ask(self, verb: str, uid: str, body: bytes | None = None) -> bytes:
        headers = {"Authorization": f"Basic {LOGIN}", "Content-Type": "text/calendar"}
        request = Request(f"{self.address}{uid}.ics", body, headers, method=verb)  # noqa: S310
        with urlopen(request) as answer:  # noqa: S310
            return bytes(answer.read())


@pytest.fixture(scope="module")
def radicale() -> Iterator[str]:
    with servers.radicale() as address:
        yield address


@pytest.fixture
def ada(radicale) -> Recipient:
    return Recipient(radicale)


@pytest.fixture
def appointment() -> Appointment:
    talk = make.conversation(make.assistant(make.organization(team_email="team@example.com")))
    calendar = make.calendar(talk.organization, location="12 High Street; 2nd floor, left")
    return appointments.confirm(
        holds.hold(make.pick(calendar, at(9)), conversation=talk), name="Ada", email="ada@example.com"
    )


def at(hour: int) -> datetime:
    return (timezone.now() + timedelta(days=2)).replace(hour=hour, minute=0, second=0, microsecond=0)


def sent_since(done: set[str], to: str) -> list[bytes]:
    """The messages to `to` that workers send now, as they go over the wire."""
    mail.outbox.clear()
    for row in Delivery.objects.filter(to=to).exclude(pk__in=done).order_by("created_at"):
        done.add(str(row.pk))
        deliver(str(row.pk))
    return [message.message().as_bytes() for message in mail.outbox]


@pytest.mark.parametrize("to", ["ada@example.com", "team@example.com"])
def test_a_booking_its_move_and_its_cancellation_change_one_entry_of_the_recipient(appointment, ada, to):
    done: set[str] = set()
    (booked,) = sent_since(done, to)
    ada.receive(booked)
    entry = ada.entry(appointment.ics_uid)
    assert (entry["dtstart"].dt, int(entry["sequence"])) == (at(9), 0)
    assert str(entry["location"]) == "12 High Street; 2nd floor, left"
    moved = appointments.reschedule(appointment, make.pick(appointment.calendar, at(11)))
    (change,) = sent_since(done, to)
    ada.receive(change)
    entry = ada.entry(appointment.ics_uid)
    assert (entry["dtstart"].dt, entry["dtend"].dt, int(entry["sequence"])) == (at(11), moved.end_at, 1)
    appointments.cancel(moved)
    (cancellation,) = sent_since(done, to)
    ada.receive(cancellation)
    assert ada.entry(appointment.ics_uid) is None


def test_messages_that_arrive_in_the_wrong_order_leave_the_latest(appointment, ada):
    done: set[str] = set()
    (booked,) = sent_since(done, "ada@example.com")
    appointments.reschedule(appointment, make.pick(appointment.calendar, at(11)))
    (change,) = sent_since(done, "ada@example.com")
    for message in (change, booked, change):
        ada.receive(message)
    assert ada.entry(appointment.ics_uid)["dtstart"].dt == at(11)


def test_a_cancellation_that_is_undone_is_entered_again(appointment, ada):
    done: set[str] = set()
    after, token = by_staff.cancel(appointment)
    by_staff.undo_cancellation(token)
    for message in sent_since(done, "ada@example.com"):
        ada.receive(message)
    entry = ada.entry(appointment.ics_uid)
    assert (entry["dtstart"].dt, int(entry["sequence"]), str(entry["status"])) == (at(9), after.sequence + 1, "CONFIRMED")
