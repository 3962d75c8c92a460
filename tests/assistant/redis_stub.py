"""A Redis of a few lines, in this event loop: it passes messages on, and can be made to wait before it answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class RedisStub:
    """`published` are the messages it has received, in order. It answers to a PUBLISH while `answering` is set."""

    def __init__(self) -> None:
        self.published: list[tuple[str, bytes]] = []
        self.arrived = asyncio.Condition()
        self.answering = asyncio.Event()
        self.answering.set()
        self._subscribers: dict[str, set[asyncio.StreamWriter]] = {}
        self._answers = set[asyncio.Task[None]]()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """Its address."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        try:
            yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        finally:
            server.close()

    async def received(self, count: int) -> None:
        """Until it has received so many messages."""
        async with asyncio.timeout(5), self.arrived:
            await self.arrived.wait_for(lambda: len(self.published) >= count)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answered: asyncio.Task[None] | None = None
        try:
            while head := await reader.readline():
                words = [await _word(reader) for _ in range(int(head[1:]))]
                answered = asyncio.create_task(self._answer(words, writer, answered))
                self._answers.add(answered)
        finally:
            writer.close()

    async def _answer(self, words: list[bytes], writer: asyncio.StreamWriter, before: asyncio.Task[None] | None) -> None:
        command, *given = words
        if command == b"PUBLISH":
            async with self.arrived:
                self.published.append((given[0].decode(), given[1]))
                self.arrived.notify_all()
        if before:
            await before
        if command == b"PUBLISH":
            await self.answering.wait()
            for subscriber in self._subscribers.get(given[0].decode(), ()):
                subscriber.write(_pushed(b"message", *given))
            writer.write(b":1\r\n")
        elif command in (b"SUBSCRIBE", b"UNSUBSCRIBE"):
            for channel in given:
                self._subscribers.setdefault(channel.decode(), set()).add(writer)
                writer.write(b"*3\r\n" + _bulk(command.lower()) + _bulk(channel) + b":1\r\n")
        else:
            writer.write(b"+OK\r\n")


async def _word(reader: asyncio.StreamReader) -> bytes:
    size = int((await reader.readline())[1:])
    return (await reader.readexactly(size + 2))[:-2]


def _pushed(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(map(_bulk, words))


def _bulk(word: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(word), word)
