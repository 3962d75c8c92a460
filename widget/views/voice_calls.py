"""The HTTP API of voice calls: what a browser reports of a call that it holds with the provider."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from assistant import voice
from assistant.async_db import in_db
from assistant.errors import InputError
from assistant.llm import TokenUsage
from assistant.models import Conversation
from assistant.providers import realtime
from assistant.services.conversations import voice_calls
from widget.views.api_view import answer, api_view, body_of


@api_view("POST", limit="voice.start")
async def start(request: HttpRequest, conversation: Conversation, call: UUID) -> HttpResponse:
    asked = body_of(request)
    try:
        sdp = await voice.start(conversation, call, _text(asked, "key"), _text(asked, "sdp"))
    except realtime.Refused as refused:
        return answer(refused.body, refused.status or 503)
    return answer({"sdp": sdp})


@api_view("POST", limit="voice.line")
async def add_line(request: HttpRequest, conversation: Conversation, call: UUID) -> HttpResponse:
    asked = body_of(request)
    text, stopped = _text(asked, "text"), asked.get("stopped", False)
    if len(text) > settings.MESSAGE_MAX_CHARS:
        raise InputError("The line is too long.", code="message_too_long")
    if not isinstance(stopped, bool):
        raise InputError("stopped is true or false.")
    correction = await voice.add_line(conversation, call, _text(asked, "id"), _text(asked, "role"), text, stopped=stopped)
    return answer({"correction": correction} if correction else {})


@api_view("POST", limit="voice.end")
async def end(request: HttpRequest, conversation: Conversation, call: UUID) -> HttpResponse:
    asked = body_of(request)
    used = _count(asked, "input_tokens"), _count(asked, "output_tokens")
    await in_db(voice_calls.end)(conversation, call, _text(asked, "reason"), TokenUsage(*used, exact=False))
    return HttpResponse(status=204)


def _text(asked: dict[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str):
        raise InputError(f"{name} is a text.")
    return value


def _count(asked: dict[str, Any], name: str) -> int:
    value = asked.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InputError(f"{name} is a number of tokens.")
    return value
