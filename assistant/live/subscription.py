"""What is published, and what one subscriber receives of it."""

from __future__ import annotations

import asyncio
from collections import deque
from functools import cached_property
from typing import Any

import orjson

SUBSCRIPTION_LIMIT = 500
CHECK = "check_session"  # the key of what asks to check whether the visitor is still theirs


class Payload(dict[str, Any]):
    """An event as JSON-ready values, encoded once for all subscribers, and never changed."""

    @cached_property
    def encoded(self) -> bytes:
        return orjson.dumps(self)

    @cached_property
    def text(self) -> str:
        return self.encoded.decode()


class Subscription:
    """What one subscriber receives, in order: payloads, and None where some may have been missed and must be read from rows.

    `delivered` is the newest `seq` that its owner has passed on; older events are skipped.
    """

    def __init__(self) -> None:
        self.delivered = 0
        # No `asyncio.Queue`, with which putting an event in and taking it out takes half as long again.
        self._received: deque[Payload | None] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def put(self, payload: Payload | None) -> None:
        if len(self._received) >= SUBSCRIPTION_LIMIT:
            # A slow subscriber costs no more than this; it reads the rows once it is back. What is in no row stays.
            kept = [one for one in (*self._received, payload) if one and CHECK in one][:1]
            self._received.clear()
            self._received += kept
            payload = None
        self._received.append(payload)
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    async def next(self) -> Payload | None:
        """For one caller at a time."""
        while True:
            while not self._received:
                self._waiter = asyncio.get_running_loop().create_future()
                await self._waiter
            payload = self._received.popleft()
            seq = payload.get("seq") if payload else None
            if seq is None:
                return payload
            if seq > self.delivered:
                return payload if seq == self.delivered + 1 else None
