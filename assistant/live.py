"""Notifications to open widgets, and to Celery. Nothing depends on their delivery.

Whatever is published has been committed before, or kept as a snapshot, so a lost notification costs a moment and never a
message: subscribers notice gaps in `seq` and `offset`, and sweeps find rows that no worker took. Events about a reply in
the making carry the fence of their runner; those of a runner that another has replaced, and those about a turn that has
ended, are dropped.

An event reaches subscribers in the same process at once, and those in other processes through Redis, where there is one.
A process that cannot receive from the others, because Redis is down or slow, asks the database for new rows instead, every
`POLL_SECONDS`, with one query for all conversations that it has open.
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, transaction
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from assistant.async_db import in_db
from assistant.events import WidgetEvent
from assistant.models import Conversation

log = logging.getLogger(__name__)

QUEUE_LIMIT = 20_000
SUBSCRIPTION_LIMIT = 500
SEND_SECONDS = 2
PROBE_SECONDS = 1.0  # how often a process publishes to itself through Redis, to know that it receives
SILENCE_SECONDS = 3.0  # without such a message, until Redis is taken to be down
POLL_SECONDS = 1.5
SNAPSHOT_SECONDS = 600
CACHE_PAUSE_SECONDS = 5.0  # for which a cache that did not answer is not asked
PREFIX = "interworky."
RUNNERS = "runners"
CHECK = "check_session"
STAFF = "staff."
FENCES_LIMIT = 10_000  # turns of which the newest fence is known, the most recent ones


class Payload(dict[str, Any]):
    """An event as JSON-ready values, encoded once for all subscribers, and never changed."""

    @cached_property
    def encoded(self) -> bytes:
        return orjson.dumps(self)

    @cached_property
    def text(self) -> str:
        return self.encoded.decode()


def group(conversation_id: UUID | str) -> str:
    """The channel that a conversation's open widgets subscribe to."""
    return f"conversation.{conversation_id}"


def announce(conversation_id: UUID | str, event: WidgetEvent) -> None:
    """Publish an event to every open widget of a conversation. From any thread; returns at once, raises nothing."""
    _publish(group(conversation_id), Payload(event.payload()))


def check_sessions(conversation_id: UUID | str) -> None:
    """Ask the processes that have widgets of this conversation open to check whether its visitor is still theirs."""
    _publish(group(conversation_id), Payload({CHECK: True}))


def staff_group(organization_id: int) -> str:
    """The channel that the open inboxes of an organization's staff subscribe to."""
    return f"{STAFF}{organization_id}"


def announce_to_staff(organization_id: int, payload: dict[str, Any]) -> None:
    """Publish to the open inboxes of an organization's staff: what has changed, for them to read, and who is typing."""
    _publish(staff_group(organization_id), Payload(payload))


def ask_to_stop(turn_id: UUID | str) -> None:
    """Ask the process that runs this turn, whichever it is, to end it."""
    _publish(RUNNERS, Payload(turn=str(turn_id)))


def queue_task(task: str, row_id: UUID | str) -> None:
    """Queue a Celery task for a row once the transaction has committed."""

    def send() -> None:
        from celery import current_app

        try:
            current_app.send_task(task, [str(row_id)])
        except Exception:
            # The row is there, and the sweep finds it: a broker that is down must not fail what was saved.
            log.warning("Celery was not reached for %s %s; the sweep will take it.", task, row_id, exc_info=True)

    transaction.on_commit(send)


# --- Subscribing ------------------------------------------------------------------------------------------------------


class Subscription:
    """What one subscriber receives, in order: payloads, and None where some may have been missed and must be read from rows.

    `delivered` is the newest `seq` that its owner has passed on; older events are skipped.
    """

    def __init__(self) -> None:
        self.delivered = 0
        self._received: asyncio.Queue[Payload | None] = asyncio.Queue(SUBSCRIPTION_LIMIT)

    def put(self, payload: Payload | None) -> None:
        if self._received.full():
            # A slow subscriber costs no more than this; it reads the rows once it is back.
            while not self._received.empty():
                self._received.get_nowait()
            payload = None
        self._received.put_nowait(payload)

    async def next(self) -> Payload | None:
        while True:
            payload = await self._received.get()
            seq = payload.get("seq") if payload else None
            if seq is None:
                return payload
            if seq > self.delivered:
                return payload if seq == self.delivered + 1 else None


@asynccontextmanager
async def subscribe(to: str) -> AsyncIterator[Subscription]:
    """Subscribe to what is published to `to`, a `group` or `RUNNERS`, in this process and in the others."""
    broadcaster = bind(asyncio.get_running_loop())
    subscription = Subscription()
    await broadcaster.admit(to, subscription)
    try:
        yield subscription
    finally:
        await broadcaster.dismiss(to, subscription)


# --- The text of replies in the making ------------------------------------------------------------------------------


@dataclass
class ReplyDraft:
    """A reply as far as the runner with `fence` has written it; `tools` are the labels of running tools."""

    text: str = ""
    tools: list[str] = field(default_factory=list)
    fence: int = 0


_drafts: dict[str, ReplyDraft] = {}  # of the turns that this process runs


def keep_draft(turn_id: UUID | str, draft: ReplyDraft | None) -> None:
    """Set what `draft` returns in this process; None removes it."""
    if draft is None:
        _drafts.pop(str(turn_id), None)
    else:
        _drafts[str(turn_id)] = draft


class DraftCopies:
    """Copies of drafts in a cache that all processes share. While it is down, it is asked only now and then."""

    def __init__(self, shared: Any = cache) -> None:
        self._cache = shared
        self._paused_until = 0.0  # on the monotonic clock
        # A thread of its own: a Redis that hangs holds up copies of drafts, and nothing that waits for the database.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="drafts")

    async def keep(self, turn_id: UUID | str, draft: ReplyDraft) -> None:
        snapshot = draft.text, list(draft.tools)
        await asyncio.get_running_loop().run_in_executor(
            self._thread, self._asked, self._cache.set, f"draft.{turn_id}.{draft.fence}", snapshot, SNAPSHOT_SECONDS
        )

    def read(self, turn_id: UUID | str, fence: int = 0) -> ReplyDraft:
        """Empty if there is no copy, or the cache is down."""
        text, tools = self._asked(self._cache.get, f"draft.{turn_id}.{fence}") or ("", [])
        return ReplyDraft(text, tools, fence)

    def _asked(self, ask: Callable[..., Any], *args: Any) -> Any:
        if time.monotonic() >= self._paused_until:
            try:
                return ask(*args)
            except RedisError:
                self._paused_until = time.monotonic() + CACHE_PAUSE_SECONDS
        return None


_copies = DraftCopies()


async def share_draft(turn_id: UUID | str, draft: ReplyDraft) -> None:
    """Store a copy for the other processes. Without a cache they show the reply when it is complete."""
    await _copies.keep(turn_id, draft)


def draft(turn_id: UUID | str, fence: int = 0) -> ReplyDraft:
    """The reply so far, by the runner with `fence`; empty if it has not begun, or cannot be read."""
    if (mine := _drafts.get(str(turn_id))) is not None and mine.fence == fence:
        return mine
    return _copies.read(turn_id, fence)


# --- Broadcasting ---------------------------------------------------------------------------------------------


class Fences:
    """The newest fence of each recent turn, so that events of an earlier runner are dropped."""

    def __init__(self, limit: int = FENCES_LIMIT) -> None:
        self.limit = limit
        self._newest: OrderedDict[str, float] = OrderedDict()

    def admit(self, payload: dict[str, Any]) -> bool:
        """Whether the event may go to widgets. Durable events always may: they are in the database."""
        turn, fence = payload.get("turn"), payload.get("fence")
        if payload.get("type") == "turn.ended":
            fence = math.inf
        if not isinstance(turn, str) or fence is None:
            return True
        if fence < self._newest.get(turn, 0):
            return False
        self._newest[turn] = fence
        self._newest.move_to_end(turn)
        while len(self._newest) > self.limit:
            self._newest.popitem(last=False)
        return True


class Broadcaster:
    """The subscribers of one event loop, and its connection to other processes.

    One queue and one sender, so that events arrive in the order in which they were published.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.name = uuid4().hex
        self.subscriptions: dict[str, set[Subscription]] = {}
        self.fences = Fences()
        self.queue: asyncio.Queue[tuple[str, Payload]] = asyncio.Queue(QUEUE_LIMIT)
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

    async def admit(self, to: str, subscription: Subscription) -> None:
        first = to not in self.subscriptions
        self.subscriptions.setdefault(to, set()).add(subscription)
        if settings.REDIS_URL:
            self._ensure_running("receive", self._receive_or_poll)
            if first and self.remote:
                with suppress(RedisError, OSError):  # the receiving task notices it too
                    await self.remote.subscribe(PREFIX + to)

    async def dismiss(self, to: str, subscription: Subscription) -> None:
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
        async with _redis() as redis:
            while True:
                to, payload = await self.queue.get()
                try:
                    async with asyncio.timeout(SEND_SECONDS):
                        message = b'{"from":"%s","payload":%s}' % (self.name.encode(), payload.encoded)
                        await redis.publish(PREFIX + to, message)
                except (RedisError, OSError, TimeoutError):
                    # The others poll meanwhile: what piles up here would be outdated on arrival.
                    while not self.queue.empty():
                        self.queue.get_nowait()
                    self._set_down(True)
                    await asyncio.sleep(0.2)

    async def _receive_or_poll(self) -> None:
        """Receive from other processes; while that fails, poll for what they have saved."""
        while True:
            try:
                await self._receive()
            except (RedisError, OSError):
                pass
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
        message = orjson.loads(data)
        if message["from"] != self.name and self.fences.admit(message["payload"]):
            payload = Payload(message["payload"])
            for subscription in self.subscriptions.get(to, ()):
                subscription.put(payload)

    async def _poll(self) -> None:
        """Notify the subscribers whose conversations have rows that they have not received."""
        for to, inboxes in self.subscriptions.items():
            if to.startswith(STAFF):
                for inbox in inboxes:
                    inbox.put(None)  # they read their rows again
        open_now = [to.removeprefix(group("")) for to in self.subscriptions if to.startswith(group(""))]
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


_current: Broadcaster | None = None  # that publishes
_broadcasters: dict[
    asyncio.AbstractEventLoop, Broadcaster
] = {}  # a strong reference: their tasks end with their loop, not before
_lock = threading.Lock()


def bind(loop: asyncio.AbstractEventLoop) -> Broadcaster:
    """Publish from this event loop: the server's own, so that nothing hops between threads on the way to a socket."""
    global _current
    with _lock:
        if _current is None or _current.loop is not loop:
            _current = _broadcasters.get(loop) or _broadcasters.setdefault(loop, Broadcaster(loop))
        return _current


async def close() -> None:
    """Stop publishing and receiving on this event loop, which is about to end."""
    global _current
    with _lock:
        broadcaster = _broadcasters.pop(asyncio.get_running_loop(), None)
        if broadcaster is not None and broadcaster is _current:
            _current = None
    pending = set(broadcaster.tasks.values()) if broadcaster is not None else set()
    while pending:
        for task in pending:
            task.cancel()  # again and again: Redis' client swallows one that comes while it connects
        _, pending = await asyncio.wait(pending, timeout=0.2)


def _publish(to: str, payload: Payload) -> None:
    try:
        broadcaster = _current
        if broadcaster is None or not broadcaster.loop.is_running():
            broadcaster = bind(_loop_of_our_own())
        if _runs_here(broadcaster.loop):
            # What other threads published before this was known here has been put: what they schedule runs in its order.
            broadcaster.put(to, payload)
        else:
            broadcaster.loop.call_soon_threadsafe(broadcaster.put, to, payload)
    except Exception:
        log.warning("An event could not be published.", exc_info=True)


def _runs_here(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


@lru_cache(maxsize=1)
def _loop_of_our_own() -> asyncio.AbstractEventLoop:
    """For processes without a server, such as Celery workers."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="live", daemon=True).start()
    return loop
