"""What one process publishes, and what another receives of it, through a Redis that counts who subscribes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from assistant import live
from assistant.live.broadcaster import Broadcaster
from assistant.live.receiving import Receiver
from assistant.live.sending import Sender
from tests.assistant.redis_proxy import RedisProxy
from tests.assistant.redis_stub import RedisStub, listening

SECONDS = 30  # until a state that is waited for has come about, on a busy machine


async def until(state: Callable[[], object]) -> None:
    async with asyncio.timeout(SECONDS):
        while not state():
            await asyncio.sleep(0.01)


async def next_of(subscription: live.Subscription) -> live.Payload | None:
    async with asyncio.timeout(SECONDS):
        return await subscription.next()


@asynccontextmanager
async def broadcasters(count: int) -> AsyncIterator[list[Broadcaster]]:
    """As those of several processes, each with the `REDIS_URL` of the moment in which it first connects."""
    made = [Broadcaster(asyncio.get_running_loop()) for _ in range(count)]
    try:
        yield made
    finally:
        for one in made:
            await one.close()


async def subscribed(broadcaster: Broadcaster, to: str) -> live.Subscription:
    """Once Redis has confirmed it."""
    subscription = live.Subscription()
    await broadcaster.add(to, subscription)
    await until(lambda: broadcaster.receiver and to in broadcaster.receiver.confirmed)
    return subscription


@asynccontextmanager
async def on_redis(url: str, count: int) -> AsyncIterator[tuple[Redis, list[Broadcaster]]]:
    """A client, and broadcasters on a real server."""
    async with Redis.from_url(url) as client, broadcasters(count) as made:
        yield client, made


@pytest.fixture(autouse=True)
def configured(request: pytest.FixtureRequest, settings: Any) -> None:
    if "redis_url" in request.fixturenames:
        settings.REDIS_URL = request.getfixturevalue("redis_url")


async def test_what_no_other_process_waits_for_is_not_published(redis_url: str) -> None:
    async with on_redis(redis_url, 2) as (redis, [here, there]), redis.pubsub() as everything:
        await everything.psubscribe("interworky.*")  # who subscribes to a pattern is not counted
        await subscribed(here, "a")
        for number in range(3):
            here.put("a", live.Payload(number=number))
        here.put("b", live.Payload(number=3))
        await here.flush()
        elsewhere = await subscribed(there, "a")
        here.put("a", live.Payload(number=4))
        assert await next_of(elsewhere) == {"number": 4}
        published = []
        async with asyncio.timeout(SECONDS):
            while "interworky.a" not in published:
                message = await everything.get_message(ignore_subscribe_messages=True, timeout=1)
                published += [message["channel"].decode()] if message else []
                events = [message["data"]] if message and message["channel"] == b"interworky.a" else []
    assert set(published) <= {"interworky.a", f"interworky.{here.name}", f"interworky.{there.name}"}
    assert [Sender("a third process").decode(data) for data in events] == [[{"number": 4}]]


async def test_a_process_that_does_not_subscribe_itself_reaches_one_that_does(redis_url: str) -> None:
    async with on_redis(redis_url, 2) as (_, [here, there]):
        elsewhere = await subscribed(there, "a")
        here.put("a", live.Payload(number=0))
        assert await next_of(elsewhere) == {"number": 0}


async def test_what_a_receiving_connection_missed_before_its_end_was_noticed_is_read_again_elsewhere(
    redis_url: str, settings: Any
) -> None:
    proxy = RedisProxy(redis_url)
    async with on_redis(redis_url, 2) as (redis, [here, there]), proxy.serving() as settings.REDIS_URL:
        await subscribed(here, "a")
        conversation = f"conversation.{uuid4()}"
        proxy.hides_ends = True  # as a router does that has forgotten a connection
        assert await redis.client_kill_filter(_type="pubsub") == 1
        settings.REDIS_URL = redis_url
        elsewhere, silent = await subscribed(there, "a"), await subscribed(there, "b")
        here.put("a", live.Payload(number=0))
        await here.flush()
        assert here.receiver and "a" in here.receiver.confirmed, "it does not know yet"
        here.put(conversation, live.Payload(number=1))
        assert await next_of(elsewhere) is None, "something may have been missed, and it was"
        await until(lambda: here.receiver and "a" in here.receiver.confirmed)
        here.put("b", live.Payload(number=2))
        here.put("a", live.Payload(number=3))
        assert [await next_of(silent), await next_of(elsewhere)] == [{"number": 2}, {"number": 3}]


@pytest.mark.django_db(transaction=True)
async def test_who_may_have_missed_something_checks_the_visitors_session_as_well(redis_url: str) -> None:
    async with on_redis(redis_url, 2) as (_, [here, there]):
        to = live.group(uuid4())
        elsewhere = await subscribed(there, to)
        here.sender.give_up([to])
        here.put("another", live.Payload())
        assert [await next_of(elsewhere), await next_of(elsewhere)] == [{live.CHECK: True}, None]


async def test_what_is_sent_while_the_process_unsubscribes_is_read_again_elsewhere(settings: Any) -> None:
    stub = RedisStub()
    async with stub.serving() as settings.REDIS_URL, broadcasters(2) as [here, there]:
        subscription = await subscribed(here, "a")
        elsewhere = await subscribed(there, "a")
        stub.answering.clear()
        here.put("a", live.Payload(number=0))
        await until(lambda: "interworky.a" in dict(stub.published))
        await here.remove("a", subscription)
        await until(lambda: stub.subscribers("interworky.a") == 1)
        stub.answering.set()  # the script comes after the UNSUBSCRIBE, which is sent later
        assert await next_of(elsewhere) is None


async def test_what_could_not_be_sent_is_read_again_elsewhere(settings: Any) -> None:
    stub = RedisStub()
    async with stub.serving() as settings.REDIS_URL, broadcasters(2) as [here, there]:
        elsewhere = await subscribed(there, "a")
        stub.answering.clear()
        here.put("a", live.Payload(number=0))
        await until(lambda: here.down)
        stub.answering.set()
        while await next_of(elsewhere) is not None:
            pass  # what was sent may be carried out all the same


async def test_a_process_whose_connections_lead_to_different_servers_makes_them_anew(settings: Any) -> None:
    old, new = RedisStub(), RedisStub()
    async with old.serving() as old_url, new.serving() as new_url, broadcasters(2) as [here, there]:
        proxy = RedisProxy(old_url)
        async with proxy.serving() as settings.REDIS_URL:
            here.put("a", live.Payload(number=0))
            await old.received(1)
            proxy.url = new_url
            await subscribed(here, "a")
            settings.REDIS_URL = new_url
            elsewhere = await subscribed(there, "a")
            await until(lambda: f"interworky.{here.name}" in dict(new.published))
            here.put("a", live.Payload(number=1))
            assert await next_of(elsewhere) == {"number": 1}


@pytest.mark.parametrize("refused", ["-@scripting", "-pubsub"])
async def test_where_scripts_are_refused_everything_is_published(
    redis_url: str, refused: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with on_redis(redis_url, 2) as (redis, [here, there]):
        await redis.execute_command("ACL", "SETUSER", "default", refused)
        elsewhere = await subscribed(there, "a")
        await subscribed(here, "a")
        for number in range(2):
            here.put("a", live.Payload(number=number))
            assert await next_of(elsewhere) == {"number": number}
        called = (await redis.info("commandstats"))["cmdstat_evalsha"]
        assert called["calls"] + called["rejected_calls"] == 2, "each process has tried it once"
    assert [record.name for record in caplog.records] == ["assistant.live.sending"] * 2, "each process says it once"


async def test_a_probe_proves_what_was_sent_with_it_or_before_it_and_nothing_else(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        sender, probe = Sender("here"), ("here", live.Payload())
        await sender.send(redis, [("a", live.Payload())], {"a", "b", "c"})
        await sender.send(redis, [probe, ("b", live.Payload()), ("other", live.Payload())], {"a", "b", "c"})
        await sender.send(redis, [("c", live.Payload())], {"a", "b", "c"})
        sender.prove(1)
        sender.lose_receiver()
        assert sender.missed == {"c"}


async def test_a_script_that_redis_has_forgotten_is_sent_again(redis_url: str) -> None:
    async with on_redis(redis_url, 2) as (redis, [here, there]):
        elsewhere = await subscribed(there, "a")
        for number in range(2):
            await redis.script_flush()
            here.put("a", live.Payload(number=number))
            assert await next_of(elsewhere) == {"number": number}
    assert not here.sender.missed


async def test_a_subscription_counts_once_redis_has_confirmed_the_last_word_about_it(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis, redis.pubsub() as pubsub:
        receiver = Receiver(pubsub)
        await receiver.subscribe("a")
        await receiver.unsubscribe("a")
        await receiver.subscribe("a", "b")
        confirmed = []
        for _ in range(4):
            assert await receiver.next(SECONDS) is None
            confirmed.append(set(receiver.confirmed))
        assert confirmed == [set(), set(), {"a"}, {"a", "b"}]
        await receiver.unsubscribe("a")
        assert receiver.confirmed == {"b"}, "before Redis has seen it"


async def test_a_connection_that_has_replaced_another_silently_is_not_taken_for_it(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis, redis.pubsub() as pubsub:
        receiver = Receiver(pubsub)
        await receiver.subscribe("a")
        assert await receiver.next(SECONDS) is None
        assert pubsub.connection
        await pubsub.connection.disconnect()
        await receiver.subscribe("b")
        with pytest.raises(RedisConnectionError):
            for _ in range(3):  # as many confirmations as there are at most: of "a" and "b" again, and of "b"
                await receiver.next(1)


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


def test_a_message_of_another_version_counts_as_missed() -> None:
    here = Sender("here")
    assert here.decode(b'{"from":"there","payload":{"number":1}}') == [{"number": 1}]
    assert here.decode(b'{"from":"there","payloads":[{"number":1},{"number":2}]}') == [{"number": 1}, {"number": 2}]
    assert here.decode(b'{"from":"here","payload":{"number":1}}') == []
    assert [here.decode(data) for data in (b"", b"[]", b'{"from":"there","other":1}', b'{"payload":3}')] == [None] * 4
