"""The transition table of appointments."""

from __future__ import annotations

import pytest

from assistant.errors import ToolError
from assistant.models import Appointment
from assistant.services.booking.appointments import states
from assistant.services.booking.appointments.states import State


def test_every_state_stands_in_the_table():
    assert set(states.TRANSITIONS) == set(State.values)
    assert {to for row in states.TRANSITIONS.values() for to in row} <= set(State.values)


@pytest.mark.parametrize("state", [State.CANCELLED, State.DECLINED])
def test_no_final_state_is_left_again(state):
    appointment = Appointment(state=state)
    for to in State.values:
        with pytest.raises(ToolError):
            states.change(appointment, to)
    assert appointment.state == state


def test_what_was_recorded_can_only_be_corrected():
    assert states.TRANSITIONS[State.ATTENDED] == {State.NO_SHOW} and states.TRANSITIONS[State.NO_SHOW] == {State.ATTENDED}
