"""What is said of an appointment: when, where and with whom, and how it gets into a calendar on the web."""

from __future__ import annotations

from datetime import UTC
from typing import Literal, NamedTuple
from urllib.parse import quote, urlencode

from assistant.models import Appointment, Service
from assistant.sentences import label
from assistant.services.booking.availability import wording
from assistant.services.booking.invitations.links import ics_url, manage_url
from assistant.services.deliveries import outbox

Change = Literal["requested", "confirmed", "moved", "cancelled", "declined", "reminder", "follow_up"]
ENDED = ("cancelled", "declined")  # after these changes nothing takes place
UNCHANGED = ("reminder", "follow_up")  # say nothing new to a calendar


class Line(NamedTuple):
    """What is said of an appointment; `url` is where the value leads, such as an address to a map."""

    label: str
    value: str
    url: str = ""


def locale_of(appointment: Appointment) -> str:
    """The language to address its visitor in; "" where it is unknown."""
    if appointment.conversation:
        return appointment.conversation.locale
    return appointment.visitor.locale if appointment.visitor else ""


def lines(appointment: Appointment) -> list[Line]:
    """What a receipt and an e-mail say of it, in the visitor's language."""
    locale = locale_of(appointment)
    said = (
        Line(label("when", locale), wording.when(appointment, appointment.visitor_timezone, locale)),
        Line(label("what", locale), appointment.service.name),
        Line(label("with", locale), calendar_name(appointment)),
        Line(label("where", locale), place_of(appointment), place_url(appointment)),
        Line(label("price", locale), appointment.price),
    )
    return [line for line in said if line.value]


def place_of(appointment: Appointment, locale: str | None = None) -> str:
    """Where it takes place: the address, the link, or that somebody calls. In the visitor's language, if in no other."""
    service = appointment.service
    where = service.location or appointment.calendar.location
    if service.place == Service.Place.PHONE:
        by_phone = label("by_phone", locale_of(appointment) if locale is None else locale)
        return f"{by_phone}: {where}" if where else by_phone
    return where


def place_url(appointment: Appointment) -> str:
    """Where the place leads: an address to a map, and a link to itself; "" for any other."""
    where = outbox.one_line(appointment.service.location or appointment.calendar.location, 200)
    if where.startswith(("https://", "http://")):
        return where
    is_address = where and "://" not in where and appointment.service.place in (Service.Place.IN_PERSON, "")
    return "https://www.openstreetmap.org/search?" + urlencode({"query": where}) if is_address else ""


def calendar_links(appointment: Appointment) -> list[tuple[str, str]]:
    """Name and address of the pages on which a visitor adds it to a calendar on the web, and of a file for any other
    calendar; times are in UTC."""
    locale = locale_of(appointment)
    start, end = (f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}" for at in (appointment.start_at, appointment.end_at))
    details = f"{label('reference', locale)}: {appointment.reference}\n{manage_url(appointment)}"
    where = outbox.one_line(place_of(appointment), 200)
    google = {"action": "TEMPLATE", "text": summary(appointment), "dates": f"{start}/{end}", "details": details}
    outlook = {
        **{"path": "/calendar/action/compose", "rru": "addevent", "subject": summary(appointment), "body": details},
        "startdt": f"{appointment.start_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "enddt": f"{appointment.end_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    add = "https://calendar.google.com/calendar/render?" + urlencode({**google, "location": where}, quote_via=quote)
    compose = "/calendar/0/deeplink/compose?" + urlencode({**outlook, "location": where}, quote_via=quote)
    return [
        ("Google Calendar", add),
        ("Outlook.com", "https://outlook.live.com" + compose),
        ("Microsoft 365", "https://outlook.office.com" + compose),
        (label("calendar_file", locale), ics_url(appointment)),
    ]


def calendar_name(appointment: Appointment) -> str:
    """With whom, or on what, where the service itself does not say it."""
    return "" if appointment.calendar.name == appointment.service.name else appointment.calendar.name


def summary(appointment: Appointment) -> str:
    named = (appointment.service.name, calendar_name(appointment), appointment.organization.name)
    return outbox.one_line(" · ".join(name for name in named if name), 200)
