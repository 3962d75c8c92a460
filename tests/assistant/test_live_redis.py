"""What one process publishes, and what another receives of it, through a Redis that counts who subscribes."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

from assistant import live
from assistant.live.receiving import Receiver
from assistant.live.sending import Sender
from tests import servers
from tests.assistant.live_processes import SECONDS, broadcasters, next_of, on_redis, subscribed, until
from tests.assistant.redis_proxy import RedisProxy
from tests.assistant.redis_stub import RedisStub


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


async def test_a_notice_goes_out_also_where_nothing_can_be_received_any_more(redis_url: str, settings: Any) -> None:
    proxy = RedisProxy(redis_url)
    async with on_redis(redis_url, 2) as (redis, [here, there]), proxy.serving() as settings.REDIS_URL:
        await subscribed(here, "a")
        proxy.hides_ends = True
        assert await redis.client_kill_filter(_type="pubsub") == 1
        settings.REDIS_URL = redis_url
        elsewhere = await subscribed(there, "a")
        await redis.execute_command("ACL", "SETUSER", "default", "-subscribe")
        here.put("a", live.Payload(number=0))
        assert await next_of(elsewhere) is None


async def test_a_notice_that_could_not_be_sent_goes_with_the_next_send() -> None:
    sender, nobody = Sender("here"), Redis.from_url(f"redis://127.0.0.1:{servers.free_port()}/0")
    sender.give_up(["a"])
    async with nobody:
        with pytest.raises(RedisConnectionError):
            await sender.send(nobody, [("b", live.Payload())], set())
    assert sender.missed == {"a"}, "of what was to be sent the caller gives up the rest"


@pytest.mark.django_db(transaction=True)
async def test_who_may_have_missed_something_checks_the_visitors_session_as_well(redis_url: str) -> None:
    async with on_redis(redis_url, 2) as (_, [here, there]):
        to = live.group(uuid4())
        elsewhere = await subscribed(there, to)
        assert await next_of(elsewhere) == {live.CHECK: True}, "since it asked for the subscription"
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


def test_a_message_of_another_version_counts_as_missed() -> None:
    here = Sender("here")
    assert here.decode(b'{"from":"there","payload":{"number":1}}') == [{"number": 1}]
    assert here.decode(b'{"from":"there","payloads":[{"number":1},{"number":2}]}') == [{"number": 1}, {"number": 2}]
    assert here.decode(b'{"from":"here","payload":{"number":1}}') == []
    assert [here.decode(data) for data in (b"", b"[]", b'{"from":"there","other":1}', b'{"payload":3}')] == [None] * 4


@pytest.mark.parametrize("scripts", ["+@scripting", "-@scripting"])
async def test_a_channel_that_redis_refuses_holds_up_no_other_and_nothing_is_published_twice(
    redis_url: str, scripts: str, caplog: pytest.LogCaptureFixture
) -> None:
    other_user = Redis.from_url(redis_url, username="another", password="secret")
    async with on_redis(redis_url, 2) as (redis, [here, there]), other_user, other_user.pubsub() as reader:
        await redis.execute_command("ACL", "SETUSER", "another", "on", ">secret", "+@all", "allchannels")
        await reader.subscribe("interworky.refused")
        allowed = [f"&interworky.{name}" for name in ("a", "b", here.name, there.name)]
        await redis.execute_command("ACL", "SETUSER", "default", "resetchannels", *allowed, scripts)
        one, other = await subscribed(there, "a"), await subscribed(there, "b")
        for number in range(2):
            for to in ("a", "refused", "b"):
                here.put(to, live.Payload(number=number))
            await here.flush()
        assert [await next_of(of) for of in (one, one, other, other)] == 2 * [{"number": 0}, {"number": 1}]
        assert not here.sender.missed and not here.down
    said = [record.getMessage() for record in caplog.records if "refuses channels" in record.getMessage()]
    assert len(said) == 1 and "channel" in said[0].partition(":")[2], "why, once"


async def test_a_process_that_receives_from_a_replica_of_where_it_sends_makes_its_connections_anew(
    redis_url: str, settings: Any
) -> None:
    """The replica passes on what the master publishes, probes too; the master counts its own subscribers alone."""
    with servers.redis() as replica_url:
        master, proxy = urlsplit(redis_url), RedisProxy(redis_url)
        async with on_redis(replica_url, 2) as (replica, [here, there]), proxy.serving() as settings.REDIS_URL:
            async with Redis.from_url(redis_url) as client:
                await client.config_set("repl-diskless-sync-delay", "0")
            await replica.replicaof(master.hostname, master.port)
            while (await replica.info("replication"))["master_link_status"] != "up":
                await asyncio.sleep(0.01)
            here.put("b", live.Payload())
            await here.flush()
            proxy.url = replica_url
            await subscribed(here, "a")
            proxy.url = settings.REDIS_URL = redis_url
            elsewhere = await subscribed(there, "a")
            here.put("a", live.Payload(number=1))
            assert await next_of(elsewhere) in (None, {"number": 1})
