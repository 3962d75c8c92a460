"""httpx's requests and responses over aiohttp's connections.

httpx's own pool goes through all its connections for each request: at 200 streams the first token comes seconds late.
aiohttp's does not. The adapter is ours, because a URL must reach the wire byte for byte as it was checked and signed,
and because an error must say whether anything was sent: the ready-made one re-quotes the first and blurs the second.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from types import SimpleNamespace
from typing import Any

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver
from aiohttp.client_proto import ResponseHandler
from aiohttp.streams import EMPTY_PAYLOAD
from yarl import URL

from assistant.errors import AddressRefused, OutboundError

from .guard import GuardedResolver, RefusedAddress, guarded_socket

MAX_CONNECTIONS = 1000  # a stream each; what limits conversations stands elsewhere
KEEP_ALIVE_SECONDS = 15
MAX_HEADER_BYTES = 65_536  # each; policies and cookies of large sites are longer than aiohttp's 8 KB


@dataclass
class Progress:
    """How much of one request has been sent."""

    sent: bool = False  # bytes of it may have left
    reused: bool = False  # on a connection that had served before
    dead: bool = False  # which broke before any answer


class Connection(ResponseHandler):
    """aiohttp has its parser and its transport go on each time a piece of a body is taken out of its buffer, whether or not
    they had stopped: of an answer that comes token by token, that took half of what reading it does.

    It also sets another timer of the longest silence for each piece. Here one timer looks, when it is due, whether
    anything has come since: setting a timer takes eight times as long as looking at the clock.
    """

    _silent_since = 0.0  # by the clock of the event loop

    def resume_reading(self, resume_parser: bool = True) -> None:
        if self._reading_paused:
            super().resume_reading(resume_parser)

    def _reschedule_timeout(self) -> None:
        timer, seconds = self._read_timeout_handle, self._read_timeout
        self._silent_since = self._loop.time()
        if timer is None or not seconds or timer.when() > self._silent_since + seconds:
            super()._reschedule_timeout()

    def _on_read_timeout(self) -> None:
        left = self._silent_since + (self._read_timeout or 0) - self._loop.time()
        if left <= 0:
            super()._on_read_timeout()
        else:
            self._read_timeout_handle = self._loop.call_later(left, self._on_read_timeout)


class Transport(httpx.AsyncBaseTransport):
    """One session of connections. `guarded` lets public addresses only, whatever the resolver says."""

    def __init__(self, *, guarded: bool, keep_alive: bool, resolver: AbstractResolver | None = None) -> None:
        kept: dict[str, Any] = {"keepalive_timeout": KEEP_ALIVE_SECONDS} if keep_alive else {"force_close": True}
        guard: dict[str, Any] = {"socket_factory": guarded_socket} if guarded else {}
        if guarded or resolver:
            guard["resolver"] = resolver or GuardedResolver()
        connector = aiohttp.TCPConnector(
            ssl=tls_context(), limit=MAX_CONNECTIONS, use_dns_cache=False, enable_cleanup_closed=False, **kept, **guard
        )
        connector._factory = partial(Connection, loop=asyncio.get_running_loop())  # type: ignore[assignment]
        self.session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_field_size=MAX_HEADER_BYTES,
            max_line_size=MAX_HEADER_BYTES,
            trust_env=False,
            trace_configs=[_tracing()],
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        timeout = request.extensions["timeout"]
        progress: Progress = request.extensions["progress"]
        try:
            response = await self.session.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=request.headers.multi_items(),
                data=request.content or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(
                    total=timeout.get("total"), connect=timeout["connect"], sock_read=timeout["read"]
                ),
                trace_request_ctx=progress,
            )
        except (aiohttp.ClientError, OSError, ValueError) as error:
            failure = classified(error, progress)
            progress.dead = progress.reused and failure.code in ("protocol", "tls")
            raise failure from error
        return httpx.Response(
            response.status, headers=response.raw_headers, stream=_Body(response, progress), request=request
        )

    async def aclose(self) -> None:
        await self.session.close()


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: aiohttp.ClientResponse, progress: Progress) -> None:
        self._response = response
        self._progress = progress

    @property
    def arrived(self) -> bool:
        return self._response.content.is_eof()

    def hold(self, seconds: float, then: Callable[[], None]) -> None:
        connection = self._response.connection  # None once all of the body is here
        transport = connection.transport if connection else None
        if transport is None or transport.is_closing():
            return
        transport.pause_reading()
        asyncio.get_running_loop().call_later(seconds, _resume, transport, then)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            content = self._response.content
            while chunk := await _next_bytes(content):
                yield chunk
        except (aiohttp.ClientError, OSError) as error:
            raise classified(error, self._progress) from error

    async def aclose(self) -> None:
        # Not `release`: what is left of a body that nobody reads is not worth a connection.
        self._response.close()


async def _next_bytes(content: aiohttp.StreamReader) -> bytes:
    """What more of a body has arrived, all at once; empty at its end. aiohttp takes chunk by chunk out of its buffer, and of
    an answer that comes token by token each token is one."""
    if content is EMPTY_PAYLOAD or content.exception():
        return await content.readany()
    while not content._buffer and not content._eof:
        await content._wait("readany")
    if len(content._buffer) < 2 or content._buffer_offset:
        return content._read_nowait(-1)
    content._timer.assert_timeout()
    data = b"".join(content._buffer)
    content._buffer.clear()
    content._size -= len(data)
    content._cursor += len(data)
    if splits := content._http_chunk_splits:
        last = splits[-1]
        splits.clear()
        splits.append(last)
    content._protocol.resume_reading()
    return data


def _resume(transport: asyncio.Transport, then: Callable[[], None]) -> None:
    then()
    if not transport.is_closing():
        transport.resume_reading()


@lru_cache(maxsize=1)
def tls_context() -> ssl.SSLContext:
    """One for all: making it costs more than a request. Honours SSL_CERT_FILE and SSL_CERT_DIR."""
    return httpx.create_ssl_context()


def _tracing() -> aiohttp.TraceConfig:
    async def headers_sent(session: aiohttp.ClientSession, context: SimpleNamespace, params: Any) -> None:
        # aiohttp repeats some requests by itself when a connection breaks. Whether to repeat is not its to decide.
        progress: Progress = context.trace_request_ctx
        if progress.sent:
            raise OutboundError("The other server closed the connection without a response.", code="protocol")
        progress.sent = True

    async def connection_reused(session: aiohttp.ClientSession, context: SimpleNamespace, params: Any) -> None:
        context.trace_request_ctx.reused = True

    config = aiohttp.TraceConfig()
    config.on_connection_reuseconn.append(connection_reused)
    config.on_request_headers_sent.append(headers_sent)
    return config


def classified(error: Exception, progress: Progress) -> OutboundError:
    """`error` as an `OutboundError`. Its text is for staff and names no address."""
    cause = getattr(error, "os_error", None) or error
    if isinstance(cause, RefusedAddress):
        return AddressRefused(str(cause))
    for kinds, code, text in (
        (aiohttp.ClientConnectorDNSError, "dns", "The host name could not be resolved."),
        ((aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError, ssl.SSLError), "tls", "TLS failed."),
        (asyncio.TimeoutError, "timeout", "The other server did not respond in time."),
        (aiohttp.ClientConnectorError, "refused", "The other server could not be reached."),
    ):
        if isinstance(error, kinds):
            return OutboundError(text, code=code, sent=progress.sent)
    return OutboundError(
        "The other server closed the connection early or did not respond in HTTP.", code="protocol", sent=progress.sent
    )
