"""A streaming provider with nothing in it that costs: first token after 200 ms, then 50 a second."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time

FIRST_SECONDS = 0.2
TOKENS_PER_SECOND = 50
# Of words with a bar between them, each reply takes one, so that hardly any sentence comes twice: a sentence that was judged
# before is judged faster.
TEXT = (
    "Of course ! Parking is free behind the house|garden|station|library|museum|bakery|church|school , and"
    " the lift|bell|fountain|heating|radio|lamp|door|clock works again . Our rooms|tables|chairs|benches|shelves|mirrors are"
    " on the first|second|third|fourth floor ; children|dogs|guests|parents may play|rest|sit|draw in the corner with the"
    " blue|red|green|yellow|white|grey carpet|sofa|curtain|pillow . Coffee|Tea|Milk|Juice|Lemonade|Cocoa and"
    " water|sugar|fruit|biscuits|newspapers|magazines stand|lie beside the window|wall|stairs|kitchen|counter|entrance . "
)
WORDS = [word.split("|") for word in TEXT.split()]
_ASKED = re.compile(rb"say (\d+) #(\w+)")
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def tokens(count: int, name: str) -> list[str]:
    """The reply of so many tokens to the message of this name; none of it can be taken for a claim."""
    choose = random.Random(name).choice
    return [_token(choose(WORDS[n % len(WORDS)])) for n in range(count)]


def _token(word: str) -> str:
    return word if word in ".,;!" else f" {word}"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    event = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "bench", "choices": [choice]}
    return _chunk(b"data: " + json.dumps(event).encode() + b"\n\n")


_EVENTS = {token: _event({"content": token}) for words in WORDS for token in map(_token, words)}
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
            self.transport.write(_HEAD + b"".join(_EVENTS[token] for token in tokens(3, name)) + _END)
            return
        loop = asyncio.get_running_loop()
        self.asked_at[name] = time.monotonic()
        self.stream(iter([_EVENTS[token] for token in tokens(count, name)]), name, loop.time() + FIRST_SECONDS)

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
