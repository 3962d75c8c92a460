"""Recording of requests and responses, byte for byte, for `doctor --record`."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

import httpx

MAX_BYTES = 1_048_576  # of one answer; the rest is counted and not kept


@dataclass
class Exchange:
    """One request and its response, unmasked: never written anywhere as it is."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes
    began: float = field(default_factory=time.monotonic)
    status: int = 0  # 0: no answer came
    answer_headers: list[tuple[str, str]] = field(default_factory=list)
    answer: bytes = b""
    left_out: int = 0  # bytes of the answer beyond MAX_BYTES
    ended: str = "not read to its end"
    first_byte_ms: int | None = None


_recorded: ContextVar[list[Exchange] | None] = ContextVar("recorded", default=None)


@contextmanager
def recording() -> Iterator[list[Exchange]]:
    """Record the requests of this task and of those that it starts, until the context ends."""
    exchanges: list[Exchange] = []
    token = _recorded.set(exchanges)
    try:
        yield exchanges
    finally:
        _recorded.reset(token)


def begin(request: httpx.Request) -> Exchange | None:
    """The record of one request; None where nobody records."""
    exchanges = _recorded.get()
    if exchanges is None:
        return None
    exchange = Exchange(request.method, str(request.url), list(request.headers.multi_items()), request.content)
    exchanges.append(exchange)
    return exchange


def tee(response: httpx.Response, exchange: Exchange) -> None:
    """Keep what is read of the answer."""
    exchange.status = response.status_code
    exchange.answer_headers = list(response.headers.multi_items())
    response.stream = _Tee(response.stream, exchange)  # type: ignore[arg-type]


class _Tee(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, exchange: Exchange) -> None:
        self._stream, self._exchange = stream, exchange

    async def __aiter__(self) -> AsyncIterator[bytes]:
        exchange = self._exchange
        try:
            async for chunk in self._stream:
                if exchange.first_byte_ms is None:
                    exchange.first_byte_ms = round((time.monotonic() - exchange.began) * 1000)
                room = max(0, MAX_BYTES - len(exchange.answer))
                exchange.answer += chunk[:room]
                exchange.left_out += len(chunk) - len(chunk[:room])
                yield chunk
        except Exception as error:
            exchange.ended = type(error).__name__
            raise
        exchange.ended = "whole"

    async def aclose(self) -> None:
        await self._stream.aclose()
