"""States as coloured labels: one table for the columns of lists and for the pages drawn from templates.

Templates load it as `states` (the `libraries` of TEMPLATES in the settings). A colour says what staff should think of a
state: good, bad, warn (worth a look), info (under way), or none.
"""

from __future__ import annotations

from typing import Any

from django import template
from django.db import models

from assistant.admin.inbox import shown
from assistant.models import (
    Appointment,
    Card,
    Conversation,
    Delivery,
    Document,
    Invitation,
    Message,
    Method,
    Replay,
    ToolCall,
    Turn,
)

GOOD, WARN, BAD, INFO, PLAIN = "good", "warn", "bad", "info", ""
UNFOLD = {GOOD: "success", WARN: "warning", BAD: "danger", INFO: "info", PLAIN: ""}

# By model, then by the value of its `state`.
ROWS: dict[type[models.Model], dict[str, str]] = {
    Appointment: {
        Appointment.State.HELD: INFO,
        Appointment.State.REQUESTED: WARN,
        Appointment.State.CONFIRMED: GOOD,
        Appointment.State.ATTENDED: PLAIN,
        Appointment.State.NO_SHOW: BAD,
        Appointment.State.CANCELLED: BAD,
        Appointment.State.DECLINED: PLAIN,
        Appointment.State.EXPIRED: PLAIN,
    },
    Card: {
        Card.State.OPEN: INFO,
        Card.State.ANSWERED: PLAIN,
        Card.State.EXPIRED: PLAIN,
        Card.State.CLOSED: PLAIN,
    },
    Conversation: {
        Conversation.State.ASSISTANT: GOOD,
        Conversation.State.WAITING: BAD,
        Conversation.State.STAFF: INFO,
        Conversation.State.CLOSED: PLAIN,
    },
    Delivery: {
        Delivery.State.QUEUED: INFO,
        Delivery.State.SENDING: INFO,
        Delivery.State.SENT: GOOD,
        Delivery.State.KEPT: WARN,
        Delivery.State.LOGGED: WARN,
        Delivery.State.DEAD: BAD,
        Delivery.State.WITHDRAWN: PLAIN,
    },
    Document: {
        Document.State.QUEUED: INFO,
        Document.State.READING: INFO,
        Document.State.READY: GOOD,
        Document.State.FAILED: BAD,
    },
    Invitation: {
        Invitation.State.OPEN: INFO,
        Invitation.State.ACCEPTED: GOOD,
        Invitation.State.WITHDRAWN: PLAIN,
        Invitation.State.EXPIRED: WARN,
    },
    Message: {
        Message.State.COMPLETE: GOOD,
        Message.State.INCOMPLETE: WARN,
        Message.State.STOPPED: WARN,
    },
    Replay: {
        Replay.State.QUEUED: INFO,
        Replay.State.RUNNING: INFO,
        Replay.State.DONE: GOOD,
        Replay.State.FAILED: BAD,
    },
    ToolCall: {
        ToolCall.State.PENDING: PLAIN,
        ToolCall.State.WAITING: INFO,
        ToolCall.State.SENT: WARN,
        ToolCall.State.DONE: GOOD,
        ToolCall.State.FAILED: BAD,
        ToolCall.State.REFUSED: WARN,
        ToolCall.State.UNKNOWN: BAD,
    },
    Turn: {
        Turn.State.QUEUED: INFO,
        Turn.State.RUNNING: INFO,
        Turn.State.DONE: GOOD,
        Turn.State.STOPPED: WARN,
        Turn.State.FAILED: BAD,
    },
}
# What is no row's state: by what it is the state of, then by value, with its words.
VALUES: dict[str, dict[str, tuple[str, str]]] = {
    "outcome": {  # of a call that was tried out or replayed, as `llm.ToolResult` has it
        "done": (GOOD, "Done"),
        "waiting": (INFO, "Would ask the visitor"),
        "refused": (WARN, "Refused"),
        "failed": (BAD, "Failed"),
        "unknown": (BAD, "Outcome unknown"),
    },
    "check": {  # of a provider's connection test
        "yes": (GOOD, "Yes"),
        "no": (WARN, "No"),
        "failed": (BAD, "Failed"),
    },
    "breaker": {  # a provider's circuit breaker
        "closed": (GOOD, "In use"),
        "half-open": (WARN, "Being tried"),
        "open": (BAD, "Paused"),
    },
    "import": {  # a method in the preview of an import
        "new": (PLAIN, "New"),
        "changed": (INFO, "Update"),
        "same": (PLAIN, "Up to date"),
        "refused": (BAD, "Cannot be imported"),
    },
    "risk": {
        Method.Risk.READ: (GOOD, Method.Risk.READ.label),
        Method.Risk.WRITE: (WARN, Method.Risk.WRITE.label),
        Method.Risk.IRREVERSIBLE: (BAD, Method.Risk.IRREVERSIBLE.label),
    },
}
TRYING_AGAIN = "Trying again"  # `Delivery.state_label` of one that was tried and is still queued

register = template.Library()


def look(what: Any, of: str = "") -> tuple[str, str]:
    """Colour and words of a row's state, or of a value of the set that `of` names in `VALUES`.

    A value that the set does not know, such as one from a newer version, is shown as it is, without a colour.
    """
    if of:
        return VALUES[of].get(what, (PLAIN, str(what).replace("_", " ").capitalize()))
    tone = ROWS[type(what)].get(what.state, PLAIN)
    match what:
        case Delivery(is_retried=True):
            return WARN, what.state_label
        case Card(kind=Card.Kind.RECEIPT):
            return tone, str(what.content.get("status") or "receipt").capitalize()
        case Card():
            choice = f": {what.choice}" if what.choice and what.kind != Card.Kind.SLOTS else ""
            return tone, f"{what.get_kind_display()}, {what.get_state_display().lower()}{choice}"
        case Conversation(staff=person) if person:
            return tone, f"{what.get_state_display()}: {person}"
        case _:
            return tone, what.get_state_display()


@register.inclusion_tag("admin/assistant/state_label.html")
def state_label(what: Any, of: str = "", suffix: str = "") -> dict[str, str]:
    """`{% state_label row %}`, or `{% state_label value "outcome" %}` for a value that is no row's state."""
    tone, text = look(what, of)
    return {"tone": tone, "text": f"{text}: {suffix}" if suffix else text}


@register.filter
def state_tone(what: Any, of: str = "") -> str:
    """The CSS class of a state, for what is coloured as a whole: "iw-good"; "" for one without a colour."""
    tone, _ = look(what, of)
    return f"iw-{tone}" if tone else ""


def column_labels(model: type[models.Model]) -> dict[str, str]:
    """What `@display(label=…)` of a list's column needs: Unfold's colours by the words of the state."""
    states: Any = model
    found = {str(states.State(value).label): UNFOLD[tone] for value, tone in ROWS[model].items()}
    return {**found, TRYING_AGAIN: UNFOLD[WARN]} if model is Delivery else found


def value_labels(of: str) -> dict[str, str]:
    """The same for a set of `VALUES`."""
    return {text: UNFOLD[tone] for tone, text in VALUES[of].values()}


@register.filter
def sent_files(message: Message) -> list[dict[str, Any]]:
    """The files of a message, with their addresses in the admin."""
    return shown.files(message)
