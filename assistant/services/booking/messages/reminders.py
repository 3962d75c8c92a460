"""Reminders before appointments and the question how it was afterwards, each sent once.

What is due is found in the database and sent under the calendar's lock, where whether it has been sent already is looked
at again: two beats, one that was away for hours, and a move or a cancellation in between all find what is true then. A
reminder that another one has overtaken is not sent any more, and neither is one whose time had passed when the
appointment was booked or moved: its visitor has just been told.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from assistant.models import Appointment, AppointmentNotice, Service
from assistant.models.booking.services import parse_reminder_hours
from assistant.services.booking.locks import fresh, locked
from assistant.services.booking.messages import announcements

log = logging.getLogger(__name__)

FOLLOW_UP = "follow_up"
# Older visits than that are not asked about, so that a beat which was away, or staff who turn it on, surprise nobody.
FOLLOW_UP_AT_MOST = timedelta(days=3)

State = Appointment.State


def send_due(now: datetime | None = None, *, limit: int = 200) -> int:
    """Queue the reminders and follow-ups that are due; returns of how many appointments."""
    now = now or timezone.now()
    found = dict.fromkeys(_to_remind(now).values_list("pk", flat=True)[:limit], remind)
    found |= dict.fromkeys(_to_ask(now).values_list("pk", flat=True)[:limit], ask)
    return sum(_try(send, appointment, now) for appointment, send in list(found.items())[:limit])


def _try(send: Callable[[UUID, datetime], bool], appointment_id: UUID, now: datetime) -> bool:
    try:
        return send(appointment_id, now)
    except Exception:  # one that cannot be sent must not hold up the others; it is tried again at the next beat
        log.exception("Appointment %s: its reminder or follow-up could not be queued.", appointment_id)
        return False


def _to_remind(now: datetime) -> QuerySet[Appointment]:
    """In one query however many services there are: with a condition for each number of hours that staff have chosen."""
    chosen: defaultdict[int, list[str]] = defaultdict(list)
    for text in Service.objects.order_by().exclude(reminder_hours="").values_list("reminder_hours", flat=True).distinct():
        for hours in parse_reminder_hours(text):
            chosen[hours].append(text)
    rows = Appointment.objects.filter(reduce(or_, (_unsent(*one, now) for one in chosen.items()), Q(pk=None)))
    ahead = now, now + timedelta(hours=max(chosen, default=0))  # what an index narrows, unlike the conditions
    rows = rows.filter(start_at__gt=ahead[0], start_at__lte=ahead[1])
    return rows.filter(organization__active=True, state=State.CONFIRMED).order_by("start_at")


def _unsent(hours: int, texts: list[str], now: datetime) -> Q:
    """Appointments whose reminder of so many hours before is due and has not been sent; `texts` are the settings with it."""
    sent = AppointmentNotice.objects.filter(
        appointment=OuterRef("pk"), name=_name(hours), covers_until__gt=OuterRef("start_at")
    )
    return Q(~Exists(sent), service__reminder_hours__in=texts, start_at__lte=now + timedelta(hours=hours))


def remind(appointment_id: UUID, now: datetime) -> bool:
    """Queue the reminder that is due of one appointment, if one still is."""
    calendar_id = Appointment.objects.values_list("calendar", flat=True).get(pk=appointment_id)
    with locked({calendar_id}, now, seconds=None):
        appointment = fresh(appointment_id)
        if appointment.calendar_id != calendar_id or appointment.state != State.CONFIRMED or appointment.start_at <= now:
            return False  # moved to another calendar meanwhile: found again at the next beat
        due = _due(appointment, now)
        if not due:
            return False
        unsent = _record(appointment, due)
        if min(due) not in unsent:
            return False  # a later one has been sent: the ones before it are of no use any more
        announcements.write_reminder(appointment, min(due))
        return True


def skip_passed(appointment: Appointment, now: datetime) -> None:
    """Of an appointment that was just booked or moved: do not send the reminders whose time is past already. In the
    caller's transaction, under the calendar's lock."""
    _record(appointment, _due(appointment, now))


def skip_passed_of(service: Service, now: datetime | None = None) -> None:
    """Of a service whose reminders staff have changed: what would have been sent already is not sent now."""
    now = now or timezone.now()
    for appointment in service.appointments.filter(state=State.CONFIRMED, start_at__gt=now):
        with locked({appointment.calendar_id}, now, seconds=None):
            skip_passed(fresh(appointment.pk), now)


def _due(appointment: Appointment, now: datetime) -> list[int]:
    return [hours for hours in appointment.service.reminders if appointment.start_at - timedelta(hours=hours) <= now]


def _record(appointment: Appointment, due: list[int]) -> list[int]:
    """Those of `due` that had not been sent for this time; from now on they have."""
    covered = dict(appointment.notices.values_list("name", "covers_until"))
    unsent = [hours for hours in due if _name(hours) not in covered or covered[_name(hours)] <= appointment.start_at]
    for hours in unsent:
        until = appointment.start_at + timedelta(hours=hours)
        AppointmentNotice.objects.update_or_create(
            appointment=appointment, name=_name(hours), defaults={"covers_until": until}
        )
    return unsent


def _name(hours: int) -> str:
    return f"reminder:{hours}"


# --- Afterwards -------------------------------------------------------------------------------------------------------


def _to_ask(now: datetime) -> QuerySet[Appointment]:
    chosen = Service.objects.order_by().exclude(follow_up_hours=None).values_list("follow_up_hours", flat=True).distinct()
    over = {hours: now - timedelta(hours=hours or 0) for hours in chosen}
    # What an index narrows, unlike the conditions: an appointment takes a day at most.
    first = min(over.values(), default=now) - FOLLOW_UP_AT_MOST - timedelta(days=1)
    due = (
        Q(service__follow_up_hours=hours, end_at__lte=end, end_at__gt=end - FOLLOW_UP_AT_MOST) for hours, end in over.items()
    )
    asked = AppointmentNotice.objects.filter(appointment=OuterRef("pk"), name=FOLLOW_UP)
    rows = Appointment.objects.filter(reduce(or_, due, Q(pk=None)), ~Exists(asked), organization__active=True)
    rows = rows.filter(start_at__gt=first, start_at__lte=now)
    return rows.filter(state__in=[State.CONFIRMED, State.ATTENDED]).order_by("end_at")


def ask(appointment_id: UUID, now: datetime) -> bool:
    """Ask the visitor of one appointment how it was, if nobody has."""
    calendar_id = Appointment.objects.values_list("calendar", flat=True).get(pk=appointment_id)
    with locked({calendar_id}, now, seconds=None):
        appointment = fresh(appointment_id)
        if appointment.state not in (State.CONFIRMED, State.ATTENDED) or appointment.end_at > now:
            return False
        _, new = AppointmentNotice.objects.get_or_create(
            appointment=appointment, name=FOLLOW_UP, defaults={"covers_until": appointment.end_at}
        )
        if new:
            announcements.write_follow_up(appointment)
        return new
