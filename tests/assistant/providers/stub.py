"""A model server for tests: real sockets, and a timeline of bytes that each test writes.

async with Stub() as stub:
    stub.script(*sse("Hel", "lo"))            # the next request
    stub.always(status(500))                   # all requests after the scripted ones
    … provider at stub.url …
    assert stub.requests[0].json["model"] == "m"
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

Step = bytes | float | None  # bytes to send, seconds to wait, None: hold the socket for ever
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def status(code: int, body: Any = None, headers: dict[str, str] | None = None) -> list[Step]:
    """One whole answer of that status; `body` is sent as JSON, or as it is when it is bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body if body is not None else {"error": {}}).encode()
    lines = [f"HTTP/1.1 {code} Whatever", f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ["\r\n".join(lines).encode() + b"\r\n\r\n" + content]


def event(value: Any) -> bytes:
    return b"data: " + (value if isinstance(value, bytes) else json.dumps(value).encode()) + b"\n\n"


def delta(finish: str | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "id": "c",
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": fields, "finish_reason": finish}],
    }


def usage(prompt: int, completion: int) -> dict[str, Any]:
    return {"choices": [], "usage": {"prompt_tokens": prompt, "completion_tokens": completion}}


def says(*pieces: str, finish: str | None = "stop", tokens: tuple[int, int] | None = (7, 3)) -> list[Step]:
    """A streamed answer as OpenAI sends it, one step per piece."""
    steps: list[Step] = [HEAD, event(delta(role="assistant", content=""))]
    steps += [event(delta(content=piece)) for piece in pieces]
    if finish:
        steps.append(event(delta(finish)))
    if tokens:
        steps.append(event(usage(*tokens)))
    return [*steps, event(b"[DONE]")]


def calls(name: str, arguments: str, *, finish: str = "tool_calls") -> list[Step]:
    call = {"index": 0, "id": "call_a", "type": "function", "function": {"name": name, "arguments": ""}}
    rest = {"index": 0, "function": {"arguments": arguments}}
    return [HEAD, event(delta(tool_calls=[call])), event(delta(tool_calls=[rest])), event(delta(finish)), event(b"[DONE]")]


@dataclass
class Received:
    path: str  # without the stub's secret part
    headers: dict[str, str]  # names in small letters
    body: bytes
    raw: bytes
    closed: asyncio.Event = field(default_factory=asyncio.Event)  # the client has gone away

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Stub:
    """A server whose address has a secret part: a late client of another test, whose port this one got, is not counted."""

    def __init__(self) -> None:
        self._prefix = f"/{secrets.token_hex(4)}"
        self.requests: list[Received] = []
        self.connections = 0
        self._scripts: list[list[Step]] = []
        self._default: list[Step] = says("Hello.")
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}{self._prefix}/v1"

    def script(self, *answers: Iterable[Step]) -> None:
        self._scripts += [list(answer) for answer in answers]

    def always(self, answer: Iterable[Step]) -> None:
        self._default = list(answer)

    def answer(self, request: Received) -> Iterable[Step]:
        """What is sent back; a server that answers by what it is asked overrides this."""
        return self._scripts.pop(0) if self._scripts else self._default

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._server.close()
        for writer in self._open:
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open.add(writer)
        watcher: asyncio.Task[None] | None = None
        try:
            received = await self._read(reader)
            if not received.path.startswith(f"{self._prefix}/"):
                self.connections -= 1
                return
            received.path = received.path.removeprefix(self._prefix)
            self.requests.append(received)

            async def watch() -> None:
                with suppress(ConnectionError):
                    await reader.read(1)
                received.closed.set()

            watcher = asyncio.create_task(watch())
            for step in self.answer(received):
                if step is None:
                    await received.closed.wait()
                elif isinstance(step, float):
                    await asyncio.sleep(step)
                else:
                    writer.write(step)
                    await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            if watcher:
                watcher.cancel()
            self._open.discard(writer)
            writer.close()

    @staticmethod
    async def _read(reader: asyncio.StreamReader) -> Received:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        return Received(first.split()[1], headers, body, head + body)
