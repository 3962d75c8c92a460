"""Appointments as a method: find times, book, cancel, move.

The model picks a service and a slot by their ids and never computes with dates; nothing is booked, cancelled or moved
before the visitor has said yes on a card that the server drew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from django import forms

from assistant.async_db import in_db
from assistant.errors import ToolError
from assistant.llm import ToolResult
from assistant.models import Appointment, Method, Organization
from assistant.sentences import label
from assistant.services.booking.appointments import appointments, attempts, holds, lookup
from assistant.services.booking.availability import menus, offers, slot_ids, wording
from assistant.services.booking.availability.slots import PARTS_OF_DAY
from assistant.services.booking.invitations import descriptions, form_fields
from assistant.services.deliveries import outbox
from assistant.tools import appointment_search as search
from assistant.tools.kind import Context, Kind, Operation, Preview, configured, described

R = TypeVar("R")


class Config(forms.Form):
    """What can be booked. Neither the visitor nor the model chooses it."""

    services = forms.TypedMultipleChoiceField(
        coerce=int,
        required=False,
        help_text="What visitors can book here. Leave empty for all services, including those that are added later.",
    )
    calendar = forms.TypedChoiceField(
        label="Only on this calendar",
        coerce=int,
        empty_value=None,
        required=False,
        help_text=(
            "Choose a calendar to allow bookings with one person, room or chair only. Leave empty for all "
            "calendars that offer the services."
        ),
    )
    proof = forms.BooleanField(
        label="Require a verified e-mail address",
        required=False,
        help_text="Visitors can book only after entering a code that is sent to their e-mail address, so that nobody fills "
        "the calendar with invented addresses.",
    )


def _calendars(organization: Organization) -> list[tuple[Any, str]]:
    return [("", "Any calendar"), *((calendar.pk, calendar.name) for calendar in organization.calendars.all())]


def _service_choices(organization: Organization) -> list[tuple[Any, str]]:
    return [(service.pk, service.name) for service in organization.services.all()]


def needs_proof(method: Method) -> bool:
    """Whether a time is booked only for visitors whose e-mail address is known to be theirs."""
    return bool(configured(Config, method)["proof"])


# --- Book ------------------------------------------------------------------------------------------------------------


def _prepare_book(context: Context, arguments: dict[str, Any]) -> Preview:
    """Hold the slot, and ask for what is still missing."""
    say = partial(label, locale=search.locale_of(context))
    if context.dry_run:
        return Preview(say("ask_book"), lines=((say("when"), _start(context, arguments["slot"])),))
    name = _given(context, arguments, "name")
    if needs_proof(context.method) and not name:
        # The card for the code asks for the address alone.
        raise ToolError("The visitor's name is needed before this can be booked: ask for it.", code="bad_arguments")
    held = _hold(context, arguments["slot"])
    known = {"name": name, "email": _email(context, arguments)}
    try:
        known["email"] = outbox.public_address(known["email"])
    except ToolError:
        known["email"] = ""  # none yet, or a model's slip: the card asks
    given = {**known, "phone": _given(context, arguments, "phone"), "reason": arguments.get("reason") or ""}
    asked = (("name", say("your_name"), "text"), ("email", say("your_email"), "email"))
    approval = held.service.approval
    return Preview(
        say("ask_request" if approval else "ask_book"),
        lines=(*_lines(held), *((say(name), str(value)) for name, value in given.items() if value)),
        fields=tuple(field for field in asked if not known[field[0]]),
        form=tuple(form_fields.fields_of(held.service, given, held.visitor, search.locale_of(context))),
        confirm_label=say("request" if approval else "book"),
        expires_at=held.held_until,
    )


def _book(context: Context, arguments: dict[str, Any]) -> ToolResult:
    if context.dry_run:
        return ToolResult(f"A dry run: this would be booked: {_start(context, arguments['slot'])}.")
    booked = appointments.confirm(
        _hold(context, arguments["slot"]),
        name=_given(context, arguments, "name"),
        email=_email(context, arguments),
        phone=_given(context, arguments, "phone"),
        reason=arguments.get("reason") or "",
        call=context.call,
    )
    what = f"{menus.title(booked.service, booked.calendar)}, {wording.when(booked, booked.visitor_timezone)}"
    if answers := form_fields.answered(booked, by_visitor=True):
        what += f". The form: {'; '.join(f'{name}: {value}' for name, value in answers)}"
    mail = f"{_mail(booked)} The visitor sees a receipt."
    if booked.state == Appointment.State.REQUESTED:
        # Not booked yet, and not to be called so.
        text = f"Requested under the reference {booked.reference}: {what}. The team confirms it or suggests another time."
        return ToolResult(f"{text} {mail}", effects=frozenset({"sent"}))
    return ToolResult(f"Booked under the reference {booked.reference}: {what}. {mail}")


def _mail(booked: Appointment) -> str:
    """What has become of the confirmation, as far as is known."""
    if not booked.email:
        return "No confirmation is sent, as there is no e-mail address."
    if not outbox.leaves():
        return f"{outbox.NOT_SENT}: the confirmation to {booked.email} is kept on the server."
    return f"A confirmation is on its way to {booked.email}."


def _decline_book(context: Context, arguments: dict[str, Any]) -> None:
    held = Appointment.objects.filter(call=context.call).first()
    if held is not None:
        holds.release(held)


def _pick(context: Context, slot: str) -> slot_ids.Pick:
    """What a slot id names, where this method lets visitors book it."""
    return search.menu_of(context).pick(slot)


def _hold(context: Context, slot: str) -> Appointment:
    """The call's own hold. Where the time is taken, the visitor is shown what is free close to it."""
    held = holds.hold_of(context.call)
    if held is not None:
        return held  # for the slot of these very arguments, whatever staff have changed meanwhile
    try:
        return holds.hold(_pick(context, slot), conversation=context.conversation, call=context.call)
    except attempts.SlotTaken as taken:
        search.show(context, taken.pick.service, taken.pick.calendar, taken.alternatives, "just_taken")
        raise


def _given(context: Context, arguments: dict[str, Any], name: str) -> str:
    """What this call says, else what the visitor has said about themselves before; "" where neither does."""
    return str(arguments.get(name) or getattr(search.visitor_of(context), name, "")).strip()


def _email(context: Context, arguments: dict[str, Any]) -> str:
    """The address to book under: where a proven one is needed, that and no other."""
    visitor = search.visitor_of(context)
    if needs_proof(context.method) and visitor is not None:
        visitor.refresh_from_db(fields=["email", "email_verified_at"])  # proven a moment ago, perhaps
        return visitor.email if visitor.email_verified_at else ""
    return _given(context, arguments, "email")


def _start(context: Context, slot: str) -> str:
    return offers.describe(_pick(context, slot), search.zone_of(context), search.locale_of(context))


def _lines(appointment: Appointment) -> tuple[tuple[str, str], ...]:
    return tuple((line.label, line.value) for line in descriptions.lines(appointment))


# --- Cancel and move --------------------------------------------------------------------------------------------------


def _own(context: Context, arguments: dict[str, Any]) -> Appointment:
    return lookup.for_visitor(context.organization, search.visitor_of(context), arguments["reference"])


def _prepare_cancel(context: Context, arguments: dict[str, Any]) -> Preview:
    say = partial(label, locale=search.locale_of(context))
    appointment = _own(context, arguments)
    appointments.check_changeable(appointment)
    return Preview(say("ask_cancel"), _lines(appointment), confirm_label=say("cancel"), cancel_label=say("keep"))


def _cancel(context: Context, arguments: dict[str, Any]) -> ToolResult:
    appointment = _own(context, arguments)
    if context.dry_run:
        return ToolResult(f"A dry run: {appointment.reference} would be cancelled.")
    cancelled = appointments.cancel(appointment, call=context.call, reason=arguments.get("reason") or "")
    return ToolResult(f"The appointment {cancelled.reference} is cancelled. The visitor sees a receipt.")


def _prepare_move(context: Context, arguments: dict[str, Any]) -> Preview:
    appointment = _own(context, arguments)
    wanted = _start(context, arguments["slot"])
    # Checked again under the lock when they confirm; here it saves them a question that could only be refused.
    appointments.check_free(_pick(context, arguments["slot"]), appointment)
    say = partial(label, locale=search.locale_of(context))
    return Preview(say("ask_move"), (*_lines(appointment), (say("new_time"), wanted)), confirm_label=say("move"))


def _move(context: Context, arguments: dict[str, Any]) -> ToolResult:
    appointment = _own(context, arguments)
    if context.dry_run:
        return ToolResult(f"A dry run: {appointment.reference} would be moved.")
    try:
        moved = appointments.reschedule(appointment, _pick(context, arguments["slot"]), call=context.call)
    except attempts.SlotTaken as taken:
        search.show(context, taken.pick.service, taken.pick.calendar, taken.alternatives, "just_taken")
        raise
    when = wording.when(moved, moved.visitor_timezone)
    if moved.state == Appointment.State.REQUESTED:
        text = f"Another time is requested for {moved.reference}: {when}. The team confirms it or suggests another time."
        return ToolResult(f"{text} The visitor sees a receipt.", effects=frozenset({"sent"}))
    return ToolResult(f"The appointment {moved.reference} is moved to {when}. The visitor sees a receipt.")


# --- The kind ---------------------------------------------------------------------------------------------------------


def _in_db(function: Callable[[Context, dict[str, Any]], R]) -> Callable[[Context, dict[str, Any]], Awaitable[R]]:
    async def hop(context: Context, arguments: dict[str, Any]) -> R:
        return await in_db(function)(context, arguments)

    return hop


def _parameters(required: tuple[str, ...], **properties: dict[str, Any]) -> Callable[[Method], dict[str, Any]]:
    schema = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return lambda method: schema


def _described(text: str) -> Callable[[Method], str]:
    return lambda method: f"{text}\n\n{described(method)}".strip()


def _text(description: str, max_chars: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": max_chars, "description": description}


def _hour(description: str) -> dict[str, Any]:
    return {"type": "string", "pattern": "^([0-9]{2}:[0-9]{2})?$", "description": description}


_SLOT = _text("A slot id from find_times, exactly as given there.", 40)
_REFERENCE = _text("The appointment's reference, such as K7QM2P. If unknown, pass unknown to be told.", 12)

KIND = Kind(
    "Appointment",
    "Finds free times, books, cancels and moves appointments.",
    "event_available",
    Config,
    (
        Operation(
            run=_in_db(search.find_times),
            suffix="find_times",
            description=_described(
                "Look up free appointment times and show them to the visitor. Never guess times: call this first. "
                "Where there are several services, the first call without one lists them with their ids."
            ),
            parameters=_parameters(
                (),
                service=_text("A service id from this tool. Leave out if there is only one, or to be told.", 80),
                calendar=_text("A calendar id from this tool, for a certain person or room. Else leave out.", 80),
                from_day={
                    "type": "string",
                    "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$",
                    "description": "The day that is wanted, as YYYY-MM-DD. Leave out for the next free times.",
                },
                to_day={
                    "type": "string",
                    "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$",
                    "description": "The last day that would do, as YYYY-MM-DD, for a week or other range from from_day.",
                },
                part_of_day={"type": "string", "enum": [search.ANY, *PARTS_OF_DAY]},
                weekday={"type": "string", "enum": [search.ANY, *offers.WEEKDAYS]},
                after=_hour("The earliest start that would do, such as 17:00."),
                before=_hour("Only starts before this hour, such as 12:00."),
            ),
            label="tool_find_times",
            risk=Method.Risk.READ,
            confirm=Method.Confirm.NEVER,
            idempotent=True,
        ),
        Operation(
            run=_in_db(_book),
            suffix="book",
            description=_described(
                "Book a free time. The visitor is asked to confirm, and for their name and e-mail where these are missing."
            ),
            parameters=_parameters(
                ("slot",),
                slot=_SLOT,
                name=_text("The visitor's name, if they have given it.", 120),
                email=_text("The visitor's e-mail, if they have given it.", 254),
                phone=_text("The visitor's phone number, if they have given it.", 40),
                reason=_text("What it is about, in the visitor's words.", 300),
            ),
            label="tool_book",
            risk=Method.Risk.WRITE,
            confirm=Method.Confirm.ALWAYS,
            needs_proof=needs_proof,
            prepare=_in_db(_prepare_book),
            decline=_in_db(_decline_book),
            effects=frozenset({"booked", "sent"}),
            idempotent=True,
        ),
        Operation(
            run=_in_db(_cancel),
            suffix="cancel",
            description=_described("Cancel an appointment of this visitor, who is asked to confirm."),
            parameters=_parameters(
                ("reference",), reference=_REFERENCE, reason=_text("Why, if the visitor has said so.", 300)
            ),
            label="tool_cancel",
            risk=Method.Risk.IRREVERSIBLE,
            confirm=Method.Confirm.ALWAYS,
            prepare=_in_db(_prepare_cancel),
            effects=frozenset({"cancelled", "sent"}),
            idempotent=True,
        ),
        Operation(
            run=_in_db(_move),
            suffix="reschedule",
            description=_described("Move an appointment of this visitor to another free time. They are asked to confirm."),
            parameters=_parameters(("reference", "slot"), reference=_REFERENCE, slot=_SLOT),
            label="tool_move",
            risk=Method.Risk.WRITE,
            confirm=Method.Confirm.ALWAYS,
            prepare=_in_db(_prepare_move),
            effects=frozenset({"rescheduled", "sent"}),
            idempotent=True,
        ),
    ),
    choices={"calendar": _calendars, "services": _service_choices},
    own_parameters=False,
    usual_name="appointment",
    usual_description="Appointments here: free times, booking, moving and cancelling.",
)
