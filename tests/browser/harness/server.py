"""The wire of docs/protocol.md, spoken out of memory: what the visitor writes chooses what happens.

`slots`, `confirm`, `receipt`, `contact`, `verify`: the card of that kind, as in `tests/wire/cards`. `long`: a long reply.
`slow`: a reply that goes on until it is stopped or `server.hurry()`. `tool`: a tool works until `server.hurry()`. `fail`: a
turn that can be tried again, and then succeeds. `person`: a person takes over. `refuse`: the message is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import threading
from collections.abc import Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, WSCloseCode, WSMsgType, web

from . import times

ROOT = Path(__file__).parents[3]
DIST = ROOT / "static" / "widget" / "dist"
CARDS = ROOT / "tests" / "wire" / "cards"

LONG = """Of course. Here is what a **first visit** is like:

1. We talk about your *history* and what brings you here.
2. A gentle check-up, usually with two small X-rays.
3. You leave with a plan and a price, in writing.

It takes about 45 minutes. Please bring:

- your insurance card
- a list of medicines, if you take any

More on [our site](https://www.example.com/first-visit), or write to [us](mailto:hello@example.com).

Opening hours are `Mon–Fri 9–18`. A code block, because someone always asks:

```
POST /appointments
{"when": "2030-01-08T14:00:00Z", "note": "a rather long line that has to scroll sideways"}
```

""" + "\n\n".join(
    f"Paragraph {n}: we look forward to seeing you and will take all the time that you need." for n in range(8)
)

CONFIG = {
    "key": "pk_test", "version": "0.1.0", "name": "Bright Smile", "title": "Bright Smile Dental",
    "greeting": "Hi! I can answer questions and book you in. How can I help?",
    "disclosure": "You are chatting with an AI assistant. It can make mistakes.",
    "starters": ["Can I come in on Tuesday afternoon?", "What are your opening hours?", "What does a check-up cost?"],
    "accent": "#0f766e", "position": "right", "locale": "en", "demo": True, "voice": False, "max_chars": 4000,
}  # fmt: skip


CONSENT = "We store this conversation for 90 days."


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day_of_slots(day: int) -> dict[str, Any]:
    slots = [
        {"id": f"s-{day}-{n}", "label": f"{9 + n // 2:02}:{n % 2 * 3}0", "start_at": f"2030-01-{day:02}T10:00:00Z"}
        for n in range(8)
    ]
    return {"label": f"Tuesday, {day} January", "slots": slots}


class Conversation:
    def __init__(self, number: int) -> None:
        self.newest = 400  # events that are given at once
        self.id = f"conversation-{number}"
        self.state: dict[str, Any] = {"state": "assistant"}
        self.consent: str | None = None  # what is to be agreed to first
        self.events: list[dict[str, Any]] = []
        self.cards: dict[str, dict[str, Any]] = {}
        self.messages: dict[str, dict[str, Any]] = {}  # by client id
        self.turn: dict[str, Any] | None = None
        self.answering = asyncio.Lock()
        self.watchers: set[asyncio.Queue[dict[str, Any]]] = set()

    def say(self, event: dict[str, Any], *, durable: bool = False) -> None:
        if durable:
            event = {"type": event["type"], "seq": len(self.events) + 1, **event}
            self.events.append(event)
        for watcher in self.watchers:
            watcher.put_nowait(event)

    def ready(self, after: int) -> dict[str, Any]:
        about = {"id": self.id, **self.state, **({"consent": self.consent} if self.consent else {})}
        ready = {
            "type": "session.ready", "conversation": about, "events": self.events[after:][-self.newest :],
            "seq": len(self.events), "more": len(self.events) - after > self.newest,
        }  # fmt: skip
        return ready | ({"turn": self.turn} if self.turn else {})

    def earlier(self, before: int) -> dict[str, Any]:
        older = self.events[: before - 1]
        return {"events": older[-self.newest :], "more": len(older) > self.newest}

    def find(self, text: str) -> dict[str, Any]:
        found = []
        for event in reversed(self.events):
            said = event.get("message", {}).get("text", "")
            if event["type"] == "message.added" and text.lower() in said.lower():
                at = said.lower().index(text.lower())
                shown = {name: event["message"][name] for name in ("id", "role", "at", "text")}
                found.append({"kind": "message", "seq": event["seq"], "marks": [[at, at + len(text)]], **shown})
        return {"found": found, "more": False}

    def message(self, role: str, text: str, **fields: Any) -> dict[str, Any]:
        message = {"id": f"m-{len(self.events) + 1}", "role": role, "text": text, "at": now(), "state": "complete", **fields}
        self.say({"type": "message.added", "message": message}, durable=True)
        return message

    def card(self, kind: str, **changes: Any) -> dict[str, Any]:
        card = (
            json.loads((CARDS / f"{kind}.json").read_text()) | {"id": f"card-{len(self.events) + 1}", "at": now()} | changes
        )
        self.cards[card["id"]] = card
        self.say({"type": "card.added", "card": card}, durable=True)
        return card

    def update_card(self, card_id: str, **changes: Any) -> None:
        self.cards[card_id] = self.cards[card_id] | changes
        self.say({"type": "card.updated", "card": self.cards[card_id]}, durable=True)

    def become(self, state: str, staff: str | None = None, *, notified: bool | None = None) -> None:
        self.state = {
            "state": state,
            **({"staff": staff} if staff else {}),
            **({"notified": notified} if notified is not None else {}),
        }
        self.say({"type": "conversation.updated", **self.state}, durable=True)


class FakeServer:
    """Runs in a thread of its own; `with FakeServer() as server: server.url`."""

    def __init__(self, **config: Any) -> None:
        self.config = CONFIG | config
        self.delay_seconds = 0.004  # between two pieces of a reply
        self.sockets = True  # False: as behind a proxy that lets none through
        self.refusal: int | None = None  # a status for sessions, a code for sockets
        self.unsaved: list[str] = []  # what becomes of the next answers on cards: "unavailable", or "lost" with the socket
        self.conversations: dict[str, Conversation] = {}  # by token
        self.users: dict[str, str] = {}  # the token of each who is logged in
        self._numbers = itertools.count(1)
        self.requests: list[str] = []
        self.frames: list[dict[str, Any]] = []
        self.sessions: list[dict[str, Any]] = []  # what each was asked for with
        self.voice_url = ""  # of the realtime double, where there is one
        self.voice_seconds = 600
        self.voice_refusal: tuple[int, dict[str, Any]] | None = None
        self.reports: list[tuple[str, dict[str, Any]]] = []  # what was reported of calls: action and body
        self.tool_calls: list[dict[str, Any]] = []
        self.ratings: list[dict[str, Any]] = []
        self._open: set[web.WebSocketResponse] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> FakeServer:
        started = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, args=(started,), daemon=True)
        self._thread.start()
        if not started.wait(10):
            raise RuntimeError("The fake server did not start.")
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def _serve(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._run(started))
        self._loop.close()

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

    def call(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Runs `coroutine` on the server's loop and waits for it."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    def hurry(self) -> None:
        """Lets a slow reply or tool come to its end."""
        self._loop.call_soon_threadsafe(self._go.set)

    async def close_sockets(self, code: int = WSCloseCode.GOING_AWAY) -> None:
        for socket in list(self._open):
            await socket.close(code=code)

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

    # The socket

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
                frame = json.loads(message.data)
                self.frames.append(frame)
                if frame["type"] == "session.open":
                    if self.refusal:
                        await socket.close(code=self.refusal)
                    elif frame["token"] not in self.conversations:
                        await socket.close(code=4401)
                    else:
                        conversation = self.conversations[frame["token"]]
                        queue.put_nowait(conversation.ready(frame["after"]))
                        conversation.watchers.add(queue)
                        sender = sender or asyncio.create_task(self._send(socket, queue))
                elif frame["type"] == "ping" and conversation:
                    queue.put_nowait({"type": "pong", "seq": len(conversation.events)})
                elif frame["type"] == "card.answer" and self.unsaved:
                    if self.unsaved.pop(0) == "lost":
                        await socket.close(code=WSCloseCode.GOING_AWAY)
                    else:
                        queue.put_nowait(
                            {"type": "error", "code": "unavailable", "text": "One moment.", "of": frame["type"]}
                        )
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

    async def _send(self, socket: web.WebSocketResponse, queue: asyncio.Queue[dict[str, Any]]) -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                await socket.send_json(await queue.get())

    # What a visitor may do

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
                conversation.turn["stopped"] = True
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

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, conversation: Conversation, frame: dict[str, Any]) -> None:
        card = conversation.cards[frame["card"]]
        await asyncio.sleep(self.delay_seconds * 10)
        conversation.update_card(card["id"], state="answered", choice=frame["choice"])
        if card["kind"] == "slots":
            conversation.card("confirm")
        elif frame["choice"] == "confirm":
            receipt = conversation.card("receipt", status="sending")
            await asyncio.sleep(self.delay_seconds * 40)
            conversation.update_card(receipt["id"], status="done")

    async def _reply(self, conversation: Conversation, text: str, message: str) -> None:
        async with conversation.answering:  # one message after the other, as the product does
            await self._take_turn(conversation, text, message)

    async def _take_turn(self, conversation: Conversation, text: str, message: str) -> None:
        turn = f"turn-{len(conversation.events)}"
        conversation.turn = {"id": turn, "message": message, "text": "", "offset": 0, "tools": []}
        conversation.say({"type": "turn.started", "turn": turn, "message": message})
        self._go.clear()
        ended: dict[str, Any] = {"outcome": "done"}
        await asyncio.sleep(self.delay_seconds * 5)
        if text in ("tool", "slots") or "Tuesday" in text:
            await self._work(conversation, turn, wait=text == "tool")
        if text == "fail":
            ended = {
                "outcome": "failed", "code": "not_available", "retryable": True,
                "text": "The assistant cannot answer just now. Please try again in a moment.",
            }  # fmt: skip
        elif text == "person":
            conversation.become("staff", "Grace")
            conversation.message("staff", "Hello, this is Grace from the front desk. How can I help?")
        else:
            if text in ("slots", "confirm", "receipt", "contact", "verify"):
                conversation.card(text)
            elif text == "slots-many":
                conversation.card("slots", days=[day_of_slots(day) for day in (8, 15, 22)])
            elif "Tuesday" in text:
                conversation.card("slots")
            await self._speak(conversation, turn, text)
        conversation.turn = None
        conversation.say({"type": "turn.ended", "turn": turn, **ended}, durable=True)

    async def _work(self, conversation: Conversation, turn: str, *, wait: bool) -> None:
        tool = {"turn": turn, "call": "call-1", "label": "Looking for free times…"}
        assert conversation.turn is not None
        conversation.turn["tools"] = [tool["label"]]
        conversation.say({"type": "tool.started", **tool})
        await (asyncio.wait_for(self._go.wait(), 30) if wait else asyncio.sleep(self.delay_seconds * 40))
        conversation.turn["tools"] = []
        conversation.say({"type": "tool.finished", **tool, "ok": True})

    async def _speak(self, conversation: Conversation, turn: str, text: str) -> None:
        words = (
            LONG if text in ("long", "slow") else "These times are free on Tuesday afternoon. Pick the one that suits you."
        )
        if text in ("again", "hello"):
            words = "Here I am again 👋 – thank you for your patience."
        state = "complete"
        now_running = conversation.turn
        assert now_running is not None
        for at in range(0, len(words), 7):
            if now_running.get("stopped"):
                state = "stopped"
                break
            if text == "slow" and at > 200 and not self._go.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._go.wait(), 0.05 if now_running.get("stopped") else 0.3)
            piece = words[at : at + 7]
            now_running["text"] = words[: at + 7]
            now_running["offset"] = len(now_running["text"])
            conversation.say({"type": "reply.delta", "turn": turn, "offset": at, "text": piece})
            await asyncio.sleep(self.delay_seconds)
        conversation.message("assistant", now_running["text"], turn=turn, state=state)
