"""The demonstration model's server: OpenAI's Chat Completions and models, as their SDKs expect them.

Served while `settings.DEMO_MODEL` says so: by default on an embedded installation only. It does not ask who calls: it
answers from the request alone, holds no key and no data, and behind a proxy every caller's address is the proxy's.

Source: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from assistant.llm import ChatMessage, ToolCallRequest, ToolSpec
from interworky.demo.model import rules
from interworky.demo.model.reply import Reply

MODEL = "demo"
CONTEXT_CHARS = 250_000  # the rules read all of it on the event loop
FINGERPRINT = "fp_demonstration"
CREATED = 1_767_225_600  # 2026-01-01: a model's own date, not the answer's
ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant", "tool": "tool"}

MAX_BODY_BYTES = 2_500_000


class Refused(Exception):
    """A request that OpenAI's server would reject too."""

    def __init__(self, status: int, message: str, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.param, self.code = status, param, code

    def response(self) -> JsonResponse:
        error = {"message": str(self), "type": "invalid_request_error", "param": self.param, "code": self.code}
        return JsonResponse({"error": error}, status=self.status)


View = Callable[..., Coroutine[Any, Any, HttpResponseBase]]


def served(method: str = "") -> Callable[[View], View]:
    """A view of this server: 404 unless it is on, limited to one method if given, with errors in OpenAI's format."""

    def wrap(view: View) -> View:
        @csrf_exempt
        @wraps(view)
        async def guarded(request: HttpRequest, **arguments: str) -> HttpResponseBase:
            if not settings.DEMO_MODEL:
                raise Http404
            try:
                if method and request.method != method:
                    raise Refused(405, f"Not allowed to {request.method} here; use {method}.", code="method_not_allowed")
                return await view(request, **arguments)
            except Refused as refused:
                return refused.response()

        return guarded

    return wrap


# --- Models ----------------------------------------------------------------------------------------------------------

CARD = {"id": MODEL, "object": "model", "created": CREATED, "owned_by": "interworky"}


@served("GET")
async def models(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"object": "list", "data": [CARD]})


@served("GET")
async def model(request: HttpRequest, name: str) -> HttpResponse:
    _known(name)
    return JsonResponse(CARD)


def _known(name: object) -> None:
    if name != MODEL:
        raise Refused(
            404, f"The model `{name}` does not exist; this server has `{MODEL}`.", param="model", code="model_not_found"
        )


# --- Chat completions ------------------------------------------------------------------------------------------------


@served("POST")
async def chat_completions(request: HttpRequest) -> HttpResponseBase:
    wanted = _parse(request)
    answer = Answer.to(wanted)
    if not wanted.stream:
        await asyncio.sleep(_delay() * min(len(answer.pieces), 20))
        return JsonResponse(answer.whole())
    chunks = answer.chunks(include_usage=wanted.include_usage)
    return StreamingHttpResponse(
        _events(chunks), content_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    )


def _delay() -> float:
    """Seconds per word."""
    return settings.DEMO_MODEL_DELAY_MS / 1000


async def _events(chunks: list[dict[str, Any]]) -> AsyncIterator[bytes]:
    """The stream, with a delay after each word. If the client disconnects, it is cancelled during a delay."""
    for chunk in chunks:
        await asyncio.sleep(_delay())
        yield b"data: %s\n\n" % json.dumps(chunk, separators=(",", ":")).encode()
    yield b"data: [DONE]\n\n"


@dataclass(frozen=True)
class CheckedRequest:
    """A request that has passed every check."""

    messages: list[ChatMessage]
    tools: list[ToolSpec]
    forced: str | None = None  # a tool's name, or "required"
    stream: bool = False
    include_usage: bool = False
    max_tokens: int | None = None


def _parse(request: HttpRequest) -> CheckedRequest:
    """Parse a request. Raises `Refused` if it is not a chat completion request."""
    data = _body(request)
    if not isinstance(data.get("model"), str):
        raise Refused(400, "You must provide a model parameter.", param="model")
    _known(data["model"])
    messages = _messages(data.get("messages"))
    tools = data.get("tools") or []
    if not isinstance(tools, list):
        raise Refused(400, "Invalid type for 'tools': an array was expected.", param="tools", code="invalid_type")
    specs = [_tool(n, tool) for n, tool in enumerate(tools)]
    choice = data.get("tool_choice")
    limit = data.get("max_completion_tokens", data.get("max_tokens"))
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        raise Refused(
            400, "Invalid 'max_tokens': integer above 0 expected.", param="max_tokens", code="integer_below_min_value"
        )
    options = data.get("stream_options")
    return CheckedRequest(
        messages,
        [] if choice == "none" else specs,
        _forced(choice, specs),
        stream=data.get("stream") is True,
        include_usage=isinstance(options, dict) and options.get("include_usage") is True,
        max_tokens=limit,
    )


def _body(request: HttpRequest) -> dict[str, Any]:
    if len(request.body) > MAX_BODY_BYTES:
        raise Refused(413, "The request is too large.")
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "We could not parse the JSON body of your request.") from error
    if not isinstance(data, dict):
        raise Refused(400, "The body of your request must be a JSON object.")
    return data


def _messages(raw: object) -> list[ChatMessage]:
    if not isinstance(raw, list):
        raise Refused(400, "Missing required parameter: 'messages'.", param="messages", code="missing_required_parameter")
    if not raw:
        raise Refused(400, "Invalid 'messages': empty array.", param="messages", code="empty_array")
    messages = [_message(n, message) for n, message in enumerate(raw)]
    if sum(len(message.text) for message in messages) > CONTEXT_CHARS:
        text = f"This model's maximum context length is {CONTEXT_CHARS} characters."
        raise Refused(400, text, param="messages", code="context_length_exceeded")
    return messages


def _message(place: int, raw: object) -> ChatMessage:
    where = f"messages[{place}]"
    if not isinstance(raw, dict) or raw.get("role") not in ROLES:
        raise Refused(400, f"Invalid value for '{where}.role'.", param=f"{where}.role", code="invalid_value")
    content = raw.get("content")
    if isinstance(content, list):  # parts: only text is supported here
        content = "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if content is not None and not isinstance(content, str):
        raise Refused(400, f"Invalid type for '{where}.content'.", param=f"{where}.content", code="invalid_type")
    calls = []
    for made in raw.get("tool_calls") or []:
        try:
            text = made["function"]["arguments"]
            calls.append(ToolCallRequest(made["id"], made["function"]["name"], _object(text), raw=text))
        except (KeyError, TypeError) as error:
            raise Refused(400, f"Invalid value for '{where}.tool_calls'.", param=f"{where}.tool_calls") from error
    call_id = raw.get("tool_call_id") or ""
    if raw["role"] == "tool" and not call_id:
        raise Refused(400, f"Missing required parameter: '{where}.tool_call_id'.", param=f"{where}.tool_call_id")
    return ChatMessage(ROLES[raw["role"]], content or "", tuple(calls), call_id)  # type: ignore[arg-type]


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _tool(place: int, raw: object) -> ToolSpec:
    function = raw.get("function") if isinstance(raw, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        param = f"tools[{place}].function.name"
        raise Refused(400, f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")
    parameters = function.get("parameters")
    return ToolSpec(
        function["name"], str(function.get("description") or ""), parameters if isinstance(parameters, dict) else {}
    )


def _forced(choice: object, tools: list[ToolSpec]) -> str | None:
    if choice == "required":
        return "required"
    if not isinstance(choice, dict):
        return None
    function = choice.get("function")
    name = function.get("name") if isinstance(function, dict) else None
    if name not in {tool.name for tool in tools}:
        raise Refused(400, "Tool choice names a tool that 'tools' does not have.", param="tool_choice")
    return name


def pieces_of(text: str) -> list[str]:
    """The words of a text, each with the space after it. These count as tokens here."""
    return [piece + " " for piece in text.split(" ")[:-1]] + ([text.split(" ")[-1]] if text else [])


@dataclass(frozen=True)
class Answer:
    id: str
    created: int
    reply: Reply
    pieces: list[str]
    finish: str
    prompt_tokens: int

    @classmethod
    def to(cls, wanted: CheckedRequest) -> Answer:
        reply = rules.reply(wanted.messages, wanted.tools, wanted.forced)
        pieces = pieces_of(reply.text)
        finish = "tool_calls" if reply.calls else "stop"
        if wanted.max_tokens is not None and len(pieces) > wanted.max_tokens:
            pieces, finish = pieces[: wanted.max_tokens], "length"
        calls = tuple(ToolCallRequest(f"call_{secrets.token_hex(12)}", c.name, c.arguments) for c in reply.calls)
        return cls(
            f"chatcmpl-{secrets.token_hex(14)}",
            int(time.time()),
            Reply("".join(pieces), calls),
            pieces,
            finish,
            sum(len(message.text.split()) + 4 for message in wanted.messages),
        )

    @property
    def usage(self) -> dict[str, int]:
        """Counted in words, because this model has no tokens."""
        completion = len(self.pieces) + sum(len(_arguments(call).split()) + 1 for call in self.reply.calls)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": completion,
            "total_tokens": self.prompt_tokens + completion,
        }

    def _envelope(self, object_name: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": object_name,
            "created": self.created,
            "model": MODEL,
            "system_fingerprint": FINGERPRINT,
        }

    def whole(self) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": self.reply.text or None, "refusal": None}
        if self.reply.calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": _arguments(call)}}
                for call in self.reply.calls
            ]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish}
        return {**self._envelope("chat.completion"), "choices": [choice], "usage": self.usage}

    def chunks(self, *, include_usage: bool) -> list[dict[str, Any]]:
        """The same answer as a stream: role, words, calls with their arguments in parts, finish reason, usage."""
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": "" if self.pieces else None}]
        deltas += [{"content": piece} for piece in self.pieces]
        for n, call in enumerate(self.reply.calls):
            opening = {"index": n, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": ""}}
            deltas.append({"tool_calls": [opening]})
            deltas += [
                {"tool_calls": [{"index": n, "function": {"arguments": part}}]} for part in pieces_of(_arguments(call))
            ]
        envelope = self._envelope("chat.completion.chunk") | ({"usage": None} if include_usage else {})
        made = [
            {**envelope, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}]}
            for delta in deltas
        ]
        end = {"index": 0, "delta": {}, "logprobs": None, "finish_reason": self.finish}
        made.append({**envelope, "choices": [end]})
        if include_usage:
            made.append({**envelope, "choices": [], "usage": self.usage})
        return made


def _arguments(call: ToolCallRequest) -> str:
    return json.dumps(call.arguments, ensure_ascii=False)


@served()
async def nothing(request: HttpRequest, rest: str) -> HttpResponse:
    raise Refused(404, f"Unknown request URL: /{rest}.", code="unknown_url")


urlpatterns = [
    path("v1/models", models),
    path("v1/models/<str:name>", model),
    path("v1/chat/completions", chat_completions),
    path("v1/<path:rest>", nothing),
]
