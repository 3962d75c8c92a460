"""The ledger of tool calls, which the executor writes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from assistant.checks import open_calls
from assistant.errors import TurnTaken
from assistant.models import Card, Conversation, Delivery, Message, Method, ToolCall, Turn
from assistant.services.conversations import card_answers
from assistant.services.conversations.leases import begin_turn, claim_turn
from assistant.services.conversations.messages import append_message
from assistant.services.conversations.outcomes import Outcome, finish_turn
from assistant.services.methods import ledger
from tests import make

pytestmark = pytest.mark.django_db
State = ToolCall.State


def soon() -> datetime:
    return timezone.now() + timedelta(minutes=10)


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


def begin(talk: Conversation, turn: Turn, method: Method, *, at_once: bool = True, name: str = "do_it") -> ledger.BegunCall:
    act = ledger.Act(method, "write", talk.assistant, at_once)
    return ledger.begin(talk.organization, name, {}, act, conversation=talk, place=ledger.Place(turn, 1, 0))


def test_writing_a_call_that_acts_at_once_claims_it_and_for_one_of_all(
    talk: Conversation, turn: Turn, method: Method
) -> None:
    first, again = begin(talk, turn, method), begin(talk, turn, method)
    assert (first.new, again.new) == (True, False) and first.row == again.row
    again.row.refresh_from_db()
    assert (again.row.state, again.row.attempts, again.row.method, again.row.risk) == (State.SENT, 1, method, "write")
    assert ledger.close(first.row, State.DONE, "Done.")


def test_a_call_that_a_card_comes_before_or_that_may_not_run_is_written_and_not_claimed(
    talk: Conversation, turn: Turn, method: Method
) -> None:
    asks = begin(talk, turn, method, at_once=False)
    assert (asks.new, asks.refused, asks.row.state, asks.row.started_at) == (True, "", State.PENDING, None)
    ToolCall.objects.all().delete()
    talk.assistant.methods.clear()
    refused = begin(talk, turn, method)
    assert (refused.new, refused.refused, refused.row.state, refused.row.method) == (
        True,
        "not_offered",
        State.PENDING,
        None,
    )


def test_nothing_is_written_for_a_runner_whose_lease_is_lost(talk: Conversation, turn: Turn, method: Method) -> None:
    late = claim_turn(turn.pk)
    Turn.objects.update(fence=2)
    with pytest.raises(TurnTaken):
        begin(talk, late, method)
    assert not ToolCall.objects.exists()
    begin(talk, Turn.objects.get(), method)
    with pytest.raises(TurnTaken):
        begin(talk, late, method)


def test_a_row_is_taken_over_only_when_its_time_is_over(talk: Conversation, turn: Turn) -> None:
    row = write(talk, turn)
    assert ledger.claim(row) and not ledger.claim_again(row, 20)
    ToolCall.objects.update(started_at=timezone.now() - timedelta(seconds=21))
    late = ToolCall.objects.get()
    assert ledger.claim_again(row, 20) and not ledger.claim_again(late, 20)


def test_a_runner_that_has_lost_the_row_cannot_close_it(talk: Conversation, turn: Turn) -> None:
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
def test_a_call_counts_against_the_quota_once_it_was_sent_or_the_visitor_was_asked(
    state: str, code: str, counts: bool, talk: Conversation, method: Method
) -> None:
    method.per_visitor_per_day = 1
    method.save()
    first, second = write(talk), write(talk)
    assert ledger.authorize(first, method, talk.assistant, "write") == ""
    ToolCall.objects.filter(pk=first.pk).update(state=state, code=code)
    assert ledger.authorize(second, method, talk.assistant, "write") == ("visitor_quota" if counts else "")
    ToolCall.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(hours=25))
    assert ledger.authorize(second, method, talk.assistant, "write") == ""


def test_a_click_is_counted_among_the_calls_of_its_turn(talk: Conversation, turn: Turn) -> None:
    row = write(talk, initiator=ToolCall.Initiator.VISITOR)
    ledger.adopt(row, turn)
    assert list(turn.tool_calls.all()) == [row] and ledger.left_behind(turn) == []


def test_a_confirm_card_that_ran_out_closes_its_call_and_one_that_was_answered_does_not(
    talk: Conversation, turn: Turn
) -> None:
    late, answered, open_still = (write(talk, turn, ordinal) for ordinal in range(3))
    for row in (late, answered, open_still):
        assert ledger.wait_for_visitor(row, {"title": "Sure?", "lines": [], "fields": []}, "Waiting.", soon())
    card_answers.answer(talk, str(answered.cards.get().pk), "confirm")
    Card.objects.exclude(call=open_still).update(expires_at=timezone.now() - timedelta(seconds=1))
    ledger.give_up_waiting()
    states = [(row.state, row.code) for row in ToolCall.objects.order_by("ordinal")]
    assert states == [(State.REFUSED, "expired"), (State.WAITING, ""), (State.WAITING, "")]
    assert late.cards.get().state == Card.State.EXPIRED
    assert card_answers.answer(talk, str(late.cards.get().pk), "confirm") is None


# --- The end of a turn -----------------------------------------------------------------------------------------------

ASKS = {"title": "Sure?", "lines": [], "fields": []}
GIVEN_UP = Outcome(Turn.State.FAILED, code="internal")


def state_of(row: ToolCall) -> tuple[str, str]:
    row.refresh_from_db()
    return row.state, row.code


def test_a_turn_that_ends_closes_its_calls_and_lets_a_card_wait_on(talk: Conversation, turn: Turn) -> None:
    running = claim_turn(turn.pk)
    begun, written, waiting, done = (write(talk, running, ordinal) for ordinal in range(4))
    elsewhere = write(talk, key="voice")
    assert ledger.claim(begun) and ledger.claim(done) and ledger.close(done, State.DONE, "Done.")
    assert ledger.wait_for_visitor(waiting, ASKS, "Waiting.", soon())
    finish_turn(running, GIVEN_UP)
    assert [state_of(row) for row in (begun, written)] == [(State.UNKNOWN, "no_word"), (State.FAILED, "not_begun")]
    assert [state_of(row) for row in (waiting, done, elsewhere)] == [
        (State.WAITING, ""),
        (State.DONE, ""),
        (State.PENDING, ""),
    ]


def test_a_runner_still_reports_a_calls_result_after_its_turn_has_ended(talk: Conversation, turn: Turn) -> None:
    running = claim_turn(turn.pk)
    slow = write(talk, running)
    assert ledger.claim(slow)
    never_ran = ToolCall.objects.get()
    never_ran.state = State.PENDING  # as somebody read it who did not run it
    finish_turn(running, GIVEN_UP)
    assert not ledger.close(never_ran, State.FAILED, "Not begun.", code="not_begun")
    assert ledger.close(slow, State.DONE, "It is done.")
    assert not ledger.close(slow, State.UNKNOWN, "Nobody knows.", code="no_word")
    assert state_of(slow) == (State.DONE, "")


def test_the_first_runner_of_a_call_says_what_came_of_it_though_another_had_given_it_up(
    talk: Conversation, turn: Turn
) -> None:
    first = write(talk, turn)
    ledger.claim(first)
    ToolCall.objects.update(started_at=timezone.now() - timedelta(minutes=1))
    second = ToolCall.objects.get()
    assert ledger.claim_again(second, 20) and ledger.close(second, State.UNKNOWN, "Nobody knows.", code="no_word")
    assert ledger.close(first, State.DONE, "It is done.") and state_of(second) == (State.DONE, "")


def test_no_call_begins_once_its_turn_has_ended(talk: Conversation, turn: Turn) -> None:
    running = claim_turn(turn.pk)
    late = write(talk, running)
    Turn.objects.update(state=Turn.State.DONE)  # the row came in behind the turn's end
    assert not ledger.claim(late)
    assert ledger.close_orphans() == 1 and state_of(late) == (State.FAILED, "not_begun")


def clicked(talk: Conversation, row: ToolCall) -> Turn:
    assert ledger.wait_for_visitor(row, ASKS, "Waiting.", soon())
    begun = card_answers.answer(talk, str(row.cards.get().pk), "confirm")
    assert begun
    return begun


def test_what_a_visitor_confirmed_is_run_by_a_later_turn_and_closed_with_that(talk: Conversation, turn: Turn) -> None:
    running = claim_turn(turn.pk)
    first, second = write(talk, running), write(talk, running, 1)
    confirming = clicked(talk, first)
    finish_turn(running, GIVEN_UP)
    first.refresh_from_db()
    assert claim_turn(confirming.pk) and ledger.claim(first)
    assert ledger.close_orphans() == 0 and state_of(first) == (State.SENT, "")
    confirming.refresh_from_db()
    finish_turn(confirming, GIVEN_UP)
    assert state_of(first) == (State.UNKNOWN, "no_word")
    assert state_of(second) == (State.FAILED, "not_begun")


def test_a_click_that_led_to_another_question_waits_on_for_its_answer(talk: Conversation, turn: Turn) -> None:
    row = write(talk, initiator=ToolCall.Initiator.VISITOR)
    Turn.objects.filter(pk=turn.pk).update(opening_call=row)
    asking = claim_turn(turn.pk)
    ledger.adopt(row, asking)
    assert ledger.wait_for_visitor(row, ASKS, "Waiting.", soon())
    assert ledger.close_orphans() == 0
    other = write(talk, initiator=ToolCall.Initiator.VISITOR, key="other")
    confirming = clicked(talk, other)
    finish_turn(asking, GIVEN_UP)
    assert ledger.close_orphans() == 0
    assert [state_of(one) for one in (row, other)] == [(State.WAITING, ""), (State.WAITING, "")]
    running = claim_turn(confirming.pk)
    assert ledger.claim(other)
    finish_turn(running, GIVEN_UP)
    assert [state_of(one)[0] for one in (row, other)] == [State.WAITING, State.UNKNOWN]


def test_a_confirmed_call_whose_turn_was_given_up_before_it_ran_has_not_begun(talk: Conversation, turn: Turn) -> None:
    running = claim_turn(turn.pk)
    row = write(talk, running)
    confirming = clicked(talk, row)
    finish_turn(running, GIVEN_UP)
    finish_turn(claim_turn(confirming.pk), GIVEN_UP)
    assert state_of(row) == (State.FAILED, "not_begun")


def test_the_sweep_closes_orphaned_calls_and_the_check_counts_them(talk: Conversation, turn: Turn) -> None:
    running = claim_turn(turn.pk)
    at_work, relayed, fresh = write(talk, running), write(talk, key="old"), write(talk, key="new")
    assert ledger.claim(at_work) and ledger.claim(relayed) and ledger.claim(fresh)
    long_ago = timezone.now() - ledger.ORPHANED - timedelta(seconds=1)
    ToolCall.objects.exclude(pk=fresh.pk).update(created_at=long_ago, started_at=long_ago)
    Turn.objects.filter(pk=turn.pk).update(deadline_at=long_ago)
    [found] = open_calls(databases=["default"])
    assert found.id == "assistant.W016" and found.msg.startswith("1 tool calls")
    assert ledger.close_orphans() == 1 and open_calls(databases=["default"]) == []
    assert [state_of(row)[0] for row in (at_work, relayed, fresh)] == [State.SENT, State.UNKNOWN, State.SENT]


def test_a_message_that_was_given_up_is_nothing_that_has_been_done(talk: Conversation) -> None:
    call = write(talk)
    ledger.give_receipt(call, "M-1A2B3C")
    ToolCall.objects.filter(pk=call.pk).update(state=State.DONE)
    mails = [
        Delivery.objects.create(
            organization=talk.organization, call=call, key=key, to=f"{key}@example.com", subject="s", text="t"
        )
        for key in ("ann", "bob")
    ]
    for state in ("queued", "sending", "sent", "kept", "dead"):
        Delivery.objects.filter(pk=mails[0].pk).update(state=state)
        assert ledger.done_names(talk) == {"do_it"} and ledger.receipts(talk) == [("do_it", "M-1A2B3C")], state
    Delivery.objects.update(state="dead")
    assert ledger.done_names(talk) == set() and ledger.receipts(talk) == []
