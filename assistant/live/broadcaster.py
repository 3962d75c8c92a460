"""The subscribers of one event loop, and its connection to the other processes.

An event reaches subscribers in the same process at once, and those in other processes through Redis, where there is one.
A process that cannot receive from the others, because Redis is down or slow, asks the database for new rows instead, every
`POLL_SECONDS`, with one query for all conversations that it has open.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.conf import settings
from django.db import DatabaseError
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from assistant.async_db import in_db
from assistant.live.channels import CONVERSATION, STAFF, group
from assistant.live.fences import Fences
from assistant.live.subscription import Payload, Subscription
from assistant.models import Conversation

log = logging.getLogger(__name__)

QUEUE_LIMIT = 20_000
SENT_AT_ONCE = 500
GATHER_SECONDS = 0.03  # between two sends to other processes; what comes meanwhile goes with the next
SEND_SECONDS = 2
PROBE_SECONDS = 1.0  # how often a process publishes to itself through Redis, to know that it receives
SILENCE_SECONDS = 3.0  # without such a message, until Redis is taken to be down
POLL_SECONDS = 1.5
PREFIX = "interworky."


class Broadcaster:
    """The subscribers of one event loop, and its connection to other processes.

    One queue and one sender, so that events arrive in the order in which they were published.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.name = uuid4().hex
        self.header = b'{"from":"%s",' % self.name.encode()  # what this process sends begins so
        self.subscriptions: dict[str, set[Subscription]] = {}
        self.fences = Fences()
        self.queue: asyncio.Queue[tuple[str, Payload]] = asyncio.Queue(QUEUE_LIMIT)
        self.waiting: deque[tuple[str, Payload]] = deque()  # from other threads
        self.woken = False  # the loop will see to them
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.remote: PubSub | None = None
        self.down = False

    def put(self, to: str, payload: Payload) -> None:
        if not self.fences.admit(payload):
            return
        for subscription in self.subscriptions.get(to, ()):
            subscription.put(payload)
        if settings.REDIS_URL:
            self._ensure_running("send", self._send)
            with suppress(asyncio.QueueFull):
                self.queue.put_nowait((to, payload))

    def put_from_thread(self, to: str, payload: Payload) -> None:
        """`put`, from any other thread. What a transaction publishes wakes the loop once: each time costs a system call, and
        the thread the interpreter's lock. Raises `RuntimeError` where the loop has ended."""
        self.waiting.append((to, payload))
        if not self.woken:
            self.woken = True
            try:
                self.loop.call_soon_threadsafe(self._put_waiting)
            except RuntimeError:
                self.woken = False
                raise

    def _put_waiting(self) -> None:
        self.woken = False  # first: what is added from now on wakes the loop again
        while self.waiting:
            self.put(*self.waiting.popleft())

    async def add(self, to: str, subscription: Subscription) -> None:
        first = to not in self.subscriptions
        self.subscriptions.setdefault(to, set()).add(subscription)
        if settings.REDIS_URL:
            self._ensure_running("receive", self._receive_or_poll)
            if first and self.remote:
                with suppress(RedisError, OSError):  # the receiving task notices it too
                    await self.remote.subscribe(PREFIX + to)

    async def remove(self, to: str, subscription: Subscription) -> None:
        self.subscriptions[to].discard(subscription)
        if not self.subscriptions[to]:
            del self.subscriptions[to]
            if self.remote:
                with suppress(RedisError, OSError):
                    await self.remote.unsubscribe(PREFIX + to)

    def _ensure_running(self, name: str, run: Any) -> None:
        if name not in self.tasks or self.tasks[name].done():
            self.tasks[name] = self.loop.create_task(run())

    async def _send(self) -> None:
        """Send what is queued: the first event after a pause at once, others together, because one alone takes the client
        four times as long."""
        async with _redis() as redis:
            while True:
                waiting = [await self.queue.get()]
                while not self.queue.empty() and len(waiting) < SENT_AT_ONCE:
                    waiting.append(self.queue.get_nowait())
                try:
                    async with asyncio.timeout(SEND_SECONDS), redis.pipeline(transaction=False) as pipeline:
                        for to, payload in waiting:
                            pipeline.publish(PREFIX + to, b'%s"payload":%s}' % (self.header, payload.encoded))
                        await pipeline.execute()
                except (RedisError, OSError, TimeoutError):
                    # The others poll meanwhile: what piles up here would be outdated on arrival.
                    while not self.queue.empty():
                        waiting.append(self.queue.get_nowait())
                    self._set_down(True)
                    await asyncio.sleep(0.2)
                finally:
                    for _ in waiting:
                        self.queue.task_done()
                await asyncio.sleep(GATHER_SECONDS)

    async def flush(self) -> None:
        """Until what was published is sent to the other processes, or given up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SEND_SECONDS):
                await self.queue.join()

    async def close(self) -> None:
        """Stop sending and receiving."""
        pending = set(self.tasks.values())
        while pending:
            for task in pending:
                task.cancel()  # again and again: Redis' client swallows one that comes while it connects
            _, pending = await asyncio.wait(pending, timeout=0.2)

    async def _receive_or_poll(self) -> None:
        """Receive from other processes; while that fails, poll for what they have saved."""
        while True:
            try:
                await self._receive()
            except (RedisError, OSError):
                await self.queue.join()
            finally:
                self.remote = None
            self._set_down(True)
            await self._poll()
            await asyncio.sleep(POLL_SECONDS)

    async def _receive(self) -> None:
        """Receive until our own messages no longer come back. Raises `RedisError`, `OSError`."""
        own = PREFIX + self.name
        async with _redis() as redis, redis.pubsub(ignore_subscribe_messages=True) as self.remote:
            await self.remote.subscribe(own, *(PREFIX + to for to in self.subscriptions))
            caught_up = False
            received_at = probed_at = time.monotonic()
            await redis.publish(own, b"")
            while time.monotonic() - received_at < SILENCE_SECONDS:
                if time.monotonic() - probed_at >= PROBE_SECONDS:
                    probed_at = time.monotonic()
                    await redis.publish(own, b"")
                message = await self.remote.get_message(timeout=PROBE_SECONDS)
                if message is None:
                    continue
                to = message["channel"].decode()
                if to != own:
                    self._deliver(to.removeprefix(PREFIX), message["data"])
                    continue
                received_at = time.monotonic()
                if not caught_up:
                    caught_up = True
                    self._set_down(False)
                    await self._poll()

    def _deliver(self, to: str, data: bytes) -> None:
        if data.startswith(self.header):
            return
        payload = Payload(orjson.loads(data)["payload"])
        if self.fences.admit(payload):
            for subscription in self.subscriptions.get(to, ()):
                subscription.put(payload)

    async def _poll(self) -> None:
        """Notify the subscribers whose conversations have rows that they have not received."""
        for to, inboxes in self.subscriptions.items():
            if to.startswith(STAFF):
                for inbox in inboxes:
                    inbox.put(None)  # they read their rows again
        open_now = [to.removeprefix(CONVERSATION) for to in self.subscriptions if to.startswith(CONVERSATION)]
        if not open_now:
            return
        try:
            newest = await in_db(_newest_seqs)(open_now)
        except DatabaseError:
            return  # the next poll asks again
        for conversation_id, seq in newest:
            for subscription in self.subscriptions.get(group(conversation_id), ()):
                if seq > subscription.delivered:
                    subscription.put(None)

    def _set_down(self, down: bool) -> None:
        if down != self.down:
            self.down = down
            log.warning("Redis is down; open widgets are served from the database." if down else "Redis is back.")


def _newest_seqs(conversation_ids: list[str]) -> list[tuple[UUID, int]]:
    return list(Conversation.objects.filter(pk__in=conversation_ids).values_list("pk", "last_seq"))


def _redis() -> Redis:
    return Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=SEND_SECONDS, retry=Retry(NoBackoff(), 0)
    )
