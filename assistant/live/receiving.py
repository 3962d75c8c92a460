"""The connection on which a process receives from the others, and the channels on which Redis counts it."""

from __future__ import annotations

import asyncio
from collections import Counter

from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as RedisConnectionError

from assistant.live.channels import PREFIX


class Receiver:
    """One receiving connection. `confirmed` are the channels to which Redis has confirmed that it is subscribed, if nothing
    has been asked about them since: Redis answers each command, in their order."""

    def __init__(self, pubsub: PubSub) -> None:
        self.confirmed: set[str] = set()
        self._pubsub = pubsub
        self._unanswered: Counter[str] = Counter()
        self._sending = asyncio.Lock()  # passes in order, so that commands about one channel cannot overtake each other

    async def subscribe(self, *channels: str) -> None:
        """Raises `RedisError`, `OSError`."""
        self._unanswered.update(channels)
        async with self._sending:
            await self._pubsub.subscribe(*(PREFIX + channel for channel in channels))

    async def unsubscribe(self, channel: str) -> None:
        """Raises `RedisError`, `OSError`."""
        self._unanswered[channel] += 1
        self.confirmed.discard(channel)  # before anything is sent
        async with self._sending:
            await self._pubsub.unsubscribe(PREFIX + channel)

    async def next(self, seconds: float) -> tuple[str, bytes] | None:
        """A channel, and what was published to it; None after so many seconds, and when a subscription has changed. Raises
        `RedisError`, `OSError`."""
        message = await self._pubsub.get_message(timeout=seconds)
        if message is None:
            return None
        channel = message["channel"].decode().removeprefix(PREFIX)
        if message["type"] == "message":
            return channel, message["data"]
        self._confirm(channel, message["type"] == "subscribe")
        return None

    def _confirm(self, channel: str, subscribed: bool) -> None:
        if not self._unanswered[channel]:
            # redis-py connects again by itself, without a word, and subscribes to everything.
            raise RedisConnectionError("The receiving connection is another one.")
        self._unanswered[channel] -= 1
        if self._unanswered[channel]:
            return
        del self._unanswered[channel]
        if subscribed:
            self.confirmed.add(channel)
