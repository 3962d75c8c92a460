"""Private iCalendar feeds of appointments, for calendars that subscribe to them.

The address is the credential: a signature over the feed's id and serial, so it is stored nowhere and a new serial makes
the old address invalid. Of the visitor's data a feed holds what staff have chosen, and never the visitor's own link.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import icalendar
from django.conf import settings
from django.core.signing import BadSignature
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from assistant import signatures
from assistant.errors import NotFound
from assistant.models import Appointment, CalendarFeed
from assistant.models.booking.appointments import BOOKED
from assistant.services.booking.invitations import descriptions, links
from assistant.services.deliveries import outbox

KEPT = timedelta(days=30)  # that an appointment stays in the feed after its end
MOST = 5000  # appointments in a feed, the earliest ones
READ_AT_EVERY = timedelta(minutes=5)  # so that a subscriber who asks often costs no write each time

SALT = "assistant.calendar_feed"


@dataclass(frozen=True)
class EntryDetails:
    """What an entry says of the visitor."""

    name: bool = False
    contact: bool = False
    reason: bool = False


def address_of(feed: CalendarFeed) -> str:
    return settings.PUBLIC_URL + reverse("calendar-feed", args=[signatures.signer(SALT).sign(f"{feed.pk}-{feed.serial}")])


def for_token(token: str) -> CalendarFeed:
    """The feed of an address. Raises `NotFound` for one that we did not sign, or that has been renewed."""
    try:
        pk, _, serial = signatures.signer(SALT).unsign(token).partition("-")
    except BadSignature as error:
        raise NotFound("No such calendar.") from error
    rows = CalendarFeed.objects.select_related("organization", "calendar").filter(organization__active=True)
    feed = rows.filter(pk=int(pk), serial=int(serial)).first()
    if feed is None:
        raise NotFound("No such calendar.")
    return feed


def renew(feed: CalendarFeed) -> None:
    """Give the feed another address; the former one answers nobody from now on."""
    CalendarFeed.objects.filter(pk=feed.pk).update(serial=F("serial") + 1)
    feed.refresh_from_db()


def read(feed: CalendarFeed, now: datetime | None = None) -> tuple[str, str]:
    """The feed as iCalendar text, and its entity tag."""
    now = now or timezone.now()
    rows = Appointment.objects.reaching(now - KEPT).filter(organization=feed.organization, state__in=BOOKED)
    rows = rows.filter(end_at__gt=now - KEPT)
    rows = rows.filter(calendar=feed.calendar) if feed.calendar_id else rows
    found = rows.select_related("organization", "calendar", "service__organization", "visitor", "conversation")
    name = " · ".join(one for one in (feed.organization.name, feed.calendar.name if feed.calendar else "") if one)
    shown = EntryDetails(feed.shows_name, feed.shows_contact, feed.shows_reason)
    text = as_calendar((event(row, shown) for row in found.order_by("start_at", "pk")[:MOST]), name)
    if feed.read_at is None or feed.read_at < now - READ_AT_EVERY:
        CalendarFeed.objects.filter(pk=feed.pk).update(read_at=now)
    return text, f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def as_calendar(events: Iterable[icalendar.Event], name: str = "") -> str:
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Interworky//Appointments//EN")
    calendar.add("version", "2.0")
    if name:
        calendar.add("method", "PUBLISH")
        calendar.add("x-wr-calname", outbox.one_line(name, 120))
        calendar.add("refresh-interval", timedelta(minutes=15), parameters={"VALUE": "DURATION"})
    for one in events:
        calendar.add_component(one)
    return calendar.to_ical().decode()


def event(appointment: Appointment, shown: EntryDetails) -> icalendar.Event:
    """An appointment as staff see it in a calendar of their own; its UID is that of the invitation."""
    entry = icalendar.Event()
    entry.add("uid", appointment.ics_uid)
    entry.add("sequence", appointment.sequence)
    entry.add("dtstamp", appointment.updated_at)
    entry.add("dtstart", appointment.start_at)
    entry.add("dtend", appointment.end_at)
    named = (appointment.service.name, appointment.name if shown.name else "", appointment.calendar.name)
    entry.add("summary", outbox.one_line(" · ".join(dict.fromkeys(one for one in named if one)), 200))
    said = [
        ("Reference", appointment.reference),
        *([("E-mail", appointment.email), ("Phone", appointment.phone)] if shown.contact else []),
        *([("Reason", appointment.reason)] if shown.reason else []),
        ("In the admin", links.admin_url(appointment)),
    ]
    entry.add("description", "\n".join(f"{name}: {outbox.one_line(value, 300)}" for name, value in said if value))
    if where := descriptions.place_of(appointment):
        entry.add("location", outbox.one_line(where, 200))
    entry.add("status", "TENTATIVE" if appointment.state == Appointment.State.REQUESTED else "CONFIRMED")
    entry.add("transp", "OPAQUE")
    return entry
