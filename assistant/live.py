"""The doorbells: to open widgets, and to Celery. Nothing depends on either being heard.

What is rung has been committed or kept as a snapshot before, so a lost ring costs a moment, never a message: listeners
notice gaps in `seq` and `offset`, sweeps find rows that no worker took. What a runner says of a reply bears its fence:
from one that another has followed, or of a turn that has ended, it goes no further.

A bell rings in its own process at once, and in the others through Redis, where there is one. A process that does not hear
the others, because Redis is away or slow, looks for new rows instead, every `LOOK_SECONDS`, with one query for all that it
has open.
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
from functools import lru_cache
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
TICK_SECONDS = 1.0  # a process rings itself through Redis that often, to know that it hears
DEAF_SECONDS = 3.0  # without that
LOOK_SECONDS = 1.5
SNAPSHOT_SECONDS = 600
AWAY_SECONDS = 5.0  # that a cache which did not answer is left alone
PREFIX = "interworky."
RUNNERS = "runners"
FENCES_LIMIT = 10_000  # turns of which the newest fence is known, the last that were heard of


def group(conversation_id: UUID | str) -> str:
    """The name under which a conversation's open widgets listen."""
    return f"conversation.{conversation_id}"


def announce(conversation_id: UUID | str, event: WidgetEvent) -> None:
    """Ring every open widget of a conversation. From any thread; returns at once, raises nothing."""
    _publish(group(conversation_id), event.payload())


def ask_to_stop(turn_id: UUID | str) -> None:
    """Tell whichever process runs this turn that its visitor wants it to end."""
    _publish(RUNNERS, {"turn": str(turn_id)})


def hand_over(task: str, row_id: UUID | str) -> None:
    """Give a committed row's id to Celery once the transaction is through."""

    def send() -> None:
        from celery import current_app

        try:
            current_app.send_task(task, [str(row_id)])
        except Exception:
            # The row is there, and the sweep finds it: a broker that is down must not fail what was saved.
            log.warning("Celery was not reached for %s %s; the sweep will take it.", task, row_id, exc_info=True)

    transaction.on_commit(send)


# --- Listening ------------------------------------------------------------------------------------------------------


class Subscription:
    """What one listener hears, in order: payloads, and None where some may have been missed and the rows tell more.

    `told` is the newest `seq` that its owner has passed on; what it accounts for already is not heard again.
    """

    def __init__(self) -> None:
        self.told = 0
        self._heard: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(SUBSCRIPTION_LIMIT)

    def put(self, payload: dict[str, Any] | None) -> None:
        if self._heard.full():
            # Who does not listen costs no more than this; he reads the rows when he does.
            while not self._heard.empty():
                self._heard.get_nowait()
            payload = None
        self._heard.put_nowait(payload)

    async def next(self) -> dict[str, Any] | None:
        while True:
            payload = await self._heard.get()
            seq = payload.get("seq") if payload else None
            if seq is None:
                return payload
            if seq > self.told:
                return payload if seq == self.told + 1 else None


@asynccontextmanager
async def subscribe(to: str) -> AsyncIterator[Subscription]:
    """An ear for what is rung to `to`, a `group` or `RUNNERS`, in this process and in the others."""
    bell = bind(asyncio.get_running_loop())
    ear = Subscription()
    await bell.admit(to, ear)
    try:
        yield ear
    finally:
        await bell.dismiss(to, ear)


# --- The text of replies in the making ------------------------------------------------------------------------------


@dataclass
class ReplyDraft:
    """A reply as far as the runner under `fence` has come; `tools` are the labels at work now."""

    text: str = ""
    tools: list[str] = field(default_factory=list)
    fence: int = 0


_drafts: dict[str, ReplyDraft] = {}  # of the turns that this process runs


def keep_draft(turn_id: UUID | str, draft: ReplyDraft | None) -> None:
    """What `draft` answers from in this process; None forgets it."""
    if draft is None:
        _drafts.pop(str(turn_id), None)
    else:
        _drafts[str(turn_id)] = draft


# A thread of its own: a Redis that hangs holds up copies of drafts, and nothing that waits for the database.
_shelf = ThreadPoolExecutor(1, thread_name_prefix="drafts")
_away_until = 0.0  # on the monotonic clock


async def share_draft(turn_id: UUID | str, draft: ReplyDraft) -> None:
    """A copy for the other processes. Without a cache they show the reply when it is whole."""
    snapshot = draft.text, list(draft.tools)
    await asyncio.get_running_loop().run_in_executor(
        _shelf, _cached, cache.set, f"draft.{turn_id}.{draft.fence}", snapshot, SNAPSHOT_SECONDS
    )


def _cached(ask: Callable[..., Any], *args: Any) -> Any:
    """What the cache says; None from one that is away, and for a while after."""
    global _away_until
    if time.monotonic() >= _away_until:
        try:
            return ask(*args)
        except RedisError:
            _away_until = time.monotonic() + AWAY_SECONDS
    return None


def draft(turn_id: UUID | str, fence: int = 0) -> ReplyDraft:
    """The reply so far, of the runner under `fence`; empty when nobody has begun it, or nobody can say."""
    if (mine := _drafts.get(str(turn_id))) is not None and mine.fence == fence:
        return mine
    text, tools = _cached(cache.get, f"draft.{turn_id}.{fence}") or ("", [])
    return ReplyDraft(text, tools, fence)


# --- The ringing itself ---------------------------------------------------------------------------------------------


class Fences:
    """The newest fence of each turn that was heard of lately, so that nobody shows what an earlier runner still says."""

    def __init__(self, limit: int = FENCES_LIMIT) -> None:
        self.limit = limit
        self._newest: OrderedDict[str, float] = OrderedDict()

    def admit(self, payload: dict[str, Any]) -> bool:
        """Whether the event may go on to widgets. Durable ones always may: the database was asked before."""
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
    """The listeners of one event loop, and its way to those of other processes.

    One queue and one sender, so that what is rung arrives in the order in which it was rung.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.name = uuid4().hex
        self.ears: dict[str, set[Subscription]] = {}
        self.fences = Fences()
        self.queue: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue(QUEUE_LIMIT)
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.far: PubSub | None = None
        self.away = False

    def put(self, to: str, payload: dict[str, Any]) -> None:
        if not self.fences.admit(payload):
            return
        for ear in self.ears.get(to, ()):
            ear.put(payload)
        if settings.REDIS_URL:
            self._keep_up("send", self._send)
            with suppress(asyncio.QueueFull):
                self.queue.put_nowait((to, payload))

    async def admit(self, to: str, ear: Subscription) -> None:
        first = to not in self.ears
        self.ears.setdefault(to, set()).add(ear)
        if settings.REDIS_URL:
            self._keep_up("attend", self._attend)
            if first and self.far:
                with suppress(RedisError, OSError):  # whoever attends notices it too
                    await self.far.subscribe(PREFIX + to)

    async def dismiss(self, to: str, ear: Subscription) -> None:
        self.ears[to].discard(ear)
        if not self.ears[to]:
            del self.ears[to]
            if self.far:
                with suppress(RedisError, OSError):
                    await self.far.unsubscribe(PREFIX + to)

    def _keep_up(self, name: str, run: Any) -> None:
        if name not in self.tasks or self.tasks[name].done():
            self.tasks[name] = self.loop.create_task(run())

    async def _send(self) -> None:
        async with _redis() as redis:
            while True:
                to, payload = await self.queue.get()
                try:
                    async with asyncio.timeout(SEND_SECONDS):
                        await redis.publish(PREFIX + to, orjson.dumps({"from": self.name, "payload": payload}))
                except (RedisError, OSError, TimeoutError):
                    # The others look for themselves meanwhile: what piles up here would be old when it arrives.
                    while not self.queue.empty():
                        self.queue.get_nowait()
                    self._is_away(True)
                    await asyncio.sleep(0.2)

    async def _attend(self) -> None:
        """Hear the other processes; while that cannot be, look for what they have saved."""
        while True:
            try:
                await self._hear()
            except (RedisError, OSError):
                pass
            finally:
                self.far = None
            self._is_away(True)
            await self._look()
            await asyncio.sleep(LOOK_SECONDS)

    async def _hear(self) -> None:
        """Returns when it hears itself no more. Raises `RedisError`, `OSError`."""
        own = PREFIX + self.name
        async with _redis() as redis, redis.pubsub(ignore_subscribe_messages=True) as self.far:
            await self.far.subscribe(own, *(PREFIX + to for to in self.ears))
            caught_up = False
            heard_at = rung_at = time.monotonic()
            await redis.publish(own, b"")
            while time.monotonic() - heard_at < DEAF_SECONDS:
                if time.monotonic() - rung_at >= TICK_SECONDS:
                    rung_at = time.monotonic()
                    await redis.publish(own, b"")
                message = await self.far.get_message(timeout=TICK_SECONDS)
                if message is None:
                    continue
                to = message["channel"].decode()
                if to != own:
                    self._heard(to.removeprefix(PREFIX), message["data"])
                    continue
                heard_at = time.monotonic()
                if not caught_up:
                    caught_up = True
                    self._is_away(False)
                    await self._look()

    def _heard(self, to: str, data: bytes) -> None:
        ring = orjson.loads(data)
        if ring["from"] != self.name and self.fences.admit(ring["payload"]):
            for ear in self.ears.get(to, ()):
                ear.put(ring["payload"])

    async def _look(self) -> None:
        """Wake the listeners whose conversations have rows that they have not heard of."""
        open_now = [to.removeprefix(group("")) for to in self.ears if to != RUNNERS]
        if not open_now:
            return
        try:
            newest = await in_db(_newest_seqs)(open_now)
        except DatabaseError:
            return  # it is asked again in a moment
        for conversation_id, seq in newest:
            for ear in self.ears.get(group(conversation_id), ()):
                if seq > ear.told:
                    ear.put(None)

    def _is_away(self, away: bool) -> None:
        if away != self.away:
            self.away = away
            log.warning("Redis is away; open widgets are served from the database." if away else "Redis is back.")


def _newest_seqs(conversation_ids: list[str]) -> list[tuple[UUID, int]]:
    return list(Conversation.objects.filter(pk__in=conversation_ids).values_list("pk", "last_seq"))


def _redis() -> Redis:
    return Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=SEND_SECONDS, retry=Retry(NoBackoff(), 0)
    )


_bell: Broadcaster | None = None  # that is rung
_bells: dict[asyncio.AbstractEventLoop, Broadcaster] = {}  # a strong reference: their tasks end with their loop, not before
_lock = threading.Lock()


def bind(loop: asyncio.AbstractEventLoop) -> Broadcaster:
    """Ring from this event loop: the server's own, so that nothing hops between threads on the way to a socket."""
    global _bell
    with _lock:
        if _bell is None or _bell.loop is not loop:
            _bell = _bells.get(loop) or _bells.setdefault(loop, Broadcaster(loop))
        return _bell


async def close() -> None:
    """Ring and hear no more on this event loop, which is about to end."""
    global _bell
    with _lock:
        bell = _bells.pop(asyncio.get_running_loop(), None)
        if bell is not None and bell is _bell:
            _bell = None
    pending = set(bell.tasks.values()) if bell is not None else set()
    while pending:
        for task in pending:
            task.cancel()  # again and again: Redis' client swallows one that comes while it connects
        _, pending = await asyncio.wait(pending, timeout=0.2)


def _publish(to: str, payload: dict[str, Any]) -> None:
    try:
        bell = _bell
        if bell is None or not bell.loop.is_running():
            bell = bind(_loop_of_our_own())
        bell.loop.call_soon_threadsafe(bell.put, to, payload)
    except Exception:
        log.warning("An announcement could not be rung.", exc_info=True)


@lru_cache(maxsize=1)
def _loop_of_our_own() -> asyncio.AbstractEventLoop:
    """For processes without a server, such as Celery workers."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="live", daemon=True).start()
    return loop
