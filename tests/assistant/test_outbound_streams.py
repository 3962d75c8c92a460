"""Streams from other servers, and connections that are kept."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from aiohttp import SocketTimeoutError, StreamReader
from aiohttp.client_proto import ResponseHandler

from assistant import outbound
from assistant.errors import AddressRefused, OutboundError
from assistant.outbound import Reach
from assistant.outbound.transport import Connection
from tests.assistant.upstream import server

HELD_SECONDS = 0.02

# --- Streams ----------------------------------------------------------------------------------------------------------


async def test_a_stream_gives_bytes_as_they_come() -> None:
    go_on = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n")
        await go_on.wait()
        writer.write(b"data: 2\n\n")

    async with server(handler) as (url, _), outbound.stream("GET", url, reach=Reach.OPERATOR) as streamed:
        assert (streamed.status, streamed.headers["content-type"]) == (200, "text/event-stream")
        chunks = streamed.chunks()
        assert await anext(chunks) == b"data: 1\n\n"
        go_on.set()
        assert [chunk async for chunk in chunks] == [b"data: 2\n\n"]


async def test_what_came_while_a_stream_was_held_is_received_afterwards() -> None:
    sent = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n1")
        await held.wait()
        writer.write(b"2")
        await writer.drain()
        sent.set()
        writer.write(b"3")

    held, released = asyncio.Event(), asyncio.Event()
    async with server(handler) as (url, _), outbound.stream("GET", url, reach=Reach.OPERATOR) as streamed:
        chunks = streamed.chunks()
        assert await anext(chunks) == b"1"
        streamed.hold(HELD_SECONDS, released.set)
        held.set()
        await sent.wait()
        first = await anext(chunks)
        assert released.is_set()
        assert b"".join([first, *[chunk async for chunk in chunks]]) == b"23" and streamed.arrived
        streamed.hold(HELD_SECONDS, released.set)  # of one that is whole, there is nothing to hold


async def test_a_stream_that_broke_off_while_it_was_held_is_an_error() -> None:
    broken = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n1")
        await held.wait()
        writer.transport.abort()
        broken.set()

    held = asyncio.Event()
    async with server(handler) as (url, _), outbound.stream("GET", url, reach=Reach.OPERATOR) as streamed:
        chunks = streamed.chunks()
        assert await anext(chunks) == b"1"
        streamed.hold(HELD_SECONDS, lambda: None)
        held.set()
        await broken.wait()
        with pytest.raises(OutboundError) as raised:
            await anext(chunks)
    assert raised.value.code == "protocol"


async def chunked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
    """As many chunks as the path names, of 1,000 bytes each, and at once."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    writer.write(b"3e8\r\n%s\r\n" % (b"x" * 1000) * int(head.split()[1].strip(b"/")) + b"0\r\n\r\n")
    await writer.drain()


async def test_of_a_body_that_comes_faster_than_it_is_read_nothing_is_lost() -> None:
    async with server(chunked) as (url, _), outbound.stream("GET", f"{url}/4000", reach=Reach.OPERATOR) as streamed:
        assert sum([len(chunk) async for chunk in streamed.chunks()]) == 4_000_000


async def test_what_is_taken_of_a_body_sets_nothing_going_that_had_not_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    received = []
    receive = ResponseHandler.data_received
    monkeypatch.setattr(
        ResponseHandler, "data_received", lambda self, data: (received.append(len(data)), receive(self, data))
    )
    async with server(chunked) as (url, _), outbound.stream("GET", f"{url}/30", reach=Reach.OPERATOR) as streamed:
        assert sum([len(chunk) async for chunk in streamed.chunks()]) == 30_000
    assert 0 not in received


async def test_chunks_that_came_together_are_taken_together(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    take = StreamReader._read_nowait_chunk
    monkeypatch.setattr(StreamReader, "_read_nowait_chunk", lambda self, size: (taken.append(size), take(self, size))[1])
    async with server(chunked) as (url, _), outbound.stream("GET", f"{url}/1000", reach=Reach.OPERATOR) as streamed:
        assert sum([len(chunk) async for chunk in streamed.chunks()]) == 1_000_000
        content = streamed._response.stream._response.content  # type: ignore[union-attr]
    assert len(taken) < 500
    # As aiohttp counts it: what it takes to be full, it stops to fill.
    assert (content._size, content._cursor, len(content._http_chunk_splits)) == (0, 1_000_000, 1)


class Clock:
    """An event loop of which only the time passes, when it is told to."""

    def __init__(self) -> None:
        self.now, self.timers = 0.0, list[asyncio.TimerHandle]()
        self.create_future = asyncio.get_running_loop().create_future

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, callback: Callable[[], object]) -> asyncio.TimerHandle:
        self.timers.append(asyncio.TimerHandle(self.now + seconds, callback, (), asyncio.get_running_loop()))
        return self.timers[-1]

    def pass_until(self, now: float) -> None:
        while due := [timer for timer in self.timers if timer.when() <= now and not timer.cancelled()]:
            self.now = due[0].when()
            self.timers.remove(due[0])
            due[0]._run()
        self.now = now

    def pending(self) -> list[float]:
        return [timer.when() for timer in self.timers if not timer.cancelled()]


async def test_the_longest_silence_counts_from_the_last_piece_and_takes_one_timer() -> None:
    clock = Clock()
    connection = Connection(loop=clock)  # type: ignore[arg-type]
    connection.read_timeout = 10
    connection.start_timeout()
    for seconds in range(9):
        clock.pass_until(seconds)
        connection.data_received(b"a piece")
    assert clock.pending() == [10]
    clock.pass_until(17.9)
    assert connection.exception() is None
    clock.pass_until(18)
    assert isinstance(connection.exception(), SocketTimeoutError)


async def test_a_shorter_silence_than_that_of_the_request_before_is_kept_to() -> None:
    clock = Clock()
    connection = Connection(loop=clock)  # type: ignore[arg-type]
    connection.read_timeout = 600
    connection.start_timeout()
    connection.read_timeout = 10
    connection.start_timeout()
    clock.pass_until(10)
    assert isinstance(connection.exception(), SocketTimeoutError)


async def test_a_stream_left_early_closes_its_connection() -> None:
    closed = asyncio.Event()

    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nfirst")
        await reader.read()
        closed.set()

    async with server(handler) as (url, _):
        async with outbound.stream("GET", url, reach=Reach.OPERATOR) as streamed:
            assert await anext(streamed.chunks()) == b"first"
        await asyncio.wait_for(closed.wait(), 2)


async def test_streams_share_a_connection_that_is_kept_and_fetches_do_not() -> None:
    ports = set()

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        ports.add(writer.get_extra_info("peername")[1])
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async with server(keep) as (url, _):
        for _ in range(2):
            async with outbound.stream("GET", url, reach=Reach.OPERATOR) as streamed:
                assert [chunk async for chunk in streamed.chunks()] == [b"ok"]
        assert len(ports) == 1
        await outbound.fetch("GET", url, reach=Reach.OPERATOR)
        assert len(ports) == 2


async def test_a_double_stands_in_for_the_network_and_sees_what_would_be_sent() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(201, json={"host": request.headers["host"], "content": request.content.decode()})

    with outbound.transport_for_tests(httpx.MockTransport(answer)):
        got = await outbound.fetch("POST", "https://api.example.com/x", reach=Reach.TENANT, content=b"hello")
        assert (got.status, got.body) == (201, b'{"host":"api.example.com","content":"hello"}')
        with pytest.raises(AddressRefused):
            await outbound.fetch("GET", "http://10.0.0.1/", reach=Reach.TENANT)


# --- A kept connection that turns out to be dead ----------------------------------------------------------------------


class Hanging:
    """A server that answers once on each connection and, when asked there again, hangs up; `first` connections do not
    even answer once."""

    def __init__(self, first: int = 0) -> None:
        self.silent = first
        self.requests: list[int] = []  # the number of each one's connection
        self.writers: list[asyncio.StreamWriter] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        number = self.connections
        self.writers.append(writer)
        for turn in range(2):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]))
            self.requests.append(number)
            if turn == 1 or number <= self.silent:
                break
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def hanging(first: int = 0) -> AsyncIterator[tuple[str, Hanging]]:
    one = Hanging(first)
    async with await asyncio.start_server(one.serve, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/", one
        for writer in one.writers:
            writer.close()
            await writer.wait_closed()


async def ask(url: str, **options: Any) -> bytes:
    async with outbound.stream("POST", url, reach=Reach.OPERATOR, content=b"{}", **options) as answer:
        return b"".join([chunk async for chunk in answer.chunks()])


async def test_a_request_on_a_dead_kept_connection_is_sent_once_more_on_a_new_one() -> None:
    async with hanging() as (url, server):
        assert [await ask(url, resend=True) for _ in range(2)] == [b"ok", b"ok"]
        assert server.requests == [1, 1, 2]


async def test_a_request_that_is_sent_once_more_has_only_what_is_left_of_its_time() -> None:
    async with hanging() as (url, _):
        left = []
        for _ in range(2):
            asked = outbound.stream("POST", url, reach=Reach.OPERATOR, content=b"{}", resend=True, deadline_seconds=60)
            async with asked as answer:
                left.append(answer._response.request.extensions["timeout"]["total"])
                assert b"".join([chunk async for chunk in answer.chunks()]) == b"ok"
        assert left[0] == 60 and 0 < left[1] < 60


async def test_a_stream_without_any_time_left_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it connects, and is never read
        async with asyncio.timeout(60):
            with pytest.raises(OutboundError) as raised:
                await ask(f"http://127.0.0.1:{silent.getsockname()[1]}/", deadline_seconds=0, read_seconds=3600)
    assert raised.value.code == "timeout"


async def test_a_request_that_may_not_be_sent_twice_is_not() -> None:
    async with hanging() as (url, server):
        assert await ask(url) == b"ok"
        with pytest.raises(OutboundError) as raised:
            await ask(url)
        assert raised.value.code == "protocol" and raised.value.sent
        assert server.requests == [1, 1]


async def test_a_new_connection_that_dies_is_a_failure() -> None:
    async with hanging(first=1) as (url, server):
        with pytest.raises(OutboundError) as raised:
            await ask(url, resend=True)
        assert raised.value.code == "protocol"
        assert server.requests == [1]
