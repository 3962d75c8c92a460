"""iCalendar invitations, after every change and with any text in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import icalendar
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.models import Appointment, Calendar, Delivery, Organization
from assistant.services.booking.appointments import appointments, holds
from assistant.services.booking.invitations import calendar_files, descriptions, receipts
from assistant.services.booking.messages import emails
from tests import make
from tests.sampling import examples

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)
NINE = datetime(2030, 1, 8, 9, 0, tzinfo=UTC)


@pytest.fixture
def appointment() -> Appointment:
    """Confirmed, at nine on Tuesday."""
    conversation = make.conversation(make.assistant(make.organization(team_email="team@example.com")))
    calendar = make.calendar(conversation.organization, location="12 High Street, 2nd floor; left")
    hold = holds.hold(make.pick(calendar, NINE), conversation=conversation, now=NOW)
    return appointments.confirm(hold, name="Ann", email="ann@example.com", now=NOW)


def read(text: str) -> tuple[icalendar.Calendar, Any]:
    calendar = icalendar.Calendar.from_ical(text)
    (event,) = calendar.walk("VEVENT")
    return calendar, event


def mailed() -> list[tuple[icalendar.Calendar, Any]]:
    """What the visitor was sent, in order."""
    return [
        read(text)
        for text in Delivery.objects.filter(to="ann@example.com").order_by("created_at").values_list("ics", flat=True)
    ]


def test_an_invitation_says_when_where_and_between_whom(appointment):
    calendar, event = mailed()[0]
    assert calendar["METHOD"] == "REQUEST"
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (NINE, NINE + timedelta(minutes=30))
    assert event["LOCATION"] == "12 High Street, 2nd floor; left"
    assert event["SUMMARY"] == "Dr. Moss · Bright Smile"
    assert (str(event["ORGANIZER"]), event["ORGANIZER"].params["CN"]) == ("mailto:team@example.com", "Bright Smile")
    assert str(event["ATTENDEE"]) == "mailto:ann@example.com"
    assert event["STATUS"] == "CONFIRMED"
    assert appointment.reference in event["DESCRIPTION"]


def test_one_uid_for_life_and_a_higher_sequence_with_every_change(appointment):
    moved = appointments.reschedule(appointment, make.pick(appointment.calendar, NINE + timedelta(hours=1)), now=NOW)
    appointments.cancel(moved, now=NOW)
    sent = mailed()
    assert [str(calendar["METHOD"]) for calendar, _ in sent] == ["REQUEST", "REQUEST", "CANCEL"]
    assert [event["SEQUENCE"] for _, event in sent] == [0, 1, 2]
    assert [str(event["STATUS"]) for _, event in sent] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert {str(event["UID"]) for _, event in sent} == {appointment.ics_uid}
    assert [event["DTSTART"].dt.hour for _, event in sent] == [9, 10, 10]


ANYTHING = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)


@given(
    zone=st.sampled_from(["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"]),
    start_at=st.integers(1_704_067_200, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    minutes=st.integers(5, 720),
    name=ANYTHING,
    location=ANYTHING,
    organization=ANYTHING,
    cancelled=st.booleans(),
)
@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_back_whatever_the_texts_hold(
    appointment, zone, start_at, minutes, name, location, organization, cancelled
):
    appointment.start_at, appointment.end_at = start_at, start_at + timedelta(minutes=minutes)
    appointment.timezone = zone
    appointment.state = "cancelled" if cancelled else "confirmed"
    appointment.calendar = Calendar(name=name, location=location, timezone=zone)
    appointment.organization = Organization(name=organization, team_email="team@example.com")
    calendar, event = read(calendar_files.ics(appointment, "CANCEL" if cancelled else "REQUEST"))
    assert [component.name for component in calendar.walk()] == ["VCALENDAR", "VEVENT"]
    assert set(event) == {
        *("UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "URL", "STATUS", "TRANSP"),
        *("ORGANIZER", "ATTENDEE", *(["LOCATION"] if "LOCATION" in event else [])),
    }
    assert (event["DTSTART"].dt, event["DTEND"].dt) == (appointment.start_at, appointment.end_at)
    assert str(calendar["METHOD"]) == ("CANCEL" if cancelled else "REQUEST")


def test_a_receipt_links_the_place_to_a_map_and_the_appointment_to_every_usual_calendar(appointment):
    content = receipts.receipt(appointment, "confirmed")
    (where,) = (line for line in content["lines"] if line[0] == "Where")
    assert where[1:] == [
        "12 High Street, 2nd floor; left",
        "https://www.openstreetmap.org/search?query=12+High+Street%2C+2nd+floor%3B+left",
    ]
    links = dict(content["calendar_links"])
    assert list(links) == ["Google Calendar", "Outlook.com", "Microsoft 365", "Calendar file (.ics)"]
    assert links["Calendar file (.ics)"] == content["ics_url"]
    google = parse_qs(urlsplit(links["Google Calendar"]).query)
    assert google["dates"] == ["20300108T090000Z/20300108T093000Z"]
    assert google["text"] == ["Dr. Moss · Bright Smile"] and appointment.reference in google["details"][0]
    for name, host in (("Outlook.com", "outlook.live.com"), ("Microsoft 365", "outlook.office.com")):
        parts = urlsplit(links[name])
        said = parse_qs(parts.query)
        assert parts.hostname == host and said["location"] == ["12 High Street, 2nd floor; left"]
        assert (said["startdt"], said["enddt"]) == (["2030-01-08T09:00:00Z"], ["2030-01-08T09:30:00Z"])
    appointments.cancel(appointment, now=NOW)
    assert "calendar_links" not in receipts.receipt(appointment, "cancelled")


@pytest.mark.parametrize("where", ["javascript:alert(1)", "ftp://example.com/x", "tel:+44", "data:text/html,x"])
def test_a_place_leads_to_a_map_or_a_page_of_the_web_and_nowhere_else(appointment, where):
    appointment.calendar.location = where
    (line,) = (line for line in descriptions.lines(appointment) if line.label == "Where")
    assert not line.url or line.url.startswith("https://www.openstreetmap.org/search?query=")


INJECTIONS = [
    *("X\r\nATTENDEE:mailto:evil@example.org", "X\nBEGIN:VALARM\nEND:VALARM", "X\r\n METHOD:PUBLISH", "a;b,c\\n:d"),
    *('X";CN="Y', "X\u2028ATTENDEE:mailto:evil@example.org", "X\x85END:VEVENT", "X\x0bEND:VEVENT", "\ufeffX", "X" * 500),
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_text_becomes_a_line_of_its_own(appointment, text):
    appointment.calendar.name = appointment.calendar.location = appointment.organization.name = text
    written = calendar_files.ics(appointment, "REQUEST")
    calendar, event = read(written)
    assert [component.name for component in calendar.walk()] == ["VCALENDAR", "VEVENT"]
    assert str(event["ATTENDEE"]) == "mailto:ann@example.com"
    assert str(calendar["METHOD"]) == "REQUEST"
    assert all(len(line.encode()) <= 75 for line in written.split("\r\n"))


@pytest.mark.parametrize("text", ["{{ 7|add:7 }}", "{% debug %}", "<script>alert(1)</script>", "%(x)s", "{0.__class__}"])
def test_texts_are_shown_and_never_run(appointment, text):
    appointment.calendar.name = text
    email = emails.visitors_email(appointment, "confirmed")
    assert text in email.text
    assert "<script>" not in email.html


def test_without_a_team_address_the_organizer_is_our_own(appointment, settings):
    settings.DEFAULT_FROM_EMAIL = "Interworky <desk@example.com>"
    appointment.organization.team_email = ""
    _, event = read(calendar_files.ics(appointment, "REQUEST"))
    assert str(event["ORGANIZER"]) == "mailto:desk@example.com"
