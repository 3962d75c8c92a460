"""Builders: the fewest words for a row that a test needs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time
from typing import Any

from assistant.models import Appointment, Assistant, Calendar, Card, Conversation, Delivery, Organization, Service, Visitor
from assistant.services.booking.availability import offers, slot_ids
from assistant.services.booking.availability.offers import Offer
from assistant.services.booking.availability.slot_ids import Pick
from assistant.services.booking.invitations import receipts
from assistant.services.conversations import cards
from assistant.services.deliveries import outbox

ORIGIN = "https://www.example.com"


def organization(name: str = "Bright Smile", **fields: Any) -> Organization:
    slug = name.lower().replace(" ", "-")
    return Organization.objects.create(name=name, slug=slug, **{"allowed_origins": ORIGIN, **fields})


def assistant(of: Organization | None = None, **fields: Any) -> Assistant:
    return Assistant.objects.create(organization=of or organization(), **{"name": "Mia", **fields})


def conversation(of: Assistant | None = None, **fields: Any) -> Conversation:
    of = of or assistant()
    visitor = fields.pop("visitor", None) or Visitor.objects.create(organization=of.organization)
    return Conversation.objects.create(
        organization=of.organization, assistant=of, visitor=visitor, **{"origin": ORIGIN, **fields}
    )


def receipt(of: Conversation) -> Appointment:
    """An appointment that was booked in the conversation, with everything that staff can furnish one with, and its card."""
    where = calendar(of.organization, location="12 High Street, Leeds")
    booked = Appointment.objects.create(
        organization=of.organization,
        calendar=where,
        service=where.services.get(),
        visitor=of.visitor,
        conversation=of,
        start_at=datetime(2030, 5, 6, 10, tzinfo=UTC),
        busy_from=datetime(2030, 5, 6, 10, tzinfo=UTC),
        end_at=datetime(2030, 5, 6, 10, 30, tzinfo=UTC),
        busy_until=datetime(2030, 5, 6, 10, 30, tzinfo=UTC),
        timezone="Europe/London",
        price="£45",
        answers=[{"label": "Your dog's name", "value": "Rex"}],
        state=Appointment.State.CONFIRMED,
    )
    cards.add(of, Card.Kind.RECEIPT, receipts.receipt(booked, "confirmed", note="Bring a towel."))
    return booked


def email(of: Organization, *, key: str = "k", to: str = "ann@example.com", **fields: Any) -> Delivery:
    """One in the outbox. `fields` are what it says where `outbox.Email` has them, else whom it is about."""
    said = {
        name: fields.pop(name) for name in ("subject", "text", "html", "reply_to", "ics", "ics_method") if name in fields
    }
    return outbox.queue_email(of, outbox.Email(**{"subject": "Hello", "text": "Hi.", **said}), to=to, key=key, **fields)


def calendar(
    of: Organization | None = None,
    *,
    opens: str = "09:00",
    closes: str = "17:00",
    weekdays: Iterable[int] = range(7),
    **fields: Any,
) -> Calendar:
    """Open the same hours on each of `weekdays` (0 is Monday), with one service, bookable up to the very minute.

    `fields` are the service's where it has them, else the calendar's.
    """
    own = {name: fields.pop(name) for name in list(fields) if name in CALENDARS_OWN}
    made = Calendar.objects.create(organization=of or organization(), **{"name": "Dr. Moss", **own})
    for weekday in weekdays:
        made.hours.create(weekday=weekday, opens=time.fromisoformat(opens), closes=time.fromisoformat(closes))
    service(made, **{"name": made.name, **fields})
    return made


CALENDARS_OWN = {"name", "timezone", "location", "hold_minutes", "unproven_per_day"}


def service(*calendars: Calendar, **fields: Any) -> Service:
    made = Service.objects.create(
        organization=calendars[0].organization, **{"name": "Cut", "notice_minutes": 0, "horizon_days": 60, **fields}
    )
    for order, one in enumerate(calendars):
        made.offerings.create(calendar=one, order=order)
    return made


def pick(calendar: Calendar, start_at: datetime) -> Pick:
    """That time of a calendar's only service."""
    return Pick(calendar.services.select_related("organization").get(), calendar, start_at)


def slot_id(calendar: Calendar, start_at: datetime) -> str:
    chosen = pick(calendar, start_at)
    return slot_ids.issue(chosen.service, chosen.calendar, start_at)


def offer(calendar: Calendar, **wish: Any) -> Offer:
    """Free times of a calendar's only service."""
    return offers.offer(calendar.services.select_related("organization").get(), calendar, **wish)
