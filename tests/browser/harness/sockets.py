"""The widget's WebSocket, and what a visitor may do over it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from . import times
from .conversation import Conversation
from .slowness import LATE
from .turns import Turns


class Sockets(Turns):
    """The socket's end of the server."""

    def __init__(self) -> None:
        super().__init__()
        self.sockets = True  # False: as behind a proxy that lets none through
        self.refusal: int | None = None  # a status for sessions, a code for sockets
        self.unsaved: list[str] = []  # what becomes of the next answers on cards: "unavailable", or "lost" with the socket
        self.conversations: dict[str, Conversation] = {}  # by token
        self.frames: list[dict[str, Any]] = []
        self._open: set[web.WebSocketResponse] = set()

    async def close_sockets(self, code: int = WSCloseCode.GOING_AWAY) -> None:
        for socket in list(self._open):
            await socket.close(code=code)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if not self.sockets:
            return web.Response(status=502)
        socket = web.WebSocketResponse()
        try:
            await socket.prepare(request)
        except ConnectionError:
            return web.Response(status=499)  # the page has gone meanwhile
        self._open.add(socket)
        sender: asyncio.Task[None] | None = None
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        conversation: Conversation | None = None
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                await asyncio.sleep(LATE)
                frame = json.loads(message.data)
                self.frames.append(frame)
                if frame["type"] == "session.open":
                    if code := self.refusal or (None if frame["token"] in self.conversations else 4401):
                        await socket.close(code=code)
                        continue
                    conversation = self.conversations[frame["token"]]
                    queue.put_nowait(conversation.ready(frame["after"]))
                    conversation.watchers.add(queue)
                    sender = sender or asyncio.create_task(self._send(socket, queue))
                elif frame["type"] == "ping" and conversation:
                    queue.put_nowait({"type": "pong", "seq": len(conversation.events)})
                elif frame["type"] == "card.answer" and self.unsaved:
                    await self._lose(frame, socket, queue)
                elif conversation:
                    self._receive(conversation, frame, queue)
        finally:
            self._open.discard(socket)
            if conversation:
                conversation.watchers.discard(queue)
            if sender:
                sender.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await sender
        return socket

    async def _lose(
        self, frame: dict[str, Any], socket: web.WebSocketResponse, queue: asyncio.Queue[dict[str, Any]]
    ) -> None:
        if self.unsaved.pop(0) == "lost":
            await socket.close(code=WSCloseCode.GOING_AWAY)
        else:
            queue.put_nowait({"type": "error", "code": "unavailable", "text": "One moment.", "of": frame["type"]})

    async def _send(self, socket: web.WebSocketResponse, queue: asyncio.Queue[dict[str, Any]]) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await socket.send_json(await queue.get())

    def _receive(
        self, conversation: Conversation, frame: dict[str, Any], queue: asyncio.Queue[dict[str, Any]] | None = None
    ) -> None:
        match frame["type"]:
            case "message.send" if known := conversation.messages.get(frame["id"]):
                conversation.say(next(e for e in conversation.events if e.get("message") is known))
            case "message.send" if frame["text"] == "refuse" and queue:
                queue.put_nowait(
                    {
                        "type": "error",
                        "code": "too_much",
                        "text": "Please wait a moment before you write again.",
                        "of": frame["id"],
                    }
                )
            case "message.send":
                message = conversation.message("visitor", frame["text"], client_id=frame["id"])
                conversation.messages[frame["id"]] = message
                if conversation.state["state"] == "assistant":
                    self._start(self._reply(conversation, frame["text"], message["id"]))
            case "consent.give":
                conversation.consent = None
                conversation.say({"type": "consent.saved"})
            case "turn.retry":
                self._start(self._reply(conversation, "again", "m-1"))
            case "turn.stop" if conversation.turn:
                self._stop_turn(conversation.turn)
            case "card.answer":
                self._start(self._answer(conversation, frame))
            case "slots.browse":
                conversation.say({"type": "slots.shown", "card": frame["card"], "view": times.shown(frame)})
            case "message.rate":
                conversation.say(
                    {"type": "message.rated", "message": frame["message"], "value": frame["value"]}, durable=True
                )
            case "human.request":
                conversation.become("waiting", notified=False)  # the call that tells the team comes next
            case "conversation.new" | "conversation.close":
                conversation.become("closed")
