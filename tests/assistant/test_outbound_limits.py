"""What a request to another server may take, and what its failures are called."""

from __future__ import annotations

import asyncio
import gzip
import zlib
from typing import Any

import brotli
import pytest

from assistant import outbound
from assistant.errors import OutboundError
from assistant.outbound import Reach
from tests.assistant.upstream import answering, server

MENU = "Grüner Tee 4,20 €\n".encode() * 40


def words(value: str | bytes) -> str:
    """What a test is called by: gzip writes the time into what it packs, and workers have to collect the same tests."""
    return value if isinstance(value, str) else ""


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


async def body_of(coding: str, body: bytes, **how: Any) -> bytes:
    """What arrives of an answer that says it is in `coding`, sent a few bytes at a time."""

    async def in_pieces(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        for start in range(0, len(body), how.get("piece", 7)):
            writer.write(body[start : start + how.get("piece", 7)])
            await writer.drain()

    async with server(in_pieces) as (url, seen):
        fetched = await outbound.fetch("GET", url, reach=Reach.OPERATOR, headers={"Accept-Encoding": "gzip"})
    assert b"accept-encoding: identity" in seen[0].lower()
    return fetched.body


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(MENU)),
        ("X-GZIP", gzip.compress(MENU)),
        ("gzip", gzip.compress(MENU[:50]) + gzip.compress(MENU[50:])),
        ("gzip", gzip.compress(MENU) + b"\0\0\0\0"),
        ("identity, gzip", gzip.compress(MENU)),
        ("gzip, gzip", gzip.compress(gzip.compress(MENU))),
        ("deflate", zlib.compress(MENU)),
        ("deflate", raw_deflate(MENU)),
        ("br", brotli.compress(MENU)),
        ("gzip", MENU),  # unpacked on its way by what forgot to say so
        ("UTF-8", MENU),  # which is no coding
        ("binary", MENU),
        ("", MENU),
    ],
    ids=words,
)
async def test_an_answer_that_is_compressed_all_the_same_is_unpacked(coding: str, body: bytes) -> None:
    assert await body_of(coding, body) == MENU


async def test_an_empty_answer_in_any_coding_is_empty() -> None:
    assert [await body_of(coding, b"") for coding in ("gzip", "deflate", "br")] == [b"", b"", b""]


@pytest.mark.parametrize(
    ("coding", "body", "code"),
    [
        ("gzip", gzip.compress(b"\0" * 10_000_000), "too_large"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"\0" * 10_000_000)), "too_large"),
        ("deflate", raw_deflate(b"\0" * 10_000_000), "too_large"),
        ("br", brotli.compress(b"\0" * 10_000_000), "too_large"),
        ("gzip", gzip.compress(b"") * 200, "protocol"),
        ("gzip", gzip.compress(MENU)[:-9], "protocol"),
        ("gzip", gzip.compress(MENU)[:20] + b"?" * 40, "protocol"),
        ("br", brotli.compress(MENU)[:-3], "protocol"),
        ("deflate", b"<p>not packed</p>", "protocol"),
        ("gzip, gzip, gzip", MENU, "protocol"),
        ("zstd", b"\x28\xb5\x2f\xfd", "protocol"),
        ("compress", b"\x1f\x9d", "protocol"),
    ],
    ids=words,
)
async def test_what_unpacks_to_too_much_or_not_at_all_is_refused(coding: str, body: bytes, code: str) -> None:
    with pytest.raises(OutboundError) as raised:
        await body_of(coding, body, piece=4096)
    assert raised.value.code == code


async def test_a_long_header_of_a_large_site_is_taken() -> None:
    policy = "Content-Security-Policy: " + "https://cdn.example " * 1_500
    async with server(answering(f"HTTP/1.1 200 OK\n{policy}\nContent-Length: 2", b"ok")) as (url, _):
        assert (await outbound.fetch("GET", url, reach=Reach.OPERATOR)).body == b"ok"


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
