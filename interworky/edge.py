"""Limits on HTTP requests, applied before Django sees them.

Django's handler writes a body to disk before any view can refuse it, checks the host before any view can answer a probe,
and gives each request for a synchronous view its own thread and database connection. So the size and the time of a body,
the requests of a network, and the number of concurrent synchronous requests are limited here. Sockets have limits of
their own (`interworky.websocket_protocol`, `widget.consumers`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.utils.crypto import constant_time_compare

from assistant.errors import NotAllowed, TooMuch
from assistant.outbound.instance import HEADER, own_mark
from assistant.sentences import sentence
from assistant.services.organizations import networks, rate_limits
from widget import access

log = logging.getLogger(__name__)

ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]

PROBES = ("/healthz", "/readyz")
FOR_OURSELVES = ("/demo/api/", "/demo-llm/")  # the only paths that our own HTTP client may request
SEND_SECONDS = 20  # that a client may take to read one part of a response
LINGER_SECONDS = 2  # for which a refused body is still read and discarded, or else the client may never see the response
BUSY_SECONDS = 5


class Slots:
    """A limit on concurrent requests. A few more may wait; beyond that, requests are refused."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self.semaphore = asyncio.Semaphore(at_once)
        self.waiting, self.most_waiting = 0, waiting

    async def acquire(self) -> None:
        """Raises `TooMuch` if too many are waiting already."""
        if self.waiting >= self.most_waiting:
            raise TooMuch("synchronous requests at once", retry_after_seconds=BUSY_SECONDS)
        self.waiting += 1
        try:
            await self.semaphore.acquire()
        finally:
            self.waiting -= 1

    def release(self) -> None:
        self.semaphore.release()


@dataclass(frozen=True)
class Rule:
    """Limits for requests whose path begins with `prefix`: a body of `max_bytes` within `seconds`, or of `known_bytes`
    within `known_seconds` for somebody known, such as signed-in staff. `slots` names the slots that such a request needs,
    if any."""

    prefix: str
    max_bytes: int
    seconds: float = 20
    known_bytes: int = 0
    known_seconds: float = 600
    slots: str = ""


class Refused(Exception):
    def __init__(self, status: int, code: str, retry_after: int = 0) -> None:
        super().__init__(code)
        self.status, self.code, self.retry_after = status, code, retry_after


class Unread(Exception):
    """A client that holds a slot does not read its response."""


@dataclass
class Request:
    """One request: its body is counted while it arrives, and its slot is acquired once the body is complete."""

    edge: Edge
    rule: Rule
    scope: Any
    receive: Any
    send: Any
    size: int = 0
    limit: int = field(init=False)
    complete: bool = False
    started: bool = False
    refused: Refused | None = None
    held: Slots | None = None

    def __post_init__(self) -> None:
        self.limit = self.rule.max_bytes
        self.deadline = asyncio.get_running_loop().time() + self.rule.seconds

    async def admit(self, size: int) -> None:
        """Raises `Refused` if a body of `size` is too large for this client."""
        if self.limit < size <= self.rule.known_bytes and await self.edge.is_known(self.scope):
            self.limit = self.rule.known_bytes
            self.deadline += self.rule.known_seconds - self.rule.seconds
        if size > self.limit:
            raise Refused(413, "message_too_long")

    async def read(self) -> Any:
        """The application's `receive`. To the application, a refusal looks like a disconnect."""
        if self.complete:
            return await self.receive()
        try:
            async with asyncio.timeout_at(self.deadline):
                message = await self.receive()
            self.size += len(message.get("body", b""))
            await self.admit(self.size)
            if not message.get("more_body", False):
                self.complete = True
                await self.take_slot()
        except TimeoutError:
            self.refused = Refused(408, "unavailable")
        except Refused as refused:
            self.refused = refused
        except TooMuch as error:
            self.refused = Refused(503, "unavailable", error.retry_after_seconds)
        return {"type": "http.disconnect"} if self.refused else message

    async def take_slot(self) -> None:
        if slots := self.edge.slots.get(self.rule.slots):
            await slots.acquire()
            self.held = slots

    async def write(self, message: Any) -> None:
        """The application's `send`. A client that does not read cannot occupy a slot for long."""
        if self.refused:
            return
        self.started = True
        if self.held is None:
            await self.send(message)
            return
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.send(message)
        except TimeoutError as error:
            raise Unread from error


class Edge:
    """`app` behind `rules`, of which the longest matching prefix applies. `is_known` says whether a request comes from
    somebody known, and is called only for large bodies. `slots` are those that the rules name."""

    def __init__(
        self,
        app: ASGIApp,
        rules: Sequence[Rule],
        is_known: Callable[[Any], Awaitable[bool]],
        slots: dict[str, Slots],
        own_mark: Callable[[], bytes] = own_mark,
    ) -> None:
        self.app, self.is_known, self.slots, self.own_mark = app, is_known, slots, own_mark
        self.rules = sorted(rules, key=lambda rule: -len(rule.prefix))

    def rule_of(self, path: str) -> Rule:
        return next((rule for rule in self.rules if path.startswith(rule.prefix)), self.rules[-1])

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["path"] in PROBES:
            # Probes send an IP address as host, or none; their responses contain no link and no redirect.
            rest = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope = {**scope, "headers": [*rest, (b"host", b"localhost")]}
        request = Request(self, self.rule_of(scope["path"]), scope, receive, send)
        try:
            if not scope["path"].startswith("/"):  # "OPTIONS *", or a whole URL as for a proxy
                raise Refused(400, "bad_input")
            self._look(request)
            await request.admit(_declared_size(scope))
        except Refused as refused:
            await _refuse(request, refused)
            return
        async with _slot_released(request):
            await self.app(scope, request.read, request.write)
        if request.refused and not request.started:
            await _refuse(request, request.refused)

    def _look(self, request: Request) -> None:
        """Raises `Refused` for our own client outside `FOR_OURSELVES`, and for a network over its rate limit."""
        headers = request.scope["headers"]
        if any(name == HEADER and constant_time_compare(value, self.own_mark()) for name, value in headers):
            if not request.scope["path"].startswith(FOR_OURSELVES):
                log.warning("Refused a request from this server to itself; a method, page or provider has its address.")
                raise Refused(403, "not_allowed")
            return
        try:
            network = access.network_of(headers, (request.scope.get("client") or ("", 0))[0])
        except NotAllowed:
            network = networks.UNKNOWN
        try:
            rate_limits.hit("page", network=network)
        except TooMuch as error:
            raise Refused(429, "too_much", error.retry_after_seconds) from error


@asynccontextmanager
async def _slot_released(request: Request) -> AsyncIterator[None]:
    try:
        yield
    except Unread:
        log.info("Closed the connection of a client that did not read its response.")
    finally:
        if request.held:
            request.held.release()


def _declared_size(scope: Any) -> int:
    """The declared size of the body, or 0 if there is no valid header; the body is counted in any case."""
    value = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(value) if value.isdigit() and len(value) < 19 else 0


async def _refuse(request: Request, refused: Refused) -> None:
    """Send a problem document that the requesting page can read, and close the connection."""
    locale = access.locale_of(request.scope["headers"])
    body = {"type": "about:blank", "title": sentence(refused.code, locale), "status": refused.status, "code": refused.code}
    origin = next((value for name, value in request.scope["headers"] if name == b"origin"), b"null")
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"cache-control", b"no-store"),
        (b"connection", b"close"),
        (b"vary", b"Origin, Accept-Language"),
        *([(b"retry-after", b"%d" % refused.retry_after)] if refused.retry_after else []),
        *([(b"access-control-allow-origin", origin)] if origin != b"null" else []),
    ]
    await request.send({"type": "http.response.start", "status": refused.status, "headers": headers})
    content = orjson.dumps(body)
    if request.complete or any(name == b"expect" for name, _ in request.scope["headers"]):
        await request.send({"type": "http.response.body", "body": content})
        return
    await request.send({"type": "http.response.body", "body": content, "more_body": True})
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while (await request.receive()).get("more_body"):
                pass
    except TimeoutError:
        pass
    await request.send({"type": "http.response.body", "body": b""})
