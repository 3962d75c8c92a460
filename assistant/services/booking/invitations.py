"""Invitations: an appointment's iCalendar object, its receipt, and the e-mails to visitor and team.

An address that a visitor typed need not be their own, so nothing that they typed goes there: their words are in the
team's notice alone, where they are labelled as theirs.
"""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any, Literal, Required, TypedDict

import icalendar
from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse

from assistant.errors import NotFound
from assistant.models import Appointment, Service
from assistant.sentences import catalogue, label, language
from assistant.services.booking import offers, wording
from assistant.services.deliveries import outbox

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
Change = Literal["requested", "confirmed", "moved", "cancelled", "declined"]
ENDED = ("cancelled", "declined")  # after these changes nothing takes place


class Letter(TypedDict, total=False):
    """The part of an e-mail that is passed to `deliveries.queue_email`."""

    subject: Required[str]
    text: Required[str]
    html: str
    reply_to: str
    ics: str
    ics_method: str


_signer = signing.Signer(salt="assistant.appointment", sep=".")


def token_of(appointment: Appointment) -> str:
    """The credential to view, move and cancel this one appointment, in the links that its visitor is given."""
    return _signer.sign(appointment.pk.hex)


def id_in(token: str) -> str:
    """The appointment's id. Raises `NotFound` for what we did not sign."""
    try:
        return _signer.unsign(token)
    except signing.BadSignature as error:
        raise NotFound("No such appointment.") from error


def manage_url(appointment: Appointment) -> str:
    return settings.PUBLIC_URL + reverse("appointment", args=[token_of(appointment)])


def ics_url(appointment: Appointment) -> str:
    return settings.PUBLIC_URL + reverse("appointment-invitation", args=[token_of(appointment)])


def ics(appointment: Appointment, method: Method) -> str:
    """The appointment as an iCalendar object, its instants in UTC.

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
    said = (("reference", appointment.reference), ("change_or_cancel", manage_url(appointment)))
    event.add("description", "\n".join(f"{label(name, locale_of(appointment))}: {value}" for name, value in said))
    event.add("url", manage_url(appointment))
    if where := place_of(appointment):
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


def lines(appointment: Appointment) -> list[list[str]]:
    """What a receipt and an e-mail say of it: pairs of label and value, in the visitor's language."""
    locale = locale_of(appointment)
    said = (
        ("when", wording.when(appointment, appointment.visitor_timezone, locale)),
        ("what", appointment.service.name),
        ("with", _calendar_name(appointment)),
        ("where", place_of(appointment)),
        ("price", appointment.price),
    )
    return [[label(name, locale), value] for name, value in said if value]


def place_of(appointment: Appointment) -> str:
    """Where it takes place: the address, the link, or that somebody calls."""
    service = appointment.service
    where = service.location or appointment.calendar.location
    if service.place == Service.Place.PHONE:
        by_phone = label("by_phone", locale_of(appointment))
        return f"{by_phone}: {where}" if where else by_phone
    return where


def _calendar_name(appointment: Appointment) -> str:
    """With whom, or on what, where the service itself does not say it."""
    return "" if appointment.calendar.name == appointment.service.name else appointment.calendar.name


def receipt(appointment: Appointment, change: Change, note: str = "") -> dict[str, Any]:
    """A receipt card's content, as docs/protocol.md has it."""
    content: dict[str, Any] = {
        "title": label(change, locale_of(appointment)),
        "reference": appointment.reference,
        "lines": lines(appointment),
        "status": "cancelled" if change in ENDED else "done",
    }
    if change == "requested":
        note = f"{label('awaits_answer', locale_of(appointment))} {note}".strip()
    if note:
        content["note"] = note
    if change not in ENDED:
        content |= {"ics_url": ics_url(appointment), "manage_url": manage_url(appointment)}
    return content


def visitors_email(
    appointment: Appointment, change: Change, instead: offers.Offer | None = None, message: str = ""
) -> Letter:
    """The e-mail to the visitor, with the invitation or its cancellation, and with times that are free instead."""
    locale = locale_of(appointment)
    title = label(change, locale)
    ended = change in ENDED
    about = {
        "language": language(locale),
        "direction": catalogue(locale).direction,
        "title": title,
        "note": label("awaits_answer", locale) if change == "requested" else "",
        "organization": appointment.organization.name,
        "lines": [
            *lines(appointment),
            [label("reference", locale), appointment.reference],
            *([[label("team_message", locale), outbox.one_line(message, 500)]] if message.strip() else []),
            *_instead(instead, locale),
        ],
        "manage_url": "" if ended else manage_url(appointment),
        "manage": label("change_or_cancel", locale),
    }
    start = wording.when(appointment, appointment.visitor_timezone, locale)
    return {
        "subject": f"{title}: {start} · {appointment.organization.name}",
        "text": render_to_string("assistant/appointment.txt", about),
        "html": render_to_string("assistant/appointment.html", about),
        "reply_to": appointment.organization.team_email,
        "ics": ics(appointment, "CANCEL" if ended else "REQUEST"),
        "ics_method": "CANCEL" if ended else "REQUEST",
    }


def _instead(offer: offers.Offer | None, locale: str) -> list[list[str]]:
    found = offer.slots if offer else []
    said = [f"{wording.day_label(slot.local.date(), locale=locale)}, {slot.label_in(locale)}" for slot in found]
    return [[label("other_times", locale), "; ".join(said)]] if said else []


def teams_email(appointment: Appointment, change: Change) -> Letter:
    """The notice to the team, in the calendar's own time, with the entry for their own calendars."""
    about = (
        ("Service", appointment.service.name),
        ("Calendar", appointment.calendar.name),
        ("Place", outbox.one_line(place_of(appointment), 300)),
        ("Price", appointment.price),
        ("Reference", appointment.reference),
    )
    typed = (
        ("Name", appointment.name),
        ("E-mail", appointment.email),
        ("Phone", appointment.phone),
        ("Reason", appointment.reason),
        ("Reason for cancelling", appointment.cancel_reason),
    )
    text = [
        f"{label(change)}: {wording.when(appointment)}",
        *(f"{name}: {value}" for name, value in about if value),
        "",
        "What the visitor wrote (not verified):",
        *(f"  {name}: {outbox.one_line(value, 300)}" for name, value in typed if value),
        "",
        f"{'Approve or decline it' if change == 'requested' else 'In the admin'}: {admin_url(appointment)}",
    ]
    visitor = appointment.visitor
    verified = visitor is not None and visitor.email_verified_at and visitor.email == appointment.email
    return {
        "subject": f"{label(change)}: {appointment.service.name}, {wording.when(appointment)}",
        "text": "\n".join(text) + "\n",
        "reply_to": appointment.email if verified else "",
        "ics": ics(appointment, "CANCEL" if change in ENDED else "PUBLISH"),
        "ics_method": "CANCEL" if change in ENDED else "PUBLISH",
    }


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
