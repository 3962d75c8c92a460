"""Broadcasters as those of several processes, on a real Redis or on a stub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from assistant import live
from assistant.live.broadcaster import Broadcaster

SECONDS = 30  # until a state that is waited for has come about, on a busy machine


async def until(state: Callable[[], object]) -> None:
    async with asyncio.timeout(SECONDS):
        while not state():
            await asyncio.sleep(0.01)


async def next_of(subscription: live.Subscription) -> live.Payload | None:
    async with asyncio.timeout(SECONDS):
        return await subscription.next()


@asynccontextmanager
async def broadcasters(count: int) -> AsyncIterator[list[Broadcaster]]:
    """As those of several processes, each with the `REDIS_URL` of the moment in which it first connects."""
    made = [Broadcaster(asyncio.get_running_loop()) for _ in range(count)]
    try:
        yield made
    finally:
        for one in made:
            await one.close()


async def subscribed(broadcaster: Broadcaster, to: str) -> live.Subscription:
    """Once Redis has confirmed it."""
    subscription = live.Subscription()
    await broadcaster.add(to, subscription)
    await until(lambda: broadcaster.receiver and to in broadcaster.receiver.confirmed)
    return subscription


@asynccontextmanager
async def on_redis(url: str, count: int) -> AsyncIterator[tuple[Redis, list[Broadcaster]]]:
    """A client, and broadcasters on a real server."""
    async with Redis.from_url(url) as client, broadcasters(count) as made:
        yield client, made
