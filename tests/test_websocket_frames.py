"""What a WebSocket of ours writes, read by the library's own client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState
from websockets.client import ClientProtocol
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

from interworky.websocket_protocol import Protocol, text_frame

Send = Callable[[Any], Awaitable[None]]


class Transport(asyncio.Transport):
    """A connection whose other end is `client`."""

    def __init__(self, client: ClientProtocol) -> None:
        super().__init__()
        self.client = client
        self.frames: list[Frame] = []

    def write(self, data: Any) -> None:
        self.client.receive_data(bytes(data))
        self.frames += [event for event in self.client.events_received() if isinstance(event, Frame)]

    def is_closing(self) -> bool:
        return False

    def close(self) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    @property
    def texts(self) -> list[str]:
        return [bytes(frame.data).decode() for frame in self.frames if frame.opcode is Opcode.TEXT]


@asynccontextmanager
async def opened(*, compressed: bool = False) -> AsyncIterator[tuple[Protocol, Transport, Send]]:
    """A connection that an application has accepted, with what that sends with."""
    accepted, over = asyncio.get_running_loop().create_future(), asyncio.Event()

    async def application(scope: Any, receive: Any, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        accepted.set_result(send)
        await over.wait()

    config = uvicorn.Config(application, lifespan="off", log_config=None, ws_per_message_deflate=compressed)
    config.load()
    state = ServerState()
    extensions = [ClientPerMessageDeflateFactory()] if compressed else []
    client = ClientProtocol(parse_uri("ws://localhost/"), extensions=extensions)
    protocol, transport = Protocol(config, state, {}), Transport(client)
    protocol.connection_made(transport)
    client.send_request(client.connect())
    protocol.data_received(b"".join(client.data_to_send()))
    try:
        yield protocol, transport, await accepted
    finally:
        over.set()
        await asyncio.gather(*state.tasks)
        protocol.stop_keepalive()


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536, 200_000])
async def test_a_text_of_any_length_arrives_as_it_was_sent(size: int) -> None:
    text = ("ü" * (size // 2) + "x" * (size % 2)) if size else ""
    assert text_frame(text) == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
    async with opened() as (_, transport, send):
        await send({"type": "websocket.send", "text": text})
        await send({"type": "websocket.send", "text": "next"})
    assert transport.texts == [text, "next"]


async def test_a_client_that_does_not_read_is_waited_for() -> None:
    async with opened() as (protocol, transport, send):
        protocol.pause_writing()
        waits = asyncio.create_task(send({"type": "websocket.send", "text": "late"}))
        await asyncio.sleep(0)
        assert not waits.done() and transport.texts == []
        protocol.resume_writing()
        await waits
    assert transport.texts == ["late"]


async def test_a_text_is_compressed_where_the_server_was_told_to() -> None:
    async with opened(compressed=True) as (protocol, transport, send):
        sent: list[bytes] = []
        write = transport.write
        transport.write = lambda data: (sent.append(bytes(data)), write(data))  # type: ignore[method-assign]
        await send({"type": "websocket.send", "text": "hello " * 1000})
    assert transport.texts == ["hello " * 1000] and len(b"".join(sent)) < 1000


async def test_a_sender_learns_that_the_client_has_closed_or_gone() -> None:
    async with opened() as (protocol, transport, send):
        transport.client.send_close(1000)
        protocol.data_received(b"".join(transport.client.data_to_send()))
        with pytest.raises(OSError):
            await send({"type": "websocket.send", "text": "late"})
    async with opened() as (protocol, transport, send):
        protocol.connection_lost(ConnectionResetError())
        with pytest.raises(OSError):
            await send({"type": "websocket.send", "text": "late"})


async def test_nothing_is_sent_after_the_close() -> None:
    async with opened() as (_, transport, send):
        await send({"type": "websocket.close", "code": 1000})
        with pytest.raises(RuntimeError):
            await send({"type": "websocket.send", "text": "late"})
    assert transport.texts == []
