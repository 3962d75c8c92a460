"""Background tasks of a web process, from its start to its end."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from django.core.checks import CheckMessage
from django.db import connection

from assistant.async_db import in_db

log = logging.getLogger(__name__)

Keeper = Callable[[], Awaitable[None]]
ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]


class Lifespan:
    """An ASGI application around `app` that runs `keepers` for as long as the server runs.

    It refuses to start if `obstacles`, called once, returns any. A keeper runs until it is cancelled; if it fails, the
    error is logged and it is restarted. After being cancelled it has `stop_seconds` to hand over its work.
    """

    def __init__(
        self,
        app: ASGIApp,
        keepers: Sequence[Keeper],
        obstacles: Callable[[], list[CheckMessage]] = list,
        stop_seconds: float = 25.0,
    ) -> None:
        self.app = app
        self.keepers = keepers
        self.obstacles = obstacles
        self.stop_seconds = stop_seconds

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            return await self.app(scope, receive, send)
        await receive()
        run_in_turn()
        if found := await in_db(self.obstacles)():
            return await send({"type": "lifespan.startup.failed", "message": "\n".join(str(one) for one in found)})
        tasks = [asyncio.create_task(keep(keeper)) for keeper in self.keepers]
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=self.stop_seconds)
        await send({"type": "lifespan.shutdown.complete"})


def run_in_turn() -> None:
    """On SQLite, have this thread, and those that it starts, wait until the one that runs pauses instead of preempting it
    (Linux).

    Only one of them can hold the interpreter: a database thread that wakes while the event loop works takes the core, finds
    that it cannot go on and gives it back. Without that, a turn has 10 context switches instead of 23, and takes a fifth
    less CPU. A thread that waits for PostgreSQL would wait for the core as well after each statement: there it costs a tenth
    of the turns. A policy that an operator has chosen stays.
    """
    if sys.platform != "linux" or connection.vendor != "sqlite":
        return
    with suppress(OSError):  # a sandbox may not allow it, and musl (Alpine) neither asks for a policy nor sets one
        if os.sched_getscheduler(0) == os.SCHED_OTHER:
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


async def keep(keeper: Keeper) -> None:
    """Run `keeper` until it is cancelled, and restart it after any exception."""
    while True:
        try:
            with suppress(asyncio.CancelledError):
                await keeper()
            return
        except Exception:
            log.exception("A background task failed; it restarts in a second.")
            await asyncio.sleep(1)
