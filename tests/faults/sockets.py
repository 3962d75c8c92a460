"""A widget's socket, from a script."""

from __future__ import annotations

import json
import time
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

from .visitor import Visitor


class Socket:
    """A visitor's open socket: `tell` sends a frame, `hear` waits for an event that fits."""

    def __init__(self, visitor: Visitor, after: int = 0, **options: Any) -> None:
        self.visitor, self.after = visitor, after
        self.connecting = connect(
            visitor.url.replace("http", "ws") + "/ws/v1/chat",
            additional_headers=visitor.headers,
            max_size=None, ping_interval=None, proxy=None, **options,
        )  # fmt: skip
        self.heard: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self.wire: ClientConnection = self.connecting.__enter__()
        self.tell("session.open", token=self.visitor.token, after=self.after)
        self.ready = self.hear("session.ready")
        return self

    def __exit__(self, *gone: Any) -> None:
        self.connecting.__exit__(*gone)

    def tell(self, type: str, **fields: Any) -> None:
        self.wire.send(json.dumps({"type": type, **fields}))

    def hear(self, type: str, seconds: float = 60, **fits: Any) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while True:
            event: dict[str, Any] = json.loads(self.wire.recv(max(0.01, end - time.monotonic())))
            self.heard.append(event)
            if event["type"] == type and all(event.get(name) == value for name, value in fits.items()):
                return event

    def ask(self, text: str, id: str, seconds: float = 60) -> float:
        """Say something and hear the answer out; seconds that took."""
        began = time.monotonic()
        self.tell("message.send", id=id, text=text)
        self.hear("turn.ended", seconds)
        return time.monotonic() - began
