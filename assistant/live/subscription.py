"""What is published, and what one subscriber receives of it."""

from __future__ import annotations

import asyncio
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
        self._received: asyncio.Queue[Payload | None] = asyncio.Queue(SUBSCRIPTION_LIMIT)

    def put(self, payload: Payload | None) -> None:
        if self._received.full():
            # A slow subscriber costs no more than this; it reads the rows once it is back.
            while not self._received.empty():
                self._received.get_nowait()
            payload = None
        self._received.put_nowait(payload)

    async def next(self) -> Payload | None:
        while True:
            payload = await self._received.get()
            seq = payload.get("seq") if payload else None
            if seq is None:
                return payload
            if seq > self.delivered:
                return payload if seq == self.delivered + 1 else None
