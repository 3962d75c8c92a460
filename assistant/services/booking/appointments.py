"""Appointments: held, confirmed, moved and cancelled under the calendar's lock.

The lock makes racing bookers wait for each other, so that the check for overlaps sees what the last one wrote; on
PostgreSQL a constraint says the same once more. Measured with sixteen bookers, the check alone books twice, the
constraint alone deadlocks; both together do neither.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from assistant.errors import NotFound, ToolError, ToolRefused
from assistant.models import Appointment, Calendar, Card, Conversation, ToolCall, Visitor
from assistant.services.booking import invitations, slots
from assistant.services.conversations import cards
from assistant.services.deliveries import outbox
from assistant.services.methods import ledger

HOLDS_PER_VISITOR = 3
BOOKINGS_PER_VISITOR_PER_DAY = 5
HOLDS_PER_NETWORK = 10  # on one calendar, at a time
UNPROVEN_PER_NETWORK_PER_DAY = 10  # in one organization: bookings under addresses that are not verified
CHANGES_PER_APPOINTMENT = 10  # each sends an e-mail to an address that its owner may not have given us

HELD, CONFIRMED = Appointment.State.HELD, Appointment.State.CONFIRMED
CANCELLED, EXPIRED = Appointment.State.CANCELLED, Appointment.State.EXPIRED


class SlotTaken(ToolError):
    """Somebody else has that time; `alternatives` are the free ones closest to it."""

    code = "slot_taken"

    def __init__(self, alternatives: slots.Offer) -> None:
        said = "; ".join(
            f"{slots.day_label(slot.local.date(), alternatives.today)}, {slot.label} [slot {slot.id}]"
            for slot in alternatives.slots
        )
        super().__init__(f"That time has just been taken. Free times close to it: {said or 'none'}.")
        self.alternatives = alternatives


# --- Find --------------------------------------------------------------------------------------------------------


def for_token(token: str) -> Appointment:
    """The appointment that a link was signed for. Raises `NotFound`."""
    return _found(Appointment.objects.filter(pk=invitations.id_in(token)).exclude(state__in=[HELD, EXPIRED]))


def for_visitor(calendar: Calendar, visitor: Visitor | None, reference: str) -> Appointment:
    """The visitor's own appointment of that reference.

    Raises `ToolError`, the same for unknown and foreign ones, which lists their upcoming appointments.
    """
    mine = calendar.appointments.filter(visitor=visitor, visitor__isnull=False)
    try:
        return _found(mine.filter(state__in=[CONFIRMED, CANCELLED], reference=reference.strip().upper()))
    except NotFound as error:
        ahead = mine.filter(state=CONFIRMED, start_at__gt=timezone.now())[:5]
        named = "; ".join(f"{row.reference}: {slots.when(row, row.visitor_timezone)}" for row in ahead)
        raise ToolError(
            f"This visitor has no appointment with that reference. Their upcoming appointments: {named or 'none'}.",
            code="not_found",
        ) from error


def _found(rows: QuerySet[Appointment]) -> Appointment:
    appointment = rows.select_related("calendar", "organization", "visitor", "conversation").first()
    if appointment is None:
        raise NotFound("No such appointment.")
    return appointment


def times_of(conversation: Conversation, references: Collection[str]) -> dict[str, tuple[tuple[datetime, ...], str]]:
    """By reference: beginning and end as visitor and calendar read them on their clocks, and the beginning in words."""
    rows = Appointment.objects.filter(organization=conversation.organization_id, reference__in=references)
    found = {}
    for row in rows.select_related("calendar"):
        zones = dict.fromkeys((row.timezone, row.visitor_timezone, conversation.visitor.timezone, row.calendar.timezone))
        known = [zone for name in zones if (zone := slots.known_zone(name))]
        times = tuple(at.astimezone(zone) for zone in known for at in (row.start_at, row.end_at))
        found[row.reference] = times, slots.when(row, row.visitor_timezone, conversation.locale)
    return found


# --- Hold and confirm -------------------------------------------------------------------------------------------------


def hold(
    calendar: Calendar,
    slot_id: str,
    *,
    conversation: Conversation | None = None,
    call: ToolCall | None = None,
    now: datetime | None = None,
) -> Appointment:
    """Keep a free time for a visitor until they confirm, for `calendar.hold_minutes` at most; once per `call`.

    A visitor's oldest hold gives way when they have too many. Raises `SlotTaken`, `ToolRefused` where the visitor's network
    has too many, and `ToolError` for a time that is not offered.
    """
    now = now or timezone.now()
    start_at = slots.start_of(calendar, slot_id)
    visitor = conversation.visitor if conversation else None
    with _locked(calendar.pk, now) as locked:
        held = Appointment.objects.filter(call=call).first() if call else None
        if held is not None and (held.confirmed_at or (held.state == HELD and held.start_at == start_at)):
            return held
        _refuse_too_many_holds(locked, conversation, now)
        held = held or Appointment(organization_id=locked.organization_id, calendar=locked, call=call)
        held.visitor, held.conversation = visitor, conversation
        held.visitor_timezone = visitor.timezone if visitor else ""
        _place_at(held, locked, start_at, now)
        held.state, held.held_until = HELD, now + timedelta(minutes=locked.hold_minutes)
        held.save()
        if visitor is not None:
            mine = locked.appointments.filter(visitor=visitor, state=HELD).order_by("-held_until", "-created_at")
            surplus = list(mine.values_list("pk", flat=True)[HOLDS_PER_VISITOR:])
            Appointment.objects.filter(pk__in=surplus).update(state=EXPIRED)
        return held


def confirm(
    appointment: Appointment, *, name: str, email: str, phone: str = "", reason: str = "", now: datetime | None = None
) -> Appointment:
    """Make a hold an appointment, with its receipt and its e-mails, all in one transaction; a second time changes
    nothing. A hold that has lapsed is good as long as nobody has taken the time.

    Raises `SlotTaken`, `ToolError` (a bad address, a booking called off), `ToolRefused` (too many).
    """
    now = now or timezone.now()
    with _locked(appointment.calendar_id, now) as locked:
        appointment = _fresh(appointment.pk)
        if appointment.state == CONFIRMED:
            return appointment
        if appointment.state == CANCELLED:
            raise ToolError("That appointment has been cancelled.", code="cancelled")
        if appointment.state == EXPIRED:
            _place_at(appointment, locked, appointment.start_at, now)
        appointment.name = outbox.one_line(name, 120)
        appointment.email = outbox.visitors_address(appointment.organization, email)
        appointment.phone = outbox.one_line(phone, 40)
        appointment.reason = outbox.one_line(reason, 300)
        if not appointment.name:
            raise ToolError("A name is needed to book.", code="bad_arguments")
        _refuse_too_many(appointment, locked, now)
        appointment.state, appointment.held_until, appointment.confirmed_at = CONFIRMED, None, now
        appointment.save()
        if appointment.visitor is not None:
            _keep_contact_details(appointment.visitor, appointment)
        _notify(appointment, "confirmed", appointment.call)
        return appointment


def release(appointment: Appointment) -> None:
    """Let a hold go. What is confirmed stays."""
    Appointment.objects.filter(pk=appointment.pk, state=HELD).update(state=EXPIRED)


def expire_holds(now: datetime | None = None) -> int:
    """Let all lapsed holds go. They count as free already; this only keeps the list honest."""
    return Appointment.objects.lapsed(now or timezone.now()).update(state=EXPIRED)


# --- Change -----------------------------------------------------------------------------------------------------------


def check_free(calendar: Calendar, slot_id: str, moving: Appointment, now: datetime | None = None) -> None:
    """Whether `moving` could have that time now. Raises as `reschedule` does, and promises nothing."""
    now = now or timezone.now()
    _refuse_unless_ahead(moving, now)
    with _naming_alternatives():
        _refuse_unless_free(moving, calendar, slots.start_of(calendar, slot_id), now)


def reschedule(
    appointment: Appointment, slot_id: str, *, call: ToolCall | None = None, now: datetime | None = None
) -> Appointment:
    """Move an appointment; it keeps its reference and its place in people's calendars. The same time changes nothing.

    Raises `SlotTaken`, and `ToolError` where it is over, cancelled, or moved too often.
    """
    now = now or timezone.now()
    start_at = slots.start_of(appointment.calendar, slot_id)
    with _locked(appointment.calendar_id, now) as locked:
        appointment = _fresh(appointment.pk)
        if appointment.start_at == start_at and appointment.state == CONFIRMED:
            return appointment
        _refuse_unless_ahead(appointment, now)
        if appointment.sequence >= CHANGES_PER_APPOINTMENT:
            raise ToolRefused("That appointment has been moved too often. The team can still move it.", code="too_many")
        if appointment.email:
            outbox.visitors_address(appointment.organization, appointment.email)
        _place_at(appointment, locked, start_at, now)
        appointment.sequence += 1
        appointment.save()
        _notify(appointment, "moved", call)
        return appointment


def cancel(
    appointment: Appointment, *, call: ToolCall | None = None, by_staff: bool = False, now: datetime | None = None
) -> Appointment:
    """Cancel an appointment and tell both sides (staff need not be told what they did); a second time changes nothing.

    Raises `ToolError` where it has begun already.
    """
    now = now or timezone.now()
    with _locked(appointment.calendar_id, now):
        appointment = _fresh(appointment.pk)
        if appointment.state == CANCELLED:
            return appointment
        if appointment.state in (HELD, EXPIRED):
            release(appointment)
            appointment.refresh_from_db()
            return appointment
        _refuse_unless_ahead(appointment, now)
        appointment.state = CANCELLED
        appointment.sequence += 1
        appointment.save()
        _notify(appointment, "cancelled", call, notify_team=not by_staff)
        return appointment


# --- Under the lock ---------------------------------------------------------------------------------------------------


@contextmanager
def _locked(calendar_id: int, now: datetime) -> Iterator[Calendar]:
    """The calendar, ours alone until the transaction ends, without lapsed holds.

    On SQLite the transaction itself is the lock: it began IMMEDIATE.
    """
    with _naming_alternatives(), transaction.atomic():
        locked = Calendar.objects.select_for_update(no_key=True).get(pk=calendar_id)
        locked.appointments.lapsed(now).update(state=EXPIRED)
        yield locked


class _Overlap(Exception):
    """Found under the lock: (calendar, start_at, visitor_timezone, now)."""


@contextmanager
def _naming_alternatives() -> Iterator[None]:
    """Look for other times when the lock is gone: that takes a while, and nobody should have to wait for it."""
    try:
        yield
    except _Overlap as overlap:
        calendar, start_at, visitor_timezone, now = overlap.args
        raise SlotTaken(slots.near(calendar, start_at, visitor_timezone=visitor_timezone, now=now)) from None


def _fresh(appointment_id: UUID) -> Appointment:
    related = ("calendar", "organization", "visitor", "conversation", "call")
    return Appointment.objects.select_related(*related).get(pk=appointment_id)


def _place_at(appointment: Appointment, calendar: Calendar, start_at: datetime, now: datetime) -> None:
    """Put the appointment, unsaved, at `start_at`. Raises as `_refuse_unless_free` does."""
    _refuse_unless_free(appointment, calendar, start_at, now).update(state=EXPIRED)
    appointment.start_at = start_at
    appointment.end_at = start_at + timedelta(minutes=calendar.slot_minutes)
    appointment.busy_until = start_at + slots.busy_for(calendar)
    appointment.timezone = calendar.timezone


def _refuse_unless_free(
    appointment: Appointment, calendar: Calendar, start_at: datetime, now: datetime
) -> QuerySet[Appointment]:
    """The holds of the same visitor that would have to go: no visitor should read that a time is taken by their own hold.

    Raises `_Overlap`, and `ToolError` for a time that is not offered.
    """
    if not slots.is_offered(calendar, start_at, now):
        raise ToolError("That time cannot be booked any longer. Look for free times again.", code="slot_gone")
    others = calendar.appointments.taking_time(now).exclude(pk=appointment.pk)
    there = others.filter(start_at__lt=start_at + slots.busy_for(calendar), busy_until__gt=start_at)
    own = Q(state=HELD, visitor__isnull=False, visitor=appointment.visitor_id)
    if there.exclude(own).exists():
        raise _Overlap(calendar, start_at, appointment.visitor_timezone, now)
    return there.filter(own)


def _keep_contact_details(visitor: Visitor, appointment: Appointment) -> None:
    """Keep what the visitor typed for their next booking; what is there already stays."""
    for name in ("name", "email", "phone"):
        # Only into an empty column, whatever was read before: a proof belongs to the address beside it.
        blank = Visitor.objects.filter(pk=visitor.pk, **{name: ""})
        if (value := getattr(appointment, name)) and blank.update(**{name: value}):
            setattr(visitor, name, value)


def _refuse_unless_ahead(appointment: Appointment, now: datetime) -> None:
    if appointment.state != CONFIRMED:
        raise ToolError("That appointment has been cancelled.", code="cancelled")
    if appointment.start_at <= now:
        raise ToolError("That appointment has already begun.", code="too_late")


def _refuse_too_many_holds(calendar: Calendar, conversation: Conversation | None, now: datetime) -> None:
    """Of a visitor's own the oldest gives way; of a network's none does, since it may be somebody else's."""
    if conversation is None or not conversation.network:
        return
    others = calendar.appointments.filter(state=HELD, held_until__gt=now, conversation__network=conversation.network)
    if others.exclude(visitor=conversation.visitor_id).count() >= HOLDS_PER_NETWORK:
        raise ToolRefused(
            "Too many times are being held for visitors of the same network. Try again when they have booked, or in "
            f"{calendar.hold_minutes} minutes.",
            code="too_many",
        )


def _refuse_too_many(appointment: Appointment, calendar: Calendar, now: datetime) -> None:
    """Raises `ToolRefused` where the visitor, their network or the calendar has had enough bookings for a day."""
    if appointment.visitor_id is None:
        return  # by staff
    today = Appointment.objects.filter(confirmed_at__gt=now - timedelta(days=1))
    if today.filter(visitor=appointment.visitor_id).count() >= BOOKINGS_PER_VISITOR_PER_DAY:
        raise ToolRefused("This visitor has booked as often as one may in a day.", code="too_many")
    if _is_proven(appointment):
        return
    unproven = today.filter(visitor__isnull=False).exclude(
        visitor__email=F("email"), visitor__email_verified_at__isnull=False
    )
    network = appointment.conversation.network if appointment.conversation else ""
    of_network = unproven.filter(organization=appointment.organization_id, conversation__network=network)
    if network and of_network.count() >= UNPROVEN_PER_NETWORK_PER_DAY:
        raise ToolRefused(
            "From this visitor's network as many times have been booked as may be in a day. The team can still book it.",
            code="too_many",
        )
    if unproven.filter(calendar=calendar).count() >= calendar.unproven_per_day:
        raise ToolRefused(
            "As many times as may be in a day have been booked here. The team can still book it.", code="too_many"
        )


def _is_proven(appointment: Appointment) -> bool:
    visitor = appointment.visitor
    return visitor is not None and bool(visitor.email_verified_at) and visitor.email == appointment.email


def _notify(
    appointment: Appointment, change: invitations.Change, call: ToolCall | None, *, notify_team: bool = True
) -> None:
    """The receipt, the visitor's e-mail and the team's notice: rows of the transaction that made the change."""
    note = ""
    if appointment.email:
        note = outbox.confirmation_note(appointment.email, locale=invitations.locale_of(appointment))
    if call:
        ledger.give_receipt(call, appointment.reference)
    receipts = Card.objects.select_related("conversation").filter(kind=Card.Kind.RECEIPT)
    first = receipts.filter(call=appointment.call_id).first() if appointment.call_id else None
    if first is not None:
        # What an older receipt shows must not send anybody to the wrong hour.
        cards.update(first, content=invitations.receipt(appointment, change, "" if call else note))
    if appointment.conversation and call and (first is None or call.pk != appointment.call_id):
        cards.add(appointment.conversation, Card.Kind.RECEIPT, invitations.receipt(appointment, change, note), call=call)
    if appointment.email:
        outbox.queue_email(
            appointment.organization,
            to=appointment.email,
            key=f"appointment:{appointment.pk}:{appointment.sequence}:visitor",
            conversation=appointment.conversation,
            call=call or appointment.call,
            appointment=appointment,
            **invitations.visitors_email(appointment, change),
        )
    if notify_team and appointment.organization.team_email:
        outbox.queue_email(
            appointment.organization,
            to=appointment.organization.team_email,
            key=f"appointment:{appointment.pk}:{appointment.sequence}:team",
            appointment=appointment,
            **invitations.teams_email(appointment, change),
        )
