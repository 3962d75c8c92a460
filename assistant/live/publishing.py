"""The event loop that publishes: the server's own, or in processes without a server, a thread's."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache

from assistant.live.broadcaster import Broadcaster
from assistant.live.subscription import Payload, Subscription

log = logging.getLogger(__name__)

_current: Broadcaster | None = None  # the one that publishes
# A strong reference: their tasks end with their loop, not before.
_broadcasters: dict[asyncio.AbstractEventLoop, Broadcaster] = {}
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
    if broadcaster is not None:
        await broadcaster.close()


async def flush() -> None:
    """Until what this event loop has published is sent to the other processes, or given up."""
    if broadcaster := _broadcasters.get(asyncio.get_running_loop()):
        await broadcaster.flush()


@asynccontextmanager
async def subscribe(to: str) -> AsyncIterator[Subscription]:
    """Subscribe to what is published to `to`, a `group` or `RUNNERS`, in this process and in the others."""
    broadcaster = bind(asyncio.get_running_loop())
    subscription = Subscription()
    try:
        await broadcaster.add(to, subscription)
        yield subscription
    finally:
        await broadcaster.remove(to, subscription)


def publish(to: str, payload: Payload) -> None:
    """From any thread; returns at once, raises nothing."""
    try:
        broadcaster = _current
        if broadcaster is None or not broadcaster.loop.is_running():
            broadcaster = bind(_loop_of_our_own())
        if _runs_here(broadcaster.loop):
            # What other threads published before this was known here has been put: what they schedule runs in its order.
            broadcaster.put(to, payload)
        else:
            broadcaster.put_from_thread(to, payload)
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
