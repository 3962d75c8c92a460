"""The ledger of tool calls, beneath the door that everything goes through."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from assistant.models import Card, Conversation, Message, Method, ToolCall, Turn
from assistant.services.conversations import card_answers
from assistant.services.conversations.leases import begin_turn
from assistant.services.conversations.messages import append_message
from assistant.services.methods import ledger
from tests import make

pytestmark = pytest.mark.django_db
State = ToolCall.State


@pytest.fixture
def talk() -> Conversation:
    return make.conversation()


@pytest.fixture
def turn(talk: Conversation) -> Turn:
    return begin_turn(append_message(talk, Message.Role.VISITOR, "Hello"))


@pytest.fixture
def method(talk: Conversation) -> Method:
    made = Method.objects.create(organization=talk.organization, name="do_it", kind="http", description="")
    talk.assistant.methods.add(made)
    return made


def write(talk: Conversation, turn: Turn | None = None, ordinal: int = 0, **fields: object) -> ToolCall:
    place = ledger.Place(turn, 1, ordinal) if turn else None
    return ledger.write(talk.organization, "do_it", {"a": 1}, conversation=talk, place=place, **fields)  # type: ignore[arg-type]


def test_a_place_has_one_row_and_a_row_one_key(talk: Conversation, turn: Turn) -> None:
    first, again, other = write(talk, turn), write(talk, turn), write(talk, turn, 1)
    assert first == again != other
    assert first.idempotency_key == again.idempotency_key == f"call-{first.pk}" != other.idempotency_key


def test_exactly_one_of_many_claims_a_row(talk: Conversation, turn: Turn) -> None:
    copies = [write(talk, turn) for _ in range(5)]
    assert [ledger.claim(copy) for copy in copies] == [True, False, False, False, False]


def test_a_row_is_taken_over_only_when_its_time_is_over(talk: Conversation, turn: Turn) -> None:
    row = write(talk, turn)
    assert ledger.claim(row) and not ledger.claim_again(row, 20)
    ToolCall.objects.update(started_at=timezone.now() - timedelta(seconds=21))
    late = ToolCall.objects.get()
    assert ledger.claim_again(row, 20) and not ledger.claim_again(late, 20)


def test_whoever_has_lost_the_row_cannot_close_it(talk: Conversation, turn: Turn) -> None:
    row = write(talk, turn)
    ledger.claim(row)
    ToolCall.objects.update(started_at=timezone.now() - timedelta(minutes=1))
    newer = ToolCall.objects.get()
    assert ledger.claim_again(newer, 20)
    assert not ledger.close(row, State.DONE, "from the old one")
    assert ledger.close(newer, State.DONE, "from the new one")
    assert not ledger.close(newer, State.FAILED, "twice")
    assert ToolCall.objects.get().result == "from the new one"


USES_UP = {
    (State.DONE, ""): True,
    (State.UNKNOWN, ""): True,
    (State.WAITING, ""): True,
    (State.SENT, ""): True,
    (State.FAILED, ""): True,  # another server's no
    (State.FAILED, "timeout"): True,
    (State.FAILED, "mcp_error"): True,
    (State.FAILED, "slot_taken"): False,
    (State.FAILED, "dns"): False,
    (State.REFUSED, ""): False,
}


@pytest.mark.parametrize(("state", "code", "counts"), [(*ended, counts) for ended, counts in USES_UP.items()])
def test_what_was_asked_of_somebody_uses_up_the_quota(
    state: str, code: str, counts: bool, talk: Conversation, method: Method
) -> None:
    method.per_visitor_per_day = 1
    method.save()
    first, second = write(talk), write(talk)
    assert ledger.take(first, method, talk.assistant, "write") == ""
    ToolCall.objects.filter(pk=first.pk).update(state=state, code=code)
    assert ledger.take(second, method, talk.assistant, "write") == ("visitor_quota" if counts else "")
    ToolCall.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(hours=25))
    assert ledger.take(second, method, talk.assistant, "write") == ""


def test_a_click_is_counted_among_the_calls_of_its_turn(talk: Conversation, turn: Turn) -> None:
    row = write(talk, initiator=ToolCall.Initiator.VISITOR)
    ledger.adopt(row, turn)
    assert list(turn.tool_calls.all()) == [row] and ledger.left_behind(turn) == []


def test_a_confirm_card_that_ran_out_closes_its_call_and_one_that_was_answered_does_not(
    talk: Conversation, turn: Turn
) -> None:
    late, answered, open_still = (write(talk, turn, ordinal) for ordinal in range(3))
    for row in (late, answered, open_still):
        assert ledger.wait_for_visitor(row, {"title": "Sure?", "lines": [], "fields": []}, "Waiting.", 600)
    card_answers.answer(talk, str(answered.cards.get().pk), "confirm")
    Card.objects.exclude(call=open_still).update(expires_at=timezone.now() - timedelta(seconds=1))
    ledger.give_up_waiting()
    states = [(row.state, row.code) for row in ToolCall.objects.order_by("ordinal")]
    assert states == [(State.REFUSED, "expired"), (State.WAITING, ""), (State.WAITING, "")]
    assert late.cards.get().state == Card.State.EXPIRED
    assert card_answers.answer(talk, str(late.cards.get().pk), "confirm") is None
