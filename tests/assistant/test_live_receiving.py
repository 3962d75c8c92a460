"""The connection on which a process receives from the others: how it is made, lost and made anew."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from assistant import live
from assistant.async_db import in_db
from assistant.live.receiving import Receiver
from assistant.models import Conversation, Visitor
from tests import make, servers
from tests.assistant.live_processes import SECONDS, broadcasters, next_of, on_redis, subscribed, until
from tests.assistant.redis_stub import listening
from tests.fakes import first_statement_fails


@pytest.fixture(autouse=True)
def configured(request: pytest.FixtureRequest, settings: Any) -> None:
    if "redis_url" in request.fixturenames:
        settings.REDIS_URL = request.getfixturevalue("redis_url")


async def test_nobody_waits_for_a_redis_that_hangs(settings: Any) -> None:
    asked = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            asked.set()
        writer.close()

    async with listening(hang) as settings.REDIS_URL, broadcasters(1) as [here]:
        await here.add("a", live.Subscription())
        await asked.wait()
        opening = asyncio.create_task(here.add("b", live.Subscription()))
        await asyncio.sleep(0)
        assert opening.done()


class SlowPubSub:
    """A client that has to wait until it can send."""

    def __init__(self) -> None:
        self.asked, self.may_send, self.sent = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def subscribe(self, *channels: str) -> None:
        self.asked.set()
        await self.may_send.wait()
        self.sent.set()


async def test_a_command_whose_visitor_has_left_is_sent_to_its_end() -> None:
    """redis-py closes the connection of a command that is cancelled, and that is everybody's."""
    pubsub: Any = SlowPubSub()
    leaving = asyncio.create_task(Receiver(pubsub).subscribe("a"))
    async with asyncio.timeout(SECONDS):
        await pubsub.asked.wait()
        leaving.cancel()
        await asyncio.wait([leaving])
        pubsub.may_send.set()
        await pubsub.sent.wait()


class ClosedPubSub:
    """A client on uvloop, after its connection was closed."""

    async def subscribe(self, *channels: str) -> None:
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")


async def test_a_connection_that_was_closed_a_moment_ago_fails_as_any_that_is_lost() -> None:
    pubsub: Any = ClosedPubSub()
    receiver = Receiver(pubsub)
    for _ in range(2):
        with pytest.raises(RedisConnectionError):
            await receiver.subscribe("a")


async def test_nothing_is_kept_for_who_leaves_while_they_subscribe(redis_url: str) -> None:
    here = live.bind(asyncio.get_running_loop())
    await subscribed(here, "a")

    async def stay() -> None:
        async with live.subscribe("b"):
            await asyncio.Event().wait()

    leaving = asyncio.create_task(stay())
    await asyncio.sleep(0)
    assert "b" in here.subscriptions
    leaving.cancel()
    await asyncio.wait([leaving])
    assert set(here.subscriptions) == {"a"}


async def test_a_receiver_that_has_ended_connects_to_nothing_any_more(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis, redis.pubsub() as pubsub:
        receiver = Receiver(pubsub)
        await receiver.subscribe("a")
        await pubsub.aclose()
        receiver.end()
        with pytest.raises(RedisConnectionError):
            await receiver.subscribe("b")
        assert pubsub.connection is None


async def test_a_connection_that_was_lost_is_made_anew_once(redis_url: str) -> None:
    async with on_redis(redis_url, 1) as (redis, [here]):
        await subscribed(here, "a")
        await here.flush()
        before = (await redis.info("stats"))["total_connections_received"]
        assert await redis.client_kill_filter(_type="pubsub") == 1
        await until(lambda: here.down)
        await until(lambda: not here.down)
        after = (await redis.info("stats"))["total_connections_received"]
    assert after - before == 2, "one on which it receives, and one on which it sends"


async def test_a_message_that_cannot_be_read_silences_no_process(redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with on_redis(redis_url, 2) as (redis, [here, there]):
        elsewhere = await subscribed(there, "a")
        receiver = there.receiver
        of_another_version = b'{"from":"a third process","payload":{"type":"reply.delta","turn":"t","fence":"first"}}'
        await redis.publish("interworky.a", of_another_version)
        await until(lambda: there.receiver is not receiver and there.receiver and "a" in there.receiver.confirmed)
        here.put("a", live.Payload(number=1))
        assert await next_of(elsewhere) == {"number": 1}
    assert [record.exc_info is not None for record in caplog.records if record.levelname == "ERROR"] == [True]


async def test_what_cannot_be_written_is_read_again_elsewhere(redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with on_redis(redis_url, 2) as (_, [here, there]):
        elsewhere = await subscribed(there, "a")
        here.put("a", live.Payload(text="half of a pair: \ud83d"))
        assert await next_of(elsewhere) is None
        here.put("a", live.Payload(number=1))
        assert await next_of(elsewhere) == {"number": 1}
    assert [record.exc_info is not None for record in caplog.records if record.levelname == "ERROR"] == [True]


@pytest.mark.django_db(transaction=True)
async def test_while_a_process_receives_nothing_it_asks_whose_its_conversations_are(settings: Any) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{servers.free_port()}/0"
    conversation = await in_db(make.conversation)()
    rows = Conversation.objects.filter(pk=conversation.pk)
    async with broadcasters(1) as [here]:
        widget = live.Subscription()
        await here.add(live.group(conversation.pk), widget)
        assert await next_of(widget) == {live.CHECK: True}, "what was published before is not known"
        await rows.aupdate(last_seq=1)
        assert await next_of(widget) is None, "and that one only once"
        widget.delivered = 1
        await Visitor.objects.filter(pk=conversation.visitor_id).aupdate(external_id="ann")
        assert await next_of(widget) == {live.CHECK: True}
        await rows.adelete()
        assert await next_of(widget) == {live.CHECK: True}


@pytest.mark.django_db(transaction=True)
async def test_a_login_that_is_missed_while_the_connection_is_made_anew_is_noticed(redis_url: str) -> None:
    async with on_redis(redis_url, 2) as (redis, [here, there]):
        conversation = await in_db(make.conversation)()
        widget = await subscribed(there, to := live.group(conversation.pk))
        assert await next_of(widget) == {live.CHECK: True}, "since it asked for the subscription"
        await redis.client_kill_filter(_type="pubsub")
        assert await next_of(widget) == {live.CHECK: True}, "since the connection has ended"
        await Visitor.objects.filter(pk=conversation.visitor_id).aupdate(external_id="ann")
        here.put(to, live.Payload({live.CHECK: True}))
        assert await next_of(widget) == {live.CHECK: True}


@pytest.mark.django_db(transaction=True)
async def test_a_process_that_could_not_ask_what_it_has_missed_asks_again(redis_url: str) -> None:
    conversation = await in_db(make.conversation)()
    async with first_statement_fails() as failed, on_redis(redis_url, 1) as (_, [here]):
        widget = await subscribed(here, live.group(conversation.pk))
        assert await next_of(widget) == {live.CHECK: True}
    assert failed
