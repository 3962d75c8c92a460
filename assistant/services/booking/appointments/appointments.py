"""Appointments: held, booked, moved, cancelled and closed, all under the locks of their calendars.

The lock makes racing bookers wait for each other, so that the check for overlaps sees what the last one wrote; on
PostgreSQL constraints say the same once more. Measured with sixteen bookers, the check alone books twice, the
constraint alone deadlocks; both together do neither.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from assistant.errors import ToolError, ToolRefused
from assistant.models import Appointment, Calendar, Offering, ToolCall, Visitor
from assistant.services.booking.appointments import attempts, holds, limits, placing, states
from assistant.services.booking.appointments.placing import Overlap
from assistant.services.booking.availability import offers, resources
from assistant.services.booking.availability.slot_ids import Pick
from assistant.services.booking.invitations import descriptions, phones
from assistant.services.booking.messages import announcements, reminders
from assistant.services.deliveries import outbox

REASON_CHARS = 300
CHANGES_PER_APPOINTMENT = 10  # each sends an e-mail to an address that its owner may not have given us

State = Appointment.State


# --- Book -------------------------------------------------------------------------------------------------------------


def confirm(
    appointment: Appointment,
    *,
    name: str,
    email: str,
    phone: str = "",
    reason: str = "",
    call: ToolCall | None = None,
    by_staff: bool = False,
    notify_visitor: bool = True,
    now: datetime | None = None,
) -> Appointment:
    """Make a hold an appointment, or a request where staff approve those, with its receipt and its e-mails, all in one
    transaction; a second time changes nothing. A hold that has lapsed is good as long as nobody has taken the time, and any
    hold as long as no outside calendar has become busy then.

    Staff approve what they book, and may book for somebody without an e-mail address. `call` is the one that acts.

    Raises `SlotTaken`, `ToolError` (a bad address, a booking called off), `ToolRefused` (too many).
    """
    now = now or timezone.now()

    def book(appointment: Appointment) -> Appointment:
        if appointment.state in (State.REQUESTED, State.CONFIRMED):
            return appointment
        _check_time(appointment, now)
        set_contact(appointment, name, email, phone, email_needed=not by_staff)
        appointment.reason = in_one_line(reason)
        limits.refuse_too_many_bookings(appointment, now)
        needs_approval = appointment.service.approval and not by_staff
        states.change(appointment, State.REQUESTED if needs_approval else State.CONFIRMED)
        appointment.held_until, appointment.confirmed_at = None, now
        appointment.save()
        if appointment.visitor is not None:
            keep_contact_details(appointment.visitor, appointment)
        change: descriptions.Change = "requested" if appointment.state == State.REQUESTED else "confirmed"
        announcements.write(appointment, change, appointment.call, notify_team=not by_staff, notify_visitor=notify_visitor)
        reminders.skip_passed(appointment, now)
        return appointment

    return attempts.change(appointment, book, now, call=call)


# --- Change -----------------------------------------------------------------------------------------------------------


def may_change(appointment: Appointment, now: datetime | None = None) -> bool:
    """Whether its visitor can still move or cancel it themselves."""
    ahead = appointment.state in (State.REQUESTED, State.CONFIRMED)
    return ahead and (now or timezone.now()) < latest_change(appointment)


def latest_change(appointment: Appointment) -> datetime:
    return appointment.start_at - timedelta(hours=appointment.service.cancel_hours)


def check_changeable(appointment: Appointment, now: datetime | None = None) -> None:
    """Raises `ToolError`, as `cancel` does, where its visitor can no longer change it."""
    _refuse_unless_changeable(appointment, now or timezone.now(), by_staff=False)


def check_free(pick: Pick, moving: Appointment, now: datetime | None = None) -> None:
    """Whether `moving` could have that time now. Raises as `reschedule` does, and promises nothing."""
    now = now or timezone.now()
    _refuse_unless_changeable(moving, now, by_staff=False)
    _refuse_other_service(pick, moving)

    def attempt(offering: Offering) -> None:
        placing.refuse_unless_free(offering, pick, now, visitor_id=moving.visitor_id, without=[moving.pk])

    attempts.on_a_free_calendar(pick, attempt, moving.visitor_timezone, now, moving)


def reschedule(
    appointment: Appointment,
    pick: Pick,
    *,
    call: ToolCall | None = None,
    by_staff: bool = False,
    notify_visitor: bool = True,
    message: str = "",
    now: datetime | None = None,
) -> Appointment:
    """Move an appointment; it keeps its reference and its place in people's calendars. The same time changes nothing.
    `message` is what staff write to the visitor in the e-mail about it.

    A service that staff approve is requested again, unless staff move it. Raises `SlotTaken`, and `ToolError` where it is
    over, cancelled, too late to change, or moved too often.
    """
    now = now or timezone.now()
    _refuse_other_service(pick, appointment)

    def move(appointment: Appointment, calendar: Calendar) -> Appointment:
        if _is_there(appointment, pick):
            _refuse_unless_changeable(appointment, now, by_staff=True)
            return appointment
        _refuse_unless_changeable(appointment, now, by_staff=by_staff)
        if not by_staff:
            _refuse_another_move(appointment)
        placing.place(appointment, calendar, pick, now)
        if appointment.service.approval and not by_staff and appointment.state == State.CONFIRMED:
            states.change(appointment, State.REQUESTED)
        appointment.sequence += 1
        appointment.save()
        change: descriptions.Change = "requested" if appointment.state == State.REQUESTED else "moved"
        announcements.write(
            appointment, change, call, notify_team=not by_staff, notify_visitor=notify_visitor, message=message
        )
        reminders.skip_passed(appointment, now)
        return appointment

    def attempt(offering: Offering) -> Appointment:
        also = {offering.calendar_id}
        return attempts.change(appointment, lambda fresh: move(fresh, offering.calendar), now, also, call)

    return attempts.on_a_free_calendar(pick, attempt, appointment.visitor_timezone, now, appointment)


def cancel(
    appointment: Appointment,
    *,
    call: ToolCall | None = None,
    reason: str = "",
    by_staff: bool = False,
    notify_visitor: bool = True,
    message: str = "",
    now: datetime | None = None,
) -> Appointment:
    """Cancel an appointment and notify both sides (staff need not be told what they did); a second time changes nothing.

    Raises `ToolError` where it has begun already, and for its visitor where it is too late by the service's rule.
    """
    now = now or timezone.now()

    def call_off(appointment: Appointment) -> Appointment:
        if appointment.state in (State.CANCELLED, State.DECLINED):
            return appointment
        if appointment.state in (State.HELD, State.EXPIRED):
            holds.release(appointment)
            appointment.refresh_from_db()
            return appointment
        _refuse_unless_changeable(appointment, now, by_staff=by_staff)
        states.change(appointment, State.CANCELLED)
        appointment.cancel_reason = in_one_line(reason)
        appointment.sequence += 1
        appointment.save()
        announcements.write(
            appointment, "cancelled", call, notify_team=not by_staff, notify_visitor=notify_visitor, message=message
        )
        return appointment

    return attempts.change(appointment, call_off, now, call=call)


# --- By staff ---------------------------------------------------------------------------------------------------------


def approve(appointment: Appointment, *, now: datetime | None = None) -> Appointment:
    """Confirm what a visitor requested, and notify them. Raises `ToolError` where it is no request, or has begun."""
    return _answer(appointment, State.CONFIRMED, now or timezone.now())


def decline(appointment: Appointment, *, reason: str = "", now: datetime | None = None) -> Appointment:
    """Decline a request; its visitor is told which times close to it are free. Raises as `approve` does."""
    now, service = now or timezone.now(), appointment.service
    zone = appointment.visitor_timezone
    instead = offers.near(service, None, appointment.start_at, visitor_timezone=zone, now=now)
    return _answer(appointment, State.DECLINED, now, reason, instead)


def _answer(
    appointment: Appointment, to: str, now: datetime, reason: str = "", instead: offers.Offer | None = None
) -> Appointment:
    def answer(appointment: Appointment) -> Appointment:
        if appointment.state == to:
            return appointment
        if appointment.state != State.REQUESTED:
            raise ToolError("Only a request can be approved or declined.", code="wrong_state")
        if appointment.start_at <= now and to == State.CONFIRMED:
            raise ToolError("That time is over. Decline the request, or move it first.", code="too_late")
        states.change(appointment, to)
        appointment.cancel_reason = in_one_line(reason)
        appointment.sequence += 1
        appointment.save()
        change: descriptions.Change = "confirmed" if to == State.CONFIRMED else "declined"
        announcements.write(appointment, change, None, notify_team=False, instead=instead)
        reminders.skip_passed(appointment, now)
        return appointment

    return attempts.change(appointment, answer, now)


def close(appointment: Appointment, *, attended: bool, now: datetime | None = None) -> Appointment:
    """Record whether the visitor came. Raises `ToolError` before it has begun."""
    now = now or timezone.now()
    to = State.ATTENDED if attended else State.NO_SHOW

    def record(appointment: Appointment) -> Appointment:
        if appointment.state == to:
            return appointment
        if appointment.start_at > now:
            raise ToolError("That appointment has not begun yet. You can mark it once it has begun.", code="too_early")
        states.change(appointment, to)
        appointment.save()
        return appointment

    return attempts.change(appointment, record, now)


# --- Checks and details -----------------------------------------------------------------------------------------------


def _is_there(appointment: Appointment, pick: Pick) -> bool:
    length = pick.length or appointment.end_at - appointment.start_at
    same_time = (appointment.start_at, appointment.end_at) == (pick.start_at, pick.start_at + length)
    return same_time and pick.calendar in (None, appointment.calendar)


def _check_time(appointment: Appointment, now: datetime) -> None:
    """Whether the time of a hold is still there; one that has lapsed is placed again. Raises `Overlap`, `NotOffered`."""
    if appointment.state == State.EXPIRED:
        placing.place(appointment, appointment.calendar, attempts.pick_of(appointment), now)
    elif resources.is_busy_elsewhere(appointment):  # since it was held
        raise Overlap


def set_contact(appointment: Appointment, name: str, email: str, phone: str, *, email_needed: bool) -> None:
    """Of an unsaved appointment. Raises `ToolError` for a bad address, or without a name, and `ToolRefused`."""
    appointment.name = outbox.one_line(name, 120)
    if email.strip() or email_needed:
        appointment.email = outbox.visitors_address(appointment.organization, email)
    appointment.phone = phones.normal(phone, appointment.organization) if phone.strip() else ""
    if not appointment.name:
        raise ToolError("A name is needed to book.", code="bad_arguments")


def in_one_line(reason: str) -> str:
    """A reason as it is kept. Raises `ToolError` for one that would not be kept whole."""
    found = outbox.one_line(reason, len(reason))
    if len(found) > REASON_CHARS:
        raise ToolError(
            f"A reason has at most {REASON_CHARS} characters. This one has {len(found)}.", code="reason_too_long"
        )
    return found


def _refuse_another_move(appointment: Appointment) -> None:
    """By its visitor: where there have been too many, or its address may not be written to any more."""
    if appointment.sequence >= CHANGES_PER_APPOINTMENT:
        raise ToolRefused("That appointment has been moved too often. The team can still move it.", code="too_many")
    if appointment.email:
        outbox.visitors_address(appointment.organization, appointment.email)


def _refuse_other_service(pick: Pick, moving: Appointment) -> None:
    if pick.service.pk != moving.service_id:
        raise ToolError("That time is for another service. Look for free times of this one.", code="unknown_slot")


def _refuse_unless_changeable(appointment: Appointment, now: datetime, *, by_staff: bool) -> None:
    if State.CANCELLED not in states.TRANSITIONS[appointment.state]:
        states.change(appointment, State.CANCELLED)  # raises
    if appointment.start_at <= now:
        raise ToolError("That appointment has already begun.", code="too_late")
    if not by_staff and not may_change(appointment, now):
        raise ToolError(
            f"That appointment can be changed until {appointment.service.cancel_hours} hours before it starts. It is too "
            "late for that now; the team can still change it.",
            code="too_late",
        )


def keep_contact_details(visitor: Visitor, appointment: Appointment) -> None:
    """Keep what the visitor typed for their next booking; what is there already stays."""
    for name in ("name", "email", "phone"):
        # Only into an empty column, whatever was read before: a proof belongs to the address beside it.
        blank = Visitor.objects.filter(pk=visitor.pk, **{name: ""})
        if (value := getattr(appointment, name)) and blank.update(**{name: value}):
            setattr(visitor, name, value)
