"""Database access from async code: `in_db`, `in_turn_db`, and the connections of their threads."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connections

KNOWN_SECONDS = 1.0  # after which a connection that has worked may not any more

P = ParamSpec("P")
R = TypeVar("R")

# A pool of our own: each thread keeps its connection, and a burst of turns cannot starve Django's sync views.
_threads = ThreadPoolExecutor(max_workers=settings.DB_THREADS, thread_name_prefix="db")
# SQLite has one writer at a time, so turns are begun and finished one after the other on a thread of their own. With eight
# at it, 200 turns that came at once cost 13 % more CPU, and half of their visitors waited a quarter longer: none was ready
# before nearly all were. PostgreSQL is waited for meanwhile: there, fewer threads were slower.
_turn_threads = ThreadPoolExecutor(1, "db-turns") if connections["default"].vendor == "sqlite" else _threads


def in_db(function: Callable[P, R]) -> Callable[P, asyncio.Future[R]]:
    """`await in_db(service)(…)` runs a sync service on a database thread: one hop per step, never one per token."""
    return _hop(_threads, function)


def in_turn_db(function: Callable[P, R]) -> Callable[P, asyncio.Future[R]]:
    """`in_db` for the two hops that every turn takes. They last milliseconds: all turns may wait behind them."""
    return _hop(_turn_threads, function)


def _hop(threads: ThreadPoolExecutor, function: Callable[P, R]) -> Callable[P, asyncio.Future[R]]:
    async def hop(*args: P.args, **kwargs: P.kwargs) -> R:
        if settings.DB_THREAD_SENSITIVE:
            # Tests keep the ORM on their own thread, so that what they write rolls back.
            return await sync_to_async(function, thread_sensitive=True)(*args, **kwargs)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(threads, partial(_with_fresh_connection, function, *args, **kwargs))

    return hop  # type: ignore[return-value]


def _with_fresh_connection(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    with fresh_connections():
        return function(*args, **kwargs)


@contextmanager
def fresh_connections() -> Iterator[None]:
    """For a thread that outlives its connections: starts and ends without a stale one."""
    _close_stale()
    try:
        yield
    finally:
        _close_stale()


def close_connections(**signal: object) -> None:
    """Leave none behind in this thread. Django runs each synchronous request in a thread of its own, which ends with it:
    a connection that was kept there for the next request would be found by nobody, and closed by the garbage collector."""
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close()


def _close_stale() -> None:
    connection: Any  # gets a `worked_at`
    for connection in connections.all(initialized_only=True):
        if connection.in_atomic_block:
            continue  # what a transaction runs on is in use, as a test's is
        now, worked = time.monotonic(), connection.health_check_done
        connection.close_if_unusable_or_obsolete()
        if worked and connection.connection is not None:
            connection.worked_at = now
        # Asking whether it still works takes a round trip: one that worked a moment ago is not asked again.
        elif now - getattr(connection, "worked_at", -KNOWN_SECONDS) < KNOWN_SECONDS:
            connection.health_check_done = connection.connection is not None
