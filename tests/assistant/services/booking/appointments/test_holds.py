"""Holds: whose a time is until it is booked, let go, or lapses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assistant.errors import ToolError
from assistant.models import Appointment
from assistant.services.booking.appointments import attempts, holds
from tests import make
from tests.assistant.services.booking.appointments.bookings import NINE, NOW, call_of, held

pytestmark = pytest.mark.django_db


def test_a_held_time_is_nobody_elses_until_it_lapses(calendar, conversation):
    other = make.conversation(conversation.assistant)
    held(calendar, conversation)
    with pytest.raises(attempts.SlotTaken) as taken:
        held(calendar, other)
    assert [slot.label for slot in taken.value.alternatives.slots] == ["09:30", "10:00", "10:30"]
    assert taken.value.code == "slot_taken"
    assert taken.value.alternatives.slots[0].id in str(taken.value)
    assert held(calendar, other, now=NOW + timedelta(minutes=calendar.hold_minutes)).state == "held"
    assert set(Appointment.objects.values_list("state", flat=True)) == {"held", "expired"}


def test_neighbours_do_not_disturb_each_other_and_a_buffer_keeps_them_apart(calendar, conversation):
    held(calendar, conversation)
    assert held(calendar, make.conversation(conversation.assistant), NINE + timedelta(minutes=30)).state == "held"
    apart = make.calendar(conversation.organization, minutes=30, buffer_after_minutes=15)
    held(apart, conversation)
    apart.services.update(buffer_after_minutes=0)  # and with it the steps; the appointment keeps its own
    with pytest.raises(attempts.SlotTaken):
        held(apart, make.conversation(conversation.assistant), NINE + timedelta(minutes=30))


@pytest.mark.parametrize(
    "start_at",
    [
        NINE + timedelta(minutes=1),  # out of step
        NINE - timedelta(minutes=30),  # before opening
        NINE.replace(hour=17),  # after closing
        NOW - timedelta(days=1) + timedelta(hours=1),  # past
        NINE + timedelta(days=400),  # beyond the horizon
    ],
)
def test_a_time_that_is_not_offered_cannot_be_held_even_with_a_true_id(calendar, conversation, start_at):
    with pytest.raises(ToolError) as refused:
        held(calendar, conversation, start_at)
    assert refused.value.code == "slot_gone"
    assert not Appointment.objects.exists()


def test_a_closure_that_came_meanwhile_counts(calendar, conversation):
    calendar.closures.create(first_day=NINE.date(), last_day=NINE.date())
    with pytest.raises(ToolError, match="cannot be booked any longer"):
        held(calendar, conversation)


def test_one_call_holds_one_time_however_often_it_runs(calendar, conversation):
    call = call_of(conversation)
    assert held(calendar, conversation, call=call).pk == held(calendar, conversation, call=call).pk


def test_a_visitor_may_request_a_time_that_they_already_hold(calendar, conversation):
    first = held(calendar, conversation, call=call_of(conversation))
    second = held(calendar, conversation, call=call_of(conversation))
    first.refresh_from_db()
    assert (first.state, second.state) == ("expired", "held")


def test_a_visitor_holds_few_times_and_the_oldest_gives_way(calendar, conversation):
    for number in range(6):
        held(calendar, conversation, NINE + timedelta(minutes=30 * number), now=NOW + timedelta(seconds=number))
    kept = Appointment.objects.taking_time(NOW).order_by("start_at")
    assert [row.start_at.strftime("%H:%M") for row in kept] == ["10:30", "11:00", "11:30"]


def test_a_hold_that_is_let_go_is_free_at_once(calendar, conversation):
    holds.release(held(calendar, conversation))
    assert held(calendar, make.conversation(conversation.assistant)).state == "held"


def test_lapsed_holds_are_swept(calendar, conversation):
    held(calendar, conversation)
    assert holds.expire_holds(NOW) == 0
    assert holds.expire_holds(NOW + timedelta(hours=1)) == 1
