"""Calls that their runner has given up while a database thread was still at them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assistant.errors import ToolError
from assistant.models import Appointment, Calendar, Card, Conversation, Delivery, ToolCall
from assistant.services.booking.appointments import appointments, attempts, holds
from assistant.services.methods import ledger
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)
TEN = datetime(2030, 1, 9, 10, 0, tzinfo=UTC)
State = ToolCall.State


@pytest.fixture
def talk() -> Conversation:
    return make.conversation(make.assistant(make.organization(team_email="desk@example.org")))


@pytest.fixture
def chair(talk: Conversation) -> Calendar:
    return make.calendar(talk.organization, name="Window chair")


def begun(talk: Conversation, state: str = State.PENDING) -> ToolCall:
    call = ledger.write(talk.organization, "book", {}, conversation=talk)
    if state == State.SENT:
        assert ledger.claim(call)
    return call


def held(chair: Calendar, talk: Conversation, call: ToolCall, start_at: datetime = TEN) -> Appointment:
    return holds.hold(make.pick(chair, start_at), conversation=talk, call=call, now=NOW)


def as_its_thread_has_it(call: ToolCall) -> ToolCall:
    return ToolCall.objects.get(pk=call.pk)


def give_up(call: ToolCall, state: str = State.FAILED) -> None:
    assert ledger.close(call, state, "It took too long.", code="timeout")


def test_a_call_that_was_given_up_while_it_waited_for_the_lock_holds_nothing(chair, talk):
    call = begun(talk)
    late = as_its_thread_has_it(call)
    give_up(call)
    with pytest.raises(ToolError) as refused:
        held(chair, talk, late)
    assert refused.value.code == "given_up" and not Appointment.objects.exists()


@pytest.mark.parametrize("state", [State.FAILED, State.REFUSED])
def test_a_time_that_was_held_for_a_call_that_has_ended_is_free(chair, talk, state):
    call = begun(talk)
    hold = held(chair, talk, call)
    assert make.offer(chair, from_day="2030-01-09", now=NOW).slots[0].start_at < TEN
    give_up(call, state)
    assert TEN in [slot.start_at for slot in make.offer(chair, from_day="2030-01-09", now=NOW).slots]
    other = make.conversation(talk.assistant)
    assert held(chair, other, begun(other)).state == "held"
    hold.refresh_from_db()
    assert hold.state == "expired"


@pytest.mark.parametrize("state", [State.PENDING, State.WAITING, State.SENT, State.UNKNOWN])
def test_a_time_is_kept_as_long_as_its_call_may_still_be_under_way(chair, talk, state):
    call = begun(talk)
    held(chair, talk, call)
    ToolCall.objects.filter(pk=call.pk).update(state=state)
    other = make.conversation(talk.assistant)
    with pytest.raises(attempts.SlotTaken):
        held(chair, other, begun(other))


def test_what_a_given_up_call_held_is_swept(chair, talk):
    call = begun(talk)
    held(chair, talk, call)
    assert holds.expire_holds(NOW) == 0
    give_up(call)
    assert holds.expire_holds(NOW) == 1


def test_a_call_that_was_given_up_books_moves_and_cancels_nothing(chair, talk):
    hold = held(chair, talk, begun(talk))
    booked = appointments.confirm(hold, name="Ann", email="ann@example.org", now=NOW)
    second = held(chair, talk, begun(talk), TEN + timedelta(hours=1))
    mails = Delivery.objects.count()
    call = begun(talk, State.SENT)
    late = as_its_thread_has_it(call)
    give_up(call, State.UNKNOWN)
    later = make.pick(chair, TEN + timedelta(hours=2))
    for act in (
        lambda: appointments.confirm(second, name="Ann", email="ann@example.org", call=late, now=NOW),
        lambda: appointments.reschedule(booked, later, call=late, now=NOW),
        lambda: appointments.cancel(booked, call=late, now=NOW),
    ):
        with pytest.raises(ToolError) as refused:
            act()
        assert refused.value.code == "given_up"
    booked.refresh_from_db()
    second.refresh_from_db()
    assert (booked.state, booked.start_at, second.state) == ("confirmed", TEN, "held")
    assert Delivery.objects.count() == mails and talk.cards.filter(kind=Card.Kind.RECEIPT).count() == 1


def test_a_runner_whose_call_another_one_has_taken_over_books_nothing(chair, talk):
    call = begun(talk, State.SENT)
    hold = held(chair, talk, call)
    slow = as_its_thread_has_it(call)
    assert ledger.claim_again(call, seconds=-1)
    with pytest.raises(ToolError):
        appointments.confirm(hold, name="Ann", email="ann@example.org", call=slow, now=NOW)
    assert appointments.confirm(hold, name="Ann", email="ann@example.org", call=call, now=NOW).state == "confirmed"


def test_a_call_whose_turn_was_stopped_may_finish_what_it_has_begun(chair, talk):
    call = begun(talk, State.SENT)
    hold = held(chair, talk, call)
    ToolCall.objects.filter(pk=call.pk).update(state=State.UNKNOWN, code="no_word")
    assert appointments.confirm(hold, name="Ann", email="ann@example.org", call=call, now=NOW).state == "confirmed"


@pytest.mark.parametrize("state", [State.FAILED, State.UNKNOWN])
def test_a_call_that_booked_before_it_was_given_up_is_done_and_not_failed(chair, talk, state):
    call = begun(talk, State.SENT)
    hold = held(chair, talk, call)
    booked = appointments.confirm(hold, name="Ann", email="ann@example.org", call=as_its_thread_has_it(call), now=NOW)
    assert not ledger.close(call, state, "It took too long.", code="timeout")
    call.refresh_from_db()
    assert (call.state, call.code) == (State.DONE, "") and booked.reference in call.result
    assert ledger.receipts(talk) == [("book", booked.reference)]
