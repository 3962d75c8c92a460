"""Holds: a free time that is kept for a visitor until they confirm, for as many minutes as its calendar says."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError
from django.utils import timezone

from assistant.models import Appointment, Conversation, Offering, ToolCall
from assistant.services.booking.appointments import attempts, placing
from assistant.services.booking.availability.slot_ids import Pick
from assistant.services.booking.locks import RELATED, locked

State = Appointment.State


def hold_of(call: ToolCall | None, now: datetime | None = None) -> Appointment | None:
    """What a call has held or booked already; None once its hold is gone, or has lapsed."""
    held = Appointment.objects.select_related(*RELATED).filter(call=call).first() if call else None
    if held is None or held.confirmed_at:
        return held
    stands = held.state == State.HELD and held.held_until is not None and held.held_until > (now or timezone.now())
    return held if stands else None


def hold(
    pick: Pick,
    *,
    conversation: Conversation | None = None,
    call: ToolCall | None = None,
    now: datetime | None = None,
) -> Appointment:
    """Keep a free time for a visitor until they confirm, for the calendar's `hold_minutes` at most; once per `call`.

    Without a calendar in `pick` it is held on the one that the service's setting chooses of those that are free. A
    visitor's oldest hold gives way when they have too many. Raises `SlotTaken`, `ToolRefused` where there are too many
    holds or appointments, and `ToolError` for a time that is not offered.
    """
    now = now or timezone.now()

    def attempt(offering: Offering) -> Appointment:
        try:
            with locked({offering.calendar_id}, now, call=call) as calendars:
                return placing.hold_on(calendars[offering.calendar_id], pick, conversation, call, now)
        except IntegrityError:
            # The same call, running twice, has held it on another calendar.
            if (held := hold_of(call, now)) is not None:
                return held
            raise

    held = hold_of(call, now)
    if held is not None and (held.confirmed_at or (held.service_id, held.start_at) == (pick.service.pk, pick.start_at)):
        return held
    visitor_timezone = conversation.visitor.timezone if conversation else ""
    return attempts.on_a_free_calendar(pick, attempt, visitor_timezone, now)


def release(appointment: Appointment) -> None:
    """Let a hold go. What is booked stays."""
    Appointment.objects.filter(pk=appointment.pk, state=State.HELD).update(state=State.EXPIRED)


def expire_holds(now: datetime | None = None) -> int:
    """Let all lapsed holds go. They count as free already; this only keeps the list honest."""
    return Appointment.objects.lapsed(now or timezone.now()).update(state=State.EXPIRED)
