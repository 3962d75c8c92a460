"""How much one visitor, one network and one calendar may hold and book. Asked under the calendar's lock."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F

from assistant.errors import ToolRefused
from assistant.models import Appointment, Calendar, Conversation, Visitor

BOOKINGS_PER_VISITOR_PER_DAY = 5
HOLDS_PER_NETWORK = 10  # on one calendar, at a time
UNPROVEN_PER_NETWORK_PER_DAY = 10  # in one organization: bookings under addresses that are not verified


def refuse_too_many_holds(calendar: Calendar, conversation: Conversation | None, now: datetime) -> None:
    """Of a visitor's own the oldest gives way; of a network's none does, since it may be somebody else's."""
    if conversation is None or not conversation.network:
        return
    held = calendar.appointments.filter(state=Appointment.State.HELD, held_until__gt=now)
    others = held.filter(conversation__network=conversation.network).exclude(visitor=conversation.visitor_id)
    if others.count() >= HOLDS_PER_NETWORK:
        raise ToolRefused(
            "Too many times are being held for visitors of the same network. Try again when they have booked, or in "
            f"{calendar.hold_minutes} minutes.",
            code="too_many",
        )


def refuse_too_many_bookings(appointment: Appointment, now: datetime) -> None:
    """Raises `ToolRefused` where the visitor, their network or the calendar has had enough bookings for a day."""
    if appointment.visitor_id is None:
        return  # by staff
    refuse_too_many_of_visitor(appointment, now)
    day_ago = now - timedelta(days=1)
    # What has begun cannot be booked: the start is what an index narrows.
    today = Appointment.objects.filter(confirmed_at__gt=day_ago, start_at__gt=day_ago)
    if today.filter(visitor=appointment.visitor_id).count() >= BOOKINGS_PER_VISITOR_PER_DAY:
        raise ToolRefused("This visitor has reached the number of bookings allowed in a day.", code="too_many")
    if _is_proven(appointment):
        return
    unproven = today.filter(visitor__isnull=False).exclude(
        visitor__email=F("email"), visitor__email_verified_at__isnull=False
    )
    network = appointment.conversation.network if appointment.conversation else ""
    of_network = unproven.filter(organization=appointment.organization_id, conversation__network=network)
    if network and of_network.count() >= UNPROVEN_PER_NETWORK_PER_DAY:
        raise ToolRefused(
            "This visitor's network has reached the number of bookings allowed in a day. The team can still book it.",
            code="too_many",
        )
    if unproven.filter(calendar=appointment.calendar).count() >= appointment.calendar.unproven_per_day:
        raise ToolRefused(
            "The number of bookings allowed here in a day has been reached. The team can still book it.", code="too_many"
        )


def refuse_too_many_of_visitor(appointment: Appointment, now: datetime) -> None:
    """Raises `ToolRefused` where the visitor has as many upcoming appointments of the service as one may have."""
    allowed = appointment.service.per_visitor
    if allowed is None or appointment.visitor_id is None:
        return
    # Their bookings on different calendars wait for each other here.
    Visitor.objects.select_for_update(no_key=True).get(pk=appointment.visitor_id)
    mine = Appointment.objects.upcoming(now).filter(service=appointment.service, visitor=appointment.visitor_id)
    if mine.exclude(pk=appointment.pk).count() >= allowed:
        upcoming = "one upcoming appointment" if allowed == 1 else f"{allowed} upcoming appointments"
        raise ToolRefused(
            f"A visitor can have {upcoming} of {appointment.service}, and this one has. They can move or cancel one.",
            code="too_many",
        )


def _is_proven(appointment: Appointment) -> bool:
    visitor = appointment.visitor
    return visitor is not None and bool(visitor.email_verified_at) and visitor.email == appointment.email
