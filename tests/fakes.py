"""Test doubles: a model with scripted replies that records its requests, an executor with fixed results, and a database that
fails for a moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection

from assistant.async_db import in_db
from assistant.llm import ChatMessage, Completion, Receipt, TokenUsage, ToolCallRequest, ToolResult, ToolSpec


@dataclass(frozen=True)
class Reply:
    """One scripted model request: text pieces, then how it ended; `error` is raised after the pieces."""

    pieces: tuple[str, ...] = ()
    calls: tuple[ToolCallRequest, ...] = ()
    finish: str = "stop"
    error: Exception | None = None
    wait_for: asyncio.Event | None = None  # after the first piece
    opaque: dict[str, Any] | None = None  # what stands beside the text


def says(*pieces: str, finish: str = "stop", error: Exception | None = None, wait_for: asyncio.Event | None = None) -> Reply:
    return Reply(pieces, finish=finish, error=error, wait_for=wait_for)


def calls(name: str, *, text: str = "", finish: str = "tool_calls", id: str = "", **arguments: Any) -> Reply:
    return Reply((text,) if text else (), (ToolCallRequest(id or f"c-{name}", name, arguments),), finish)


def calls_all(*wished: ToolCallRequest) -> Reply:
    return Reply((), wished, "tool_calls")


class ScriptedModel:
    """Gives its replies in order, the last one for ever; `requests` is what it was sent, `offered` the tools' names."""

    def __init__(self, *script: Reply) -> None:
        self.script = list(script)
        self.requests: list[list[ChatMessage]] = []
        self.offered: list[list[str]] = []

    async def stream(self, messages: list[ChatMessage], tools: list[ToolSpec]) -> AsyncIterator[str | Completion]:
        self.requests.append(list(messages))
        self.offered.append([tool.name for tool in tools])
        reply = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        for number, piece in enumerate(reply.pieces):
            if number == 1 and reply.wait_for:
                await reply.wait_for.wait()
            yield piece
            await asyncio.sleep(0)
        if reply.error:
            raise reply.error
        usage = TokenUsage(10, sum(map(len, reply.pieces)))
        yield Completion(
            "".join(reply.pieces),
            reply.calls,
            reply.finish,  # type: ignore[arg-type]
            usage,
            "scripted",
            "script-1",
            3,
            5,
            opaque=reply.opaque or {},
        )


def always(given: Any) -> Callable[..., Any]:
    """An async function that returns `given` whatever it is asked: for what `turns.run` takes."""

    async def chosen(*_: Any, **__: Any) -> Any:
        return given

    return chosen


class ScriptedExecutor:
    """Every tool answers the same; `ran` is what was run, as (name, arguments)."""

    def __init__(
        self,
        text: str = "",
        *names: str,
        effects: frozenset[str] = frozenset(),
        earlier: frozenset[str] = frozenset(),
        misused: bool = False,
        receipts: tuple[Receipt, ...] = (),
        acts: bool = False,
    ) -> None:
        self.text, self.names = text, names or ("find_slots",)
        self.does, self.earlier, self.misused = effects, earlier, misused
        self.gives, self.acts = receipts, acts
        self.ran: list[tuple[str, dict[str, Any] | None]] = []
        self.at_once = self.most_at_once = 0

    def specs(self) -> list[ToolSpec]:
        return [ToolSpec(name, name, {"type": "object"}, acts=self.acts) for name in self.names]

    def label(self, name: str) -> str:
        return f"{name}…"

    def effects(self) -> frozenset[str]:
        return self.earlier

    def receipts(self) -> tuple[Receipt, ...]:
        return self.gives if self.earlier else ()

    async def execute(self, call: ToolCallRequest, *, round: int, ordinal: int) -> ToolResult:
        self.ran.append((call.name, call.arguments))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.001)
        self.at_once -= 1
        outcome: Any = "failed" if self.misused else "done"
        return ToolResult(self.text, outcome, self.does, misused=self.misused, receipts=self.gives)


@asynccontextmanager
async def first_statement_fails() -> AsyncIterator[list[str]]:
    """Of those on a database thread; it is in the list then."""
    failed: list[str] = []

    def fail_once(execute: Any, sql: str, *given: Any) -> Any:
        if not failed:
            failed.append(sql)
            raise OperationalError("gone for a moment")
        return execute(sql, *given)

    with ExitStack() as meanwhile:
        await in_db(lambda: meanwhile.enter_context(connection.execute_wrapper(fail_once)))()
        yield failed
