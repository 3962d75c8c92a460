"""A kind of method that counts its runs, and calls as a model makes them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from assistant.llm import ToolCallRequest, ToolResult
from assistant.models import Conversation
from assistant.tools.executor import Executor
from assistant.tools.kind import Context


@dataclass
class Acts:
    """What the counting kind has done, and how it is to behave."""

    seen: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    raises: Exception | None = None
    result: ToolResult = ToolResult("Done so.")
    hold: asyncio.Event | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, context: Context, arguments: dict[str, Any]) -> ToolResult:
        self.seen.append(arguments)
        self.keys.append(context.call.idempotency_key)
        self.begun.set()
        if self.hold:
            await self.hold.wait()
        if self.raises:
            raise self.raises
        return self.result


def call(name: str = "do_it", /, **arguments: Any) -> ToolCallRequest:
    return ToolCallRequest("call_1", name, arguments)


async def called(talk: Conversation, name: str = "do_it", /, *, at: int = 0, **arguments: Any) -> ToolResult:
    """What a call in the first answer of a conversation comes to; it is the first there, or has that place."""
    executor = await Executor.for_conversation(talk)
    return await executor.execute(call(name, **arguments), round=1, ordinal=at)
