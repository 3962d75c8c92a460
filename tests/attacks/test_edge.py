"""The edge: what is refused before Django has read it, and who passes for whom."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from assistant.outbound.instance import HEADER
from assistant.services.organizations import rate_limits
from assistant.services.organizations.networks import network_of
from interworky import rules
from interworky.edge import Edge, Rule, Slots
from interworky.logs import OncePerMinute
from tests.rates import spend

RULES = (Rule("/", 100, slots="pages"), Rule("/large/", 100, known_bytes=1000), Rule("/slow/", 100, seconds=0.01))
STAFF, NOBODY = (b"cookie", b"staff"), (b"cookie", b"")


async def is_staff(scope: Any) -> bool:
    return STAFF in scope["headers"]


class Client:
    """One request to an edge, and what came of it; `body` are the parts that it sends, None one that never comes."""

    def __init__(self, path: str, body: list[bytes | None] | None = None, headers: list[tuple[bytes, bytes]] | None = None):
        self.scope = {"type": "http", "path": path, "headers": headers or [], "client": ("192.0.2.1", 1)}
        self.parts = list(body or [])
        self.sent: list[dict[str, Any]] = []
        self.read: list[bytes] = []  # what the application was given
        self.seen: dict[str, Any] = {}

    async def receive(self) -> dict[str, Any]:
        part = self.parts.pop(0) if self.parts else b""
        if part is None:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": part, "more_body": bool(self.parts)}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen = scope
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            self.read.append(message["body"])
            if not message["more_body"]:
                break
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    async def ask(self, **more: Any) -> int:
        edge = Edge(self.app, RULES, is_staff, more.pop("slots", {}), own_mark=lambda: b"ours", **more)
        await edge(self.scope, self.receive, self.send)
        return self.status

    @property
    def status(self) -> int:
        return self.sent[0]["status"]

    @property
    def code(self) -> str:
        return json.loads(b"".join(message.get("body", b"") for message in self.sent))["code"]


@pytest.fixture(autouse=True)
def fresh() -> None:
    rate_limits.reset()


# --- Bodies ----------------------------------------------------------------------------------------------------------


async def test_a_body_that_says_it_is_too_large_is_not_read():
    client = Client("/", [b"x" * 101], [(b"content-length", b"101")])
    assert await client.ask() == 413 and client.code == "message_too_long"
    assert client.seen == {} and dict(client.sent[0]["headers"])[b"connection"] == b"close"


async def test_a_body_is_counted_while_it_comes_whatever_it_says_of_itself():
    for declared in ([], [(b"content-length", b"5")], [(b"content-length", b"9" * 40)], [(b"content-length", b"-1")]):
        client = Client("/", [b"x" * 60, b"x" * 60, b"x" * 60], declared)
        assert await client.ask() == 413
        assert client.read == [b"x" * 60]


@pytest.mark.parametrize("target", ["http://evil.example/", "*", "admin", ""])
async def test_a_request_whose_target_is_no_path_is_refused_and_no_failure(target: str):
    client = Client(target, [b"x"])
    assert await client.ask() == 400 and client.code == "bad_input" and client.seen == {}


async def test_a_body_within_its_bound_arrives_whole():
    client = Client("/", [b"x" * 60, b"y" * 40])
    assert await client.ask() == 200 and client.read == [b"x" * 60, b"y" * 40]


async def test_a_body_that_does_not_come_ends_the_request():
    client = Client("/slow/", [b"x", None])
    assert await client.ask() == 408 and client.read == [b"x"]


@pytest.mark.parametrize(("who", "status"), [(STAFF, 200), (NOBODY, 413)])
@pytest.mark.parametrize("declared", [[], [(b"content-length", b"500")]])
async def test_large_files_are_for_staff(who: tuple[bytes, bytes], status: int, declared: list[tuple[bytes, bytes]]):
    client = Client("/large/", [b"x" * 250, b"x" * 250], [who, *declared])
    assert await client.ask() == status


async def test_staff_too_have_a_bound():
    assert await Client("/large/", [b"x" * 600, b"x" * 600], [STAFF]).ask() == 413


async def test_a_page_of_another_site_may_read_why_it_was_refused():
    client = Client("/", [b"x" * 101], [(b"origin", b"https://www.example.com")])
    await client.ask()
    assert dict(client.sent[0]["headers"])[b"access-control-allow-origin"] == b"https://www.example.com"


async def test_every_path_has_a_rule_and_no_stranger_fills_a_disk(settings: Any):
    edge = Edge(Client("/").app, rules.RULES, is_staff, {})
    for path in (
        "/",
        "/admin/",
        "/admin/login/",
        "/api/v1/widget/messages",
        "/demo/mailbox/",
        "/nothing",
        "/demo-llm/v1/models",
        "/appointments/x/",
    ):
        # What is larger than this, Django keeps in a file.
        assert edge.rule_of(path).max_bytes <= settings.FILE_UPLOAD_MAX_MEMORY_SIZE, path
    assert edge.rule_of("/admin/login/").known_bytes == 0
    assert edge.rule_of("/admin/assistant/document/add/").known_bytes == settings.UPLOAD_MAX_MB * 1_000_000


# --- Slots -----------------------------------------------------------------------------------------------------------


async def test_the_number_of_pages_rendered_at_once_and_waiting_is_bounded():
    slots = Slots(at_once=1, waiting=1)
    await slots.acquire()
    second = Client("/")
    waiting = asyncio.create_task(second.ask(slots={"pages": slots}))
    while not slots.waiting:
        await asyncio.sleep(0)
    third = Client("/")
    assert await third.ask(slots={"pages": slots}) == 503
    assert int(dict(third.sent[0]["headers"])[b"retry-after"]) > 0
    slots.release()
    assert await waiting == 200
    await asyncio.wait_for(slots.acquire(), 1)  # it was given back


async def test_a_body_that_is_still_coming_takes_no_slot():
    slots = Slots(at_once=1, waiting=1)
    slow = Client("/", [b"x", None])
    asking = asyncio.create_task(slow.ask(slots={"pages": slots}))
    while not slow.read:
        await asyncio.sleep(0)
    assert await Client("/").ask(slots={"pages": slots}) == 200
    asking.cancel()


# --- Whose requests they are ------------------------------------------------------------------------------------------


async def test_a_network_over_its_rate_limit_has_to_wait():
    rate_limits.reset()
    spend("page", network=network_of("192.0.2.1"), left=2)
    assert [await Client(path).ask() for path in ("/", "/large/", "/")] == [200, 200, 429]


@pytest.mark.parametrize("path", ["/demo/mailbox/", "/admin/", "/api/v1/widget/sessions", "/metrics", "/demo/api"])
async def test_our_own_http_client_is_refused(path: str):
    client = Client(path, headers=[(HEADER, b"ours")])
    assert await client.ask() == 403 and client.seen == {}


@pytest.mark.parametrize("path", ["/demo/api/treatments", "/demo-llm/v1/models"])
async def test_our_own_http_client_may_ask_the_demonstration(path: str):
    assert await Client(path, headers=[(HEADER, b"ours")]).ask() == 200


async def test_another_installations_client_is_anybody():
    assert await Client("/", headers=[(HEADER, b"theirs")]).ask() == 200


@pytest.mark.parametrize("hosts", [[], [b"10.1.2.3:8000"], [b"a", b"b"], [b"\xff"]])
async def test_a_probe_may_name_any_host_or_none(hosts: list[bytes]):
    client = Client("/healthz", headers=[(b"host", host) for host in hosts])
    assert await client.ask() == 200
    assert [value for name, value in client.seen["headers"] if name == b"host"] == [b"localhost"]


async def test_another_page_keeps_the_host_that_was_asked_for():
    client = Client("/healthz/x", headers=[(b"host", b"10.1.2.3")])
    await client.ask()
    assert client.seen["headers"] == [(b"host", b"10.1.2.3")]


def test_what_anybody_can_make_it_log_is_a_line_a_minute_without_a_traceback():
    now = 0.0
    limited = OncePerMinute(clock=lambda: now)
    record = logging.LogRecord("django.security.DisallowedHost", logging.ERROR, "", 0, "No", None, (ValueError, None, None))
    assert [limited.filter(record) for _ in range(3)] == [True, False, False]
    assert record.exc_info is None
    now = OncePerMinute.SECONDS
    assert limited.filter(record)
    limited = OncePerMinute("Invalid UTF-8", clock=lambda: now)
    assert [limited.filter(record) for _ in range(2)] == [True, True]
