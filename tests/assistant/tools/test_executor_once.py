"""A call acts once, whatever happens to its turn, its process or its result."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from assistant import turns
from assistant.errors import TurnTaken
from assistant.models import ToolCall as Row
from assistant.models import Turn
from assistant.services.methods import ledger
from assistant.tools.executor import Executor
from tests import make
from tests.assistant.tools.acts import Acts, call
from tests.assistant.tools.executing import Make, rows, run

pytestmark = pytest.mark.django_db


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
