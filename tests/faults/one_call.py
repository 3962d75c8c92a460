"""One call through the toolbox, in a process that is there to be killed; or what the next runner makes of several."""

from __future__ import annotations

import asyncio
import sys

import django


async def call(turn_id: str) -> None:
    toolbox = await ConversationToolbox.for_turn(await turn(turn_id))
    await toolbox.execute(ToolCall("c", "order", {"what": "pizza"}), round=1, ordinal=0)


async def resume(turn_ids: list[str]) -> None:
    for turn_id in turn_ids:
        await ConversationToolbox.for_turn(await turn(turn_id))


async def turn(turn_id: str) -> Turn:
    return await Turn.objects.select_related("conversation__assistant__organization").aget(pk=turn_id)


if __name__ == "__main__":
    django.setup()

    from assistant.chat import ToolCall
    from assistant.models import Turn
    from assistant.tools.toolbox import ConversationToolbox

    turns = sys.argv[2:]
    asyncio.run(call(turns[0]) if sys.argv[1] == "call" else resume(turns))
