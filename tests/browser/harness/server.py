"""The wire of docs/protocol.md, spoken out of memory: what the visitor writes chooses what happens.

`slots`, `confirm`, `receipt`, `contact`, `verify`: the card of that kind, as in `tests/wire/cards`. `long`: a long reply.
`fail`: a turn that can be tried again, and then succeeds. `person`: a person takes over. `refuse`: the message is refused.
`think`, `slow`, `tool`: what begins only with `server.hurry()` is the reply, all but its beginning, or the result of a tool.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web

from . import times
from .conversation import Conversation
from .slowness import LATE
from .sockets import Sockets

ROOT = Path(__file__).parents[3]
DIST = ROOT / "static" / "widget" / "dist"

CONFIG = {
    "key": "pk_test", "version": "0.1.0", "name": "Bright Smile", "title": "Bright Smile Dental",
    "greeting": "Hi! I can answer questions and book you in. How can I help?",
    "disclosure": "You are chatting with an AI assistant. It can make mistakes.",
    "starters": ["Can I come in on Tuesday afternoon?", "What are your opening hours?", "What does a check-up cost?"],
    "accent": "#0f766e", "position": "right", "locale": "en", "demo": True, "voice": False, "max_chars": 4000,
}  # fmt: skip

CONSENT = "We store this conversation for 90 days."


class FakeServer(Sockets):
    """Runs in a thread of its own; `with FakeServer() as server: server.url`."""

    def __init__(self, **config: Any) -> None:
        super().__init__()
        self.config = CONFIG | config
        self.picture = b""  # of the assistant
        self.users: dict[str, str] = {}  # the token of each who is logged in
        self._numbers = itertools.count(1)
        self.requests: list[str] = []
        self.sessions: list[dict[str, Any]] = []  # what each was asked for with
        self.voice_url = ""  # of the realtime double, where there is one
        self.voice_seconds = 600
        self.voice_refusal: tuple[int, dict[str, Any]] | None = None
        self.reports: list[tuple[str, dict[str, Any]]] = []  # what was reported of calls: action and body
        self.tool_calls: list[dict[str, Any]] = []
        self.ratings: list[dict[str, Any]] = []
        self.covered: dict[str, Any] = {"covers": "browser", "conversations": 1, "appointments": 0}
        self.export_refusal = ""
        self.erased: list[str] = []  # conversations

    async def _run(self, started: threading.Event) -> None:
        self._stop = asyncio.Event()
        self._go = asyncio.Event()
        app = web.Application(middlewares=[self._guard])
        app.add_routes([
            web.get("/widget.js", self._file("loader.js")),
            web.get("/widget/{version}/panel.js", self._file("panel.js")),
            # The modules that the panel loads when they are needed, and the languages.
            *(
                web.get(f"/widget/{{version}}/{path.name}", self._file(path.name))
                for path in sorted(DIST.glob("*.js"))
                if path.name not in ("loader.js", "panel.js")
            ),
            web.get("/pictures/{name}", self._picture),
            web.get("/api/v1/widget/config/{key}", self._config),
            web.post("/api/v1/widget/sessions", self._session),
            web.post("/api/v1/widget/identity", self._identity),
            web.post("/api/v1/widget/messages", self._post_message),
            web.get("/api/v1/widget/events", self._stream),
            web.post("/api/v1/widget/search", self._search),
            web.post("/api/v1/widget/turns/{turn}/{verb}", self._post_turn),
            web.post("/api/v1/widget/consent", self._post_consent),
            web.post("/api/v1/widget/cards/{card}/answer", self._post_card),
            web.post("/api/v1/widget/cards/{card}/slots", self._post_slots),
            web.post("/api/v1/widget/session-key", self._session_key),
            web.post("/api/v1/widget/tool-calls", self._tool_call),
            web.post("/api/v1/widget/voice-calls/{call}/{action}", self._voice_call),
            web.post("/api/v1/widget/conversation/rating", self._rate),
            web.post("/api/v1/widget/transcript", self._mail),
            web.get("/api/v1/widget/visitor/data", self._own_data),
            web.post("/api/v1/widget/visitor/data/export", self._export),
            web.post("/api/v1/widget/visitor/data/erase", self._erase),
            web.get("/ws/v1/chat", self._socket),
            web.route("OPTIONS", "/{path:.*}", self._preflight),
        ])  # fmt: skip
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        started.set()
        await self._stop.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.close_sockets()
        await runner.cleanup()

    def only(self) -> Conversation:
        """The one conversation there is."""
        return list(self.conversations.values())[-1]

    async def say(self, event: dict[str, Any]) -> None:
        self.only().say(event)

    async def say_message(self, role: str, text: str) -> None:
        self.only().message(role, text)

    async def say_staff(self, name: str) -> None:
        self.only().become("staff", name)

    async def say_notified(self) -> None:
        self.only().become("waiting", notified=True)

    async def say_closed(self) -> None:
        self.only().become("closed")

    # HTTP

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        await asyncio.sleep(LATE)
        self.requests.append(f"{request.method} {request.path}")
        response = await handler(request)
        if not response.prepared:
            self._allow(request, response)
        return response

    def _allow(self, request: web.Request, response: web.StreamResponse) -> None:
        if origin := request.headers.get("Origin"):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Vary"] = "Origin"

    async def _preflight(self, request: web.Request) -> web.Response:
        headers = {
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "Authorization, Content-Type",
        }
        return web.Response(status=204, headers=headers)

    def _file(self, name: str) -> Any:
        async def serve(_: web.Request) -> web.Response:
            return web.Response(body=(DIST / name).read_bytes(), content_type="text/javascript", charset="utf-8")

        return serve

    async def _config(self, request: web.Request) -> web.Response:
        if self.refusal == 403:
            return web.json_response({"code": "not_allowed"}, status=403)
        return web.json_response(self.config)

    async def _picture(self, _: web.Request) -> web.Response:
        return web.Response(body=self.picture, content_type="image/png") if self.picture else web.Response(status=404)

    async def _session(self, request: web.Request) -> web.Response:
        if self.refusal and self.refusal < 1000:
            return web.json_response({"code": "not_allowed"}, status=self.refusal)
        self.sessions.append(await request.json())
        old = self.conversations.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        number = next(self._numbers)
        token = f"token-{number}"
        fresh = old is None or old.state["state"] == "closed"
        self.conversations[token] = Conversation(number) if fresh else old
        if fresh and self.config.get("consent"):
            self.conversations[token].consent = CONSENT
        expires = "2099-01-01T00:00:00Z"
        answer = {"token": token, "expires_at": expires, "visitor": "v-1", "conversation": self.conversations[token].id}
        return web.json_response(answer, status=201)

    async def _identity(self, request: web.Request) -> web.Response:
        """The token is the user's id; "refused" is refused."""
        asked = await request.json()
        user = asked["identity"]
        if user == "refused":
            problem = {"code": "identity_refused", "reason": "signature", "detail": "No key has signed this token."}
            return web.json_response(problem, status=403)
        self.sessions.append(asked)
        number = next(self._numbers)
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        guest = None if bearer in self.users.values() else self.conversations.pop(bearer, None)
        known = self.conversations.get(self.users.get(user, ""))
        token = self.users[user] = f"token-{number}"
        self.conversations[token] = known or guest or Conversation(number)
        answer = {"token": token, "expires_at": "2099-01-01T00:00:00Z", "user": user, "ignored": []}
        return web.json_response(answer, status=201)

    def _of(self, request: web.Request) -> Conversation:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.conversations:
            raise web.HTTPUnauthorized(headers={"Access-Control-Allow-Origin": request.headers.get("Origin", "*")})
        return self.conversations[token]

    async def _post_message(self, request: web.Request) -> web.Response:
        frame = {"type": "message.send", **await request.json()}
        self.frames.append(frame)
        self._receive(self._of(request), frame)
        return web.json_response({"seq": 1, "turn": "t"}, status=202)

    async def _search(self, request: web.Request) -> web.Response:
        return web.json_response(self._of(request).find((await request.json())["text"]))

    async def _post_turn(self, request: web.Request) -> web.Response:
        verb, turn = request.match_info["verb"], request.match_info["turn"]
        self._receive(self._of(request), {"type": f"turn.{verb}", "turn": turn})
        return web.Response(status=204)

    async def _post_card(self, request: web.Request) -> web.Response:
        frame = {"type": "card.answer", "card": request.match_info["card"], **await request.json()}
        self._receive(self._of(request), frame)
        return web.Response(status=204)

    async def _post_consent(self, request: web.Request) -> web.Response:
        self._receive(self._of(request), {"type": "consent.give", **await request.json()})
        return web.json_response({"type": "consent.saved"})

    async def _rate(self, request: web.Request) -> web.Response:
        self.ratings.append(asked := await request.json())
        self._of(request).state["rating"] = asked["value"]
        return web.Response(status=204)

    async def _mail(self, request: web.Request) -> web.Response:
        self._of(request)
        address = (await request.json())["email"]
        if address == "full@example.com":
            return web.json_response({"code": "too_many_emails", "title": "Too many e-mails today."}, status=400)
        return web.json_response({"text": f"An e-mail to {address} is on its way."}, status=202)

    async def _own_data(self, request: web.Request) -> web.Response:
        self._of(request)
        return web.json_response(self.covered)

    async def _export(self, request: web.Request) -> web.Response:
        self._of(request)
        if self.export_refusal:
            return web.json_response({"code": "too_much", "title": self.export_refusal}, status=429)
        return web.Response(body=b"PK", content_type="application/zip")

    async def _erase(self, request: web.Request) -> web.Response:
        conversation = self._of(request)
        assert (await request.json()) == {"confirm": True}
        self.conversations = {token: one for token, one in self.conversations.items() if one is not conversation}
        self.erased.append(conversation.id)
        await self.close_sockets()  # those of other tabs
        return web.Response(status=204)

    async def _post_slots(self, request: web.Request) -> web.Response:
        asked = await request.json()
        return web.json_response({"type": "slots.shown", "card": request.match_info["card"], "view": times.shown(asked)})

    # Voice

    async def _session_key(self, request: web.Request) -> web.Response:
        self._of(request)
        if self.voice_refusal:
            status, body = self.voice_refusal
            return web.json_response(body, status=status)
        key = {"value": "ek_test", "expires_at": 1900000000, "model": "gpt-realtime-2"}
        return web.json_response(key | {"call": f"call-{next(self._numbers)}", "seconds": self.voice_seconds})

    async def _voice_call(self, request: web.Request) -> web.Response:
        conversation, action, body = self._of(request), request.match_info["action"], await request.json()
        self.reports.append((action, body))
        if action == "start":
            return await self._begin_call(body)
        if action != "lines":
            return web.Response(status=204)
        state = "stopped" if body["stopped"] else "complete"
        conversation.message(body["role"], body["text"], spoken=True, state=state)
        claims = body["role"] == "assistant" and "I have booked" in body["text"]
        return web.json_response({"correction": "That has not been done."} if claims else {})

    async def _begin_call(self, asked: dict[str, Any]) -> web.Response:
        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {asked['key']}"}
        async with ClientSession() as client, client.post(self.voice_url, data=asked["sdp"], headers=headers) as answer:
            if answer.status != 201:
                return web.json_response({"message": "The provider did not grant a session."}, status=502)
            return web.json_response({"sdp": await answer.text()})

    async def _tool_call(self, request: web.Request) -> web.Response:
        """A tool named as a kind of card shows that card."""
        conversation, body = self._of(request), await request.json()
        self.tool_calls.append(body)
        conversation.card(body["name"])
        return web.json_response({"output": f"The {body['name']} are on the screen.", "outcome": "done"})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        conversation = self._of(request)
        if before := request.query.get("before"):
            return web.json_response(conversation.earlier(int(before)))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        self._allow(request, response)
        await response.prepare(request)
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        queue.put_nowait(conversation.ready(int(request.query.get("after", 0))))
        conversation.watchers.add(queue)
        try:
            while not self._stop.is_set():
                event = await asyncio.wait_for(queue.get(), 60)
                await response.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        except (ConnectionResetError, TimeoutError):
            pass
        finally:
            conversation.watchers.discard(queue)
        return response
