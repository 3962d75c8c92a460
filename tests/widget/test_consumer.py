"""One socket against the real consumer and rows; a stub stands where the model server does."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from channels.testing import WebsocketCommunicator

from assistant.async_db import in_db
from assistant.models import Card, Conversation, Message, Turn
from assistant.services.booking.availability import browsing, menus, offers
from assistant.services.conversations import cards
from assistant.services.conversations.sessions import Session, open_session
from assistant.services.conversations.state import change_state
from tests import make
from widget import consumers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("answered")]


class Socket:
    """A connected widget: `tell` sends a frame, `hear` waits for an event of a type."""

    def __init__(self, origin: str = make.ORIGIN, headers: list | None = None, app: Any = None, **options: Any) -> None:
        given = [(b"origin", origin.encode())] if headers is None else headers
        self.wire = WebsocketCommunicator(app or consumers.WidgetConsumer.as_asgi(**options), "/ws/v1/chat", headers=given)

    async def __aenter__(self) -> Socket:
        assert (await self.wire.connect())[0]
        return self

    async def __aexit__(self, *_) -> None:
        await self.wire.disconnect()

    async def tell(self, type: str, **fields) -> None:
        await self.wire.send_to(text_data=json.dumps({"type": type, **fields}))

    async def hear(self, type: str) -> dict:
        async with asyncio.timeout(5):
            while True:
                event = json.loads(await self.wire.receive_from(5))
                if event["type"] == type:
                    return event

    async def closed(self) -> int:
        async with asyncio.timeout(8):
            while True:
                message = await self.wire.receive_output(8)
                if message["type"] == "websocket.close":
                    return message["code"]


async def test_a_slots_card_is_looked_through_without_a_turn():
    opened = await session()
    card = await in_db(_a_slots_card)(opened)
    async with Socket() as socket:
        await socket.tell("session.open", token=opened.token, after=0)
        await socket.hear("session.ready")
        await socket.tell("slots.browse", card=str(card.pk), after=card.content["days"][0]["date"])
        shown = await socket.hear("slots.shown")
        assert shown["card"] == str(card.pk)
        assert shown["view"]["days"][0]["date"] == card.content["days"][1]["date"]
        await socket.tell("slots.browse", card=str(opened.conversation.pk))
        assert (await socket.hear("error"))["of"] == "slots.browse"
    assert not await in_db(Turn.objects.exists)()


def _a_slots_card(opened: Session) -> Card:
    make.calendar(opened.conversation.organization)
    menu = menus.menu_of(opened.conversation.organization, [], None)
    service = menu.service("Dr. Moss")
    content = browsing.content(menu, service, None, offers.offer(service), "")
    return cards.add(opened.conversation, "slots", content, action=browsing.action(menu, "visits_book"))


async def session(**fields) -> Session:
    assistant = await in_db(make.assistant)(**fields)
    return await in_db(open_session)(assistant, make.ORIGIN)


async def test_a_message_is_acknowledged_answered_and_ended():
    opened = await session()
    async with Socket() as socket:
        await socket.tell("session.open", token=opened.token, after=0)
        ready = await socket.hear("session.ready")
        assert ready["events"] == [] and ready["conversation"]["state"] == "assistant"
        await socket.tell("message.send", id="c-1", text="Hello")
        assert (await socket.hear("message.added"))["message"]["client_id"] == "c-1"
        added = await socket.hear("message.added")
        assert (added["message"]["text"], added["seq"]) == ("Hi there.", 2)
        assert (await socket.hear("turn.ended"))["outcome"] == "done"


async def test_two_tabs_of_one_visitor_get_the_same_events():
    opened = await session()
    async with Socket() as one, Socket() as two:
        for socket in (one, two):
            await socket.tell("session.open", token=opened.token, after=0)
            await socket.hear("session.ready")
        await one.tell("message.send", id="c-1", text="Hello")
        heard = [await socket.hear("turn.ended") for socket in (one, two)]
        assert heard[0] == heard[1]


async def test_a_lost_acknowledgement_is_given_again_and_nothing_is_saved_twice():
    opened = await session()
    async with Socket() as socket:
        await socket.tell("session.open", token=opened.token, after=0)
        await socket.hear("session.ready")
        await socket.tell("message.send", id="c-1", text="Hello")
        await socket.hear("turn.ended")
        await socket.tell("message.send", id="c-1", text="Hello")
        again = await socket.hear("message.added")
        assert again["message"]["client_id"] == "c-1" and again["seq"] == 1
        await socket.tell("message.send", id="c-1", text="Something else")
        assert (await socket.hear("error"))["code"] == "conflict"
    assert await in_db(Message.objects.filter(role="visitor").count)() == 1
    assert await in_db(Turn.objects.count)() == 1


async def test_a_reconnect_resumes_after_what_was_seen():
    opened = await session()
    async with Socket() as socket:
        await socket.tell("session.open", token=opened.token, after=0)
        await socket.tell("message.send", id="c-1", text="Hello")
        await socket.hear("turn.ended")
    async with Socket() as socket:
        await socket.tell("session.open", token=opened.token, after=1)
        ready = await socket.hear("session.ready")
        assert [event["seq"] for event in ready["events"]] == [2, 3] and "turn" not in ready
        await socket.tell("ping")
        assert (await socket.hear("pong"))["seq"] == 3


@pytest.mark.parametrize(
    "origin, code",
    [
        ("https://www.example.com", None), ("https://WWW.example.com", None), ("https://www.example.com:443", None),
        ("https://example.com", 4401), ("https://www.example.com.evil.org", 4401), ("https://evilwww.example.com", 4401),
        ("http://www.example.com", 4401), ("https://www.example.com:8443", 4401), ("https://www.example.com.", 4401),
        ("null", 4403), ("", 4403), ("file://", 4401), ("https://www.example.com@evil.org", 4401),
    ],
)  # fmt: skip
async def test_a_socket_is_accepted_only_from_the_origin_of_its_token(origin, code):
    opened = await session()
    async with Socket(origin) as socket:
        await socket.tell("session.open", token=opened.token, after=0)
        if code:
            assert await socket.closed() == code
        elif origin == make.ORIGIN:
            await socket.hear("session.ready")


async def test_two_origin_headers_are_refused():
    async with Socket(headers=[(b"origin", make.ORIGIN.encode()), (b"origin", b"https://evil.org")]) as socket:
        assert await socket.closed() == consumers.FORBIDDEN


async def test_an_admin_cookie_opens_nothing():
    async with Socket(headers=[(b"origin", make.ORIGIN.encode()), (b"cookie", b"sessionid=abc")]) as socket:
        await socket.tell("session.open", token="", after=0)
        assert await socket.closed() == consumers.TOKEN


@pytest.mark.parametrize(
    "text", ["{", "null", '{"type": "nope"}', '{"type": "ping"}', '{"type": "message.send", "id": "a", "text": "b"}']
)
async def test_anything_before_session_open_is_refused(text):
    async with Socket() as socket:
        await socket.wire.send_to(text_data=text)
        assert await socket.closed() == consumers.BAD_FRAME


ID = str(UUID(int=1))
REFUSED_VALUES = [
    ({"type": "message.send", "id": "c-1", "text": "\u200b\u2060"}, "bad_input", "c-1"),
    ({"type": "message.send", "id": "c-1", "text": ["a"]}, "bad_input", "c-1"),
    ({"type": "message.send", "id": "c-1", "text": "x" * 17_000}, "message_too_long", "c-1"),
    ({"type": "message.send", "id": "", "text": "a"}, "bad_input", "message.send"),
    ({"type": "visitor.update", "email": "ann@"}, "bad_input", "visitor.update"),
    ({"type": "visitor.update", "name": "A" * 121}, "bad_input", "visitor.update"),
    ({"type": "card.answer", "card": "1", "choice": "send"}, "bad_input", "card.answer"),
    ({"type": "card.answer", "card": ID, "choice": "send", "fields": {"a": "x" * 2001}}, "message_too_long", "card.answer"),
    ({"type": "message.rate", "message": ID, "value": 9}, "bad_input", "message.rate"),
]  # fmt: skip


@pytest.mark.parametrize("frame, code, of", REFUSED_VALUES)
async def test_a_value_that_is_refused_is_refused_by_name_and_ends_no_conversation(frame, code, of):
    opened = await session()
    async with Socket() as socket:
        await socket.tell("session.open", token=opened.token, after=0)
        await socket.hear("session.ready")
        await socket.tell(**frame)
        error = await socket.hear("error")
        assert (error["code"], error["of"]) == (code, of)
        await socket.tell("message.send", id="c-2", text="Hello")
        assert (await socket.hear("message.added"))["message"]["client_id"] == "c-2"


async def test_a_second_session_open_that_is_refused_ends_the_socket():
    opened = await session()
    async with Socket() as socket:
        await socket.tell("session.open", token=opened.token, after=0)
        await socket.hear("session.ready")
        await socket.tell("session.open", token=opened.token, after=-1)
        assert await socket.closed() == consumers.BAD_FRAME


async def test_binary_frames_are_refused():
    async with Socket() as socket:
        await socket.wire.send_to(bytes_data=b"{}")
        assert await socket.closed() == consumers.BAD_FRAME


async def test_a_silent_socket_is_closed():
    async with Socket(open_seconds=0.05) as socket:
        assert await socket.closed() == consumers.NO_OPEN


class Reader:
    """The other end of a socket, which does not read messages of the types in `unread`."""

    def __init__(self, **options: Any) -> None:
        self.app = consumers.WidgetConsumer.as_asgi(**options)
        self.unread: set[str] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_if_read(message: dict[str, Any]) -> None:
            while message["type"] in self.unread:
                await asyncio.Event().wait()
            await send(message)

        await self.app(scope, receive, send_if_read)


async def test_who_does_not_read_is_closed_and_may_come_back():
    opened, reader = await session(), Reader(send_seconds=0.01)
    async with Socket(app=reader) as socket:
        await socket.tell("session.open", token=opened.token, after=0)
        await socket.hear("session.ready")
        reader.unread = {"websocket.send"}
        await in_db(change_state)(opened.conversation, Conversation.State.CLOSED)
        assert await socket.closed() == consumers.TOO_SLOW
    async with Socket() as socket:
        await socket.tell("session.open", token=opened.token, after=0)
        assert (await socket.hear("session.ready"))["events"], "what it has not read is there"


async def test_who_does_not_even_read_that_they_are_closed_holds_nothing_up():
    opened, reader = await session(), Reader(send_seconds=0.01)
    async with Socket(app=reader) as socket:
        await socket.tell("session.open", token=opened.token, after=0)
        await socket.hear("session.ready")
        reader.unread = {"websocket.send", "websocket.close"}
        await socket.tell("ping")
        await socket.wire.send_input({"type": "websocket.disconnect", "code": 1006})
        await socket.wire.wait(30)


async def test_a_flood_of_frames_ends_the_socket():
    opened = await session()
    async with Socket() as socket:
        await socket.tell("session.open", token=opened.token, after=0)
        await socket.hear("session.ready")
        for _ in range(consumers.FRAMES_AT_ONCE + 5):
            await socket.tell("typing")
        assert await socket.closed() == consumers.TOO_MUCH
        for _ in range(5):
            await socket.tell("ping")
        assert await socket.wire.receive_nothing(0.3), "nothing may be sent after the end, not even another end"


async def test_a_message_that_is_too_long_is_refused_by_its_id_and_the_socket_stays(settings):
    opened = await session()
    async with Socket() as socket:
        await socket.tell("session.open", token=opened.token, after=0)
        await socket.hear("session.ready")
        await socket.tell("message.send", id="c-9", text="x" * (settings.MESSAGE_MAX_CHARS + 1))
        error = await socket.hear("error")
        assert (error["code"], error["of"]) == ("message_too_long", "c-9")
        await socket.tell("ping")
        await socket.hear("pong")


async def test_an_assistant_that_is_switched_off_stops_listening():
    opened = await session()
    async with Socket() as socket:
        await socket.tell("session.open", token=opened.token, after=0)
        await socket.hear("session.ready")
        opened.conversation.assistant.enabled = False
        await in_db(opened.conversation.assistant.save)()
        await socket.tell("message.send", id="c-1", text="Hello")
        assert await socket.closed() == consumers.FORBIDDEN
    assert await in_db(Message.objects.count)() == 0


async def test_nobody_gets_events_of_another_conversation():
    ours = await session()
    theirs = await in_db(open_session)(await in_db(make.assistant)(await in_db(make.organization)("Other")), make.ORIGIN)
    async with Socket() as mine, Socket() as other:
        await mine.tell("session.open", token=ours.token, after=0)
        await other.tell("session.open", token=theirs.token, after=0)
        await mine.hear("session.ready")
        await other.hear("session.ready")
        await mine.tell("message.send", id="c-1", text="A secret")
        await mine.hear("turn.ended")
        assert await other.wire.receive_nothing(0.1)
        reply = await in_db(Message.objects.get)(role="assistant")
        await other.tell("message.rate", message=str(reply.pk), value=1)
        assert (await other.hear("error"))["code"] == "not_found"
        await other.tell("turn.stop", turn=str(reply.turn_id))
        assert (await other.hear("error"))["code"] == "not_found"


async def test_a_closed_conversation_is_followed_by_a_new_one():
    opened = await session()
    async with Socket() as socket:
        await socket.tell("session.open", token=opened.token, after=0)
        await socket.tell("conversation.new")
        assert (await socket.hear("conversation.updated"))["state"] == "closed"
    again = await in_db(open_session)(opened.conversation.assistant, make.ORIGIN, token=opened.token)
    assert again.conversation != opened.conversation
    assert await in_db(Conversation.objects.count)() == 2
