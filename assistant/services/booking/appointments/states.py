"""The states of an appointment, and which may follow which."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.errors import ToolError
from assistant.models import Appointment

State = Appointment.State

TRANSITIONS: Mapping[str, frozenset[str]] = {
    State.HELD: frozenset({State.REQUESTED, State.CONFIRMED, State.EXPIRED}),
    # A hold that has lapsed is good as long as nobody has taken the time.
    State.EXPIRED: frozenset({State.HELD, State.REQUESTED, State.CONFIRMED}),
    State.REQUESTED: frozenset({State.CONFIRMED, State.DECLINED, State.CANCELLED}),
    # Back to a request, where its visitor moves what staff have approved for another time.
    State.CONFIRMED: frozenset({State.REQUESTED, State.ATTENDED, State.NO_SHOW, State.CANCELLED}),
    State.ATTENDED: frozenset({State.NO_SHOW}),
    State.NO_SHOW: frozenset({State.ATTENDED}),
    State.CANCELLED: frozenset(),
    State.DECLINED: frozenset(),
}

_REFUSALS = {
    State.CANCELLED: ("That appointment has been cancelled.", "cancelled"),
    State.DECLINED: ("That request has been declined.", "cancelled"),
    State.ATTENDED: ("That appointment is over.", "too_late"),
    State.NO_SHOW: ("That appointment is over.", "too_late"),
}


def change(appointment: Appointment, to: str) -> None:
    """Set the state of an unsaved appointment. Raises `ToolError` where the table does not allow it."""
    if to not in TRANSITIONS[appointment.state]:
        default = (f"An appointment that is {appointment.get_state_display().lower()} cannot become {to}.", "wrong_state")
        text, code = _REFUSALS.get(State(appointment.state), default)
        raise ToolError(text, code=code)
    appointment.state = to


def undo_cancellation(appointment: Appointment, to: str) -> None:
    """Set the state of an unsaved appointment to what it was before staff cancelled it by mistake. Not a row of the table:
    nobody else brings an appointment back."""
    if appointment.state != State.CANCELLED or to not in (State.REQUESTED, State.CONFIRMED):
        raise ToolError("Only a cancelled appointment can be brought back.", code="wrong_state")
    appointment.state = to
