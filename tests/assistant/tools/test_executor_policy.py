"""Quotas, and the visitor's confirmation."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from assistant.errors import ToolError
from assistant.models import Card, Conversation, Method, Turn
from assistant.models import ToolCall as Row
from assistant.services.conversations import card_answers
from assistant.tools.executor import Executor
from tests import make
from tests.assistant.tools.acts import Acts, call
from tests.assistant.tools.executing import Make, rows, run

pytestmark = pytest.mark.django_db


# --- Quotas -----------------------------------------------------------------------------------------------------------


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


# --- The visitor's word -----------------------------------------------------------------------------------------------


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
