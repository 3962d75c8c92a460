"""Servers that leak whatever they are sent: a model server that includes its key in every kind of error, methods'
servers that echo each request, a mail server that says the password back. Each notes what it was sent."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests import servers

FAULTS = ("unauthorized", "server_error", "web_page", "in_stream", "cut_off", "redirect", "quota", "no_model")


class Hostile:
    """`received` has (path, head, body) of every request; paths say who is meant:

    /good/v1 answers · /<fault>/v1 fails that way · /echo/… and /refuse/… answer 200 and 401 with all they were sent ·
    /mcp/… does so in MCP's words
    """

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes, bytes]] = []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802 - its name in the standard library
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                head = f"{self.requestline}\n{self.headers}"
                owner.received.append((urlsplit(self.path).path, head.encode(), body))
                owner.answer(self, head, body)

            do_GET = do_POST

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def answer(self, to: BaseHTTPRequestHandler, head: str, body: bytes) -> None:
        who = urlsplit(to.path).path.split("/")[1]
        told = f"{head}\n{body.decode(errors='replace')[:2000]}"
        # As it came, and the way that proxies and logs like to show it.
        key = to.headers.get("Authorization") or to.headers.get("X-Api-Key") or ""
        said = {"error": {"message": f"Bad key {key}: {key.removeprefix('Bearer ')}", "code": "", "type": key}}
        match who:
            case "good" if not body:
                self._send(to, 404, json.dumps(said))  # it has no list of models
            case "good":
                self._stream(to, body)
            case "unauthorized":
                self._send(to, 401, json.dumps(said))
            case "quota":
                self._send(to, 429, json.dumps({"error": {**said["error"], "code": "insufficient_quota"}}))
            case "no_model":
                self._send(to, 404, json.dumps({"error": {**said["error"], "code": "model_not_found"}}))
            case "server_error":
                self._send(to, 500, f"Traceback\n  headers = {told!r}", "text/plain")
            case "web_page":
                self._send(to, 200, f"<html><body>Log in. You sent <pre>{told}</pre></body></html>", "text/html")
            case "in_stream":
                self._events(to, said)
            case "cut_off":
                self._events(to, {"choices": [{"index": 0, "delta": {"role": "assistant"}, "x": key}]})
            case "redirect":
                self._send(to, 307, told, location=f"{self.url}/elsewhere/v1/chat/completions")
            case "refuse":
                self._send(to, 401, json.dumps({"sent": told, "url": to.path, "key": key}))
            case "mcp":
                self._mcp(to, json.loads(body or b"{}"), told)
            case _:
                encoded = base64.b64encode(told.encode()).decode()
                self._send(to, 200, json.dumps({"sent": told, "url": to.path, "base64": encoded, "hex": key.encode().hex()}))

    @staticmethod
    def _send(
        to: BaseHTTPRequestHandler, status: int, text: str, kind: str = "application/json", location: str = ""
    ) -> None:
        raw = text.encode()
        to.send_response(status, "Whatever")
        to.send_header("Content-Type", kind)
        to.send_header("Content-Length", str(len(raw)))
        if location:
            to.send_header("Location", location)
        to.end_headers()
        to.wfile.write(raw)

    def _mcp(self, to: BaseHTTPRequestHandler, asked: dict[str, Any], told: str) -> None:
        if "id" not in asked:
            return self._send(to, 202, "")
        result: dict[str, Any] = {"content": [{"type": "text", "text": told}], "structuredContent": {"sent": told}}
        if asked["method"] == "initialize":
            version = asked["params"]["protocolVersion"]
            result = {
                "protocolVersion": version,
                "capabilities": {"tools": {}},
                "serverInfo": {"name": told, "version": "1"},
            }
        self._send(to, 200, json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}))

    @staticmethod
    def _events(to: BaseHTTPRequestHandler, *events: Any) -> None:
        raw = b"".join(b"data: " + (one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n\n" for one in events)
        to.send_response(200)
        to.send_header("Content-Type", "text/event-stream")
        to.send_header("Content-Length", str(len(raw)))
        to.end_headers()
        to.wfile.write(raw)

    def _stream(self, to: BaseHTTPRequestHandler, body: bytes) -> None:
        """`use <tool> [<arguments>]` calls it; a tool's result is repeated to the visitor word by word."""
        last = json.loads(body)["messages"][-1]
        words = last["content"] if isinstance(last["content"], str) else json.dumps(last["content"])
        delta: dict[str, Any] = {"content": f"You said {words}" if last["role"] == "user" else f"I was told {words}"}
        finish = "stop"
        if last["role"] == "user" and words.startswith("use "):
            _, name, *arguments = words.split(" ", 2)
            call = {"name": name, "arguments": arguments[0] if arguments else "{}"}
            delta, finish = {"tool_calls": [{"index": 0, "id": "c1", "type": "function", "function": call}]}, "tool_calls"
        choice = {"index": 0, "delta": delta, "finish_reason": None}
        self._events(to, {"choices": [choice]}, {"choices": [{**choice, "delta": {}, "finish_reason": finish}]}, b"[DONE]")

    def sent_to(self, path: str) -> bytes:
        """Heads and bodies of all requests whose path starts so."""
        return b"\n".join(head + body for where, head, body in self.received if where.startswith(path))


class Mail:
    """Requires a password, and repeats it in its answer to an e-mail for `refused@…`."""

    def __init__(self) -> None:
        self.passwords: list[bytes] = []
        self.taken: list[bytes] = []
        self.refused = 0

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, given: LoginPassword) -> AuthResult:
        self.passwords.append(given.password)
        return AuthResult(success=True)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("refused"):
            self.refused += 1
            return f"550 {address} is not allowed for {self.passwords[-1].decode()}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.taken.append(envelope.content)
        return "250 OK"


@contextmanager
def running() -> Iterator[tuple[Hostile, Mail, int]]:
    """Both, and the port of the second."""
    web, mail, port = Hostile(), Mail(), servers.free_port()
    controller = Controller(mail, hostname="127.0.0.1", port=port, authenticator=mail.authenticate, auth_require_tls=False)
    thread = threading.Thread(target=web.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    controller.start()
    try:
        yield web, mail, port
    finally:
        controller.stop()
        web.server.shutdown()
        web.server.server_close()
