"""What a `Crew` does that calls a method through the toolbox: one call, and what the next runner makes of several."""

from __future__ import annotations

import asyncio

from django.db import transaction

from assistant.llm import ToolCallRequest
from assistant.models import Method, Turn
from assistant.services.conversations.leases import begin_turn
from assistant.services.conversations.messages import append_message
from assistant.tools.toolbox import ConversationToolbox
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
        toolbox = await ConversationToolbox.for_turn(await turn(turn_id))
        await toolbox.execute(ToolCallRequest("c", "order", {"what": "pizza"}), round=1, ordinal=0)

    asyncio.run(run())


def resume(turn_ids: list[str]) -> None:
    async def run() -> None:
        for turn_id in turn_ids:
            await ConversationToolbox.for_turn(await turn(turn_id))

    asyncio.run(run())


async def turn(turn_id: str) -> Turn:
    return await Turn.objects.select_related("conversation__assistant__organization").aget(pk=turn_id)
