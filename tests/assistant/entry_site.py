"""What stands at a public address, for every entry point that fetches from one."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tests.rebinding import Answer, Asked

WORDS = "The lighthouse is open from nine."

BUSY = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Shop//EN\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\n"
    "DTSTART:{0:%Y%m%d}T100000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


class Site:
    """What the public address answers: every protocol that an entry speaks."""

    json = {"Content-Type": "application/json"}

    def __call__(self, asked: Asked) -> Answer:
        if b"jsonrpc" in asked.body:
            return self._mcp(json.loads(asked.body))
        if asked.path.endswith("/chat/completions"):
            return self._chat(json.loads(asked.body))
        if asked.path.endswith("/models"):
            ends = str(timezone.now().date() + timedelta(days=20))
            return 200, self.json, json.dumps({"data": [{"id": "m", "shutdown_date": ends}]}).encode()
        if "text/calendar" in asked.headers.get("Accept", ""):
            return 200, {"Content-Type": "text/calendar"}, BUSY.format(timezone.now() + timedelta(days=1)).encode()
        if "text/html" in asked.headers.get("Accept", ""):
            return 200, {"Content-Type": "text/html"}, f"<title>A</title><p>{WORDS}</p>".encode()
        return 200, self.json, json.dumps({"words": WORDS}).encode()

    def _mcp(self, message: Any) -> Answer:
        results = {
            "initialize": {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "s", "version": "1"}},
            "tools/list": {"tools": [{"name": "look", "inputSchema": {"type": "object"}}]},
            "tools/call": {"content": [{"type": "text", "text": WORDS}]},
        }
        if message["method"] not in results:
            return 202, {}, b""
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": results[message["method"]]}
        return 200, {**self.json, "Mcp-Session-Id": "s1"}, json.dumps(answer).encode()

    def _chat(self, wish: Any) -> Answer:
        task = str(wish["messages"][0]["content"])
        draft = {"name": "orders", "description": "Looks.", "verb": "GET", "url": "https://api.example.com/orders/{id}",
                 "parameters": [{"name": "id", "type": "string", "required": True}]}  # fmt: skip
        text = json.dumps(draft) if "HTTP request" in task else '{"title": "Hours", "language": "en"}'
        message = {"role": "assistant", "content": text}
        whole = {
            "id": "1",
            "object": "chat.completion",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        }
        return 200, self.json, json.dumps(whole).encode()
