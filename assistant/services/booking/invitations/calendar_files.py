"""An appointment as an iCalendar object, for an invitation, its cancellation or a file."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Literal

import icalendar
from django.conf import settings

from assistant.models import Appointment
from assistant.sentences import label
from assistant.services.booking.invitations.descriptions import locale_of, place_of, summary
from assistant.services.booking.invitations.links import admin_url, manage_url
from assistant.services.deliveries import outbox

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
_STATUS = {
    Appointment.State.REQUESTED: "TENTATIVE",
    Appointment.State.CANCELLED: "CANCELLED",
    Appointment.State.DECLINED: "CANCELLED",
}


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
    event.add("summary", summary(appointment))
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


def _organizer(appointment: Appointment) -> str:
    return appointment.organization.team_email or parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
