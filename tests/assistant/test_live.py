"""Published events reach open widgets, unless they are late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from assistant import events, live
from assistant.live.broadcaster import Broadcaster
from assistant.live.sending import Sender
from assistant.live.subscription import SUBSCRIPTION_LIMIT
from tests.assistant.redis_stub import RedisStub


async def heard_of(*announced: events.WidgetEvent) -> list[str]:
    """The types of the events in `announced` that a subscriber receives, up to a mark after them."""
    conversation_id = uuid4()
    async with live.subscribe(live.group(conversation_id)) as ear:
        for event in (*announced, events.StaffTyping()):
            live.announce(conversation_id, event)
        heard = []
        async with asyncio.timeout(5):
            while (payload := await ear.next()) and payload["type"] != "staff.typing":
                ear.delivered = payload.get("seq", ear.delivered)
                heard.append(f"{payload['type']} {payload.get('fence', '')}".strip())
    return heard


async def test_events_of_an_earlier_runner_are_dropped() -> None:
    turn, other = str(uuid4()), str(uuid4())
    assert await heard_of(
        events.TurnStarted(turn, "m", 1),
        events.ReplyDelta(turn, 0, "One", 1),
        events.TurnStarted(turn, "m", 2),
        events.ReplyDelta(turn, 3, " late", 1),
        events.ToolStarted(turn, "c", "late", 1),
        events.ToolFinished(turn, "c", "late", True, 1),
        events.ReplyDelta(turn, 0, "Two", 2),
        events.ReplyDelta(other, 0, "another turn", 1),
    ) == ["turn.started 1", "reply.delta 1", "turn.started 2", "reply.delta 2", "reply.delta 1"]


async def test_only_durable_events_of_an_ended_turn_are_delivered() -> None:
    turn = str(uuid4())
    assert await heard_of(
        events.ReplyDelta(turn, 0, "One", 1),
        events.MessageAdded(1, {"turn": turn}),
        events.TurnEnded(2, turn, "done"),
        events.TurnStarted(turn, "m", 1),
        events.ReplyDelta(turn, 3, " late", 7),
        events.MessageRated(3, "m", 1),
    ) == ["reply.delta 1", "message.added", "turn.ended", "message.rated"]


def test_the_number_of_remembered_fences_is_bounded() -> None:
    fences = live.Fences(limit=2)
    say = [events.ReplyDelta(turn, 0, "", fence).payload() for turn, fence in [("a", 2), ("b", 2), ("a", 2), ("c", 2)]]
    assert all(map(fences.admit, say))
    assert not fences.admit(events.ReplyDelta("a", 0, "", 1).payload())
    assert fences.admit(events.ReplyDelta("b", 0, "", 1).payload()), "the one longest unheard of is forgotten"


async def test_a_draft_is_read_by_the_fence_of_its_runner() -> None:
    turn = uuid4()
    live.DraftCopies(seconds=0).keep(turn, live.ReplyDraft("from the second", fence=2))
    async with asyncio.timeout(5):
        while not live.draft(turn, 2).text:
            await asyncio.sleep(0.001)
    live.keep_draft(turn, live.ReplyDraft("from the first", fence=1))
    assert [live.draft(turn, fence).text for fence in (1, 2, 3)] == ["from the first", "from the second", ""]
    live.keep_draft(turn, None)


async def test_an_event_is_encoded_once_for_all_who_receive_it() -> None:
    conversation_id = uuid4()
    to = live.group(conversation_id)
    async with live.subscribe(to) as one, live.subscribe(to) as other:
        live.announce(conversation_id, events.ReplyDelta("t", 0, "Grüß", 1))
        async with asyncio.timeout(5):
            first, second = await one.next(), await other.next()
    assert first is not None and second is not None
    assert first.text is second.text and first.text == '{"type":"reply.delta","turn":"t","offset":0,"text":"Grüß","fence":1}'


async def test_a_subscriber_that_gives_up_waiting_misses_nothing() -> None:
    subscription = live.Subscription()
    waiting = asyncio.create_task(subscription.next())
    await asyncio.sleep(0)
    subscription.put(live.Payload(number=0))
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    subscription.put(live.Payload(number=1))
    async with asyncio.timeout(5):
        assert [await subscription.next() for _ in range(2)] == [{"number": 0}, {"number": 1}]


async def test_a_slow_subscriber_reads_the_rows_instead_of_what_it_missed() -> None:
    subscription = live.Subscription()
    for number in range(SUBSCRIPTION_LIMIT + 1):
        subscription.put(live.Payload(number=number))
    subscription.put(live.Payload(number=-1))
    async with asyncio.timeout(5):
        assert [await subscription.next() for _ in range(2)] == [None, {"number": -1}]


@pytest.mark.parametrize("at", [0, SUBSCRIPTION_LIMIT], ids=["among what it missed", "the one that is too much"])
async def test_a_slow_subscriber_is_asked_to_check_its_session_all_the_same(at: int) -> None:
    subscription = live.Subscription()
    for number in range(SUBSCRIPTION_LIMIT + 1):
        subscription.put(live.Payload({live.CHECK: True}) if number == at else live.Payload(number=number))
    async with asyncio.timeout(5):
        assert [await subscription.next() for _ in range(2)] == [{live.CHECK: True}, None]


class Loop(asyncio.AbstractEventLoop):
    """An event loop that another thread wakes; it does what it was woken for when it is told to."""

    def __init__(self) -> None:
        self.ended, self.wakes = False, list[Callable[[], object]]()

    def call_soon_threadsafe(self, callback, *args, context=None):  # type: ignore[no-untyped-def]
        if self.ended:
            raise RuntimeError("Event loop is closed")
        self.wakes.append(lambda: callback(*args))


def test_what_another_thread_publishes_at_once_wakes_the_loop_once_and_arrives_in_order(settings) -> None:
    settings.REDIS_URL, loop = "", Loop()
    broadcaster, subscription = Broadcaster(loop), live.Subscription()
    broadcaster.subscriptions["a"] = {subscription}
    for number in range(3):
        broadcaster.put_from_thread("a", live.Payload(number=number))
    (wake,) = loop.wakes
    wake()
    broadcaster.put_from_thread("a", live.Payload(number=3))
    assert len(loop.wakes) == 2
    loop.wakes[1]()
    received = [asyncio.run(subscription.next()) for _ in range(4)]
    assert [payload and payload["number"] for payload in received] == [0, 1, 2, 3]


def test_a_loop_that_has_ended_leaves_nothing_that_waits_for_ever() -> None:
    loop = Loop()
    broadcaster = Broadcaster(loop)
    loop.ended = True
    with pytest.raises(RuntimeError):
        broadcaster.put_from_thread("a", live.Payload(number=0))
    loop.ended = False
    broadcaster.put_from_thread("a", live.Payload(number=1))
    assert len(loop.wakes) == 1


@asynccontextmanager
async def processes(
    settings: Any, count: int, patience_seconds: float = 0.1, unheard_seconds: float = 1
) -> AsyncIterator[tuple[RedisStub, list[Broadcaster]]]:
    """Broadcasters that have nothing in common but a Redis, as those of several processes."""
    redis = RedisStub()
    async with redis.serving() as settings.REDIS_URL:
        made = [Broadcaster(asyncio.get_running_loop(), patience_seconds, unheard_seconds) for _ in range(count)]
        try:
            yield redis, made
        finally:
            for one in made:
                await one.close()


async def test_what_is_published_while_redis_is_busy_is_sent_together_and_in_order(settings: Any) -> None:
    async with processes(settings, 1) as (redis, [broadcaster]):
        redis.answering.clear()
        broadcaster.put("a", live.Payload(number=0))
        await redis.received(1)
        for number in range(1, 4):
            broadcaster.put("a", live.Payload(number=number))
        redis.answering.set()
        await redis.received(2)
    assert messages_of(redis) == [[{"number": 0}], [{"number": 1}, {"number": 2}, {"number": 3}]]


def delta(offset: int) -> live.Payload:
    return live.Payload(type="reply.delta", turn="t", offset=offset, text="…")


def messages_of(redis: RedisStub) -> list[list[live.Payload] | None]:
    return [Sender("another process").decode(message) for _, message in redis.published]


async def test_more_of_a_reply_is_sent_with_what_cannot_wait(settings: Any) -> None:
    async with processes(settings, 1, 3600, unheard_seconds=0) as (redis, [broadcaster]):
        broadcaster.put("a", delta(0))
        await redis.received(1)
        broadcaster.put("a", delta(1))
        async with asyncio.timeout(30):
            while not broadcaster.queue.empty():  # until the sender has taken it
                await asyncio.sleep(0)
        broadcaster.put("a", live.Payload(number=2))
        await redis.received(2)
        broadcaster.put("a", delta(3))
        await broadcaster.flush()
    assert messages_of(redis) == [[delta(0)], [delta(1), {"number": 2}], [delta(3)]]


async def test_more_of_a_reply_does_not_wait_for_ever(settings: Any) -> None:
    async with processes(settings, 1, patience_seconds=0.01) as (redis, [broadcaster]):
        broadcaster.put("a", delta(1))
        await redis.received(1)
    assert messages_of(redis) == [[delta(1)]]


async def test_more_of_a_reply_is_not_sent_where_no_other_process_waited_for_it_a_moment_ago(settings: Any) -> None:
    async with processes(settings, 2, 0.01, unheard_seconds=3600) as (redis, [here, there]):
        here.put("a", delta(0))
        await here.flush()
        here.put("a", delta(1))
        here.put("a", live.Payload(number=2))
        await here.flush()
        sent = messages_of(redis)
        subscription = live.Subscription()
        await there.add("a", subscription)
        async with asyncio.timeout(30):
            while not redis.subscribers("interworky.a"):
                await asyncio.sleep(0.01)
            here.put("a", live.Payload(number=3))
            assert await subscription.next() == {"number": 3}
            await here.flush()
            here.put("a", delta(4))
            assert await subscription.next() == delta(4)
    assert [message for message in sent if message] == [[delta(0)], [{"number": 2}]]


async def test_whether_another_process_waits_for_a_reply_is_asked_again_after_a_while(settings: Any) -> None:
    async with processes(settings, 1, 0.01, unheard_seconds=0) as (redis, [broadcaster]):
        for offset in range(3):
            broadcaster.put("a", delta(offset))
            await broadcaster.flush()
    assert messages_of(redis) == [[delta(0)], [delta(1)], [delta(2)]]


async def test_what_is_too_much_for_the_queue_is_read_again_elsewhere(settings: Any) -> None:
    async with processes(settings, 1) as (redis, [broadcaster]):
        broadcaster.queue = asyncio.Queue(1)
        for number in range(2):
            broadcaster.put(f"{number}", live.Payload(number=number))
        await redis.received(2)
    assert dict(redis.published).keys() == {"interworky.0", "interworky.1"}
    assert messages_of(redis) == [[{"number": 0}], None]  # and a notice


async def test_nothing_that_was_published_is_left_behind_when_a_process_ends(settings: Any) -> None:
    async with processes(settings, 1) as (redis, [broadcaster]):
        for number in range(3):
            broadcaster.put("a", live.Payload(number=number))
            await broadcaster.flush()
            assert len(redis.published) == number + 1


async def test_other_processes_receive_what_one_publishes_and_it_receives_that_once_itself(settings: Any) -> None:
    async with processes(settings, 2) as (redis, [here, there]):
        subscriptions = live.Subscription(), live.Subscription()
        for broadcaster, subscription in zip((here, there), subscriptions, strict=True):
            await broadcaster.add("a", subscription)
        await redis.received(2)  # each has published to itself, so that it knows that it receives
        here.put("a", live.Payload(number=0))
        await here.flush()
        there.put("a", live.Payload(number=1))
        async with asyncio.timeout(5):
            received = [[await one.next() for _ in range(2)] for one in subscriptions]
    assert [[payload and payload["number"] for payload in of] for of in received] == [[0, 1], [0, 1]]
