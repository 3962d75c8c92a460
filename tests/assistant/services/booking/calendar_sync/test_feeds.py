"""Private calendar feeds: their addresses, what they hold, and what they keep to themselves."""

from __future__ import annotations

from datetime import timedelta

import icalendar
import pytest
from django.test import Client
from django.utils import timezone

from assistant.models import Appointment, CalendarFeed
from assistant.services.booking.appointments import appointments, holds
from assistant.services.booking.calendar_sync import feeds
from assistant.services.booking.invitations import links
from tests import make

pytestmark = pytest.mark.django_db
REASON = "Wisdom tooth, upper left"


def booked(calendar, days: int = 2, **fields) -> Appointment:
    start = (timezone.now() + timedelta(days=days)).replace(hour=10, minute=0, second=0, microsecond=0)
    held = holds.hold(make.pick(calendar, start))
    given = {"name": "Ada Lovelace", "email": "ada@example.com", "phone": "+44 20 7946 0018", "reason": REASON, **fields}
    return appointments.confirm(held, **given)


def path_of(feed: CalendarFeed) -> str:
    return "/" + feeds.address_of(feed).split("/", 3)[3]


def events(text: str | bytes) -> dict[str, icalendar.Event]:
    return {str(event["uid"]): event for event in icalendar.Calendar.from_ical(text).walk("VEVENT")}


def test_a_feed_lists_the_bookings_of_its_calendar_alone():
    home, other = make.organization(), make.organization("Other House")
    chair, room = make.calendar(home), make.calendar(home, name="Room 2")
    one, two, foreign = booked(chair), booked(room), booked(make.calendar(other))
    cancelled = booked(chair, days=3)
    appointments.cancel(cancelled)
    of_chair = CalendarFeed.objects.create(organization=home, calendar=chair)
    of_all = CalendarFeed.objects.create(organization=home)
    answer = Client().get(path_of(of_chair))
    assert answer.status_code == 200 and answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert set(events(answer.content)) == {one.ics_uid}
    assert set(events(Client().get(path_of(of_all)).content)) == {one.ics_uid, two.ics_uid}
    assert foreign.ics_uid not in Client().get(path_of(of_all)).content.decode()


def test_a_moved_booking_keeps_its_uid_and_gets_a_higher_sequence():
    calendar = make.calendar()
    appointment = booked(calendar)
    feed = CalendarFeed.objects.create(organization=calendar.organization)
    later = appointment.start_at + timedelta(hours=2)
    appointments.reschedule(appointment, make.pick(calendar, later))
    entry = events(feeds.read(feed)[0])[appointment.ics_uid]
    assert entry["dtstart"].dt == later and entry["sequence"] == 1 and entry["status"] == "CONFIRMED"


@pytest.mark.parametrize(
    ("chosen", "seen"),
    [
        ({}, set()),
        ({"shows_name": True}, {"Ada Lovelace"}),
        ({"shows_contact": True}, {"ada@example.com", "+44 20 7946 0018"}),
        ({"shows_reason": True}, {REASON}),
    ],
)
def test_a_feed_holds_what_staff_have_chosen_of_the_visitors_data(chosen, seen):
    calendar = make.calendar()
    appointment = booked(calendar)
    text, _ = feeds.read(CalendarFeed.objects.create(organization=calendar.organization, **chosen))
    entry = events(text)[appointment.ics_uid]
    said = f"{entry['summary']}\n{entry['description']}"
    every = {"Ada Lovelace", "ada@example.com", "+44 20 7946 0018", REASON}
    assert {one for one in every if one in said} == seen
    assert links.token_of(appointment) not in text.replace("\r\n ", ""), "the visitor's own link is theirs"


def test_what_a_visitor_typed_cannot_add_lines_to_a_feed():
    calendar = make.calendar()
    booked(calendar, reason="x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:forged")
    feed = CalendarFeed.objects.create(organization=calendar.organization, shows_reason=True)
    assert len(events(feeds.read(feed)[0])) == 1


def test_a_subscriber_with_the_current_copy_gets_304_and_another_after_a_change():
    calendar = make.calendar()
    appointment = booked(calendar)
    address = path_of(CalendarFeed.objects.create(organization=calendar.organization))
    first = Client().get(address)
    again = Client().get(address, headers={"If-None-Match": f'"other", W/{first["ETag"]}'})
    assert again.status_code == 304 and again.content == b"" and again["ETag"] == first["ETag"]
    appointments.cancel(appointment)
    changed = Client().get(address, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200 and changed["ETag"] != first["ETag"] and not events(changed.content)


def test_a_renewed_address_replaces_the_former_one():
    feed = CalendarFeed.objects.create(organization=make.organization())
    former = path_of(feed)
    feeds.renew(feed)
    assert Client().get(former).status_code == 404 and Client().get(path_of(feed)).status_code == 200


def test_an_address_that_was_not_signed_is_not_found_and_neither_is_one_of_an_inactive_organization():
    feed = CalendarFeed.objects.create(organization=make.organization())
    other = CalendarFeed.objects.create(organization=make.organization("Other House"))
    signature = path_of(other).partition(".")[2]
    for forged in (f"/calendars/{feed.pk}-1.{signature}", "/calendars/1-1.ics", "/calendars/x.ics"):
        assert Client().get(forged).status_code == 404
    feed.organization.active = False
    feed.organization.save()
    assert Client().get(path_of(feed)).status_code == 404
