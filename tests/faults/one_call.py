"""Functions for a `Crew` that call a method through the executor, and take over the calls of a killed runner."""

from __future__ import annotations

import asyncio
import os
import signal
from itertools import count
from typing import Any

from django.db import transaction
from django.db.backends.signals import connection_created

from assistant import turns
from assistant.llm import ToolCallRequest
from assistant.models import Method, Turn
from assistant.services.conversations.leases import MAX_ATTEMPTS, begin_turn
from assistant.services.conversations.messages import append_message
from assistant.tools.executor import Executor
from tests import make


def prepare(url: str, repeatable: bool, turns: int) -> list[str]:
    """A method that orders at `url`, and the ids of `turns` turns that may call it."""
    talk = make.conversation()
    method = Method.objects.create(
        organization=talk.organization, name="order", kind="http", description="", per_visitor_per_day=10_000,
        parameters={"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"]},
        config={"verb": "POST", "url": url, "repeatable": repeatable},
    )  # fmt: skip
    talk.assistant.methods.add(method)
    with transaction.atomic():
        return [str(begin_turn(append_message(talk, "visitor", "x")).pk) for _ in range(turns)]


def call(turn_id: str) -> None:
    async def run() -> None:
        executor = await Executor.for_turn(await turn(turn_id))
        await executor.execute(ToolCallRequest("c", "order", {"what": "pizza"}), round=1, ordinal=0)

    asyncio.run(run())


def call_dying_at(turn_id: str, statement: int) -> int:
    """The call, by a process that is killed before its `statement`-th statement of SQL; how many there were, if fewer."""
    numbers = count(1)
    last = 0

    def counted(execute: Any, *asked: Any) -> Any:
        nonlocal last
        last = next(numbers)
        if last == statement:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*asked)

    def watch(connection: Any, **_: Any) -> None:
        connection.execute_wrappers.append(counted)

    connection_created.connect(watch)
    call(turn_id)
    return last


def give_up(turn_ids: list[str]) -> None:
    """As the next runner does that finds too many before it."""
    Turn.objects.filter(pk__in=turn_ids).update(attempts=MAX_ATTEMPTS)
    for turn_id in turn_ids:
        asyncio.run(turns.run(turn_id))


def resume(turn_ids: list[str]) -> None:
    async def run() -> None:
        for turn_id in turn_ids:
            await Executor.for_turn(await turn(turn_id))

    asyncio.run(run())


async def turn(turn_id: str) -> Turn:
    return await Turn.objects.select_related("conversation__assistant__organization").aget(pk=turn_id)
