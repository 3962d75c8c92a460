"""Visitors that cost next to nothing: a WebSocket client on bare asyncio, and the protocols of the systems compared."""

from __future__ import annotations

import asyncio
import json
import os
import struct
import time
import uuid
from datetime import UTC, datetime
from itertools import count

from tests.bench.chat import provider

TURN_SECONDS = 130  # longer than a turn of the product may take: what ends by itself is not lost
_turns = count()


class Lost(Exception):
    """A turn that did not end as it should have."""


class Visitor(asyncio.Protocol):
    """One open widget. `first` and `last` mark the frames of a reply's first text and of a turn's end."""

    first, last = b'"reply.delta"', b'"turn.ended"'

    def __init__(self, headers: str = "") -> None:
        self.headers = headers
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended: asyncio.Future[None] | None = None
        self.buffer, self.upgraded, self.first_at, self.whole = b"", False, 0.0, True

    async def connect(self, port: int, path: str, origin: str) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, "127.0.0.1", port)
        key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        self.transport.write(
            f"GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Origin: {origin}\r\n{key}{self.headers}\r\n".encode()
        )
        await asyncio.wait_for(self.opened, 60)

    async def say(self, length: int) -> float:
        """One turn; the seconds that were added to the time to its first token. Raises `Lost`."""
        if self.transport.is_closing():
            raise Lost("closed")
        name = f"n{next(_turns)}"
        self.ended, self.first_at, self.whole = asyncio.get_running_loop().create_future(), 0.0, True
        self.expected = "".join(provider.tokens(length, name)).strip()
        said_at = time.monotonic()
        self.send_message(f"say {length} #{name}")
        try:
            await asyncio.wait_for(self.ended, TURN_SECONDS)
        except TimeoutError as error:
            raise Lost("no end") from error
        if not self.whole or not self.first_at or name not in provider.Provider.wrote_at:
            raise Lost("text")
        asked_at, wrote_at = provider.Provider.asked_at[name], provider.Provider.wrote_at[name]
        return (asked_at - said_at) + (self.first_at - wrote_at)

    def close(self) -> None:
        self.transport.abort()

    # --- What differs between systems ---------------------------------------------------------------------------------

    def begin(self) -> None:
        self.opened.set_result(None)

    def send_message(self, text: str) -> None:
        self.send_text(json.dumps({"type": "message.send", "id": uuid.uuid4().hex, "text": text}))

    def received(self, frame: bytes) -> None:
        if self.ended is None or self.ended.done():
            return
        if not self.first_at and self.first in frame:
            self.first_at = time.monotonic()
        if self.last in frame:
            self.ended.set_result(None)

    # --- RFC 6455, as far as it is needed here ------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        for waiting in (self.opened, self.ended):
            if waiting is not None and not waiting.done():
                waiting.set_exception(Lost("closed"))

    def send_text(self, text: str) -> None:
        data, mask = text.encode(), os.urandom(4)
        size = struct.pack("!B", 128 | len(data)) if len(data) < 126 else struct.pack("!BH", 254, len(data))
        self.transport.write(b"\x81" + size + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(data)))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.upgraded:
            head, separator, rest = self.buffer.partition(b"\r\n\r\n")
            if not separator:
                return
            if b" 101 " not in head[:20]:
                self.opened.set_exception(Lost(head[:80].decode()))
                return
            self.upgraded, self.buffer = True, rest
            self.begin()
        while len(self.buffer) >= 2:
            size, start = self.buffer[1] & 127, 2
            if size >= 126:
                wide = 2 if size == 126 else 8
                size, start = int.from_bytes(self.buffer[2 : 2 + wide], "big"), 2 + wide
            if len(self.buffer) < start + size:
                return
            kind, frame = self.buffer[0] & 15, self.buffer[start : start + size]
            self.buffer = self.buffer[start + size :]
            if kind == 9:
                self.transport.write(b"\x8a" + bytes([128 | size]) + b"\0\0\0\0" + frame)
            elif kind == 1:
                self.received(frame)


class OurVisitor(Visitor):
    """Of the product: its socket opens a session, and the reply that is kept must be the whole of what was written."""

    def __init__(self, token: str, headers: str = "") -> None:
        super().__init__(headers)
        self.token = token

    def begin(self) -> None:
        self.send_text(json.dumps({"type": "session.open", "token": self.token, "after": 0}))

    def received(self, frame: bytes) -> None:
        if not self.opened.done():
            self.opened.set_result(None)
        elif b'"message.added"' in frame:
            message = json.loads(frame)["message"]
            if message["role"] == "assistant":
                self.whole = message["text"] == self.expected
        else:
            if self.last in frame:
                self.whole = self.whole and b'"outcome":"done"' in frame
            super().received(frame)


class ChainlitVisitor(Visitor):
    """Of Chainlit: Socket.IO 5 over a WebSocket."""

    first, last = b'"stream_token"', b'"task_end"'

    def begin(self) -> None:
        pass

    def send_message(self, text: str) -> None:
        step = {
            "id": str(uuid.uuid4()), "threadId": "", "parentId": None, "name": "User", "type": "user_message",
            "output": text, "createdAt": datetime.now(UTC).isoformat(),
        }  # fmt: skip
        self.send_text("42" + json.dumps(["client_message", {"message": step, "fileReferences": []}]))

    def received(self, frame: bytes) -> None:
        if frame[:1] == b"0":
            auth = {
                "sessionId": str(uuid.uuid4()),
                "clientType": "webapp",
                "userEnv": None,
                "chatProfile": "",
                "threadId": "",
            }
            self.send_text("40" + json.dumps(auth))
        elif frame[:2] == b"40":
            self.send_text("42" + json.dumps(["connection_successful"]))
            self.opened.set_result(None)
        elif frame == b"2":
            self.send_text("3")
        else:
            super().received(frame)
