"""The body of a request: our messages and tools in the form that servers take."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from assistant.llm import ChatMessage, ToolSpec
from assistant.providers.completions.capabilities import Capabilities
from assistant.providers.configuration import ProviderSettings

SILENCE_SECONDS = 20.0  # before the first byte, and between two


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


def body(request: Request) -> bytes:
    """The JSON that is posted."""
    can = request.capabilities
    tools = request.tools if can.tools else []
    streamed = can.streaming and (can.tools_streaming or not tools)
    wire: dict[str, Any] = {
        "model": request.model,
        "messages": _messages(_told(request), can.tools),
        "stream": streamed,
    }
    if streamed and can.usage_in_stream:
        wire["stream_options"] = {"include_usage": True}
    if can.token_limit:
        wire[can.token_limit] = request.max_output_tokens
    if request.temperature is not None and can.temperature:
        wire["temperature"] = request.temperature
    if request.reasoning_effort and can.reasoning_effort:
        wire["reasoning_effort"] = request.reasoning_effort
    if tools:
        wire["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.parameters if can.additional_properties else _plain(tool.parameters),
                },
            }
            for tool in tools
        ]
    return orjson.dumps(wire)


_WITHOUT_TOOLS = (
    "# Without tools\nYou cannot use tools now: you can look nothing up, and book, send or change nothing. When the visitor "
    "asks for such a thing, say plainly that you cannot do it, and never say that you did or will."
)


def _told(request: Request) -> list[ChatMessage]:
    """The messages; a model that cannot call the tools it was to have is told so, and what it can write instead."""
    if request.capabilities.tools or not request.tools:
        return request.messages
    instead = "".join(
        f"\nThen write [[{tool.name}]] as the last line of your answer, for this: {tool.description}"
        for tool in request.tools
        if tool.spoken
    )
    system = [message for message in request.messages[:1] if message.role == "system"]
    note = "\n\n".join([*(message.text for message in system), _WITHOUT_TOOLS + instead])
    return [ChatMessage("system", note), *request.messages[len(system) :]]


def _messages(messages: list[ChatMessage], tools: bool) -> list[dict[str, Any]]:
    wire: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "tool" and not tools:
            # A server that knows no tools knows no such role either, yet the model must learn what was done.
            wire.append({"role": "user", "content": f"[Result of an action of yours: {message.text}]"})
        elif message.role == "tool":
            wire.append({"role": "tool", "tool_call_id": message.call_id, "content": message.text})
        elif message.calls and tools:
            calls = [
                {
                    "id": call.id,
                    "type": "function",
                    # Servers that parse the arguments of earlier calls refuse the whole request over a bad one.
                    "function": {"name": call.name, "arguments": orjson.dumps(call.arguments or {}).decode()},
                }
                for call in message.calls
            ]
            wire.append({"role": "assistant", "content": message.text or None, "tool_calls": calls})
        elif message.text or not message.calls:
            wire.append({"role": message.role, "content": message.text})
    return wire


def _plain(schema: Any) -> Any:
    """`schema` without the keywords that some servers refuse."""
    if isinstance(schema, dict):
        return {
            name: {key: _plain(value) for key, value in value.items()} if name == "properties" else _plain(value)
            for name, value in schema.items()
            if name not in ("additionalProperties", "$schema", "strict")
        }
    return [_plain(item) for item in schema] if isinstance(schema, list) else schema
