"""uvicorn's WebSocket protocol, with a limit on the bytes that one client may send."""

from __future__ import annotations

import time
from asyncio import BaseTransport
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import OPEN

BYTES_PER_SECOND = 16_384
BYTES_AT_ONCE = 393_216  # a widget that reconnects with all its unsent messages needs a third of that
CONTROL_BYTES = 1_024  # charged for a ping or a fragment: browsers send none, and each costs as much as a message
SLICE_BYTES = 4_096  # parsed at once; the smallest frames have seven bytes
TOO_MUCH = 4429  # docs/protocol.md


class Protocol(WebSocketsSansIOProtocol):
    """Closes a connection that sends more than a widget ever needs to.

    Consumers count frames, but see neither pings nor fragments: a flood of them delayed all other clients for
    seconds, and unread pongs filled the memory.
    """

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        self.allowance, self.counted_at = float(BYTES_AT_ONCE), time.monotonic()

    async def send(self, message: Any) -> None:
        # Text on an open connection, as nearly all is: one frame, without extensions, is a header before it. By way of the
        # library's objects and buffers, making it takes five times as long.
        text = message.get("text")
        if text is None or not self._sends_at_once():
            await super().send(message)
        else:
            self.transport.write(text_frame(text))

    def _sends_at_once(self) -> bool:
        """Whether nothing stands before what is sent: no handshake, no close, and no client that does not read."""
        conn = self.conn
        ready = self.handshake_complete and self.writable.is_set() and not (self.close_sent or self.disconnected)
        return ready and conn.state is OPEN and not (conn.extensions or conn.expect_continuation_frame)

    def data_received(self, data: bytes) -> None:
        if not self.handshake_initiated:
            super().data_received(data)
            if not self.handshake_initiated:
                # The library could not parse the headers. It would leave the client waiting and the socket open.
                self.transport.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
                self.transport.close()
            return
        for start in range(0, len(data), SLICE_BYTES):
            if self.transport.is_closing():
                return
            piece = data[start : start + SLICE_BYTES]
            super().data_received(piece)
            self._charge(len(piece))

    def handle_ping(self) -> None:
        super().handle_ping()
        self._charge(CONTROL_BYTES)

    def handle_cont(self, event: Any) -> None:
        super().handle_cont(event)
        self._charge(CONTROL_BYTES)

    def _charge(self, count: int) -> None:
        now = time.monotonic()
        earned = (now - self.counted_at) * BYTES_PER_SECOND
        self.allowance, self.counted_at = min(BYTES_AT_ONCE, self.allowance + earned) - count, now
        if self.allowance < 0 and not self.transport.is_closing():
            self.queue.put_nowait({"type": "websocket.disconnect", "code": TOO_MUCH})
            if not self.close_sent:
                self.close_sent = True
                self.conn.send_close(TOO_MUCH, "too_much")
                self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()


def text_frame(text: str) -> bytes:
    """A text in one unmasked frame. Source: https://datatracker.ietf.org/doc/html/rfc6455#section-5.2"""
    data = text.encode()
    size = len(data)
    if size < 126:
        return b"\x81%c%b" % (size, data)
    if size < 65_536:
        return b"\x81\x7e%b%b" % (size.to_bytes(2, "big"), data)
    return b"\x81\x7f%b%b" % (size.to_bytes(8, "big"), data)
