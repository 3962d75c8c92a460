"""The one executor of side effects, against a model that is a puppet of the visitor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django import forms
from django.utils import timezone

from assistant import turns
from assistant.errors import ToolError, TurnTaken
from assistant.llm import ToolCallRequest, ToolResult
from assistant.models import Card, Conversation, Method, Turn
from assistant.models import ToolCall as Row
from assistant.services.conversations import card_answers
from assistant.services.methods import ledger
from assistant.tools import KINDS
from assistant.tools.executor import Executor, try_out
from assistant.tools.kind import Context, Kind, Operation, Preview
from assistant.tools.tool import Tool
from tests import make
from tests.assistant.tools.acts import Acts, call

Make = Callable[..., Method]
pytestmark = pytest.mark.django_db


def rows() -> list[Row]:
    return list(Row.objects.order_by("created_at"))


async def run(turn: Turn, wish: ToolCallRequest, *, round: int = 1, ordinal: int = 0) -> ToolResult:
    executor = await Executor.for_turn(turn)
    return await executor.execute(wish, round=round, ordinal=ordinal)


async def test_a_call_is_in_the_ledger_before_and_after_the_act(turn: Turn, method: Make, acts: Acts) -> None:
    made = await sync_to_async(method)(turn.conversation.assistant)
    executor = await Executor.for_turn(turn)
    acts.hold = asyncio.Event()
    running = asyncio.create_task(executor.execute(call(text="x"), round=1, ordinal=0))
    await acts.begun.wait()
    (row,) = await sync_to_async(rows)()
    assert (row.state, row.arguments, row.turn_id, row.round) == (Row.State.SENT, {"text": "x"}, turn.pk, 1)
    assert row.idempotency_key == f"call-{row.pk}" == acts.keys[0]
    acts.hold.set()
    result = await running
    assert (result.text, result.outcome, result.effects) == ("Done so.", "done", frozenset({"done"}))
    await sync_to_async(row.refresh_from_db)()
    assert (row.state, row.result, row.method_id, row.attempts) == (Row.State.DONE, "Done so.", made.pk, 1)


def offered(executor: Executor) -> set[str]:
    return {spec.name for spec in executor.specs()}


async def test_only_this_assistants_own_enabled_methods_are_offered_and_run(turn: Turn, method: Make, acts: Acts) -> None:
    def set_up() -> None:
        mine = turn.conversation.assistant
        method(mine, "mine")
        method(mine, "switched_off", enabled=False)
        sister = make.assistant(mine.organization, name="Sister")
        method(sister, "sisters")
        foreign = make.assistant(make.organization("Other"))
        theirs = method(foreign, "theirs")
        mine.methods.add(theirs)  # even where a row was tied wrongly

    await sync_to_async(set_up)()
    executor = await Executor.for_turn(turn)
    assert offered(executor) == {"mine"}
    for ordinal, name in enumerate(["switched_off", "sisters", "theirs", "made_up", "", "x" * 300, "__class__", "mine\x00"]):
        result = await executor.execute(call(name, text="x"), round=1, ordinal=ordinal)
        assert result.outcome in ("refused", "done") and (result.outcome == "done") == (name == "mine\x00")
    assert len(acts.seen) == 1


async def test_what_is_switched_off_while_a_turn_runs_is_not_run(turn: Turn, method: Make, acts: Acts) -> None:
    made = await sync_to_async(method)(turn.conversation.assistant)
    executor = await Executor.for_turn(turn)
    await Method.objects.filter(pk=made.pk).aupdate(enabled=False)
    assert (await executor.execute(call(text="x"), round=1, ordinal=0)).outcome == "refused"
    await Method.objects.filter(pk=made.pk).aupdate(enabled=True)
    assistant = turn.conversation.assistant
    await assistant.methods.aclear()
    assert (await executor.execute(call(text="x"), round=1, ordinal=1)).outcome == "refused"
    await assistant.methods.aadd(made)
    await type(assistant).objects.filter(pk=assistant.pk).aupdate(enabled=False)
    assert (await executor.execute(call(text="x"), round=1, ordinal=2)).outcome == "refused"
    assert acts.seen == []


BAD_ARGUMENTS: list[Any] = [
    None, [], "text", 5, True, {}, {"text": 5}, {"text": None}, {"text": "x" * 51}, {"text": "x", "more": 1},
    {"text": "x", "Text": "y"}, {"text": "x", "__proto__": {}}, {"text": "a\x00b"}, {"text": "\ud800"}, {"text": ["x"]},
    {"text": "x", "n": float("nan")}, {"text": "x", "n": 10**400}, {"text": "x", "big": "y" * 20_000},
]  # fmt: skip


def nested(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize("arguments", [*BAD_ARGUMENTS, nested(100_000)], ids=lambda value: str(type(value).__name__))
async def test_invalid_arguments_are_returned_to_the_model_and_never_run(
    arguments: Any, turn: Turn, method: Make, acts: Acts
) -> None:
    await sync_to_async(method)(turn.conversation.assistant)
    result = await run(turn, ToolCallRequest("c", "do_it", arguments))
    assert result.outcome == "failed" and len(result.text) < 2000
    assert acts.seen == []
    (row,) = await sync_to_async(rows)()
    assert (row.state, row.code) == (Row.State.FAILED, "bad_arguments")


@pytest.mark.parametrize("name", ["shop", "Shop", "SHOP", "s_hop", "shop_", "ｓｈｏｐ", "sh-op", "shop ", " shop"])
async def test_what_staff_have_fixed_is_neither_seen_nor_changed(name: str, turn: Turn, method: Make, acts: Acts) -> None:
    schema = {"type": "object", "properties": {"text": {"type": "string"}, "shop": {"type": "string"}}, "required": ["shop"]}
    await sync_to_async(method)(turn.conversation.assistant, parameters=schema, fixed={"shop": "berlin"})
    executor = await Executor.for_turn(turn)
    assert "shop" not in str(executor.specs()[0].parameters)
    assert (await executor.execute(call(**{"text": "x", name: "evil"}), round=1, ordinal=0)).outcome == "failed"
    assert (await executor.execute(call(text="x"), round=1, ordinal=1)).outcome == "done"
    assert acts.seen == [{"text": "x", "shop": "berlin"}]


# --- Once ------------------------------------------------------------------------------------------------------------


async def test_fifty_runs_of_one_call_act_once(turn: Turn, method: Make, acts: Acts) -> None:
    await sync_to_async(method)(turn.conversation.assistant)
    executor = await Executor.for_turn(turn)
    results = await asyncio.gather(*(executor.execute(call(text="x"), round=1, ordinal=0) for _ in range(50)))
    assert len(acts.seen) == 1
    assert {(result.text, result.outcome) for result in results} == {("Done so.", "done")}


async def test_a_call_relayed_from_a_voice_session_runs_once_per_id(turn: Turn, method: Make, acts: Acts) -> None:
    await sync_to_async(method)(turn.conversation.assistant)
    executor = await Executor.for_conversation(turn.conversation)
    results = await asyncio.gather(*(executor.execute_relayed(call(text="x")) for _ in range(10)))
    assert {result.outcome for result in results} == {"done"} and len(acts.seen) == 1
    assert (await executor.execute_relayed(call(text="other"))).outcome == "refused"
    other = await sync_to_async(make.conversation)(turn.conversation.assistant)
    executor = await Executor.for_conversation(other)
    assert (await executor.execute_relayed(call(text="x"))).outcome == "done" and len(acts.seen) == 2


async def test_the_same_place_again_gives_the_recorded_result(turn: Turn, method: Make, acts: Acts) -> None:
    await sync_to_async(method)(turn.conversation.assistant)
    first = await run(turn, call(text="x"))
    assert await run(turn, call(text="x")) == first
    assert (await run(turn, call(text="other"))).outcome == "refused"
    assert len(acts.seen) == 1


async def crashed(turn: Turn, kind: str, method: Make, *, began: float = 60, state: str = Row.State.SENT) -> Row:
    """A row as a process leaves it that died `began` seconds after it took it."""
    made = await sync_to_async(method)(turn.conversation.assistant, kind=kind)
    row = await sync_to_async(ledger.write)(
        made.organization,
        "do_it",
        {"text": "x"},
        method=made,
        conversation=turn.conversation,
        place=ledger.Place(turn, 1, 0),
    )
    at = timezone.now() - timedelta(seconds=began)
    await Row.objects.filter(pk=row.pk).aupdate(state=state, started_at=at, attempts=1)
    return row


async def test_a_call_that_died_on_the_way_is_unknown_and_not_repeated(turn: Turn, method: Make, acts: Acts) -> None:
    row = await crashed(turn, "counted", method)
    await Executor.for_turn(turn)
    await row.arefresh_from_db()
    assert (row.state, row.code, acts.seen) == (Row.State.UNKNOWN, "no_word", [])
    assert (await run(turn, call(text="x"))).outcome == "unknown"
    assert acts.seen == []


async def test_a_harmless_call_that_died_on_the_way_is_repeated_under_the_same_key(
    turn: Turn, method: Make, acts: Acts
) -> None:
    row = await crashed(turn, "harmless", method)
    executors = await asyncio.gather(*(Executor.for_turn(turn) for _ in range(5)))
    await row.arefresh_from_db()
    assert (row.state, acts.keys, row.attempts) == (Row.State.DONE, [row.idempotency_key], 2)
    assert len(executors) == 5


async def test_a_call_that_another_runner_may_still_be_making_is_waited_for(turn: Turn, method: Make, acts: Acts) -> None:
    row = await crashed(turn, "counted", method, began=0)
    waiting = asyncio.create_task(run(turn, call(text="x")))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    row.attempts = 1
    await sync_to_async(ledger.close)(row, Row.State.DONE, "It has been done.")
    result = await waiting
    assert (result.text, result.outcome, acts.seen) == ("It has been done.", "done", [])


async def test_a_result_that_arrives_after_its_call_was_given_up_is_kept(turn: Turn, method: Make, acts: Acts) -> None:
    row = await crashed(turn, "counted", method)
    await Row.objects.filter(pk=row.pk).aupdate(state=Row.State.UNKNOWN, code="no_word")
    row.state, row.attempts = Row.State.SENT, 1
    assert await sync_to_async(ledger.close)(row, Row.State.DONE, "It was done after all.")


async def test_a_call_that_never_began_is_recorded_as_not_begun(turn: Turn, method: Make, acts: Acts) -> None:
    row = await crashed(turn, "counted", method, state=Row.State.PENDING)
    await Row.objects.filter(pk=row.pk).aupdate(attempts=0)
    await Executor.for_turn(turn)
    await row.arefresh_from_db()
    assert (row.state, row.code, acts.seen) == (Row.State.FAILED, "not_begun", [])


async def test_a_turn_that_is_stopped_lets_its_call_finish(turn: Turn, method: Make, acts: Acts) -> None:
    await sync_to_async(method)(turn.conversation.assistant)
    acts.hold = asyncio.Event()
    running = asyncio.create_task(run(turn, call(text="x")))
    await acts.begun.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    acts.hold.set()
    for _ in range(100):
        (row,) = await sync_to_async(rows)()
        if row.state == Row.State.DONE:
            break
        await asyncio.sleep(0.01)
    assert row.state == Row.State.DONE


async def test_a_process_that_stops_waits_for_the_calls_of_stopped_turns_but_not_for_ever(
    turn: Turn, method: Make, acts: Acts
) -> None:
    await sync_to_async(method)(turn.conversation.assistant)
    acts.hold = asyncio.Event()
    running = asyncio.create_task(run(turn, call(text="x")))
    await acts.begun.wait()
    running.cancel()
    await turns.drain(0)
    (row,) = await sync_to_async(rows)()
    assert row.state == Row.State.SENT
    draining = asyncio.create_task(turns.drain(10))
    acts.hold.set()
    await draining
    (row,) = await sync_to_async(rows)()
    assert row.state == Row.State.DONE


async def test_a_runner_that_slept_while_its_turn_ended_elsewhere_begins_no_call(
    turn: Turn, method: Make, acts: Acts
) -> None:
    await sync_to_async(method)(turn.conversation.assistant)
    executor = await Executor.for_turn(turn)
    await Turn.objects.filter(pk=turn.pk).aupdate(fence=2)
    with pytest.raises(TurnTaken):
        await executor.execute(call(text="x"), round=1, ordinal=0)
    await Turn.objects.filter(pk=turn.pk).aupdate(fence=turn.fence, state=Turn.State.FAILED)
    with pytest.raises(TurnTaken):
        await executor.execute(call(text="x"), round=1, ordinal=0)
    assert acts.seen == [] and await sync_to_async(rows)() == []


# --- What goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "raises", "outcome", "code"),
    [
        ("counted", ToolError("Not on Sundays.", code="sunday"), "failed", "sunday"),
        ("counted", RuntimeError("secret detail"), "unknown", "internal"),
        ("harmless", RuntimeError("secret detail"), "failed", "internal"),
        ("counted", TimeoutError(), "unknown", "timeout"),
    ],
)
async def test_a_failure_is_described_in_our_own_words(
    kind: str, raises: Exception, outcome: str, code: str, turn: Turn, method: Make, acts: Acts
) -> None:
    await sync_to_async(method)(turn.conversation.assistant, kind=kind)
    acts.raises = raises
    result = await run(turn, call(text="x"))
    assert result.outcome == outcome and "secret detail" not in result.text and result.effects == frozenset()
    (row,) = await sync_to_async(rows)()
    assert (row.state, row.code) == (outcome, code)


async def test_a_call_that_takes_too_long_is_given_up(turn: Turn, method: Make, acts: Acts) -> None:
    await sync_to_async(method)(turn.conversation.assistant)
    acts.hold = asyncio.Event()
    result = await run(turn, call(text="x"))
    assert result.outcome == "unknown" and len(acts.seen) == 1


async def test_a_question_that_takes_too_long_to_prepare_is_given_up_by_that_name(
    turn: Turn, method: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def prepare(context: Context, arguments: dict[str, Any]) -> Preview:
        await asyncio.Event().wait()
        raise AssertionError("Nobody waits that long.")

    acts = Acts()
    slow = Operation(acts.run, confirm=Method.Confirm.ALWAYS, prepare=prepare, seconds=lambda method: 0.01)
    monkeypatch.setitem(KINDS, "slow", Kind("Slow", "Waits.", "bolt", forms.Form, (slow,)))
    await sync_to_async(method)(turn.conversation.assistant, kind="slow")
    result = await run(turn, call(text="x"))
    (row,) = await sync_to_async(rows)()
    assert (result.outcome, row.state, row.code) == ("failed", Row.State.FAILED, "timeout")
    assert "Try the same again" in result.text and acts.seen == []


@pytest.mark.parametrize("raises", [TimeoutError(), RuntimeError("after the commit")])
async def test_a_call_that_took_effect_before_it_went_wrong_is_reported_as_done(
    raises: Exception, turn: Turn, method: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def act(context: Context, arguments: dict[str, Any]) -> ToolResult:
        await sync_to_async(ledger.give_receipt)(context.call, "K7QM2P")
        raise raises

    acting = Operation(act, effects=frozenset({"booked"}), idempotent=True)
    monkeypatch.setitem(KINDS, "acting", Kind("Acting", "Acts.", "bolt", forms.Form, (acting,)))
    await sync_to_async(method)(turn.conversation.assistant, kind="acting")
    result = await run(turn, call(text="x"))
    assert (result.outcome, result.effects) == ("done", frozenset({"booked"})) and "K7QM2P" in result.text
    (row,) = await sync_to_async(rows)()
    assert (row.state, row.receipt, row.code) == (Row.State.DONE, "K7QM2P", "")


async def test_a_long_or_dirty_result_is_cut_and_cleaned(turn: Turn, method: Make, acts: Acts) -> None:
    await sync_to_async(method)(turn.conversation.assistant)
    acts.result = ToolResult("a\x00\x1b[31m" + "b" * 50_000)
    result = await run(turn, call(text="x"))
    assert len(result.text) < 13_000 and "\x00" not in result.text and "\x1b" not in result.text


# --- Quotas ----------------------------------------------------------------------------------------------------------


async def test_quotas_hold_under_parallel_calls_and_count_only_what_was_done(turn: Turn, method: Make, acts: Acts) -> None:
    await sync_to_async(method)(turn.conversation.assistant, per_visitor_per_day=3)
    executor = await Executor.for_turn(turn)
    wishes = [executor.execute(call(text=str(n)), round=1, ordinal=n) for n in range(10)]
    results = await asyncio.gather(*wishes)
    assert [result.outcome for result in results].count("done") == 3 == len(acts.seen)
    await Row.objects.all().aupdate(created_at=timezone.now() - timedelta(days=2))
    acts.raises = ToolError("No.")
    for n in range(5):
        assert (await executor.execute(call(text="x"), round=2, ordinal=n)).outcome == "failed"


async def test_a_quota_of_the_day_is_shared_by_all_visitors_of_one_organization(
    turn: Turn, method: Make, acts: Acts
) -> None:
    made = await sync_to_async(method)(turn.conversation.assistant, per_day=1)
    assert (await run(turn, call(text="x"))).outcome == "done"
    other = await sync_to_async(make.conversation)(turn.conversation.assistant)
    executor = await Executor.for_conversation(other)
    result = await executor.execute(call(text="x"), round=1, ordinal=0)
    assert result.outcome == "refused"
    assert (await Row.objects.alatest("created_at")).code == "daily_quota"
    foreign = await sync_to_async(make.conversation)(
        await sync_to_async(make.assistant)(await sync_to_async(make.organization)("B"))
    )
    await sync_to_async(method)(foreign.assistant, made.name, per_day=1)
    executor = await Executor.for_conversation(foreign)
    assert (await executor.execute(call(text="x"), round=1, ordinal=0)).outcome == "done"


# --- The visitor's word ----------------------------------------------------------------------------------------------


async def asked(turn: Turn, method: Make, **fields: Any) -> tuple[Row, Card]:
    await sync_to_async(method)(turn.conversation.assistant, risk=Method.Risk.IRREVERSIBLE, **fields)
    result = await run(turn, call(text="to be done"))
    assert result.outcome == "waiting"
    (row,) = await sync_to_async(rows)()
    return row, await Card.objects.aget(call=row)


def click(conversation: Conversation, card: Card, choice: str) -> tuple[Turn, Row]:
    answered = card_answers.answer(conversation, str(card.pk), choice)
    assert answered is not None
    turn = Turn.objects.select_related("conversation__assistant__organization", "opening_call").get(pk=answered.pk)
    assert turn.opening_call is not None
    return turn, turn.opening_call


async def test_what_cannot_be_undone_waits_for_the_visitors_word(turn: Turn, method: Make, acts: Acts) -> None:
    row, card = await asked(turn, method, public_label="Doing it…")
    assert (row.state, acts.seen) == (Row.State.WAITING, [])
    assert card.content == {
        "title": "Doing it",
        "lines": [["Text", "to be done"]],
        "fields": [],
        "confirm_label": "Confirm",
    }
    answer, opening = await sync_to_async(click)(turn.conversation, card, "confirm")
    executor = await Executor.for_turn(answer)
    assert acts.seen == [], "to load an executor runs nothing"
    result = await executor.execute_opening_call(opening)
    assert result.outcome == "done" and acts.seen == [{"text": "to be done"}]
    assert await executor.execute_opening_call(opening) == result
    assert len(acts.seen) == 1


async def test_fifty_confirmations_act_once(turn: Turn, method: Make, acts: Acts) -> None:
    _, card = await asked(turn, method)
    answer, opening = await sync_to_async(click)(turn.conversation, card, "confirm")
    executor = await Executor.for_turn(answer)
    copies = [await Row.objects.select_related("conversation").aget(pk=opening.pk) for _ in range(50)]
    results = await asyncio.gather(*(executor.execute_opening_call(copy) for copy in copies))
    assert len(acts.seen) == 1 and {result.outcome for result in results} == {"done"}


async def test_a_declined_call_is_not_run(turn: Turn, method: Make, acts: Acts) -> None:
    _, card = await asked(turn, method)
    answer, opening = await sync_to_async(click)(turn.conversation, card, "cancel")
    executor = await Executor.for_turn(answer)
    assert (await executor.execute_opening_call(opening)).outcome == "refused"
    assert (await executor.execute_opening_call(opening)).outcome == "refused"
    await opening.arefresh_from_db()
    assert (opening.state, opening.code, acts.seen) == (Row.State.REFUSED, "declined", [])


async def test_neither_a_model_nor_another_click_can_say_yes_for_the_visitor(turn: Turn, method: Make, acts: Acts) -> None:
    row, _ = await asked(turn, method)
    executor = await Executor.for_turn(turn)
    assert (await executor.execute(call(text="to be done"), round=1, ordinal=0)).outcome == "waiting"
    assert (await executor.execute_opening_call(row)).outcome == "waiting"
    await Row.objects.filter(pk=row.pk).aupdate(state=Row.State.PENDING)
    await row.arefresh_from_db()
    assert (await executor.execute_opening_call(row)).outcome == "waiting"
    assert acts.seen == []


async def test_a_method_may_always_or_never_ask(turn: Turn, method: Make, acts: Acts) -> None:
    assistant = turn.conversation.assistant
    await sync_to_async(method)(assistant, "always", risk=Method.Risk.READ, confirm=Method.Confirm.ALWAYS)
    await sync_to_async(method)(assistant, "never", risk=Method.Risk.IRREVERSIBLE, confirm=Method.Confirm.NEVER)
    assert (await run(turn, call("always", text="x"), ordinal=0)).outcome == "waiting"
    assert (await run(turn, call("never", text="x"), ordinal=1)).outcome == "done"


# --- Tests by staff, replays, memory ---------------------------------------------------------------------------------


async def test_staff_test_a_method_through_the_same_executor_without_confirmation(
    turn: Turn, method: Make, acts: Acts
) -> None:
    made = await sync_to_async(method)(turn.conversation.assistant, risk=Method.Risk.IRREVERSIBLE, per_day=0)
    assert (await try_out(made, {"text": 5})).outcome == "failed"
    result = await try_out(made, {"text": "x"}, dry_run=False)
    assert result.outcome == "done" and acts.seen == [{"text": "x"}]
    row = await Row.objects.alatest("created_at")
    assert (row.initiator, row.dry_run, row.conversation_id) == (Row.Initiator.STAFF, False, None)


async def test_a_dry_run_achieves_nothing_and_uses_up_nothing(turn: Turn, method: Make, acts: Acts) -> None:
    await sync_to_async(method)(turn.conversation.assistant, per_day=1, risk=Method.Risk.IRREVERSIBLE)
    executor = await Executor.for_conversation(turn.conversation, dry_run=True)
    for _ in range(3):
        result = await executor.execute(call(text="x"), round=1, ordinal=0)
        assert (result.outcome, result.effects) == ("done", frozenset())
    assert (await Executor.for_turn(turn)).effects() == frozenset()


async def test_the_ledger_remembers_what_earlier_turns_brought_about(turn: Turn, method: Make, acts: Acts) -> None:
    await sync_to_async(method)(turn.conversation.assistant)
    assert (await Executor.for_turn(turn)).effects() == frozenset()
    await run(turn, call(text="x"))
    assert (await Executor.for_turn(turn)).effects() == frozenset({"done"})
    other = await sync_to_async(make.conversation)(turn.conversation.assistant)
    assert (await Executor.for_conversation(other)).effects() == frozenset()


class Recorder:
    """Knows the result of one call, and keeps what every call came to."""

    def __init__(self, known: ToolCallRequest) -> None:
        self.known = known
        self.seen: list[tuple[str, str]] = []

    async def result_of(
        self, wish: ToolCallRequest, tool: Tool | None, run: Callable[[], Awaitable[ToolResult]]
    ) -> ToolResult:
        result = ToolResult("As it was then.") if wish == self.known else await run()
        self.seen.append((tool.name if tool else "?", result.outcome))
        return result


async def test_a_recorder_may_answer_a_call_itself_and_sees_the_result_of_every_other(
    turn: Turn, method: Make, acts: Acts
) -> None:
    await sync_to_async(method)(turn.conversation.assistant)
    recorder = Recorder(known=call(text="then"))
    executor = await Executor.for_conversation(turn.conversation, recorder=recorder)
    assert (await executor.execute(call(text="then"), round=1, ordinal=0)).text == "As it was then."
    assert acts.seen == [] and await sync_to_async(rows)() == []
    assert (await executor.execute(call(text="now"), round=1, ordinal=1)).text == "Done so."
    assert (await executor.execute(call("nothing", text="now"), round=1, ordinal=2)).outcome == "refused"
    assert len(acts.seen) == 1 and recorder.seen == [("do_it", "done"), ("do_it", "done"), ("?", "refused")]
