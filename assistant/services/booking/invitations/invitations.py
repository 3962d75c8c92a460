"""Invitations: an appointment's links, its iCalendar object, and its receipt."""

from __future__ import annotations

from datetime import UTC
from email.utils import parseaddr
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlencode

import icalendar
from django.conf import settings
from django.core.signing import BadSignature
from django.urls import reverse

from assistant import signatures
from assistant.errors import NotFound
from assistant.models import Appointment, Service
from assistant.sentences import label
from assistant.services.booking.availability import wording
from assistant.services.booking.invitations import form_fields
from assistant.services.deliveries import outbox

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
Change = Literal["requested", "confirmed", "moved", "cancelled", "declined", "reminder", "follow_up"]
ENDED = ("cancelled", "declined")  # after these changes nothing takes place

UNCHANGED = ("reminder", "follow_up")  # say nothing new to a calendar


class Line(NamedTuple):
    """What is said of an appointment; `url` is where the value leads, such as an address to a map."""

    label: str
    value: str
    url: str = ""


SALT, FEEDBACK_SALT = "assistant.appointment", "assistant.feedback"


def token_of(appointment: Appointment) -> str:
    """The credential to view, move and cancel this one appointment, in the links that its visitor is given."""
    return signatures.signer(SALT).sign(appointment.pk.hex)


def id_in(token: str) -> str:
    """The appointment's id. Raises `NotFound` for what we did not sign."""
    try:
        return signatures.signer(SALT).unsign(token)
    except BadSignature as error:
        raise NotFound("No such appointment.") from error


def manage_url(appointment: Appointment) -> str:
    return settings.PUBLIC_URL + reverse("appointment", args=[token_of(appointment)])


def feedback_token(appointment: Appointment) -> str:
    """The credential to say how it was, and for nothing else: the link above is for more."""
    return signatures.signer(FEEDBACK_SALT).sign(appointment.pk.hex)


def id_in_feedback_token(token: str) -> str:
    """Raises `NotFound` as `id_in` does."""
    try:
        return signatures.signer(FEEDBACK_SALT).unsign(token)
    except BadSignature as error:
        raise NotFound("No such appointment.") from error


def feedback_url(appointment: Appointment) -> str:
    return settings.PUBLIC_URL + reverse("feedback", args=[feedback_token(appointment)])


def ics_url(appointment: Appointment) -> str:
    return settings.PUBLIC_URL + reverse("appointment-invitation", args=[token_of(appointment)])


def ics(appointment: Appointment, method: Method, *, to_team: bool = False) -> str:
    """The appointment as an iCalendar object, its instants in UTC. The team's leads to the admin, not to the visitor's page.

    UID stays for life and SEQUENCE grows with every change and with the cancellation, by which a calendar knows a
    newer word from an older. Sources: RFC 5545, and RFC 5546 sections 3.2.2 and 3.2.5.
    """
    event = icalendar.Event()
    event.add("uid", appointment.ics_uid)
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", appointment.updated_at)
    event.add("dtstart", appointment.start_at)
    event.add("dtend", appointment.end_at)
    event.add("summary", _summary(appointment))
    locale = appointment.organization.team_language if to_team else locale_of(appointment)
    url = admin_url(appointment) if to_team else manage_url(appointment)
    said = (("reference", appointment.reference), ("in_admin" if to_team else "change_or_cancel", url))
    event.add("description", "\n".join(f"{label(name, locale)}: {value}" for name, value in said))
    event.add("url", url)
    if where := place_of(appointment, locale):
        event.add("location", outbox.one_line(where, 200))
    event.add("status", _STATUS.get(Appointment.State(appointment.state), "CONFIRMED"))
    event.add("transp", "OPAQUE")
    organizer = icalendar.vCalAddress(f"mailto:{_organizer(appointment)}")
    organizer.params["CN"] = outbox.one_line(appointment.organization.name, 120)
    event.add("organizer", organizer)
    if appointment.email and method != "PUBLISH":
        attendee = icalendar.vCalAddress(f"mailto:{appointment.email}")
        attendee.params.update({"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"})
        event.add("attendee", attendee)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Interworky//Appointments//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(event)
    return calendar.to_ical().decode()


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
        Line(label("with", locale), _calendar_name(appointment)),
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
    google = {"action": "TEMPLATE", "text": _summary(appointment), "dates": f"{start}/{end}", "details": details}
    outlook = {
        **{"path": "/calendar/action/compose", "rru": "addevent", "subject": _summary(appointment), "body": details},
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


def _calendar_name(appointment: Appointment) -> str:
    """With whom, or on what, where the service itself does not say it."""
    return "" if appointment.calendar.name == appointment.service.name else appointment.calendar.name


def receipt(appointment: Appointment, change: Change, note: str = "") -> dict[str, Any]:
    """A receipt card's content, as docs/protocol.md has it."""
    content: dict[str, Any] = {
        "title": label(change, locale_of(appointment)),
        "reference": appointment.reference,
        "lines": [
            *(list(line) if line.url else list(line[:2]) for line in lines(appointment)),
            *([name, value] for name, value in form_fields.answered(appointment, by_visitor=True)),
        ],
        "status": "cancelled" if change in ENDED else "done",
    }
    if change == "requested":
        note = f"{label('awaits_answer', locale_of(appointment))} {note}".strip()
    if note:
        content["note"] = note
    if change not in ENDED:
        content |= {"ics_url": ics_url(appointment), "manage_url": manage_url(appointment)}
        content["calendar_links"] = [list(link) for link in calendar_links(appointment)]
    return content


def replaced(appointment: Appointment, content: dict[str, Any]) -> dict[str, Any]:
    """The content of a receipt that holds no longer: what it was of, without a time that nobody should come at."""
    note = label("no_longer_valid", locale_of(appointment))
    return {"title": content["title"], "reference": content["reference"], "lines": [], "status": "replaced", "note": note}


def admin_url(appointment: Appointment) -> str:
    return settings.PUBLIC_URL + reverse("admin:assistant_appointment_change", args=[appointment.pk])


_STATUS = {
    Appointment.State.REQUESTED: "TENTATIVE",
    Appointment.State.CANCELLED: "CANCELLED",
    Appointment.State.DECLINED: "CANCELLED",
}


def _summary(appointment: Appointment) -> str:
    named = (appointment.service.name, _calendar_name(appointment), appointment.organization.name)
    return outbox.one_line(" · ".join(name for name in named if name), 200)


def _organizer(appointment: Appointment) -> str:
    return appointment.organization.team_email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
