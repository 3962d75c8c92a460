"""A TCP proxy before a Redis, which can keep from its clients that Redis has closed their connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from tests.assistant.redis_stub import listening


class RedisProxy:
    """`url` is the Redis to which the next client is connected."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.hides_ends = False
        self._open = set[asyncio.StreamWriter]()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Its address."""
        try:
            async with listening(self._serve) as address:
                yield address
        finally:
            for writer in self._open:
                writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = urlsplit(self.url)
        from_redis, to_redis = await asyncio.open_connection(address.hostname, address.port)
        self._open |= {writer, to_redis}
        there = asyncio.create_task(self._pass_on(from_redis, writer, hidden=True))
        await self._pass_on(reader, to_redis)
        await there

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hidden: bool = False) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
        if not (hidden and self.hides_ends):
            writer.close()
