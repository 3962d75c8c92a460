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
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.conf import settings
from django.db import DatabaseError
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from assistant.async_db import in_db
from assistant.events import ReplyDelta
from assistant.live.channels import CONVERSATION, STAFF, group
from assistant.live.fences import Fences
from assistant.live.receiving import Receiver
from assistant.live.sending import UNHEARD_SECONDS, Sender
from assistant.live.subscription import CHECK, Payload, Subscription
from assistant.models import Conversation

log = logging.getLogger(__name__)

QUEUE_LIMIT = 20_000
SENT_AT_ONCE = 500
GATHER_SECONDS = 0.03  # between two sends to other processes; what comes meanwhile goes with the next
# For which more of a reply that has begun waits for what else is to be sent: a widget of another process shows it as late,
# some times a second, and with twenty long replies at once a turn takes a tenth less CPU.
PATIENCE_SECONDS = 0.1
SEND_SECONDS = 2
PROBE_SECONDS = 1.0  # how often a process publishes to itself through Redis, to know that it receives
SILENCE_SECONDS = 3.0  # without such a message, until Redis is taken to be down
POLL_SECONDS = 1.5


class Broadcaster:
    """The subscribers of one event loop, and its connection to other processes.

    One queue and one sender, so that events arrive in the order in which they were published.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        patience_seconds: float = PATIENCE_SECONDS,
        unheard_seconds: float = UNHEARD_SECONDS,
    ) -> None:
        self.loop, self.patience_seconds = loop, patience_seconds
        self.name = uuid4().hex
        self.sender = Sender(self.name, unheard_seconds)
        self.receiver: Receiver | None = None
        self.subscriptions: dict[str, set[Subscription]] = {}
        self.fences = Fences()
        self.queue: asyncio.Queue[tuple[str, Payload]] = asyncio.Queue(QUEUE_LIMIT)
        self.urgent = asyncio.Event()  # what is queued is to be sent at once
        self.waiting: deque[tuple[str, Payload]] = deque()  # from other threads
        self.woken = False  # the loop will see to them
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.down = False
        self.owners: dict[str, Any] = {}  # of conversations, as of the last poll since this process does not receive

    def put(self, to: str, payload: Payload) -> None:
        if not self.fences.admit(payload):
            return
        for subscription in self.subscriptions.get(to, ()):
            subscription.put(payload)
        if settings.REDIS_URL:
            more_of_a_reply = payload.get("type") == ReplyDelta.type and bool(payload.get("offset"))
            if not (more_of_a_reply and self.sender.is_unheard(to)):
                self._queue(to, payload, urgent=not more_of_a_reply)

    def _queue(self, to: str, payload: Payload, *, urgent: bool = True) -> None:
        self._ensure_running("send", self._send)
        try:
            self.queue.put_nowait((to, payload))
        except asyncio.QueueFull:
            self.sender.give_up([to])
        if urgent:
            self.urgent.set()

    def _probe(self) -> None:
        """Publish to ourselves, and with that what else there is to send."""
        self._queue(self.name, Payload())

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
            if first and self.receiver:
                with suppress(RedisError, OSError):  # the receiving task notices it too
                    await self.receiver.subscribe(to)

    async def remove(self, to: str, subscription: Subscription) -> None:
        self.subscriptions[to].discard(subscription)
        if not self.subscriptions[to]:
            del self.subscriptions[to]
            if self.receiver:
                self.sender.leave(to)
                with suppress(RedisError, OSError):
                    await self.receiver.unsubscribe(to)

    def _ensure_running(self, name: str, run: Any) -> None:
        if name not in self.tasks or self.tasks[name].done():
            self.tasks[name] = self.loop.create_task(run(), name=name)

    async def _send(self) -> None:
        """Send what is queued: the first event after a pause at once, others together, because a command for one takes the
        client as long as a command for ten."""
        async with _redis() as redis:
            while True:
                waiting = await self._gathered()
                try:
                    async with asyncio.timeout(SEND_SECONDS):
                        await self.sender.send(redis, waiting, self.receiver.confirmed if self.receiver else frozenset())
                except Exception as error:
                    # The others poll meanwhile: what piles up here would be outdated on arrival.
                    while not self.queue.empty():
                        waiting.append(self.queue.get_nowait())
                    self.sender.give_up(to for to, _ in waiting)
                    self._note_failure(error)
                    await asyncio.sleep(0.2)
                finally:
                    for _ in waiting:
                        self.queue.task_done()
                await asyncio.sleep(GATHER_SECONDS)

    async def _gathered(self) -> list[tuple[str, Payload]]:
        """What is queued, once there is something that cannot wait, or that has waited for long enough. While a notice waits
        that could not be sent, nothing after a while."""
        try:
            async with asyncio.timeout(POLL_SECONDS if self.sender.missed else None):
                gathered = [await self.queue.get()]
        except TimeoutError:
            return []
        if not self.urgent.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(self.patience_seconds):
                    await self.urgent.wait()
        while not self.queue.empty() and len(gathered) < SENT_AT_ONCE:
            gathered.append(self.queue.get_nowait())
        if self.queue.empty():
            self.urgent.clear()
        return gathered

    async def flush(self) -> None:
        """Until what was published is sent to the other processes, or given up."""
        self.urgent.set()
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
                self._set_down(True)
            except Exception as error:
                self._note_failure(error)
                await self.flush()
            if self.sender.missed:
                self._probe()
            await self._poll()
            await asyncio.sleep(POLL_SECONDS)

    async def _receive(self) -> None:
        """Receive until our own messages no longer come back. Raises `RedisError`, `OSError`."""
        async with _redis() as redis, redis.pubsub() as pubsub:
            # Before anybody can wait for it: while Redis hangs, that takes as long as the time-out.
            await pubsub.connect()
            receiver = self.receiver = Receiver(pubsub)
            try:
                await receiver.subscribe(self.name, *self.subscriptions)
                await self._receive_from(receiver)
            finally:
                receiver.end()
                self.receiver = None
                self.sender.lose_receiver()

    async def _receive_from(self, receiver: Receiver) -> None:
        caught_up = False
        received_at, probed_at = time.monotonic(), -PROBE_SECONDS
        while (now := time.monotonic()) - received_at < SILENCE_SECONDS:
            if now - probed_at >= PROBE_SECONDS and self.name in receiver.confirmed:
                probed_at = now
                self._probe()
            received = await receiver.next(PROBE_SECONDS)
            if received is None:
                continue
            to, data = received
            if to != self.name:
                self._deliver(to, data)
                continue
            received_at = time.monotonic()
            self.sender.prove(int(data))
            self._set_down(False)
            if not caught_up and (caught_up := await self._poll()):
                self.owners = {}

    def _deliver(self, to: str, data: bytes) -> None:
        payloads = self.sender.decode(data)
        subscriptions = self.subscriptions.get(to, ())
        if payloads is None:
            for subscription in subscriptions:
                if to.startswith(CONVERSATION):
                    subscription.put(Payload({CHECK: True}))  # may be what was missed, and is in no row
                subscription.put(None)
            return
        for payload in payloads:
            if self.fences.admit(payload):
                for subscription in subscriptions:
                    subscription.put(payload)

    async def _poll(self) -> bool:
        """Notify the subscribers whose conversations have rows that they have not received, or may have changed hands. False
        where the database could not say which."""
        for to, inboxes in self.subscriptions.items():
            if to.startswith(STAFF):
                for inbox in inboxes:
                    inbox.put(None)  # they read their rows again
        open_now = [to.removeprefix(CONVERSATION) for to in self.subscriptions if to.startswith(CONVERSATION)]
        if not open_now:
            return True
        try:
            rows = await in_db(_newest_rows)(open_now)
        except DatabaseError:
            return False  # the next poll asks again
        owners = {to: rows[to].owner if to in rows else None for to in map(group, open_now)}
        for to, owner in owners.items():
            for subscription in self.subscriptions.get(to, ()):
                if owner is None or owner != self.owners.get(to):
                    subscription.put(Payload({CHECK: True}))
                if to in rows and rows[to].seq > subscription.delivered:
                    subscription.put(None)
        self.owners = owners
        return True

    def _note_failure(self, error: Exception) -> None:
        """A task that ended with it would leave the process silent until somebody opens the next widget."""
        if isinstance(error, RedisError | OSError):
            self._set_down(True, error)
        else:
            log.error("What processes tell each other of was not passed on.", exc_info=error)

    def _set_down(self, down: bool, why: object = "it answers nothing") -> None:
        if down != self.down:
            self.down = down
            if down:
                log.warning("Redis is down; open widgets are served from the database: %s", why)
            else:
                log.warning("Redis is back.")


class _Newest(NamedTuple):
    """What a poll reads of a conversation. `owner` changes with whom a token for it has to be of."""

    seq: int
    owner: tuple[UUID, str | None]


def _newest_rows(conversation_ids: list[str]) -> dict[str, _Newest]:
    found = Conversation.objects.filter(pk__in=conversation_ids)
    rows = found.values_list("pk", "last_seq", "visitor_id", "visitor__external_id")
    return {group(pk): _Newest(seq, (visitor, external)) for pk, seq, visitor, external in rows}


def _redis() -> Redis:
    """Without any supported error: even one that it does not try again, redis-py answers by connecting again first."""
    retry = Retry(NoBackoff(), 0, supported_errors=())
    return Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=SEND_SECONDS, retry=retry)
