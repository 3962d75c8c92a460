"""What staff do with a calendar: book for somebody on the phone, block a time, take a cancellation back.

All of it happens under the calendar's lock, with the checks that hold for visitors. Staff may pick any time while the
calendar is open, and where they say so also while it is closed; a time that is taken is nobody's to pick.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.db import transaction
from django.utils import timezone

from assistant.errors import InterworkyError, NotFound, ToolError
from assistant.models import Appointment, BlockedTime, BusyTime, Calendar
from assistant.models.booking.appointments import BOOKED
from assistant.services.booking.appointments import appointments, attempts, holds, placing, states
from assistant.services.booking.appointments.placing import Overlap
from assistant.services.booking.availability import resources
from assistant.services.booking.availability.slot_ids import Pick
from assistant.services.booking.invitations import descriptions, form_fields
from assistant.services.booking.locks import fresh, locked
from assistant.services.booking.messages import announcements
from assistant.services.deliveries import outbox

UNDO_WITHIN = timedelta(minutes=10)

_signer = signing.Signer(salt="assistant.cancellation")


@dataclass(frozen=True)
class Conflicts:
    """What keeps a time from being booked."""

    appointments: Sequence[Appointment] = ()
    blocked: Sequence[BlockedTime] = ()
    busy_elsewhere: Sequence[BusyTime] = ()


class Occupied(ToolError):
    """What is to be blocked is booked already."""

    code = "slot_taken"

    def __init__(self, found: Sequence[Appointment]) -> None:
        super().__init__("There are appointments at that time. Move or cancel them first.")
        self.appointments = found


def book(
    pick: Pick,
    *,
    name: str,
    email: str = "",
    phone: str = "",
    reason: str = "",
    answers: Mapping[str, str] | None = None,
    notify_visitor: bool = True,
    now: datetime | None = None,
) -> Appointment:
    """Book for a customer; `answers` by the names of the form's fields. Raises as `holds.hold` and `confirm` do, and holds
    nothing then."""
    now = now or timezone.now()
    refuse_past(pick, now)
    held = holds.hold(pick, now=now)
    if answers:
        form_fields.keep_by_staff(held, answers)
    try:
        return appointments.confirm(
            held, name=name, email=email, phone=phone, reason=reason, by_staff=True, notify_visitor=notify_visitor, now=now
        )
    except ToolError:
        holds.release(held)
        raise


def refuse_past(pick: Pick, now: datetime) -> None:
    """Somebody who stands at the counter may be booked into a time that has just begun; one that is over is over."""
    if pick.start_at + (pick.length or timedelta(minutes=pick.service.minutes)) <= now:
        raise ToolError("That time is over. Choose a later one.", code="too_late")


def check(pick: Pick, moving: Appointment | None = None, now: datetime | None = None) -> None:
    """Whether `pick` could be booked, or `moving` be moved there, now. Raises as those do, and promises nothing."""
    now = now or timezone.now()
    refuse_past(pick, now)
    found = placing.candidates(pick, now, moving)
    if not found:
        raise placing.NotOffered
    without = [moving.pk] if moving else []
    visitor_id = moving.visitor_id if moving else None
    placing.refuse_unless_free(found[0], pick, now, visitor_id=visitor_id, without=without)


def conflicts(pick: Pick, moving: Appointment | None = None, now: datetime | None = None) -> Conflicts:
    """The appointments, holds, blocked times and times of outside calendars that overlap a pick of one calendar, breaks
    included."""
    now = now or timezone.now()
    offering = pick.service.offerings.select_related("calendar", "service").filter(calendar=pick.calendar).first()
    if offering is None or pick.calendar is None:
        return Conflicts()
    start_at, end_at = placing.rules_for(offering, pick).busy(pick.start_at)
    booked = booked_between(pick.calendar, start_at, end_at, now)
    blocked = pick.calendar.blocked_times.filter(start_at__lt=end_at, end_at__gt=start_at)
    elsewhere = resources.busy_elsewhere(pick.calendar).filter(start_at__lt=end_at, end_at__gt=start_at)
    return Conflicts(
        [row for row in booked if moving is None or row.pk != moving.pk],
        list(blocked),
        list(elsewhere.select_related("source")),
    )


def booked_between(calendar: Calendar, start_at: datetime, end_at: datetime, now: datetime) -> list[Appointment]:
    rows = Appointment.objects.taking_time(now).filter(calendar=calendar, busy_from__lt=end_at)
    return list(rows.reaching(start_at).select_related("service", "calendar").order_by("start_at"))


# --- Details ----------------------------------------------------------------------------------------------------------


def correct(
    appointment: Appointment,
    *,
    name: str,
    email: str = "",
    phone: str = "",
    reason: str = "",
    answers: Mapping[str, str],
    notify_visitor: bool = False,
    now: datetime | None = None,
) -> Appointment:
    """Change who is booked and what they said; `answers` by the names of the form's fields. Time and state stay.

    With `notify_visitor` the confirmation goes to the address that is there then. Raises `ToolError` as `confirm` does, and
    where nothing is booked.
    """
    now = now or timezone.now()

    def write(row: Appointment) -> Appointment:
        if row.state not in BOOKED:
            raise ToolError("Only the details of what is booked can be changed.", code="wrong_state")
        is_new = row.email != email.strip()
        row.email = "" if is_new else row.email  # an address that stays is not checked once more
        appointments.set_contact(row, name, email if is_new else "", phone, email_needed=False)
        row.reason = appointments.in_one_line(reason)
        row.answers = form_fields.corrected(row, answers, descriptions.locale_of(row))
        row.sequence += 1
        row.save()
        if row.start_at > now:
            change: descriptions.Change = "requested" if row.state == Appointment.State.REQUESTED else "confirmed"
            announcements.write(row, change, None, notify_team=False, notify_visitor=notify_visitor)
        return row

    return attempts.change(appointment, write, now)


# --- Blocked times ----------------------------------------------------------------------------------------------------


def block(
    calendar: Calendar,
    start_at: datetime,
    end_at: datetime,
    reason: str = "",
    *,
    changing: BlockedTime | None = None,
    now: datetime | None = None,
) -> BlockedTime:
    """Let nothing be booked then, by a new row or by `changing` one. Raises `Occupied` where something is booked."""
    now = now or timezone.now()
    with locked({calendar.pk}, now):
        refuse_occupied(calendar, start_at, end_at, now)
        row = changing or BlockedTime()
        row.calendar, row.start_at, row.end_at, row.reason = calendar, start_at, end_at, outbox.one_line(reason, 120)
        row.save()
    return row


def unblock(row: BlockedTime) -> None:
    """Let the time be booked again."""
    row.delete()


def refuse_occupied(calendar: Calendar, start_at: datetime, end_at: datetime, now: datetime) -> None:
    if found := booked_between(calendar, start_at, end_at, now):
        raise Occupied(found)


def in_words(error: InterworkyError) -> str:
    """A refusal as staff read it: what models read of a time that is taken lists ids."""
    return "That time is taken." if error.code == "slot_taken" else str(error)


# --- Undo -------------------------------------------------------------------------------------------------------------


def cancel(
    appointment: Appointment,
    *,
    reason: str = "",
    message: str = "",
    notify_visitor: bool = True,
    now: datetime | None = None,
) -> tuple[Appointment, str]:
    """Cancel, with the token that takes it back for as long as `UNDO_WITHIN`; "" where there is nothing to take back."""
    now, before = now or timezone.now(), appointment.state
    after = appointments.cancel(
        appointment, by_staff=True, reason=reason, message=message, notify_visitor=notify_visitor, now=now
    )
    may_undo = after.state == Appointment.State.CANCELLED != before
    kept: dict[str, Any] = {"id": after.pk.hex, "sequence": after.sequence, "state": before, "notified": notify_visitor}
    kept["until"] = (now + UNDO_WITHIN).timestamp()
    return after, _signer.sign_object(kept) if may_undo else ""


def undo_cancellation(token: str, now: datetime | None = None) -> Appointment:
    """Book the cancelled appointment again, where its time is still free, and write to its visitor if the cancellation did.

    Raises `ToolError` for a token that is too old, or where the appointment has changed since; `SlotTaken`.
    """
    now = now or timezone.now()
    kept = read_token(token)
    if now.timestamp() > kept["until"]:
        raise ToolError("That was too long ago to undo. Book the appointment again.", code="too_late")
    appointment = fresh(kept["id"])
    pick = _where_it_was(appointment)
    try:
        with locked({appointment.calendar_id}, now), transaction.atomic():
            row = fresh(appointment.pk)
            if row.sequence != kept["sequence"]:
                raise ToolError("That appointment has changed since.", code="wrong_state")
            refuse_past(pick, now)
            states.undo_cancellation(row, kept["state"])
            placing.place(row, row.calendar, pick, now)
            row.cancel_reason = ""
            row.sequence += 1
            row.save()
            announcements.write(
                row,
                "requested" if row.state == Appointment.State.REQUESTED else "confirmed",
                None,
                notify_team=False,
                notify_visitor=kept["notified"],
            )
            return row
    except Overlap as overlap:
        raise attempts.taken(pick, overlap, appointment.visitor_timezone, now) from None


def read_token(token: str) -> dict[str, Any]:
    """What a token of `cancel` was made for. Raises `NotFound` for what we did not sign."""
    try:
        return dict(_signer.unsign_object(token))
    except signing.BadSignature as error:
        raise NotFound("No such cancellation.") from error


def _where_it_was(appointment: Appointment) -> Pick:
    length = appointment.end_at - appointment.start_at
    return Pick(appointment.service, appointment.calendar, appointment.start_at, "any", length)
