"""A time-out that costs nothing where nothing is waited for."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


async def within(seconds: float, sending: Coroutine[Any, Any, T]) -> T:
    """What `sending` returns. Raises `TimeoutError` where it has to wait for longer than that; mostly it does not have to at
    all, and a time-out that is set and taken back takes longer than to send."""
    try:
        waiting_for = sending.send(None)
    except StopIteration as done:
        return done.value
    async with asyncio.timeout(seconds):
        return await _rest(sending, waiting_for)


@types.coroutine
def _rest(begun: Coroutine[Any, Any, T], waiting_for: Any) -> Generator[Any, Any, T]:
    """Go on with a coroutine that waits for something already."""
    try:
        while True:
            try:
                came = yield waiting_for
            except BaseException as error:
                waiting_for = begun.throw(error)
            else:
                waiting_for = begun.send(came)
    except StopIteration as done:
        return done.value
