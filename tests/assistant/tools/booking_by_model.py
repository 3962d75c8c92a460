"""What a model and its visitor do when they book."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django.utils import timezone

from assistant.async_db import in_db
from assistant.llm import ToolCallRequest, ToolResult
from assistant.models import Appointment, Card, Conversation, Turn
from assistant.models import ToolCall as Row
from assistant.services.conversations import card_answers
from assistant.services.conversations.messages import post_message
from assistant.tools.executor import Executor

DAY = (timezone.now() + timedelta(days=2)).date()


@in_db
def row(kind: str) -> Card:
    return Card.objects.select_related("call", "conversation").filter(kind=kind).latest("created_at")


@in_db
def loaded(turn: Turn) -> Turn:
    related = ("conversation__assistant__organization", "conversation__visitor", "message")
    return Turn.objects.select_related(*related).get(pk=turn.pk)


@in_db
def count(model: Any, **fields: Any) -> int:
    return model.objects.filter(**fields).count()


async def run(conversation: Conversation, tool: str, **arguments: Any) -> ToolResult:
    """As a model calls it, in a turn of its own."""

    posted = await in_db(post_message)(conversation, f"m{await count(Turn)}", "Hello")
    executor = await Executor.for_turn(await loaded(posted.turn))
    return await executor.execute(ToolCallRequest("c", f"appointment_{tool}", arguments), round=1, ordinal=0)


async def click(conversation: Conversation, kind: str, choice: str, **fields: str) -> ToolResult:
    """As a visitor answers the newest card of that kind."""
    card = await row(kind)
    turn = await in_db(card_answers.answer)(conversation, str(card.pk), choice, fields)
    executor = await Executor.for_turn(await loaded(turn))
    call = await in_db(lambda: Row.objects.select_related("conversation").get(pk=turn.opening_call_id))()
    return await executor.execute_opening_call(call)


async def a_slot(conversation: Conversation) -> str:
    found = await run(conversation, "find_times", from_day=DAY.isoformat())
    return re.search(r"\[slot (\S+)\]", found.text)[1]


async def a_booking(conversation: Conversation) -> Appointment:
    await run(conversation, "book", slot=await a_slot(conversation), name="Ann", email="ann@example.com")
    await click(conversation, "confirm", "confirm")
    return await in_db(Appointment.objects.select_related("calendar").get)(state="confirmed")


async def click_through_a_booking(conversation: Conversation) -> ToolResult:
    await click(conversation, "slots", await a_slot(conversation))
    return await click(conversation, "confirm", "confirm", name="Ann", email="ann@example.com")
