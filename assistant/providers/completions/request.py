"""The body of a request: our messages and tools in the strictest form that servers require."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson

from assistant.llm import ChatMessage, ToolSpec, made_by
from assistant.providers.completions.capabilities import Capabilities
from assistant.providers.completions.messages import strict
from assistant.providers.completions.schemas import reduced
from assistant.providers.configuration import ProviderSettings

SILENCE_SECONDS = 20.0  # before the first byte, and between two
MAX_DESCRIPTION = 1024  # characters of a tool's description, at OpenAI; the rest stands in the instructions
_MORE = " (More in your instructions.)"


@dataclass(frozen=True)
class Request:
    """One question to one model."""

    provider: ProviderSettings
    model: str
    messages: list[ChatMessage]
    tools: list[ToolSpec] = field(default_factory=list)
    max_output_tokens: int = 1024
    temperature: float | None = None
    reasoning_effort: str = ""
    capabilities: Capabilities = Capabilities()
    silence_seconds: float = SILENCE_SECONDS
    deadline_seconds: float = 120.0  # for all of it, as long as the text is being taken
    tail_seconds: float = 5.0  # for the usage and the end of the stream, once the answer has ended
    sent: bytes = b""  # the `body`, where it has been written before


def body(request: Request) -> bytes:
    """The JSON that is posted."""
    can = request.capabilities
    tools = request.tools if can.tools else []
    streamed = can.streaming and (can.tools_streaming or not tools)
    wire: dict[str, Any] = {
        "model": request.model,
        "messages": strict(
            _with_instructions(request), can, asked=made_by(request.provider.name, request.model), offered=bool(tools)
        ),
        "stream": streamed,
    }
    if streamed and can.usage_in_stream:
        wire["stream_options"] = {"include_usage": True}
    if can.token_limit:
        wire[can.token_limit] = request.max_output_tokens
    if request.temperature is not None and can.temperature:
        wire["temperature"] = request.temperature
    if effort := _reasoning_effort(request, offered=bool(tools)):
        wire["reasoning_effort"] = effort
    if tools:
        wire["tools"] = [
            orjson.Fragment(_declared(tool.name, tool.description, tool.parameters_json, can.schema)) for tool in tools
        ]
    return orjson.dumps(wire)


@lru_cache(maxsize=1024)
def _declared(name: str, description: str, parameters: str, level: str) -> bytes:
    """A tool as it is sent. Kept, because every request of an organization sends the same ones."""
    function = {"name": name, "description": _short(description)[0], "parameters": reduced(json.loads(parameters), level)}
    return orjson.dumps({"type": "function", "function": function})


def _reasoning_effort(request: Request, *, offered: bool) -> str:
    """The effort to send; "" sends the parameter not at all, which leaves the server its own default.

    Some of OpenAI's models take function tools over Chat Completions only with an effort of "none", and since their
    default is another, leaving it out is refused as well.
    """
    can = request.capabilities
    if offered and can.effort_with_tools:
        return "" if can.effort_with_tools == "omit" else can.effort_with_tools
    return request.reasoning_effort if can.reasoning_effort else ""


_WITHOUT_TOOLS = (
    "# Without tools\nYou cannot use tools now: you can look nothing up, and book, send or change nothing. When the visitor "
    "asks for such a thing, say plainly that you cannot do it, and never say that you did or will."
)


def _with_instructions(request: Request) -> list[ChatMessage]:
    """The messages, with what the tools' descriptions have no room for added to the instructions. A model that cannot call
    tools is instructed that it cannot, and what it can write instead."""
    if not request.tools:
        return request.messages
    if request.capabilities.tools:
        added = "\n\n".join(f"{tool.name}: {more}" for tool in request.tools if (more := _short(tool.description)[1]))
        added = added and f"# More about your tools\n{added}"
    else:
        added = _WITHOUT_TOOLS + "".join(
            f"\nThen write [[{tool.name}]] as the last line of your answer, for this: {tool.description}"
            for tool in request.tools
            if tool.callable_in_text
        )
    if not added:
        return request.messages
    # With the first of them, so that it comes after who the model is.
    system = [message for message in request.messages if message.role == "system"]
    return [*system, ChatMessage("system", added), *(message for message in request.messages if message.role != "system")]


def _short(description: str) -> tuple[str, str]:
    """A tool's description up to the length that OpenAI accepts, cut between words, and the rest."""
    if len(description) <= MAX_DESCRIPTION:
        return description, ""
    head = description[: MAX_DESCRIPTION - len(_MORE)]
    cut = max(head.rfind("\n\n"), head.rfind(". ") + 1) or head.rfind(" ")
    cut = cut if cut > 0 else len(head)
    return description[:cut].rstrip() + _MORE, description[cut:].strip()
