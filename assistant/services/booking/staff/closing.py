"""Bookings for which a calendar is about to be closed, and what staff decide of each: keep, move or cancel it.

The change of hours and the look at what it leaves outside happen in one transaction under the calendar's lock. A booker who
comes at the same moment is either in the list or reads the new hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils import timezone

from assistant.errors import InterworkyError
from assistant.models import Appointment, Calendar, Service
from assistant.services.booking.appointments import appointments
from assistant.services.booking.availability import offers, resources, slot_ids
from assistant.services.booking.locks import fresh, locked
from assistant.services.booking.staff import by_staff, calendars

MOST = 50  # that are asked about at once; further ones stay booked
KEEP, CANCEL = "keep", "cancel"


@dataclass(frozen=True)
class Choice:
    """An appointment that would be outside the hours, and the free times near its own, by calendar."""

    appointment: Appointment
    times: Sequence[tuple[Calendar, Sequence[offers.Slot]]]


class Undecided(Exception):
    """The hours leave bookings outside, and nobody has said what becomes of them. `rest` is how many more there are."""

    def __init__(self, choices: Sequence[Choice], rest: int) -> None:
        super().__init__(f"{len(choices) + rest} bookings are outside the new hours.")
        self.choices, self.rest = choices, rest


@contextmanager
def changing_hours(calendar: Calendar, decided: Mapping[str, str], now: datetime | None = None) -> Iterator[None]:
    """Change a calendar's hours within it. Raises `Undecided`, and undoes the change, where it newly leaves bookings
    outside that are not `decided`, by id."""
    now = now or timezone.now()
    with locked({calendar.pk}, now, seconds=None):
        before = {row.pk for row in calendars.booked_while_closed(calendar, now)}
        yield
        found = [row for row in calendars.booked_while_closed(calendar, now) if row.pk not in before]
        if any(str(row.pk) not in decided for row in found[:MOST]):
            raise Undecided([_choice(fresh(row.pk), now) for row in found[:MOST]], len(found[MOST:]))


def _choice(row: Appointment, now: datetime) -> Choice:
    """Free times by the hours as they are now: those of its own calendar first."""
    offerings = sorted(resources.offerings_of(row.service), key=lambda one: one.calendar_id != row.calendar_id)
    near = ((one.calendar, offers.near(row.service, one.calendar, row.start_at, now=now, moving=row)) for one in offerings)
    return Choice(row, [(calendar, offer.slots) for calendar, offer in near if offer.slots])


@dataclass(frozen=True)
class Outcome:
    """What became of one appointment; `problem` is why it is still booked as it was."""

    appointment: Appointment
    done: Literal["moved", "cancelled", ""]
    problem: str = ""
    undo: str = ""  # the token that takes a cancellation back


def carry_out(
    calendar: Calendar,
    decided: Mapping[str, str],
    *,
    message: str = "",
    notify_visitor: bool = True,
    now: datetime | None = None,
) -> list[Outcome]:
    """Move and cancel as was decided, each appointment of the calendar by itself: what can no longer be done is reported,
    and stays booked. A decision is KEEP, CANCEL or the id of a free time."""
    rows = Appointment.objects.upcoming(now or timezone.now()).filter(calendar=calendar)
    wanted = [(row, decided[str(row.pk)]) for row in rows if decided.get(str(row.pk), KEEP) != KEEP]
    return [_carry_out(fresh(row.pk), decision, message, notify_visitor, now) for row, decision in wanted]


def _carry_out(row: Appointment, decision: str, message: str, notify_visitor: bool, now: datetime | None) -> Outcome:
    try:
        if decision == CANCEL:
            after, token = by_staff.cancel(row, message=message, notify_visitor=notify_visitor, now=now)
            return Outcome(after, "cancelled", undo=token)
        pick = slot_ids.read(decision, Service.objects.filter(pk=row.service_id))
        after = appointments.reschedule(
            row, pick, by_staff=True, message=message, notify_visitor=notify_visitor, now=now
        )  # fmt: skip
        return Outcome(after, "moved")
    except InterworkyError as error:
        return Outcome(row, "", by_staff.in_words(error))
