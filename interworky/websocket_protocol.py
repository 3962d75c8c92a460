"""uvicorn's WebSocket protocol, with a limit on the bytes that one client may send."""

from __future__ import annotations

import time
from asyncio import BaseTransport
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

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
