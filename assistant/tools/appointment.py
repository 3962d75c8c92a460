"""Appointments as a method: find times, book, cancel, move.

The model picks a slot by its id and never computes with dates; nothing is booked, cancelled or moved before the visitor
has said yes on a card that the server drew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, TypeVar

from django import forms

from assistant.async_db import in_db
from assistant.errors import ToolError
from assistant.llm import ToolResult
from assistant.models import Appointment, Calendar, Card, Method, Organization, Visitor
from assistant.sentences import label
from assistant.services.booking import appointments, invitations, slots
from assistant.services.conversations import cards
from assistant.services.conversations.events import format_instant
from assistant.services.deliveries import outbox
from assistant.tools.kind import Context, Kind, Operation, Preview, configured, described

R = TypeVar("R")
ANY = "any"  # weak models fill in every parameter that they see


class Config(forms.Form):
    """The calendar to book. Neither the visitor nor the model chooses it."""

    calendar = forms.TypedChoiceField(
        coerce=int, help_text="The calendar to book. Its opening hours are set under Calendars."
    )
    proof = forms.BooleanField(
        label="Require a verified e-mail address",
        required=False,
        help_text="Visitors can book only after entering a code that is sent to their e-mail address, so that nobody fills "
        "the calendar with invented addresses.",
    )


def _calendars(organization: Organization) -> list[tuple[Any, str]]:
    return [(calendar.pk, calendar.name) for calendar in organization.calendars.all()]


def _calendar(context: Context) -> Calendar:
    calendar = context.organization.calendars.filter(pk=context.config.get("calendar", 0)).first()
    if calendar is None:
        raise ToolError("No calendar is set up for this yet.", code="not_set_up")
    return calendar


def needs_proof(method: Method) -> bool:
    """Whether a time is booked only for visitors whose e-mail address is known to be theirs."""
    return bool(configured(Config, method)["proof"])


def _visitor(context: Context) -> Visitor | None:
    return context.conversation.visitor if context.conversation else None


def _locale(context: Context) -> str:
    return context.conversation.locale if context.conversation else ""


def _zone(context: Context) -> str:
    visitor = _visitor(context)
    return visitor.timezone if visitor else ""


# --- Find times ------------------------------------------------------------------------------------------------------

_PROBLEMS = {
    "past": "That day is over.",
    "too_far": "That day is further ahead than can be booked.",
    "closed": "There are no times on that day.",
    "full": "Nothing is free then.",
}


def _find_times(context: Context, arguments: dict[str, Any]) -> ToolResult:
    """Show free times as a card, and name them with their ids to the model."""
    calendar = _calendar(context)
    offer = slots.offer(
        calendar,
        from_day=arguments.get("from_day") or "",
        part_of_day=arguments.get("part_of_day", ANY).removeprefix(ANY),
        visitor_timezone=_zone(context),
    )
    if not offer.days:
        return ToolResult(f"Nothing can be booked at {calendar.name} in the next {calendar.horizon_days} days.")
    text = [f"{_PROBLEMS[offer.problem]} The next free times:" if offer.problem else "Free times:"]
    for day, free in offer.days:
        text.append(f"{slots.day_label(day, offer.today)} ({day.isoformat()}):")
        text.extend(f"- {slot.label} [slot {slot.id}]" for slot in free)
    text.append(f"Times are in {offer.timezone}. Today is {slots.day_label(offer.today)} ({offer.today.isoformat()}).")
    if slots.reads_twelve_hours(_locale(context)):
        text.append("The visitor reads them on a 12-hour clock: 2:30 PM for 14:30.")
    if _show(context, calendar, offer):
        text.append("The visitor sees these times as buttons and can choose one there.")
    return ToolResult("\n".join(text))


def _show(context: Context, calendar: Calendar, offer: slots.Offer) -> bool:
    """Put the times on a card, once per call; those of earlier turns are spent."""
    conversation = context.conversation
    if conversation is None or context.dry_run:
        return False
    if context.call.cards.filter(kind=Card.Kind.SLOTS).exists():
        return True
    tool = f"{context.method.name}_book"
    shown = conversation.cards.filter(kind=Card.Kind.SLOTS, state=Card.State.OPEN, action__tool=tool)
    for card in shown.exclude(call__turn=context.call.turn_id).select_related("conversation"):
        cards.update(card, state=Card.State.EXPIRED)
    days = [
        {
            "label": slots.day_label(day, offer.today, conversation.locale),
            "slots": [_button(slot, conversation.locale) for slot in free],
        }
        for day, free in offer.days
    ]
    content = {"title": calendar.name, "timezone": offer.timezone, "days": days}
    cards.add(conversation, Card.Kind.SLOTS, content, call=context.call, action={"tool": tool, "argument": "slot"})
    return True


def _button(slot: slots.Slot, locale: str) -> dict[str, str]:
    """A slot as docs/protocol.md has it for a slots card."""
    note = {"note": text} if (text := slot.note_in(locale)) else {}
    return {"id": slot.id, "label": slot.time_in(locale), **note, "start_at": format_instant(slot.start_at)}


# --- Book ------------------------------------------------------------------------------------------------------------


def _prepare_book(context: Context, arguments: dict[str, Any]) -> Preview:
    """Hold the slot, and ask for what is still missing."""
    calendar = _calendar(context)
    say = partial(label, locale=_locale(context))
    if context.dry_run:
        return Preview(say("ask_book"), lines=((say("when"), _start(context, calendar, arguments["slot"])),))
    name = _given(context, arguments, "name")
    if needs_proof(context.method) and not name:
        # The card for the code asks for the address alone.
        raise ToolError("The visitor's name is needed before this can be booked: ask for it.", code="bad_arguments")
    held = _hold(context, calendar, arguments["slot"])
    known = {"name": name, "email": _email(context, arguments)}
    try:
        known["email"] = outbox.public_address(known["email"])
    except ToolError:
        known["email"] = ""  # none yet, or a model's slip: the card asks
    given = {**known, "phone": arguments.get("phone"), "reason": arguments.get("reason")}
    asked = (("name", say("your_name"), "text"), ("email", say("your_email"), "email"))
    return Preview(
        say("ask_book"),
        lines=(*_lines(held), *((say(name), str(value)) for name, value in given.items() if value)),
        fields=tuple(field for field in asked if not known[field[0]]),
        confirm_label=say("book"),
        expires_at=held.held_until,
    )


def _book(context: Context, arguments: dict[str, Any]) -> ToolResult:
    calendar = _calendar(context)
    if context.dry_run:
        return ToolResult(f"A dry run: this would be booked: {_start(context, calendar, arguments['slot'])}.")
    booked = appointments.confirm(
        _hold(context, calendar, arguments["slot"]),
        name=_given(context, arguments, "name"),
        email=_email(context, arguments),
        phone=arguments.get("phone") or "",
        reason=arguments.get("reason") or "",
    )
    return ToolResult(
        f"Booked under the reference {booked.reference}: {slots.when(booked, booked.visitor_timezone)}. "
        f"A confirmation is on its way to {booked.email}. The visitor sees a receipt."
    )


def _decline_book(context: Context, arguments: dict[str, Any]) -> None:
    held = Appointment.objects.filter(call=context.call).first()
    if held is not None:
        appointments.release(held)


def _hold(context: Context, calendar: Calendar, slot: str) -> Appointment:
    """The call's own hold. Where the time is taken, the visitor is shown what is free close to it."""
    try:
        return appointments.hold(calendar, slot, conversation=context.conversation, call=context.call)
    except appointments.SlotTaken as taken:
        _show(context, calendar, taken.alternatives)
        raise


def _given(context: Context, arguments: dict[str, Any], name: str) -> str:
    """What this call says, else what the visitor has said about themselves before; "" where neither does."""
    return str(arguments.get(name) or getattr(_visitor(context), name, "")).strip()


def _email(context: Context, arguments: dict[str, Any]) -> str:
    """The address to book under: where a proven one is needed, that and no other."""
    visitor = _visitor(context)
    if needs_proof(context.method) and visitor is not None:
        visitor.refresh_from_db(fields=["email", "email_verified_at"])  # proven a moment ago, perhaps
        return visitor.email if visitor.email_verified_at else ""
    return _given(context, arguments, "email")


def _start(context: Context, calendar: Calendar, slot: str) -> str:
    described = slots.describe(calendar, slots.start_of(calendar, slot), slots.zone_for(calendar, _zone(context)))
    locale = _locale(context)
    return f"{slots.day_label(described.local.date(), locale=locale)}, {described.label_in(locale)}"


def _lines(appointment: Appointment) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in invitations.lines(appointment))


# --- Cancel and move --------------------------------------------------------------------------------------------------


def _own(context: Context, arguments: dict[str, Any]) -> Appointment:
    return appointments.for_visitor(_calendar(context), _visitor(context), arguments["reference"])


def _prepare_cancel(context: Context, arguments: dict[str, Any]) -> Preview:
    say = partial(label, locale=_locale(context))
    lines = _lines(_own(context, arguments))
    return Preview(say("ask_cancel"), lines, confirm_label=say("cancel"), cancel_label=say("keep"))


def _cancel(context: Context, arguments: dict[str, Any]) -> ToolResult:
    appointment = _own(context, arguments)
    if context.dry_run:
        return ToolResult(f"A dry run: {appointment.reference} would be cancelled.")
    cancelled = appointments.cancel(appointment, call=context.call)
    return ToolResult(f"The appointment {cancelled.reference} is cancelled. The visitor sees a receipt.")


def _prepare_move(context: Context, arguments: dict[str, Any]) -> Preview:
    appointment = _own(context, arguments)
    calendar = _calendar(context)
    wanted = _start(context, calendar, arguments["slot"])
    # Checked again under the lock when they confirm; here it saves them a question that could only be refused.
    appointments.check_free(calendar, arguments["slot"], appointment)
    say = partial(label, locale=_locale(context))
    return Preview(say("ask_move"), (*_lines(appointment), (say("new_time"), wanted)), confirm_label=say("move"))


def _move(context: Context, arguments: dict[str, Any]) -> ToolResult:
    appointment = _own(context, arguments)
    if context.dry_run:
        return ToolResult(f"A dry run: {appointment.reference} would be moved.")
    try:
        moved = appointments.reschedule(appointment, arguments["slot"], call=context.call)
    except appointments.SlotTaken as taken:
        _show(context, _calendar(context), taken.alternatives)
        raise
    return ToolResult(
        f"The appointment {moved.reference} is moved to {slots.when(moved, moved.visitor_timezone)}. "
        "The visitor sees a receipt."
    )


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


_SLOT = _text("A slot id from find_times, exactly as given there.", 40)
_REFERENCE = _text("The appointment's reference, such as K7QM2P. If unknown, pass unknown to be told.", 12)

KIND = Kind(
    "Appointment",
    "Finds free times, books, cancels and moves appointments.",
    "event_available",
    Config,
    (
        Operation(
            run=_in_db(_find_times),
            suffix="find_times",
            description=_described(
                "Look up free appointment times and show them to the visitor. Never guess times: call this first."
            ),
            parameters=_parameters(
                (),
                from_day={
                    "type": "string",
                    "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2})?$",
                    "description": "The day that is wanted, as YYYY-MM-DD. Leave out for the next free times.",
                },
                part_of_day={"type": "string", "enum": [ANY, *slots.PARTS_OF_DAY]},
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
            parameters=_parameters(("reference",), reference=_REFERENCE),
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
    choices={"calendar": _calendars},
    own_parameters=False,
)
