"""Calls to the executor, and their rows in the ledger."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assistant.llm import ToolCallRequest, ToolResult
from assistant.models import Method, Turn
from assistant.models import ToolCall as Row
from assistant.tools.executor import Executor

Make = Callable[..., Method]


def rows() -> list[Row]:
    return list(Row.objects.order_by("created_at"))


async def run(turn: Turn, wish: ToolCallRequest, *, round: int = 1, ordinal: int = 0) -> ToolResult:
    executor = await Executor.for_turn(turn)
    return await executor.execute(wish, round=round, ordinal=ordinal)


def offered(executor: Executor) -> set[str]:
    return {spec.name for spec in executor.specs()}


def nested(depth: int) -> Any:
    value: Any = {}
    for _ in range(depth):
        value = {"a": value}
    return value
