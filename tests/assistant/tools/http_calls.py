"""HTTP methods and the servers that they call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from asgiref.sync import sync_to_async

from assistant import outbound
from assistant.llm import ToolResult
from assistant.models import Conversation, Method
from tests.assistant.upstream import answering

from .acts import called

Make = Callable[..., Method]
SECRET = 'tøp-s3cret+key/="x"'


def schema(*required: str, **properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


ORDER = schema("order", order={"type": "string"})


def an_http(make_method: Make, talk: Conversation, config: dict[str, Any], **fields: Any) -> Method:
    secrets = fields.pop("secrets", {})
    defaults = {"kind": "http", "parameters": ORDER, "risk": Method.Risk.WRITE}
    row = make_method(talk.assistant, **{**defaults, **fields, "config": config})
    for name, value in secrets.items():
        row.set_secret(name, value)
    row.save()
    return row


class Recorder:
    """A double of the network that keeps what was sent."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response] | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.answer = answer or (lambda request: httpx.Response(200, json={"ok": True}))

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer(request)


async def sent(
    method: Make, talk: Conversation, config: dict[str, Any], arguments: dict[str, Any], **fields: Any
) -> tuple[ToolResult, list[httpx.Request]]:
    await sync_to_async(an_http)(method, talk, config, **fields)
    recorder = Recorder()
    with outbound.transport_for_tests(httpx.MockTransport(recorder)):
        return await called(talk, **arguments), recorder.requests


def replying(status: int = 200, body: bytes = b"{}", kind: str = "application/json") -> Any:
    return answering(f"HTTP/1.1 {status} X\nContent-Type: {kind}\nContent-Length: {len(body)}", body)
