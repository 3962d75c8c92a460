"""Every frame and every endpoint is counted, for the visitor and for the network they come from; a new one that is not
counted fails here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from channels.testing import WebsocketCommunicator
from django.db import transaction
from django.test import AsyncClient, Client
from django.urls import URLPattern, URLResolver, get_resolver

from assistant.async_db import in_db
from assistant.errors import TooMuch
from assistant.models import Conversation, Visitor
from assistant.services.conversations.events import RESUME_BYTES, resume_session
from assistant.services.conversations.messages import append_message
from assistant.services.conversations.sessions import Session, open_session
from assistant.services.conversations.state import set_state
from assistant.services.organizations import rate_limits
from assistant.services.organizations.networks import network_of
from assistant.services.windows import Windows
from tests import make
from tests.rates import spend
from widget import consumers
from widget.appointments import holder_of
from widget.frames import FRAMES

API = "/api/v1/widget/"
EXAMPLES = {
    type: json.loads((Path(__file__).parents[1] / "wire" / "frames" / f"{type}.json").read_text()) for type in FRAMES
}


def endpoints(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from endpoints(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path, pattern.callback


ENDPOINTS = dict(endpoints(get_resolver().url_patterns))
API_ENDPOINTS = {path: view for path, view in ENDPOINTS.items() if path.startswith(API[1:])}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    rate_limits.reset()
    yield
    rate_limits.reset()


# --- All of them ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type", sorted(FRAMES))
def test_a_frame_has_limits_of_both_kinds(type: str) -> None:
    assert rate_limits.LIMITS[type].visitor and rate_limits.LIMITS[type].network


@pytest.mark.parametrize("path", sorted(API_ENDPOINTS))
def test_an_endpoint_of_the_api_has_limits_of_both_kinds(path: str) -> None:
    view = API_ENDPOINTS[path]
    limit = rate_limits.LIMITS[view.limit]
    assert limit.network
    # Before there is a visitor there is nobody else to count; `sessions` counts the one whom a token names.
    assert limit.visitor or (not view.session and view.limit == "config")
    assert view.methods


def test_every_request_is_counted_at_the_edge_whatever_it_is_for() -> None:
    """The admin, the demonstration and the files have no token to tell visitors apart by; test_edge.py sees it refuse."""
    from interworky.asgi import application
    from interworky.edge import Edge

    assert isinstance(application.app, Edge)
    assert rate_limits.LIMITS["page"].network
    assert len(ENDPOINTS) > len(API_ENDPOINTS) + 100


# --- They bite --------------------------------------------------------------------------------------------------------


class Page:
    """A visitor's page, which a proxy says is at `address`."""

    def __init__(self, address: str) -> None:
        self.client, self.address, self.token = AsyncClient(), address, ""

    def headers(self) -> dict[str, str]:
        given = {"origin": make.ORIGIN, "x-forwarded-for": self.address, "accept": "application/json"}
        return given | ({"authorization": f"Bearer {self.token}"} if self.token else {})

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        data = {"data": json.dumps(body or {}), "content_type": "application/json"} if method == "POST" else {}
        return await getattr(self.client, method.lower())(API + path, headers=self.headers(), **data)

    async def open(self, assistant: Any) -> Page:
        session = await in_db(open_session)(assistant, make.ORIGIN)
        self.token, self.visitor = session.token, str(session.conversation.visitor_id)
        return self


BODY = {"value": 1, "choice": "confirm", "call": "c-1", "name": "nothing", "arguments": {}}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("whose", ["visitor", "network"])
@pytest.mark.parametrize("path", sorted(path for path, view in API_ENDPOINTS.items() if view.session))
async def test_one_request_too_many_is_refused(path: str, whose: str, settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    view = API_ENDPOINTS[path]
    assistant = await in_db(make.assistant)()
    first, other = await Page("192.0.2.1").open(assistant), await Page("192.0.2.1").open(assistant)
    counted = {"network": network_of("192.0.2.1")} if whose == "network" else {"visitor": first.visitor}
    await in_db(spend)(view.limit, **counted, left=1)
    again = other if whose == "network" else first
    again_address, free = ("192.0.2.1", "192.0.2.2") if whose == "network" else ("192.0.2.2", "")
    where = re.sub(r"<uuid:\w+>", str(uuid4()), path.removeprefix(API[1:]))
    assert (await first.ask(view.methods[0], where, BODY)).status_code != 429
    again.address = again_address
    refused = await again.ask(view.methods[0], where, BODY)
    assert refused.status_code == 429 and int(refused["Retry-After"]) > 0
    neighbour = again if free else other
    neighbour.address = free or "192.0.2.1"
    assert (await neighbour.ask(view.methods[0], where, BODY)).status_code != 429


@pytest.mark.django_db(transaction=True)
def test_an_appointments_link_is_counted_for_its_holder_and_for_the_network() -> None:
    spend("appointment", network=network_of("127.0.0.1"), left=2)
    spend("appointment", visitor=holder_of("a"), left=1)
    paths = ["/appointments/a/", "/appointments/a/invitation.ics", "/appointments/b/", "/appointments/c/"]
    assert [Client().get(path).status_code for path in paths] == [404, 429, 404, 429]


@pytest.mark.django_db(transaction=True)
async def test_the_hosted_page_is_counted() -> None:
    spend("hosted", network=network_of("127.0.0.1"), left=1)
    assert [(await AsyncClient().get("/chat/pk_nobody")).status_code for _ in range(2)] == [404, 429]


class Socket:
    """A widget's socket, which a proxy says is at `address`."""

    def __init__(self, token: str, address: str) -> None:
        headers = [(b"origin", make.ORIGIN.encode()), (b"x-forwarded-for", address.encode())]
        self.wire = WebsocketCommunicator(consumers.WidgetConsumer.as_asgi(), "/ws/v1/chat", headers=headers)
        self.token = token

    async def open(self) -> dict[str, Any]:
        await self.wire.connect()
        return await self.reopen()

    async def reopen(self, after: int = 0) -> dict[str, Any]:
        """Where the conversation stands, or what the socket was closed with."""
        await self.say({"type": "session.open", "token": self.token, "after": after})
        while (event := await self.next())["type"] not in ("session.ready", "closed"):
            pass  # what is announced meanwhile
        return event

    async def say(self, frame: dict[str, Any]) -> None:
        await self.wire.send_to(text_data=json.dumps(frame))

    async def next(self) -> dict[str, Any]:
        """The next event, or what the socket was closed with."""
        output = await self.wire.receive_output(5)
        if output["type"] == "websocket.close":
            return {"type": "closed", "code": output["code"]}
        return json.loads(output["text"])

    async def refused(self, code: str) -> bool:
        while (event := await self.next())["type"] != "closed":
            if event["type"] == "error" and event["code"] == code:
                return True
        return event["code"] == consumers.TOO_MUCH


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("whose", ["visitor", "network"])
@pytest.mark.parametrize("type", sorted(set(FRAMES) - {"session.open"}))
async def test_one_frame_too_many_is_refused(type: str, whose: str, settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    session = await in_db(open_session)(await in_db(make.assistant)(), make.ORIGIN)
    visitor = str(session.conversation.visitor_id)
    await in_db(spend)(type, **({"network": network_of("192.0.2.1")} if whose == "network" else {"visitor": visitor}))
    socket = Socket(session.token, "192.0.2.1" if whose == "network" else "192.0.2.2")
    await socket.open()
    await socket.say(EXAMPLES[type])
    assert await socket.refused("too_much")
    await socket.wire.disconnect()


# --- Resuming is charged by what it brings back ---------------------------------------------------------------------


@pytest.fixture
def long(settings: Any) -> Session:
    """A conversation of 800 kB."""
    settings.TRUSTED_PROXY_COUNT = 1
    session = open_session(make.assistant(), make.ORIGIN)
    with transaction.atomic():
        for number in range(200):
            append_message(session.conversation, "assistant", f"{number:03} " + "x" * 4000)
    return session


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_bounded_and_holds_the_newest(long: Session) -> None:
    ready = resume_session(long.conversation, 0)
    assert len(json.dumps(ready.events)) < RESUME_BYTES + 5000
    assert ready.more and ready.events[-1]["seq"] == ready.seq == 200
    assert [event["seq"] for event in ready.events] == list(range(201 - len(ready.events), 201))


@pytest.mark.django_db(transaction=True)
def test_the_newest_event_is_given_however_large_it_is(long: Session) -> None:
    assert [event["seq"] for event in resume_session(long.conversation, 0, max_bytes=1).events] == [200]


def most(limit: str, size: int) -> int:
    """How many answers of `size` fit into `limit`, and the one that goes beyond it."""
    return int(limit.split("/")[0]) * rate_limits.CHARGED_BYTES // size + 1


@pytest.mark.django_db(transaction=True)
async def test_reopening_one_socket_over_and_over_ends_it(long: Session) -> None:
    socket = Socket(long.token, "192.0.2.1")
    size = len(json.dumps(await socket.open()))
    assert size > 200_000
    count = 1
    while (event := await socket.reopen())["type"] == "session.ready":
        count += 1
    assert event == {"type": "closed", "code": consumers.TOO_MUCH}
    assert count <= most(rate_limits.RESUMED.visitor[0], size)
    another = Socket(long.token, "192.0.2.2")
    assert (await another.open())["type"] == "closed"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
async def test_polls_and_streams_are_charged_to_the_same_account(long: Session, accept: str) -> None:
    visitor = str(long.conversation.visitor_id)
    await in_db(rate_limits.charge_resume)(10**9, visitor=visitor, network="elsewhere")
    page = Page("192.0.2.1")
    page.token = long.token
    headers = {**page.headers(), "accept": accept}
    refused = await page.client.get(f"{API}events?after=0", headers=headers)
    assert refused.status_code == 429 and int(refused["Retry-After"]) > 0


@pytest.mark.django_db(transaction=True)
async def test_one_network_cannot_spread_it_over_many_visitors(long: Session) -> None:
    await in_db(rate_limits.charge_resume)(10**9, visitor="another", network=network_of("192.0.2.1"))
    assert (await Socket(long.token, "192.0.2.1").open())["type"] == "closed"
    assert (await Socket(long.token, "192.0.2.2").open())["type"] == "session.ready"


@pytest.mark.django_db(transaction=True)
async def test_resuming_without_new_events_costs_next_to_nothing(long: Session) -> None:
    socket = Socket(long.token, "192.0.2.1")
    await socket.open()
    for _ in range(20):
        assert (await socket.reopen(after=200))["type"] == "session.ready"
    await socket.wire.disconnect()


# --- Rows that strangers can make ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_number_of_conversations_a_network_begins_is_limited() -> None:
    spend("session.new", network=network_of("2001:db8::1"), left=3)
    assistant = make.assistant()
    opened = [open_session(assistant, make.ORIGIN, address="2001:db8::1") for _ in range(3)]
    with pytest.raises(TooMuch):
        open_session(assistant, make.ORIGIN, address="2001:db8::ffff")
    assert (Visitor.objects.count(), Conversation.objects.count()) == (3, 3)
    # Who has one comes back to it, and another network begins its own.
    again = open_session(assistant, make.ORIGIN, token=opened[0].token, address="2001:db8::1")
    assert again.conversation == opened[0].conversation
    open_session(assistant, make.ORIGIN, address="2001:db8:1::1")


@pytest.mark.django_db
def test_a_visitor_who_closes_and_begins_again_is_counted() -> None:
    spend("session.new", network=network_of("192.0.2.1"), left=2)
    session = open_session(make.assistant(), make.ORIGIN, address="192.0.2.1")
    assistant = session.conversation.assistant
    for refused in (False, True):
        with transaction.atomic():
            set_state(session.conversation, Conversation.State.CLOSED)
        if refused:
            with pytest.raises(TooMuch):
                open_session(assistant, make.ORIGIN, token=session.token, address="192.0.2.1")
        else:
            session = open_session(assistant, make.ORIGIN, token=session.token, address="192.0.2.1")


# --- Whose share it is -------------------------------------------------------------------------------------------------


def test_a_greedy_visitor_takes_nothing_from_the_others_of_the_network() -> None:
    spend("human.request", network="office", left=3)
    spend("human.request", visitor="greedy", left=1)
    rate_limits.hit("human.request", visitor="greedy", network="office")
    for _ in range(10):
        with pytest.raises(TooMuch):
            rate_limits.hit("human.request", visitor="greedy", network="office")
    rate_limits.hit("human.request", visitor="another", network="office")
    rate_limits.hit("human.request", visitor="a third", network="office")


def test_a_window_opens_again_and_forgets_the_oldest_key_first() -> None:
    now = 0.0
    windows = Windows(most_keys=3, clock=lambda: now)
    assert [windows.hit("a", 2, 60) for _ in range(3)] == [0, 0, 60]
    now = 60.0
    assert windows.hit("a", 2, 60) == 0
    for key in "bcd":  # from as many networks as anybody likes
        windows.hit(key, 2, 60)
    assert list(windows.counts) == ["b", "c", "d"]
