"""The one way from the async rim to the sync core."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections

P = ParamSpec("P")
R = TypeVar("R")

# A pool of our own: each thread keeps its connection, and a burst of turns cannot starve Django's sync views.
_threads = ThreadPoolExecutor(max_workers=settings.DB_THREADS, thread_name_prefix="db")


def in_db(function: Callable[P, R]) -> Callable[P, asyncio.Future[R]]:
    """`await in_db(service)(…)` runs a sync service on a database thread: one hop per step, never one per token."""

    async def hop(*args: P.args, **kwargs: P.kwargs) -> R:
        if settings.DB_THREAD_SENSITIVE:
            # Tests keep the ORM on their own thread, so that what they write rolls back.
            return await sync_to_async(function, thread_sensitive=True)(*args, **kwargs)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(_threads, partial(_with_fresh_connection, function, *args, **kwargs))

    return hop  # type: ignore[return-value]


def _with_fresh_connection(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    close_old_connections()
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()
