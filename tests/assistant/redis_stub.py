"""A Redis of a few lines, in this event loop: it passes messages on, and can be made to wait before it does what it is told.

Its script is the one of `assistant/live/sending.py`, whatever it is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager


@asynccontextmanager
async def listening(serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    """Serve clients of Redis at this address."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    finally:
        server.close()


class RedisStub:
    """`published` are the messages it has received, in order, also those that its script publishes to nobody. It carries
    them out, and answers, while `answering` is set."""

    def __init__(self) -> None:
        self.published: list[tuple[str, bytes]] = []
        self.arrived = asyncio.Condition()
        self.answering = asyncio.Event()
        self.answering.set()
        self._subscribers: dict[str, set[asyncio.StreamWriter]] = {}
        self._answers = set[asyncio.Task[None]]()

    def serving(self) -> AbstractAsyncContextManager[str]:
        """Its address."""
        return listening(self._serve)

    async def received(self, count: int) -> None:
        """Until it has received so many messages."""
        async with asyncio.timeout(5), self.arrived:
            await self.arrived.wait_for(lambda: len(self.published) >= count)

    def subscribers(self, channel: str) -> int:
        return len(self._subscribers.get(channel, ()))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answered: asyncio.Task[None] | None = None
        try:
            while head := await reader.readline():
                words = [await _word(reader) for _ in range(int(head[1:]))]
                answered = asyncio.create_task(self._answer(words, writer, answered))
                self._answers.add(answered)
        finally:
            for subscribers in self._subscribers.values():
                subscribers.discard(writer)
            writer.close()

    async def _answer(self, words: list[bytes], writer: asyncio.StreamWriter, before: asyncio.Task[None] | None) -> None:
        command, *given = words
        messages = _messages(command, given)
        if messages:
            async with self.arrived:
                self.published += [(channel.decode(), data) for channel, data, _ in messages]
                self.arrived.notify_all()
        if before:
            await before
        if messages:
            await self.answering.wait()
            digits = b""
            for channel, data, threshold in messages:
                subscribers = self._subscribers.get(channel.decode(), set())
                digits += b"%d" % (len(subscribers) > threshold)
                for subscriber in subscribers if len(subscribers) > threshold else ():
                    subscriber.write(_pushed(b"message", channel, data))
            writer.write(b":1\r\n" if command == b"PUBLISH" else b"*2\r\n" + _bulk(digits) + _bulk(b""))
        elif command in (b"SUBSCRIBE", b"UNSUBSCRIBE"):
            for channel in given:
                subscribers = self._subscribers.setdefault(channel.decode(), set())
                (subscribers.add if command == b"SUBSCRIBE" else subscribers.discard)(writer)
                writer.write(b"*3\r\n" + _bulk(command.lower()) + _bulk(channel) + b":1\r\n")
        else:
            writer.write(b"+OK\r\n")


def _messages(command: bytes, given: list[bytes]) -> list[tuple[bytes, bytes, int]]:
    """What is to be published, and to more than how many subscribers."""
    if command == b"PUBLISH":
        return [(given[0], given[1], -1)]
    if command == b"EVALSHA":
        triples = given[2:]
        return [(triples[at], triples[at + 1], int(triples[at + 2])) for at in range(0, len(triples), 3)]
    return []


async def _word(reader: asyncio.StreamReader) -> bytes:
    size = int((await reader.readline())[1:])
    return (await reader.readexactly(size + 2))[:-2]


def _pushed(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(map(_bulk, words))


def _bulk(word: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(word), word)
