"""The page that asks what becomes of bookings before a calendar is closed for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.messages.storage import default_storage
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from assistant.admin.booking import undo
from assistant.models import Calendar
from assistant.services.booking.availability import wording
from assistant.services.booking.staff import closing

PREFIX = "booked-"  # of the fields that decide, each followed by an appointment's id
OWN = {"csrfmiddlewaretoken", "booked_message", "booked_notify", "booked_decided"}


def save(
    model_admin: Any, request: HttpRequest, calendar: Calendar, change: Callable[[], HttpResponse], back: str
) -> HttpResponse:
    """`change()`, which saves hours and answers with a redirect; or, where it leaves bookings outside, the page that asks.

    What is decided there comes back with the same form, and is carried out once the hours are saved.
    """
    decided = _decided(request)
    try:
        with closing.changing_hours(calendar, decided):
            answer = change()
    except closing.Undecided as undecided:
        return _ask(model_admin, request, calendar, undecided, back)
    if answer.status_code == 302:
        _carry_out(model_admin, request, calendar, decided)
        model_admin.warn_of_closed_bookings(request, calendar)
    return answer


def _decided(request: HttpRequest) -> dict[str, str]:
    """By appointment: keep, cancel or the id of a time. What is empty is not decided."""
    found = {}
    for name, value in request.POST.items():
        if name.startswith(PREFIX) and value:
            try:
                found[str(UUID(name.removeprefix(PREFIX)))] = str(value)
            except ValueError:
                continue
    return found


def _carry_out(model_admin: Any, request: HttpRequest, calendar: Calendar, decided: dict[str, str]) -> None:
    message, notify = request.POST.get("booked_message", "")[:500], "booked_notify" in request.POST
    outcomes = closing.carry_out(calendar, decided, message=message, notify_visitor=notify)
    outcome = "Their visitors are notified." if notify else "Their visitors are not notified."
    if moved := [one.appointment.reference for one in outcomes if one.done == "moved"]:
        model_admin.message_user(request, f"Moved: {', '.join(moved)}. {outcome}", messages.SUCCESS)
    if cancelled := [one for one in outcomes if one.done == "cancelled"]:
        text = f"Cancelled: {', '.join(one.appointment.reference for one in cancelled)}. {outcome}"
        undo.announce(model_admin, request, text, [one.undo for one in cancelled])
    for one in outcomes:
        if one.problem:
            text = f"{one.appointment.reference} is still booked as it was. {one.problem}"
            model_admin.message_user(request, text, messages.WARNING)


def _ask(
    model_admin: Any, request: HttpRequest, calendar: Calendar, undecided: closing.Undecided, back: str
) -> HttpResponse:
    request._messages = default_storage(request)  # type: ignore[attr-defined]  # what the change said of itself is undone with it
    typed = [(name, value) for name, values in request.POST.lists() for value in values if _is_forms(name)]
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "original": calendar,
        "title": "Booked appointments",
        "rows": [_row(choice, request) for choice in undecided.choices],
        "rest": undecided.rest,
        "typed": typed,
        "again": "booked_decided" in request.POST,
        "message": request.POST.get("booked_message", ""),
        "with_mail": sum(bool(choice.appointment.email) for choice in undecided.choices),
        "back": back,
    }
    return TemplateResponse(request, "admin/assistant/closing.html", context)


def _is_forms(name: str) -> bool:
    return name not in OWN and not name.startswith(PREFIX)


def _row(choice: closing.Choice, request: HttpRequest) -> dict[str, Any]:
    row, today = choice.appointment, timezone.localdate()
    times = [
        (there.name, [(slot.id, f"{wording.day_label(slot.local.date(), today)}, {slot.label}") for slot in slots])
        for there, slots in choice.times
    ]
    name = f"{PREFIX}{row.pk}"
    chosen = request.POST.get(name, "")
    return {"appointment": row, "when": wording.when(row), "name": name, "times": times, "chosen": chosen}
