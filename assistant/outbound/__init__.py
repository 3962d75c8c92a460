"""Egress: every HTTP request to another server. The only importer of an HTTP client.

Who chose the address decides how far it may reach (`Reach`). Every request has a connect time-out and a cap on what it
may bring back; nothing is kept between two of them but open connections: no cookies, no proxy from the environment.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from assistant.errors import AddressRefused, OutboundError

from . import content_encoding, guard, own_origin, recorder
from .instance import HEADER, own_mark
from .transport import Progress, Transport

__all__ = [
    "AddressRefused",
    "OutboundError",
    "Reach",
    "Response",
    "Streamed",
    "check_url",
    "fetch",
    "is_private_server",
    "origin",
    "stream",
]

# In every request of ours, whatever a method sets besides: our own local-only pages refuse requests that carry it.
USER_AGENT = "Interworky"
REDIRECTS = {301, 302, 303, 307, 308}
KEPT_ACROSS_ORIGINS = {"accept", "accept-language", "user-agent"}
SHORTEST_SECONDS = 0.001  # of a deadline: none at all means to aiohttp that there is no deadline


class Reach(StrEnum):
    """Who chose the address, and so which networks it may reach."""

    OPERATOR = "operator"  # the environment: anywhere, a laptop's Ollama too
    # Staff, a visitor, a model, an import: public addresses and settings.OUTBOUND_ALLOWED_ORIGINS, but of our own origin
    # the demonstration's API alone.
    TENANT = "tenant"


@dataclass(frozen=True)
class Response:
    status: int
    headers: httpx.Headers
    body: bytes
    url: str  # that answered, after redirects


class Streamed:
    """A response whose body is still arriving."""

    def __init__(self, response: httpx.Response, max_bytes: int) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self._response = response
        self._max_bytes = max_bytes
        self._unpackers = content_encoding.unpackers(response.headers.get("content-encoding", ""))

    @property
    def arrived(self) -> bool:
        """Whether the rest of the body is here, so that there is nothing to wait for."""
        return getattr(self._response.stream, "arrived", True)

    def hold(self, seconds: float, then: Callable[[], None]) -> None:
        """Receive nothing for so long: the system keeps what comes, and it is received at once after `then` was called."""
        if hold := getattr(self._response.stream, "hold", None):
            hold(seconds, then)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body's bytes as they arrive, unpacked. Raises `OutboundError`: too_large past the cap, timeout, protocol."""
        received = unpacked = 0
        try:
            async for chunk in self._response.stream:  # type: ignore[union-attr]
                self._check_size(received := received + len(chunk))
                for unpacker in self._unpackers:
                    chunk = unpacker.feed(chunk, self._max_bytes - unpacked)
                    self._check_size(unpacked + len(chunk))
                unpacked += len(chunk)
                if chunk:
                    yield chunk
            for unpacker in self._unpackers:
                unpacker.finish()
        except httpx.HTTPError as error:
            raise _from_httpx(error) from error

    def _check_size(self, size: int) -> None:
        if size > self._max_bytes:
            raise OutboundError(f"The response is larger than {self._max_bytes} bytes.", code="too_large")


def check_url(url: str, reach: Reach) -> None:
    """Refuse what can be refused without DNS; for forms. Raises `AddressRefused`."""
    _check(guard.parse(url), reach)


def is_private_server(url: str) -> bool:
    """Whether `url` is a server on this machine or in a private network, which an operator could allow; never our own."""
    try:
        parsed = guard.parse(url)
        own_origin.check(parsed)
    except AddressRefused:
        return False
    return guard.is_private_server(parsed)


def origin(url: str) -> str:
    """`scheme://host:port` of `url`, which a stored secret is bound to. Raises `AddressRefused`."""
    scheme, host, port = guard.origin_of(guard.parse(url))
    return f"{scheme}://{host}:{port}"


async def fetch(
    method: str,
    url: str,
    *,
    reach: Reach,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    connect_seconds: float = 3.0,
    read_seconds: float = 20.0,
    deadline_seconds: float = 30.0,
    max_bytes: int = 262_144,
    max_redirects: int = 0,
) -> Response:
    """One whole response, of any status, within `deadline_seconds` in total.

    Redirects are followed for GET and HEAD without content only, each address checked again; another origin gets none
    of the headers that may hold a secret. Raises `OutboundError`.
    """
    parsed = guard.parse(url)
    sent = Progress()
    hops = max_redirects if method in ("GET", "HEAD") and content is None else 0
    try:
        async with asyncio.timeout(deadline_seconds):
            while True:
                request = _request(method, parsed, headers, content, connect_seconds, read_seconds)
                request.extensions["progress"] = sent
                # A connection of its own: a POST that dies on one kept too long would be in doubt for nothing.
                async with _send(request, reach, keep_alive=False) as response:
                    if response.status_code in REDIRECTS and max_redirects and hops == 0:
                        raise _not_followed()
                    if response.status_code not in REDIRECTS or not hops or "location" not in response.headers:
                        body = b"".join([chunk async for chunk in Streamed(response, max_bytes).chunks()])
                        return Response(response.status_code, response.headers, body, str(parsed))
                    hops -= 1
                    target = _redirected(parsed, response.headers["location"])
                if guard.origin_of(target) != guard.origin_of(parsed):
                    headers = {k: v for k, v in (headers or {}).items() if k.lower() in KEPT_ACROSS_ORIGINS}
                    reach = Reach.TENANT  # the other server chose this address, not the operator
                parsed, sent = target, Progress()
    except TimeoutError as error:
        raise OutboundError("The other server did not respond in time.", code="timeout", sent=sent.sent) from error


@asynccontextmanager
async def stream(
    method: str,
    url: str,
    *,
    reach: Reach,
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
    connect_seconds: float = 3.0,
    read_seconds: float = 20.0,
    deadline_seconds: float | None = None,
    max_bytes: int = 8_388_608,
    keep_alive: bool = True,
    resend: bool = False,
) -> AsyncIterator[Streamed]:
    """A response to read while it arrives; `read_seconds` is the longest silence, and `deadline_seconds` how long one waits
    for it in all. The time that the caller takes is theirs.

    Without `keep_alive` it has a connection of its own, as what must not be sent twice should. With `resend`, a request
    whose kept connection turns out to be dead is sent once more on a new one: for what changes nothing over there.
    """
    request = _request(method, guard.parse(url), headers, content, connect_seconds, read_seconds)
    if deadline_seconds is not None:
        request.extensions["timeout"]["total"] = max(deadline_seconds, SHORTEST_SECONDS)
    request.extensions["progress"] = Progress()
    async with _send(request, reach, keep_alive=keep_alive, resend=resend) as response:
        yield Streamed(response, max_bytes)


@contextmanager
def transport_for_tests(transport: httpx.AsyncBaseTransport) -> Iterator[None]:
    """Send everything through `transport`, such as an `httpx.MockTransport`; what needs no DNS is still checked."""
    global _test_transport
    before, _test_transport = _test_transport, transport
    try:
        yield
    finally:
        _test_transport = before


_test_transport: httpx.AsyncBaseTransport | None = None
_transports: dict[tuple[asyncio.AbstractEventLoop, bool, bool], tuple[Transport, AsyncGenerator[Transport]]] = {}


def _request(
    method: str, url: httpx.URL, headers: Mapping[str, str] | None, content: bytes | None, connect: float, read: float
) -> httpx.Request:
    given = httpx.Headers({"User-Agent": USER_AGENT, "Accept": "*/*"})
    given.update(headers)
    if USER_AGENT not in given["User-Agent"]:
        given["User-Agent"] = f"{given['User-Agent']} {USER_AGENT}".strip()
    # Unpacking is what turns a small answer into a large one, and holds back what a model streams.
    given["Accept-Encoding"] = "identity"
    given[HEADER.decode()] = own_mark().decode()
    return httpx.Request(
        method, url, headers=given, content=content, extensions={"timeout": {"connect": connect, "read": read}}
    )


@asynccontextmanager
async def _send(
    request: httpx.Request, reach: Reach, *, keep_alive: bool, resend: bool = False
) -> AsyncIterator[httpx.Response]:
    guarded = _check(request.url, reach)
    recorded = recorder.begin(request)
    transport = _test_transport or await _transport(guarded, keep_alive)
    began, within = time.monotonic(), request.extensions["timeout"]
    try:
        response = await transport.handle_async_request(request)
    except httpx.HTTPError as error:
        raise _from_httpx(error) from error
    except OutboundError:
        if not resend or not request.extensions["progress"].dead:
            raise
        # The server had closed it while it was idle, as any server may: that is no failure of anybody's.
        request.extensions["progress"] = Progress()
        if seconds := within.get("total"):
            within["total"] = max(seconds - (time.monotonic() - began), SHORTEST_SECONDS)
        response = await (await _transport(guarded, False)).handle_async_request(request)
    try:
        if recorded:
            recorder.tee(response, recorded)
        yield response
    finally:
        await response.stream.aclose()  # type: ignore[union-attr]


async def _transport(guarded: bool, keep_alive: bool) -> Transport:
    """This event loop's, made when first needed."""
    key = (asyncio.get_running_loop(), guarded, keep_alive)
    if key not in _transports:
        # An event loop closes its asynchronous generators before it ends: with this one, our connections.
        life = _life(key)
        _transports[key] = await anext(life), life
    return _transports[key][0]


async def _life(key: tuple[asyncio.AbstractEventLoop, bool, bool]) -> AsyncGenerator[Transport]:
    transport = Transport(guarded=key[1], keep_alive=key[2])
    try:
        yield transport
    finally:
        _transports.pop(key, None)
        await transport.aclose()


def _check(url: httpx.URL, reach: Reach) -> bool:
    """Whether the connection has to be guarded as well. Raises `AddressRefused`."""
    if reach is Reach.TENANT:
        own_origin.check(url)
    guarded = _guarded(url, reach)
    if guarded:
        guard.check_public(url)
    return guarded


def _guarded(url: httpx.URL, reach: Reach) -> bool:
    return reach is Reach.TENANT and guard.origin_of(url) not in {
        guard.origin_of(httpx.URL(allowed)) for allowed in settings.OUTBOUND_ALLOWED_ORIGINS if urlsplit(allowed).hostname
    }


def _not_followed() -> OutboundError:
    return OutboundError(
        "The redirect was not followed: there were too many, or the request is not a plain GET.", code="redirect"
    )


def _redirected(url: httpx.URL, location: str) -> httpx.URL:
    try:
        target = guard.parse(str(url.join(location)))
    except (httpx.InvalidURL, AddressRefused, ValueError) as error:
        raise OutboundError("The other server redirected to an invalid address.", code="redirect") from error
    if url.scheme == "https" and target.scheme == "http":
        raise OutboundError("The other server redirected from https to http.", code="redirect")
    return target.copy_with(fragment=None)


def _from_httpx(error: httpx.HTTPError) -> OutboundError:
    """For transports other than ours."""
    if isinstance(error, httpx.ConnectTimeout):
        return OutboundError("The other server did not respond in time.", code="timeout", sent=False)
    if isinstance(error, httpx.ConnectError):
        return OutboundError("The other server could not be reached.", code="refused", sent=False)
    if isinstance(error, httpx.TimeoutException):
        return OutboundError("The other server did not respond in time.", code="timeout")
    return OutboundError("The other server closed the connection early or did not respond in HTTP.", code="protocol")
