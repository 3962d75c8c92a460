"""An asyncio loop in a thread of its own, which the servers of these tests run on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Self

from .waiting import PATIENCE


class LoopThread:
    """Runs `_run` from the beginning to the end of a `with` block; it sets `started`, and returns after `_stop` is set."""

    _stop: asyncio.Event

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._loop, started = asyncio.new_event_loop(), threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(started,), daemon=True)
        self._thread.start()
        if not started.wait(PATIENCE):
            raise RuntimeError(f"{type(self).__name__} did not start.")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)

    def call(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Runs `coroutine` on the loop and waits for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)

    def _serve(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._run(started))
        self._loop.close()

    async def _run(self, started: threading.Event) -> None:
        raise NotImplementedError

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        """Begins a task, and keeps it until it is done."""
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
