"""Attacks of a hostile client on a socket, as a program:
`python -m tests.faults.attacks NAME PORT ORIGIN ADDRESS SECONDS TOKEN…`, ADDRESS being what a proxy says of it.

It prints, as JSON, how often the server ended a connection with which code, or "eof".
"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import cycle

TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9


def frame(payload: bytes, opcode: int = TEXT, *, fin: bool = True, compressed: bool = False) -> bytes:
    """A client's frame; its mask of zeros leaves the payload as it is."""
    first = opcode | (0x80 if fin else 0) | (0x40 if compressed else 0)
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 65_536:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    return head + bytes(4) + payload


def say(type: str, **fields: object) -> bytes:
    return frame(json.dumps({"type": type, **fields}).encode())


class Raw:
    """A TCP connection that asks for a socket with whatever headers; `status` is the HTTP answer, `codes` count closes."""

    codes: Counter[str] = Counter()

    def __init__(self, port: int, origin: bytes, address: bytes = b"", buffer: int = 0, token: str = "") -> None:
        self.token = token
        self.wire = socket.socket()
        if buffer:
            self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.wire.settimeout(10)
        self.wire.connect(("127.0.0.1", port))
        lines = [
            b"GET /ws/v1/chat HTTP/1.1", b"Host: localhost:%d" % port, b"Origin: " + origin,
            *([b"X-Forwarded-For: " + address] if address else []),
            b"Connection: Upgrade", b"Upgrade: websocket",
            b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        ]  # fmt: skip
        self.wire.sendall(b"\r\n".join([*lines, b"", b""]))
        self.rest = b""
        while b"\r\n\r\n" not in self.rest and (some := self.wire.recv(4096)):
            self.rest += some
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        self.status = int(head.split()[1]) if head else 0

    def send(self, data: bytes) -> bool:
        """Whether the server still takes it."""
        try:
            self.wire.sendall(data)
        except OSError:
            return False
        return True

    def frames(self) -> Iterator[tuple[int, bytes]]:
        """What the server sends, until it ends."""
        while True:
            while len(self.rest) >= 2:
                size, start = self.rest[1] & 127, 2
                if size > 125:
                    start = 4 if size == 126 else 10
                    if len(self.rest) < start:
                        break
                    size = int.from_bytes(self.rest[2:start], "big")
                if len(self.rest) < start + size:
                    break
                opcode, payload = self.rest[0] & 15, self.rest[start : start + size]
                self.rest = self.rest[start + size :]
                yield opcode, payload
            try:
                some = self.wire.recv(65_536)
            except ConnectionError:
                some = b""
            if not some:
                return
            self.rest += some

    def ended(self, seconds: float = 10) -> str:
        """Close code, "eof" without one, or "open" when it does not come in time."""
        self.wire.settimeout(seconds)
        code = "eof"
        try:
            for opcode, payload in self.frames():
                if opcode == CLOSE:
                    code = str(int.from_bytes(payload[:2], "big"))
                    break
        except TimeoutError:
            code = "open"
        self.wire.close()
        Raw.codes[code] += 1
        return code


Opens = Callable[..., Raw]


def over_and_over(once: Callable[[Opens], None]) -> Callable[[Opens, float], None]:
    def attack(opened: Opens, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            once(opened)

    return attack


@over_and_over
def large_frames(opened: Opens) -> None:
    for size in (20_000, 60_000, 1_000_000):
        raw = opened()
        raw.send(frame(b'"' + b"x" * size + b'"'))
        raw.ended()


@over_and_over
def a_thousand_frames_in_one_segment(opened: Opens) -> None:
    raw = opened()
    raw.send(say("typing") * 1000)
    raw.ended()


@over_and_over
def messages(opened: Opens) -> None:
    raw = opened()
    raw.send(b"".join(say("message.send", id=os.urandom(8).hex(), text="Hi! " * 900) for _ in range(100)))
    raw.ended()


@over_and_over
def deep_json(opened: Opens) -> None:
    for text in (b"[" * 16_000, b'{"type":' * 2_000, b'{"a":' * 3_000 + b"1" + b"}" * 3_000, b"9" * 16_000, b"\xff\xfe"):
        raw = opened()
        raw.send(frame(text))
        raw.ended()


@over_and_over
def binary_frames(opened: Opens) -> None:
    raw = opened()
    raw.send(frame(b"{}" * 8_000, BINARY))
    raw.ended()


@over_and_over
def compressed_frames(opened: Opens) -> None:
    raw = opened()
    raw.send(frame(b"\0" * 1_000, compressed=True))
    raw.ended()


@over_and_over
def endless_fragments(opened: Opens) -> None:
    raw = opened()
    raw.send(frame(b"x", fin=False))
    while raw.send(frame(b"x", 0, fin=False) * 100):
        pass
    raw.ended()


@over_and_over
def pings(opened: Opens) -> None:
    """The wire's own, which no handler of ours sees."""
    raw = opened(buffer=4096)
    while raw.send(frame(b"p" * 125, PING) * 20):
        pass
    raw.ended()


def reads_nothing(opened: Opens, seconds: float) -> None:
    """Asks for everything, over and over, and lets it pile up."""
    raws, end = [opened(buffer=4096) for _ in range(5)], time.monotonic() + seconds
    while time.monotonic() < end:
        for raw in raws:
            raw.send(say("session.open", token=raw.token, after=0))
        time.sleep(0.1)


ATTACKS: dict[str, Callable[[Opens, float], None]] = {
    "large frames": large_frames,
    "a thousand frames in one segment": a_thousand_frames_in_one_segment,
    "messages": messages,
    "deep JSON": deep_json,
    "binary frames": binary_frames,
    "compressed frames": compressed_frames,
    "endless fragments": endless_fragments,
    "pings": pings,
    "reads nothing": reads_nothing,
}


def main(name: str, port: str, origin: str, address: str, seconds: str, *tokens: str) -> None:
    turn = cycle(tokens)

    def opened(buffer: int = 0) -> Raw:
        raw = Raw(int(port), origin.encode(), address.encode(), buffer=buffer, token=next(turn))
        raw.send(say("session.open", token=raw.token, after=0))
        return raw

    with suppress(ConnectionError):
        ATTACKS[name](opened, float(seconds))
    sys.stdout.write(json.dumps(Raw.codes))


if __name__ == "__main__":
    main(*sys.argv[1:])
