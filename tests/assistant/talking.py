"""A widget that talks to the consumer, for tests of whole turns."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channels.testing import WebsocketCommunicator

from assistant.services.conversations.sessions import Session
from widget import consumers


class Widget:
    """An open widget on a site; `ask` sends a message and waits for the end of its turn."""

    def __init__(self, wire: WebsocketCommunicator) -> None:
        self.wire = wire
        self.asked = 0

    async def send(self, type: str, **fields: object) -> None:
        await self.wire.send_to(text_data=json.dumps({"type": type, **fields}))

    async def receive(self, type: str) -> dict:
        async with asyncio.timeout(10):
            while (event := json.loads(await self.wire.receive_from(10)))["type"] != type:
                pass
            return event

    async def ask(self, text: str) -> dict:
        self.asked += 1
        await self.send("message.send", id=f"c-{self.asked}", text=text)
        return await self.receive("turn.ended")


@asynccontextmanager
async def connected(session: Session, origin: str) -> AsyncIterator[Widget]:
    """A widget at `origin` that has opened `session`."""
    wire = WebsocketCommunicator(consumers.WidgetConsumer.as_asgi(), "/ws/v1/chat", headers=[(b"origin", origin.encode())])
    assert (await wire.connect())[0]
    widget = Widget(wire)
    await widget.send("session.open", token=session.token, after=0)
    await widget.receive("session.ready")
    try:
        yield widget
    finally:
        await wire.disconnect()
