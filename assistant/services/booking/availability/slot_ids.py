"""Slot ids: a service, a calendar or whichever is free, and an instant, under a seal of ours.

Short enough for a model to repeat without a slip. An id is a convenience and no permission: what it names is looked at
again under the calendar's lock before it is held.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from django.db.models import QuerySet

from assistant import signatures
from assistant.errors import ToolError
from assistant.models import Calendar, Service

SALT, SEAL_CHARS = "assistant.slot", 8
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Pick:
    """What somebody wants to book: by its `calendar`, or on whichever is free where that is None."""

    service: Service
    calendar: Calendar | None
    start_at: datetime  # UTC
    # Which times may be picked: those that visitors are offered; by staff, any while the calendar is open, or any at all.
    within: Literal["offered", "open", "any"] = "offered"
    length: timedelta | None = None  # another than the service's, set by staff


def issue(service: Service, calendar: Calendar | None, start_at: datetime) -> str:
    named = (service.pk, calendar.pk if calendar else 0, int(start_at.timestamp()))
    text = "-".join(_in_base_36(number) for number in named)
    return f"{text}-{signatures.sign(SALT, text, SEAL_CHARS)}"


def read(id: str, services: QuerySet[Service]) -> Pick:
    """What an id of ours names, of the `services` that may be booked here. Raises `ToolError` for every other text."""
    text, _, seal = id.strip().rpartition("-")
    if not signatures.is_signed(SALT, text, seal, SEAL_CHARS):
        raise unknown()
    service_id, calendar_id, seconds = (int(part, 36) for part in text.split("-"))
    service = services.filter(pk=service_id).select_related("organization").first()
    if service is None:
        raise unknown()
    calendar = service.calendars.filter(pk=calendar_id).first() if calendar_id else None
    if calendar_id and calendar is None:
        raise ToolError("That time cannot be booked any longer. Look for free times again.", code="slot_gone")
    return Pick(service, calendar, datetime.fromtimestamp(seconds, UTC))


def unknown() -> ToolError:
    """What is raised for an id that was never given out here."""
    return ToolError("There is no such slot. Look for free times again and use a slot id from there.", code="unknown_slot")


def _in_base_36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text or "0"
