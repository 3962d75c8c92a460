"""The one executor of side effects, against a model that is a puppet of the visitor."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django import forms

from assistant.errors import ToolError
from assistant.llm import ToolCallRequest, ToolResult
from assistant.models import Method, Turn
from assistant.models import ToolCall as Row
from assistant.services.methods import ledger
from assistant.tools import KINDS
from assistant.tools.executor import Executor, try_out
from assistant.tools.kind import Context, Kind, Operation, Preview
from assistant.tools.tool import Tool
from tests import make
from tests.assistant.tools.acts import Acts, call
from tests.assistant.tools.executing import Make, nested, offered, rows, run

pytestmark = pytest.mark.django_db


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


# --- What goes wrong --------------------------------------------------------------------------------------------------


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


# --- Tests by staff, replays, memory ----------------------------------------------------------------------------------


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
