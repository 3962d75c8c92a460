"""Outbound HTTP, against real sockets on loopback: address checks, redirects, limits and errors."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from assistant import outbound
from assistant.errors import AddressRefused, OutboundError
from assistant.outbound import Reach, guard
from assistant.outbound.transport import Progress, Transport
from tests.assistant.upstream import OK, answering, server

# What staff, a visitor, a model or an import might write to reach what is ours. The DNS names are answered by a double.
HOSTILE = """
http://127.0.0.1/ http://127.1/ http://127.0.1/ http://0177.0.0.1/ http://0x7f.0.0.1/ http://0x7f.1/ http://0x7f000001/
http://2130706433/ http://017700000001/ http://127.0.0.1./ http://127.255.255.254/ http://0/ http://0.0.0.0/ http://0x0/
http://00000000/ http://localhost/ http://LOCALHOST/ http://localhost./ http://a.localhost/ http://①②⑦.⓪.⓪.①/
http://127。0。0。1/ http://１２７.0.0.1/ http://10.0.0.1/ http://10.255.255.255/ http://172.16.0.1/ http://172.31.255.255/
http://192.168.0.1/ http://100.64.0.1/ http://100.100.100.200/ http://169.254.169.254/latest/meta-data/
http://169.254.170.2/ http://0xa9fea9fe/ http://2852039166/ http://0251.0376.0251.0376/ http://168.63.129.16/
http://192.0.0.192/ http://192.0.2.1/ http://198.18.0.1/ http://198.51.100.1/ http://203.0.113.1/ http://192.88.99.1/
http://224.0.0.1/ http://239.255.255.250/ http://240.0.0.1/ http://255.255.255.255/ http://[::1]/ http://[::]/
http://[0:0:0:0:0:0:0:1]/ http://[::127.0.0.1]/ http://[::ffff:127.0.0.1]/ http://[::ffff:7f00:1]/
http://[::ffff:169.254.169.254]/ http://[64:ff9b::169.254.169.254]/ http://[64:ff9b::7f00:1]/ http://[64:ff9b::a00:1]/
http://[64:ff9b:1::a00:1]/ http://[2002:7f00:1::]/ http://[2002:a9fe:a9fe::]/ http://[2001:0:7f00:1::]/
http://[2001:db8::1]/ http://[3fff::1]/ http://[fc00::1]/ http://[fd00:ec2::254]/ http://[fd20:ce::254]/
http://[fe80::1]/ http://[fe80::1%25lo]/ http://[fec0::1]/ http://[ff02::1]/ http://[100::1]/ http://[5f00::1]/ http://[4000::1]/
http://metadata.google.internal/ http://printer.local/ http://nas.lan/ http://router.home.arpa/
http://user@127.0.0.1/ http://example.com@127.0.0.1/ http://127.0.0.1@example.com/ http://user:secret@example.com/
http://example.com:22/ http://example.com:25/ http://example.com:6379/ http://example.com:11211/ http://example.com:2375/
http://example.com:0/ http://example.com:65536/ http://example.com:99999999/ ftp://example.com/ file:///etc/passwd
gopher://example.com/ dict://example.com:11211/ javascript:alert(1) //example.com/ http:/// http://:80/ https:// example.com
http://loopback.test/ http://private.test/ http://mixed.test/ http://mixed6.test/ http://metadata.test/ http://mapped.test/
http://nat64.test/ http://six-to-four.test/ http://scoped.test/
""".split()  # noqa: SIM905 - a hundred short lines would hide them
NAMES = {
    "loopback.test": ["127.0.0.1"],
    "private.test": ["10.1.2.3"],
    "mixed.test": ["93.184.216.34", "127.0.0.1"],
    "mixed6.test": ["93.184.216.34", "::1"],
    "metadata.test": ["169.254.169.254"],
    "mapped.test": ["::ffff:10.0.0.1"],
    "nat64.test": ["64:ff9b::a9fe:a9fe"],
    "six-to-four.test": ["2002:7f00:1::"],
    "scoped.test": ["fe80::1%2"],
}


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Every address that a socket is told to connect to, by whichever way."""
    seen: list[Any] = []
    loop_connect = asyncio.selector_events.BaseSelectorEventLoop.sock_connect

    async def recording(self: Any, sock: socket.socket, address: Any) -> None:
        seen.append(address)
        await loop_connect(self, sock, address)

    monkeypatch.setattr(asyncio.selector_events.BaseSelectorEventLoop, "sock_connect", recording)
    yield seen


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A DNS of our own, standing where the system's resolver stands."""
    table = dict(NAMES)

    async def getaddrinfo(self: Any, host: Any, port: Any, **kwargs: Any) -> list[Any]:
        if host not in table:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in table[host]]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return table


@pytest.mark.parametrize("url", HOSTILE)
async def test_an_address_that_is_not_public_is_never_connected_to(url: str, connected: list[Any], names: object) -> None:
    with pytest.raises((AddressRefused, OutboundError)) as raised:
        await outbound.fetch("GET", url, reach=Reach.TENANT)
    assert not raised.value.sent
    assert connected == []


async def unchecked(transport: Transport, url: str) -> httpx.Response:
    """The answer to a request whose URL nobody has looked at."""
    more = {"timeout": {"connect": 2, "read": 2}, "progress": Progress()}
    async with transport:
        return await transport.handle_async_request(httpx.Request("GET", url, extensions=more))


async def test_resolver_and_socket_refuse_private_addresses_without_the_check_of_the_url(
    connected: list[Any], names: dict[str, list[str]]
) -> None:
    names.update({name: ["127.0.0.1"] for name in ("localhost", "LOCALHOST", "localhost.", "a.localhost", "printer.local")})
    for url in HOSTILE:
        try:
            guard.parse(url)
        except AddressRefused:
            continue  # no URL that could be sent
        with pytest.raises((AddressRefused, OutboundError)):
            await unchecked(Transport(guarded=True, keep_alive=False), url)
    assert connected == []


def test_the_corpus_of_hostile_addresses_is_large_enough() -> None:
    assert len(set(HOSTILE)) >= 80


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::808:808"],
)
def test_public_addresses_are_let_through(address: str) -> None:
    assert guard.why_refused(address) == ""


@pytest.mark.parametrize(
    "url",
    ["https://api.example.com/v1", "http://example.com:8080/", "https://xn--bcher-kva.example/", "https://bücher.example/"],
)
def test_an_ordinary_address_passes_the_form(url: str) -> None:
    outbound.check_url(url, Reach.TENANT)


def test_the_operators_own_addresses_may_be_private() -> None:
    outbound.check_url("http://localhost:11434/v1", Reach.OPERATOR)
    with pytest.raises(AddressRefused):
        outbound.check_url("http://localhost:11434/v1", Reach.TENANT)


async def test_an_origin_that_the_operator_allowed_is_open_to_tenants(settings: Any) -> None:
    async with server(OK) as (url, _), server(OK) as (other, _):
        settings.OUTBOUND_ALLOWED_ORIGINS = [url]
        assert (await outbound.fetch("GET", f"{url}/x", reach=Reach.TENANT)).body == b"ok"
        with pytest.raises(AddressRefused):
            await outbound.fetch("GET", f"{other}/x", reach=Reach.TENANT)


async def test_a_name_that_changes_its_answer_is_asked_once_and_held_to_it(
    connected: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    async def flipping(self: Any, host: Any, port: Any, **kwargs: Any) -> list[Any]:
        nonlocal asked
        asked += 1
        address = "127.0.0.1" if asked % 2 == 0 else "93.184.216.34"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", flipping)
    for _ in range(20):
        with pytest.raises((AssertionError, OutboundError)):  # the test's own network guard stops the public one
            await outbound.fetch("GET", "http://rebinding.test/", reach=Reach.TENANT, deadline_seconds=2)
    assert asked == 20
    assert {address[0] for address in connected} == {"93.184.216.34"}


class Careless(AbstractResolver):
    """A resolver that gives out a private address."""

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_UNSPEC) -> list[ResolveResult]:
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        pass


async def test_the_socket_itself_refuses_what_slipped_past_the_resolver(connected: list[Any]) -> None:
    with pytest.raises(AddressRefused):
        await unchecked(Transport(guarded=True, keep_alive=False, resolver=Careless()), "http://shop.example:8080/")
    assert connected == []


async def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with server(OK) as (url, _), server(OK) as (proxy, seen):
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, proxy)
        assert (await outbound.fetch("GET", url, reach=Reach.OPERATOR)).body == b"ok"
        assert seen == []


async def test_nothing_of_one_answer_is_sent_with_the_next_request() -> None:
    async with server(answering("HTTP/1.1 200 OK\nSet-Cookie: a=b; Path=/\nConnection: close\nContent-Length: 0")) as (
        url,
        seen,
    ):
        for _ in range(2):
            async with outbound.stream("GET", url, reach=Reach.OPERATOR) as streamed:
                assert [chunk async for chunk in streamed.chunks()] == []
        assert b"cookie" not in seen[1].lower()


async def test_the_address_reaches_the_wire_as_it_was_written() -> None:
    async with server(OK) as (url, seen):
        await outbound.fetch("GET", f"{url}/a%2Fb/%2e%2e%2Fc?q=%2B+%41&x=a%26b", reach=Reach.OPERATOR)
        assert seen[0].split(b"\r\n")[0] == b"GET /a%2Fb/%2e%2e%2Fc?q=%2B+%41&x=a%26b HTTP/1.1"


# --- Redirects -------------------------------------------------------------------------------------------------------


async def test_a_redirect_to_another_origin_loses_the_secrets_and_is_checked_anew(settings: Any) -> None:
    async with server(OK) as (target, seen):
        async with server(answering(f"HTTP/1.1 302 Found\nLocation: {target}/there\nContent-Length: 0")) as (first, _):
            settings.OUTBOUND_ALLOWED_ORIGINS = [first, target]
            secrets = {"Authorization": "Bearer s3cret", "X-Api-Key": "s3cret", "Cookie": "s3cret", "Accept": "a/b"}
            got = await outbound.fetch("GET", first, reach=Reach.TENANT, headers=secrets, max_redirects=3)
            assert got.url == f"{target}/there"
            assert b"s3cret" not in seen[0] and b"a/b" in seen[0]

            settings.OUTBOUND_ALLOWED_ORIGINS = [first]
            with pytest.raises(AddressRefused):
                await outbound.fetch("GET", first, reach=Reach.TENANT, max_redirects=3)
            with pytest.raises(AddressRefused):  # nor does an operator's server lead us into the house
                await outbound.fetch("GET", first, reach=Reach.OPERATOR, max_redirects=3)
        assert len(seen) == 1


async def test_a_redirect_within_the_origin_keeps_the_headers() -> None:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        await (OK if head.startswith(b"GET /b ") else answering("HTTP/1.1 307 X\nLocation: /b\nContent-Length: 0"))(
            reader, writer, head
        )

    async with server(handler) as (url, seen):
        await outbound.fetch("GET", f"{url}/a", reach=Reach.OPERATOR, headers={"Authorization": "x"}, max_redirects=1)
        assert len(seen) == 2 and b"authorization: x" in seen[1].lower()


@pytest.mark.parametrize(
    "location", ["/again", "http://127.0.0.1:1/", "ftp://example.com/", "http://[", "http://u:p@example.com/", "file:///etc"]
)
async def test_a_redirect_that_does_not_end_well_is_an_error(location: str) -> None:
    async with server(answering(f"HTTP/1.1 302 Found\nLocation: {location}\nContent-Length: 0")) as (url, seen):
        with pytest.raises(OutboundError):
            await outbound.fetch("GET", url, reach=Reach.OPERATOR, max_redirects=3)
        assert len(seen) <= 4


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_post_is_never_redirected(status: int) -> None:
    async with server(OK) as (target, seen):
        async with server(answering(f"HTTP/1.1 {status} X\nLocation: {target}\nContent-Length: 0")) as (url, _):
            with pytest.raises(OutboundError) as raised:
                await outbound.fetch("POST", url, reach=Reach.OPERATOR, content=b"{}", max_redirects=3)
            assert raised.value.code == "redirect" and raised.value.sent
            assert (await outbound.fetch("POST", url, reach=Reach.OPERATOR, content=b"{}")).status == status
        assert seen == []


# --- Limits ----------------------------------------------------------------------------------------------------------


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


# --- Streams ---------------------------------------------------------------------------------------------------------


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

    held = asyncio.Event()
    async with server(handler) as (url, _), outbound.stream("GET", url, reach=Reach.OPERATOR) as streamed:
        chunks = streamed.chunks()
        assert await anext(chunks) == b"1"
        with streamed.held():
            held.set()
            await sent.wait()
            assert not streamed.arrived
        assert b"".join([chunk async for chunk in chunks]) == b"23"
        with streamed.held():  # of one that is whole, there is nothing to hold
            assert streamed.arrived


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
        with streamed.held():
            held.set()
            await broken.wait()
        with pytest.raises(OutboundError) as raised:
            await anext(chunks)
    assert raised.value.code == "protocol"


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
