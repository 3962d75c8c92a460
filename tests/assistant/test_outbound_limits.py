"""What a request to another server may take, and what its failures are called."""

from __future__ import annotations

import asyncio
import gzip

import pytest

from assistant import outbound
from assistant.errors import OutboundError
from assistant.outbound import Reach
from tests.assistant.upstream import answering, server


async def test_a_compressed_answer_is_refused_before_it_is_read() -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    head = f"HTTP/1.1 200 OK\nContent-Encoding: gzip\nContent-Length: {len(bomb)}"
    async with server(answering(head, bomb)) as (url, seen):
        with pytest.raises(OutboundError) as raised:
            await outbound.fetch("GET", url, reach=Reach.OPERATOR, headers={"Accept-Encoding": "gzip"})
    assert raised.value.code == "protocol"
    assert b"accept-encoding: identity" in seen[0].lower()


async def test_an_answer_larger_than_allowed_is_cut_off() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()

    async with server(endless) as (url, _):
        with pytest.raises(OutboundError) as raised:
            await outbound.fetch("GET", url, reach=Reach.OPERATOR, max_bytes=100_000)
    assert raised.value.code == "too_large"


async def test_a_dripping_answer_does_not_outlive_the_deadline() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.02)

    async with server(drip) as (url, _):
        started = asyncio.get_running_loop().time()
        with pytest.raises(OutboundError) as raised:
            await outbound.fetch("GET", url, reach=Reach.OPERATOR, read_seconds=1, deadline_seconds=0.5)
        assert asyncio.get_running_loop().time() - started < 5
    assert raised.value.code == "timeout" and raised.value.sent


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "protocol"),
        (b"nonsense\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 100_000 + b"\r\n\r\n", "protocol"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * 200 + b"HTTP/1.1 200 OK\r\n", "protocol"),
    ],
)
async def test_what_is_not_http_is_a_protocol_error_after_sending(answer: bytes, code: str) -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        writer.write(answer)

    async with server(handler) as (url, seen):
        with pytest.raises(OutboundError) as raised:
            await outbound.fetch("DELETE", url, reach=Reach.OPERATOR, deadline_seconds=5)
        assert len(seen) == 1, "a request is sent once, whatever the library would like"
    assert (raised.value.code, raised.value.sent) == (code, True)


async def test_nothing_was_sent_where_nobody_listens_or_the_name_is_unknown(names: dict[str, list[str]]) -> None:
    with pytest.raises(OutboundError) as raised:
        await outbound.fetch("POST", "http://127.0.0.1:1/", reach=Reach.OPERATOR, content=b"x")
    assert (raised.value.code, raised.value.sent) == ("refused", False)
    with pytest.raises(OutboundError) as raised:
        await outbound.fetch("POST", "http://nowhere.test/", reach=Reach.TENANT, content=b"x")
    assert (raised.value.code, raised.value.sent) == ("dns", False)


async def test_a_tls_failure_is_named_and_nothing_was_sent() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 This is no TLS\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as listening:
        port = listening.sockets[0].getsockname()[1]
        with pytest.raises(OutboundError) as raised:
            await outbound.fetch("POST", f"https://127.0.0.1:{port}/", reach=Reach.OPERATOR, content=b"x")
    assert (raised.value.code, raised.value.sent) == ("tls", False)


async def test_a_silent_server_is_a_timeout() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        await asyncio.sleep(10)

    async with server(silent) as (url, _):
        with pytest.raises(OutboundError) as raised:
            async with outbound.stream("POST", url, reach=Reach.OPERATOR, content=b"x", read_seconds=0.1):
                pass
    assert (raised.value.code, raised.value.sent) == ("timeout", True)
