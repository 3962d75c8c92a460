"""A streaming provider with nothing in it that costs: first token after 200 ms, then 50 a second."""

from __future__ import annotations

import asyncio
import json
import re
import time

FIRST_SECONDS = 0.2
TOKENS_PER_SECOND = 50
TEXT = (
    "Of course ! Parking is free behind the house , and the lift works again . Our rooms are on the second floor ; "
    "children may play in the corner with the blue carpet . Coffee and water stand beside the window . "
)
WORDS = TEXT.split()
_ASKED = re.compile(rb"say (\d+) #(\w+)")
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def tokens(count: int) -> list[str]:
    """A reply of so many tokens, of which none can be taken for a claim."""
    return [word if word in ".,;!" else f" {word}" for word in (WORDS[n % len(WORDS)] for n in range(count))]


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    event = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "bench", "choices": [choice]}
    return _chunk(b"data: " + json.dumps(event).encode() + b"\n\n")


_EVENTS = {word: _event({"content": word}) for word in {*tokens(len(WORDS))}}
_END = _event({}, "stop") + _chunk(b"data: [DONE]\n\n") + b"0\r\n\r\n"


class Provider(asyncio.Protocol):
    """One connection, kept for further requests. A message "say 100 #id" is answered with 100 tokens; what else is asked,
    such as a title, with three at once."""

    asked_at: dict[str, float] = {}  # by id, on the monotonic clock
    wrote_at: dict[str, float] = {}  # its first token

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
        if length and len(body) >= int(length[1]):
            self.buffer = b""
            self.answer(body)

    def answer(self, body: bytes) -> None:
        found = _ASKED.findall(body)
        count, name = (int(found[-1][0]), found[-1][1].decode()) if found else (3, "")
        if not name or name in self.asked_at or b'"stream":true' not in body.replace(b" ", b""):
            self.transport.write(_HEAD + b"".join(_EVENTS[token] for token in tokens(3)) + _END)
            return
        loop = asyncio.get_running_loop()
        self.asked_at[name] = time.monotonic()
        self.stream(iter([_EVENTS[token] for token in tokens(count)]), name, loop.time() + FIRST_SECONDS)

    def stream(self, events, name: str, at: float) -> None:  # type: ignore[no-untyped-def]
        loop = asyncio.get_running_loop()

        def write() -> None:
            nonlocal at
            event = next(events, _END)
            if name not in self.wrote_at:
                self.wrote_at[name] = time.monotonic()
                event = _HEAD + event
            self.transport.write(event)
            if event is not _END and not self.transport.is_closing():
                at += 1 / TOKENS_PER_SECOND
                loop.call_at(at, write)

        loop.call_at(at, write)


async def serve() -> tuple[asyncio.Server, int]:
    server = await asyncio.get_running_loop().create_server(Provider, "127.0.0.1", 0, backlog=2000)
    return server, server.sockets[0].getsockname()[1]
