"""The connection on which a process receives from the others, and the channels on which Redis counts it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable

from redis.asyncio.client import PubSub
from redis.exceptions import ConnectionError as RedisConnectionError

from assistant.live.channels import PREFIX


class Receiver:
    """One receiving connection, which is never made anew: what is asked of one that has ended fails at once.

    `confirmed` are the channels to which Redis has confirmed that it is subscribed, if nothing has been asked about them
    since: Redis answers each command, in their order.
    """

    def __init__(self, pubsub: PubSub) -> None:
        self.confirmed: set[str] = set()
        self._pubsub = pubsub
        self._has_ended = False
        self._unanswered: Counter[str] = Counter()
        self._sending = asyncio.Lock()  # passes in order, so that commands about one channel cannot overtake each other
        self._commands = set[asyncio.Task[None]]()

    async def subscribe(self, *channels: str) -> None:
        """Raises `RedisError`, `OSError`."""
        self._unanswered.update(channels)
        await self._send(self._pubsub.subscribe, *channels)

    async def unsubscribe(self, channel: str) -> None:
        """Raises `RedisError`, `OSError`."""
        self._unanswered[channel] += 1
        self.confirmed.discard(channel)  # before anything is sent
        await self._send(self._pubsub.unsubscribe, channel)

    def end(self) -> None:
        """Send nothing any more: redis-py would connect again, once for each command, and nobody would read from that."""
        self._has_ended = True

    async def _send(self, command: Callable[..., Awaitable[None]], *channels: str) -> None:
        async def send() -> None:
            async with self._sending:
                if self._has_ended:
                    raise RedisConnectionError("The receiving connection has ended.")
                try:
                    await command(*(PREFIX + channel for channel in channels))
                except Exception as error:
                    self.end()
                    # Also a `RuntimeError`, which is what uvloop says to who writes on a closed connection.
                    raise RedisConnectionError(f"The receiving connection has failed: {error}") from error

        # redis-py closes the connection when a command is cancelled, as it would be when a visitor leaves at this moment.
        task = asyncio.create_task(send())
        self._commands.add(task)
        task.add_done_callback(self._commands.discard)
        await asyncio.shield(task)

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
