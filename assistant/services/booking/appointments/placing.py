"""A place for an appointment on a calendar, under the calendar's lock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from assistant.errors import ToolError
from assistant.models import Appointment, Calendar, Conversation, Offering, Service, ToolCall
from assistant.services.booking import locks
from assistant.services.booking.appointments import limits, states
from assistant.services.booking.availability import offers, resources, slots
from assistant.services.booking.availability.slot_ids import Pick

HOLDS_PER_VISITOR = 3

State = Appointment.State


class Overlap(Exception):
    """The calendar is busy then. Found under the lock; other times are looked for outside it."""


class NotOffered(ToolError):
    """The calendar's hours or the service's rules do not offer that time (any longer)."""

    code = "slot_gone"

    def __init__(self) -> None:
        super().__init__("That time cannot be booked any longer. Look for free times again.")


class Closed(NotOffered):
    """Staff picked a time outside the calendar's hours; they may book it all the same."""

    code = "closed"

    def __init__(self) -> None:
        ToolError.__init__(self, "The calendar is closed at that time.")


def candidates(pick: Pick, now: datetime, moving: Appointment | None = None) -> list[Offering]:
    """The calendars to try, best first: the one that was picked, or by the service's setting. Where an appointment moves,
    its own calendar is the best of several."""
    service = pick.service
    offerings = resources.offerings_of(service, pick.calendar)
    if moving is not None and not offerings:  # no longer offered to new bookings, or not there; its times still count
        found = service.offerings.select_related("calendar", "service").filter(calendar=pick.calendar or moving.calendar)
        offerings = list(found)
    if len(offerings) > 1 and service.choice == Service.Choice.FAIREST:
        ahead = Appointment.objects.taking_time(now).filter(
            start_at__gt=now, calendar__in=[o.calendar_id for o in offerings]
        )
        counted = dict(ahead.order_by().values_list("calendar").annotate(Count("pk")))
        offerings.sort(key=lambda offering: counted.get(offering.calendar_id, 0))
    if moving is not None:
        offerings.sort(key=lambda offering: offering.calendar_id != moving.calendar_id)
    return offerings


def hold_on(
    calendar: Calendar, pick: Pick, conversation: Conversation | None, call: ToolCall | None, now: datetime
) -> Appointment:
    """Hold that time on a locked calendar, in the row that the call has already where it has one."""
    visitor = conversation.visitor if conversation else None
    held = Appointment.objects.select_related(*locks.RELATED).filter(call=call).first() if call else None
    if held is not None and (held.confirmed_at or (held.state == State.HELD and held.start_at == pick.start_at)):
        return held
    limits.refuse_too_many_holds(calendar, conversation, now)
    held = held or Appointment(organization_id=calendar.organization_id, call=call)
    held.service = pick.service
    held.visitor, held.conversation = visitor, conversation
    held.visitor_timezone = visitor.timezone if visitor else ""
    limits.refuse_too_many_of_visitor(held, now)
    place(held, calendar, pick, now)
    if held.state != State.HELD:
        states.change(held, State.HELD)
    held.held_until = now + timedelta(minutes=calendar.hold_minutes)
    held.save()
    if visitor is not None:
        mine = calendar.appointments.filter(visitor=visitor, state=State.HELD).order_by("-held_until", "-created_at")
        surplus = list(mine.values_list("pk", flat=True)[HOLDS_PER_VISITOR:])
        Appointment.objects.filter(pk__in=surplus).update(state=State.EXPIRED)
    return held


def place(appointment: Appointment, calendar: Calendar, pick: Pick, now: datetime) -> None:
    """Put the appointment, unsaved, where `pick` says on a locked calendar. Raises as `refuse_unless_free` does."""
    offering = appointment.service.offerings.select_related("calendar", "service").filter(calendar=calendar).first()
    if offering is None:
        raise NotOffered
    without = [appointment.pk]
    own = refuse_unless_free(offering, pick, now, visitor_id=appointment.visitor_id, without=without)
    own.update(state=State.EXPIRED)
    rules = rules_for(offering, pick)
    appointment.calendar, appointment.timezone = calendar, calendar.timezone
    appointment.start_at, appointment.end_at = pick.start_at, pick.start_at + rules.length
    appointment.busy_from, appointment.busy_until = rules.busy(pick.start_at)
    appointment.price = offering.price or offering.service.price
    appointment.session = slots.session_number(offering.service_id, pick.start_at) if rules.capacity > 1 else 0
    appointment.seat = _free_seat(appointment, now)


def refuse_unless_free(
    offering: Offering, pick: Pick, now: datetime, *, visitor_id: UUID | None, without: Collection[UUID]
) -> QuerySet[Appointment]:
    """The holds of the same visitor that would have to go: no visitor should read that a time is taken by their own hold.

    Raises `Overlap`, and `NotOffered`.
    """
    rules = rules_for(offering, pick)
    busy_from, busy_until = rules.busy(pick.start_at)
    own = Appointment.objects.filter(
        Q(state=State.HELD, visitor__isnull=False, visitor=visitor_id),
        calendar=offering.calendar_id,
        busy_from__lt=busy_until,
    )
    own = own.reaching(busy_from).exclude(pk__in=without)
    left_out = [*without, *own.values_list("pk", flat=True)]
    (resource,) = resources.load([offering], since=pick.start_at, now=now, without=left_out)
    resource = replace(resource, rules=rules)
    if pick.within == "offered" and not offers.is_offered(resource, pick.start_at, now):
        raise NotOffered
    if pick.within == "open" and not resource.hours.is_open_during(pick.start_at, pick.start_at + rules.length):
        raise Closed
    if not slots.places_left(resource, pick.start_at):
        raise Overlap
    return own


def rules_for(offering: Offering, pick: Pick) -> slots.Rules:
    rules = resources.rules_of(offering)
    return replace(rules, length=pick.length) if pick.length and rules.capacity == 1 else rules


def _free_seat(appointment: Appointment, now: datetime) -> int:
    if not appointment.session:
        return 0
    rows = Appointment.objects.taking_time(now).filter(calendar=appointment.calendar, session=appointment.session)
    taken = set(rows.exclude(pk=appointment.pk).values_list("seat", flat=True))
    return next(seat for seat in range(len(taken) + 1) if seat not in taken)
