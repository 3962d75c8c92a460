"""Attempts at a change: on the row as it is, under its calendars' locks, calendar by calendar until one succeeds."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeVar

from assistant.errors import ToolError
from assistant.models import Appointment, Offering, ToolCall
from assistant.services.booking.appointments import placing
from assistant.services.booking.appointments.placing import NotOffered, Overlap
from assistant.services.booking.availability import offers, wording
from assistant.services.booking.availability.slot_ids import Pick
from assistant.services.booking.locks import fresh, locked

Result = TypeVar("Result")


class SlotTaken(ToolError):
    """Somebody else has that time; `alternatives` are the free ones closest to it."""

    code = "slot_taken"

    def __init__(self, pick: Pick, alternatives: offers.Offer) -> None:
        said = "; ".join(
            f"{wording.day_label(slot.local.date(), alternatives.today)}, {slot.label} [slot {slot.id}]"
            for slot in alternatives.slots
        )
        super().__init__(f"That time has just been taken. Other free times: {said or 'none'}.")
        self.pick, self.alternatives = pick, alternatives


def change(
    appointment: Appointment,
    work: Callable[[Appointment], Result],
    now: datetime,
    also: Collection[int] = (),
    call: ToolCall | None = None,
) -> Result:
    """Run `work` on the row as it is, while its calendar, and those in `also`, are ours alone; for `call`, if one asks."""
    calendar_id = appointment.calendar_id
    pick = pick_of(appointment)
    while True:
        try:
            with locked({calendar_id, *also}, now, call=call):
                row = fresh(appointment.pk)
                if row.calendar_id in {calendar_id, *also}:
                    return work(row)
        except Overlap as overlap:
            if also:
                raise
            raise taken(pick, overlap, appointment.visitor_timezone, now) from None
        calendar_id = row.calendar_id  # it was moved meanwhile


def on_a_free_calendar(
    pick: Pick,
    attempt: Callable[[Offering], Result],
    visitor_timezone: str,
    now: datetime,
    moving: Appointment | None = None,
) -> Result:
    """The first attempt that succeeds, calendar by calendar, each under a lock of its own.

    Other times are looked for when the locks are gone: that takes a while, and nobody should have to wait for it.
    """
    refusal: NotOffered | None = None
    overlap: Overlap | None = None
    for offering in placing.candidates(pick, now, moving):
        try:
            return attempt(offering)
        except Overlap as error:
            overlap = error
        except NotOffered as error:
            refusal = error
    if overlap is None:
        raise refusal or NotOffered()
    raise taken(pick, overlap, visitor_timezone, now, moving) from None


def taken(
    pick: Pick, overlap: Overlap, visitor_timezone: str, now: datetime, moving: Appointment | None = None
) -> SlotTaken:
    """The error that says so and names other times. They are those of visitors: of the service's length, and in step."""
    found = offers.near(
        pick.service, pick.calendar, pick.start_at, visitor_timezone=visitor_timezone, now=now, moving=moving
    )
    return SlotTaken(pick, found)


def pick_of(appointment: Appointment) -> Pick:
    return Pick(appointment.service, appointment.calendar, appointment.start_at)
