"""The receipt card of an appointment."""

from __future__ import annotations

from typing import Any

from assistant.models import Appointment
from assistant.sentences import label
from assistant.services.booking.invitations import form_fields
from assistant.services.booking.invitations.descriptions import ENDED, Change, calendar_links, lines, locale_of
from assistant.services.booking.invitations.links import ics_url, manage_url


def receipt(appointment: Appointment, change: Change, note: str = "") -> dict[str, Any]:
    """A receipt card's content, as docs/protocol.md has it."""
    content: dict[str, Any] = {
        "title": label(change, locale_of(appointment)),
        "reference": appointment.reference,
        "lines": [
            *(list(line) if line.url else list(line[:2]) for line in lines(appointment)),
            *([name, value] for name, value in form_fields.answered(appointment, by_visitor=True)),
        ],
        "status": "cancelled" if change in ENDED else "done",
    }
    if change == "requested":
        note = f"{label('awaits_answer', locale_of(appointment))} {note}".strip()
    if note:
        content["note"] = note
    if change not in ENDED:
        content |= {"ics_url": ics_url(appointment), "manage_url": manage_url(appointment)}
        content["calendar_links"] = [list(link) for link in calendar_links(appointment)]
    return content


def replaced(appointment: Appointment, content: dict[str, Any]) -> dict[str, Any]:
    """The content of a receipt that holds no longer: what it was of, without a time that nobody should come at."""
    note = label("no_longer_valid", locale_of(appointment))
    return {"title": content["title"], "reference": content["reference"], "lines": [], "status": "replaced", "note": note}
