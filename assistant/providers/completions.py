"""The Chat Completions wire, streamed: one request to one model of one server, and all that servers make of the format.

`EventStream` turns bytes into JSON objects, `Reply` turns objects into text and tool calls, `ask` joins them with the
door out. Nothing is retried here, and nothing depends on a vendor's name: what a server cannot do is measured
(`Capabilities`) and obeyed. What a server was measured to lack is told by `error.details["lacks"]`.

Source: https://platform.openai.com/docs/api-reference/chat-streaming, and the servers' deviations as each is commented.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Container, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from assistant import outbound
from assistant.chat import Completion, Finish, Message, ToolCall, ToolSpec, Usage
from assistant.errors import OutboundError, ProviderBadResponse, ProviderError
from assistant.providers.configuration import Provider
from assistant.redaction import redacted

BOM = b"\xef\xbb\xbf"
MAX_EVENT_BYTES = 1_048_576
MAX_ANSWER_BYTES = 33_554_432  # reasoning that nobody sees can be long
MAX_TEXT_CHARS = 65_536
MAX_ARGUMENT_CHARS = 65_536  # of all calls together
MAX_CALLS = 64
ERROR_BYTES = 65_536
CONNECT_SECONDS = 3.0
SILENCE_SECONDS = 20.0  # before the first byte, and between two
TAIL_SECONDS = 2.0  # for the usage and the end of the stream, once the answer has ended
RETRY_AFTER_SECONDS = 60.0


@dataclass(frozen=True)
class Capabilities:
    """What was measured of one model; what is not known is taken to work."""

    streaming: bool = True
    tools: bool = True
    tools_streaming: bool = True  # False: requests that offer tools are not streamed
    usage_in_stream: bool = True  # stream_options is accepted
    additional_properties: bool = True  # False: schemas go without additionalProperties and $schema
    temperature: bool = True
    reasoning_effort: bool = True
    opens_thinking: bool = True  # False: its template does, so that a reply begins within the thinking
    token_limit: str = "max_tokens"  # the parameter's name: max_tokens, max_completion_tokens or "" for neither

    @classmethod
    def of(cls, measured: Mapping[str, Any]) -> Capabilities:
        """From stored JSON, whatever else it holds."""
        known = {f.name: measured[f.name] for f in fields(cls) if type(measured.get(f.name)) is type(f.default)}
        return cls(**known)


@dataclass(frozen=True)
class Request:
    """One question to one model."""

    provider: Provider
    model: str
    messages: list[Message]
    tools: list[ToolSpec] = field(default_factory=list)
    max_output_tokens: int = 1024
    temperature: float | None = None
    reasoning_effort: str = ""
    capabilities: Capabilities = Capabilities()
    silence_seconds: float = SILENCE_SECONDS
    deadline_seconds: float = 120.0  # for all of it, as long as the text is being taken


# --- Out --------------------------------------------------------------------------------------------------------------


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


def _told(request: Request) -> list[Message]:
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
    return [Message("system", note), *request.messages[len(system) :]]


def _messages(messages: list[Message], tools: bool) -> list[dict[str, Any]]:
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


# --- In: bytes to objects ---------------------------------------------------------------------------------------------


class EventStream:
    """Server-sent events out of bytes that may be cut anywhere: one JSON object per event.

    Tolerates CR, LF and CRLF, a BOM, comments, `data:` without its space, objects without `data:`, events without the
    blank line between them, and a last line without its end. A body that is one whole JSON object is one event.
    Raises `ProviderBadResponse` for anything else, and past `MAX_EVENT_BYTES`.
    Source: https://html.spec.whatwg.org/multipage/server-sent-events.html
    """

    def __init__(self) -> None:
        self.done = False  # [DONE] has come
        self._buffer = bytearray()
        self._searched = 0
        self._lines: list[bytes] = []  # of an event whose JSON is spread over several
        self._begun = False
        self._whole = False  # not a stream: one JSON document

    def feed(self, chunk: bytes) -> list[dict[str, Any]]:
        self._buffer += chunk
        if len(self._buffer) > MAX_EVENT_BYTES:
            raise ProviderBadResponse("The provider sent an event that is too large.")
        if not self._begun and not self._begin():
            return []
        if self._whole:
            return []
        events: list[dict[str, Any]] = []
        start = 0
        while True:
            end, after = self._line_end(start)
            if end < 0:
                break
            self._line(bytes(self._buffer[start:end]), events)
            start = after
        if start:
            del self._buffer[:start]
            self._searched = max(0, self._searched - start)
        return events

    def close(self) -> list[dict[str, Any]]:
        """What was still waiting for its end. An event that is cut off is dropped."""
        events: list[dict[str, Any]] = []
        rest = bytes(self._buffer).strip()
        self._buffer.clear()
        if self._whole:
            try:
                events = _objects(rest)
            except ValueError as error:
                raise ProviderBadResponse("The provider's answer is not whole JSON.", cause="cut_off") from error
            self.done = True
            return events
        try:
            if rest:
                self._line(rest, events)
            self._line(b"", events)
        except ProviderBadResponse:
            return events
        return events

    def _begin(self) -> bool:
        """Look at the first bytes; False when more are needed to know what this is."""
        if len(self._buffer) < 3 and BOM.startswith(bytes(self._buffer)):
            return False
        if self._buffer.startswith(BOM):
            del self._buffer[:3]
        first = bytes(self._buffer.lstrip()[:1])
        if not first:
            return False
        self._begun = True
        if first == b"<":
            raise ProviderBadResponse("The provider answered with a web page.")
        self._whole = first in (b"{", b"[")
        return True

    def _line_end(self, start: int) -> tuple[int, int]:
        """Where the next line ends, and where the one after it begins; -1 when its end has not come."""
        buffer = self._buffer
        start = max(start, self._searched)
        newline = buffer.find(b"\n", start)
        carriage = buffer.find(b"\r", start, newline if newline >= 0 else len(buffer))
        if 0 <= carriage < len(buffer) - 1:
            return carriage, carriage + (2 if buffer[carriage + 1] == ord("\n") else 1)
        if newline < 0:
            # A CR at the very end may be half of CRLF.
            self._searched = len(buffer) if carriage < 0 else carriage
            return -1, start
        return newline, newline + 1

    def _line(self, line: bytes, events: list[dict[str, Any]]) -> None:
        if line.startswith(b"data:"):
            data = line[5:].strip()
        elif line.startswith(b"{"):
            data = line  # an error that a server's other half wrote into the stream as it was
        elif line:
            return  # a comment, or event, id and retry, which mean nothing here
        else:
            data = b""
            if self._lines:
                lines, self._lines = self._lines, []
                if not _try(b"\n".join(lines), events):
                    raise ProviderBadResponse("The provider sent an event that is not JSON.")
            return
        if data == b"[DONE]":
            self.done = True
        elif self._lines or (data and not _try(data, events)):
            self._lines.append(data)
            if sum(map(len, self._lines)) > MAX_EVENT_BYTES:
                raise ProviderBadResponse("The provider sent an event that is too large.")


def _try(data: bytes, events: list[dict[str, Any]]) -> bool:
    """Take one line as a whole event, as nearly all are, without waiting for the blank line behind it."""
    try:
        events += _objects(data)
    except ValueError:
        return False
    return True


def _objects(data: bytes) -> list[dict[str, Any]]:
    """The JSON objects of one event. Raises `ValueError`."""
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError:
        if b"\\ud" not in data.lower():
            raise
        # Half of a character outside the BMP, as servers send it that cut text by UTF-16; `Reply` joins the halves.
        document = json.loads(data)
    # Google wraps an error in a list.
    return [item for item in (document if isinstance(document, list) else [document]) if isinstance(item, dict)]


# --- In: objects to text and calls ------------------------------------------------------------------------------------

FINISHES: dict[str, Finish] = {
    "stop": "stop", "eos": "stop", "end_turn": "stop", "stop_sequence": "stop",
    "tool_calls": "tool_calls", "function_call": "tool_calls", "tool_use": "tool_calls",
    "length": "length", "max_tokens": "length", "model_length": "length",
    "content_filter": "content_filter", "safety": "content_filter", "refusal": "content_filter",
    "content_filtered": "content_filter", "recitation": "content_filter",
}  # fmt: skip
THINKING_TAGS = ("think", "thinking", "thought")
TAGS = tuple(f"<{slash}{tag}>" for tag in THINKING_TAGS for slash in ("", "/"))
UNOPENED_END = re.compile("|".join(f"</{tag}>" for tag in THINKING_TAGS))


class Visible:
    """Text as a visitor may see it: without white space at its start, and without the model's thinking.

    A `<think>` counts as one only where a line starts, so that a reply about the tag is still a reply. Text is held back
    only as long as it may yet become a tag.

    Where a model's template opens the thinking, only its end is seen: all before the first `</think>` is thought. A reply
    that is known to begin so (`unopened`) is held back until then. Of one that is not, what was shown before stays
    shown, and `met_unopened` says that it is known now.
    """

    def __init__(self, unopened: bool = False) -> None:
        self.met_unopened = False
        self._held = ""
        self._unopened = unopened
        self._opened = False  # a tag that opens has been seen: one that closes has its own
        self._closing = ""  # the tag that ends the thinking we are in
        self._blank_line = True  # nothing but white space since the last line began
        self._skip_space = True

    def feed(self, text: str) -> str:
        searched = len(self._held)
        self._held += text
        shown: list[str] = []
        while self._held:
            if self._unopened:
                end = UNOPENED_END.search(self._held, max(0, searched - len("</thinking>")))
                if end is None:
                    self._held = self._held[-MAX_TEXT_CHARS:]
                    break
                self._held, self._unopened, self._opened = self._held[end.end() :], False, True
            elif self._closing:
                before, tag, after = self._held.partition(self._closing)
                if not tag:
                    self._held = self._held[-(len(self._closing) - 1) :]
                    break
                self._held, self._closing, self._skip_space, self._blank_line = after, "", True, True
            elif not self._take(shown):
                break
        return "".join(shown)

    def close(self, whole: bool = True) -> str:
        """What was held back and turned out to be text; `whole` is False where the answer was cut short."""
        held, self._held = self._held, ""
        if self._unopened:
            return held.lstrip() if whole else ""  # it thought nothing this time, or it did not get to its end
        return "" if self._closing or (self._skip_space and not held.strip()) else held

    def _take(self, shown: list[str]) -> bool:
        """Move what is certain from held to shown; False when the rest must wait."""
        if self._skip_space:
            self._held = self._held.lstrip()
            if not self._held:
                return False
        at = -1
        while (at := self._held.find("<", at + 1)) >= 0:
            tag = next((tag for tag in TAGS if self._held.startswith(tag, at)), "")
            rest = "" if tag else self._held[at : at + 12]
            if not tag and not any(tag.startswith(rest) for tag in TAGS):
                continue
            before, newline, line = self._held[:at].rpartition("\n")
            if line.strip() or not (newline or self._blank_line) or (tag.startswith("</") and self._opened):
                continue
            if tag.startswith("</"):
                shown.clear()
                self.met_unopened, self._skip_space, self._blank_line = True, True, True
            else:
                self._show(self._held[:at], shown)
                self._closing = tag.replace("<", "</")
            self._opened = self._opened or bool(tag)
            self._held = self._held[at + len(tag) :] if tag else rest
            return bool(tag)
        self._show(self._held, shown)
        self._held = ""
        return False

    def _show(self, text: str, shown: list[str]) -> None:
        if not text:
            return
        shown.append(text)
        self._skip_space = False
        _, newline, line = text.rpartition("\n")
        self._blank_line = not line.strip() and (bool(newline) or self._blank_line)


class Spoken:
    """Takes `[[name]]` out of a text: how a model asks for a tool that cannot call one. `asked` are the names, in order.

    Text is held back only as long as it may yet become such a word.
    """

    LONGEST = 80

    def __init__(self, names: Container[str]) -> None:
        self.asked: dict[str, None] = {}
        self._names = names
        self._held = ""

    def feed(self, text: str) -> str:
        self._held += text
        shown = ""
        while (at := self._held.find("[")) >= 0:
            shown, self._held = shown + self._held[:at], self._held[at:]
            word, end, rest = self._held.partition("]]")
            if self._held[:2] not in ("[", "[[") or "\n" in word or len(word) > self.LONGEST:
                shown, self._held = shown + "[", self._held[1:]
            elif not end:
                return shown
            elif (name := word[2:].strip()) in self._names:
                self.asked[name] = None
                self._held = rest
            else:
                shown, self._held = shown + word + end, rest
        shown, self._held = shown + self._held, ""
        return shown

    def close(self) -> str:
        """What was held back and turned out to be text."""
        held, self._held = self._held, ""
        return held


@dataclass
class _Call:
    id: str = ""
    name: str = ""
    raw: str = ""

    def arguments(self) -> dict[str, Any] | None:
        if "\\u0000" in self.raw:
            return None  # no database keeps it
        try:
            value = orjson.loads(self.raw) if self.raw.strip() else {}
        except orjson.JSONDecodeError:
            return None
        return value if isinstance(value, dict) else None


class Reply:
    """One answer, put together from the objects of its stream."""

    def __init__(self, key: str = "", spoken: Container[str] = (), unopened: bool = False) -> None:
        self._key = key  # which an error in the stream may repeat
        self._spoken = Spoken(spoken) if spoken else None
        self.text = ""
        self.finish: Finish | None = None
        self.usage: tuple[int, int] | None = None
        self.generated = 0  # bytes of everything, thinking and arguments included: what an estimate rests on
        self.answered = False  # something of this wire format has come
        self.refused = False
        self.too_long = False
        self._visible = Visible(unopened)
        self._half = ""  # of a character that came in two
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._by_position: dict[int, _Call] = {}

    def add(self, event: dict[str, Any]) -> str:
        """Take one object in; returns the text that became visible. Raises `ProviderError` for an error in the stream."""
        error = event.get("error")
        if error or event.get("type") == "error" or event.get("object") == "error":
            raise classified(_status_of(error or event), error or event, key=self._key)
        for holder in (event, event.get("x_groq")):
            usage = holder.get("usage") if isinstance(holder, dict) else None
            if isinstance(usage, dict):
                # Some servers count along, so that the last one holds.
                self.usage = (_count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens")))
        choices = event.get("choices")
        if not isinstance(choices, list):
            return ""
        self.answered = True
        choice = choices[0] if choices else None
        if not isinstance(choice, dict):
            return ""
        if choice.get("error"):
            raise classified(_status_of(choice["error"]), choice["error"], key=self._key)
        shown = ""
        delta = choice.get("delta") or choice.get("message")
        if isinstance(delta, dict):
            shown = self._delta(delta)
        reason = choice.get("finish_reason")
        if reason:
            reason = str(reason).lower()
            if reason == "error":
                raise ProviderError("The provider broke the answer off with an error.", cause="server_error", retryable=True)
            self.finish = FINISHES.get(reason, "stop")
        return shown

    def close(self) -> str:
        """The text that was held back until the end was certain."""
        text = self._visible.close(whole=self.finish == "stop")
        if self._spoken:
            text = self._spoken.feed(text) + self._spoken.close()
            self._calls += [_Call(name=name) for name in self._spoken.asked]
        return self._keep(text)

    @property
    def met_unopened(self) -> bool:
        return self._visible.met_unopened

    def calls(self, complete: bool) -> tuple[ToolCall, ...]:
        """The calls in their order. Their arguments are None unless `complete` and a JSON object: never repaired."""
        # Arguments whose call is unknown may be the missing half of another's.
        complete = complete and all(call.name or not call.raw.strip() for call in self._calls)
        taken: set[str] = set()
        calls = []
        for number, call in enumerate(call for call in self._calls if call.name):
            id = call.id if call.id and call.id not in taken else f"call_{number}"
            while id in taken:
                id += "_"
            taken.add(id)
            calls.append(ToolCall(id, call.name, call.arguments() if complete else None, call.raw))
        return tuple(calls)

    def _delta(self, delta: dict[str, Any]) -> str:
        for thinking in (delta.get("reasoning_content"), delta.get("reasoning")):
            if isinstance(thinking, str):
                self.generated += len(thinking.encode(errors="replace"))
        self.refused = self.refused or bool(delta.get("refusal"))
        content = delta.get("content")
        if isinstance(content, list):
            # Mistral's thinking models send parts.
            parts = [part for part in content if isinstance(part, dict) and part.get("type") == "text"]
            content = "".join(part["text"] for part in parts if isinstance(part.get("text"), str))
        items = delta.get("tool_calls")
        if not items and isinstance(delta.get("function_call"), dict):
            items = [{"index": 0, "function": delta["function_call"]}]  # the format's older form
        for position, item in enumerate(items if isinstance(items, list) else ()):
            if isinstance(item, dict):
                self._call(item, position)
        if not isinstance(content, str) or not content:
            return ""
        if self._half or not content.isascii():
            content = self._joined(content)
        self.generated += len(content.encode())
        text = self._visible.feed(content.replace("\0", ""))
        return self._keep(self._spoken.feed(text) if self._spoken else text)

    def _joined(self, content: str) -> str:
        """`content` with the halves of characters put together; a half at its end waits for the next piece."""
        content, self._half = self._half + content, ""
        if "\ud800" <= content[-1] <= "\udbff":
            content, self._half = content[:-1], content[-1]
        try:
            content.encode()
        except UnicodeEncodeError:
            content = content.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        return content

    def _keep(self, text: str) -> str:
        room = MAX_TEXT_CHARS - len(self.text)
        if len(text) > room:
            self.too_long = True
            text = text[:room]
        self.text += text
        return text

    def _call(self, item: dict[str, Any], position: int) -> None:
        function = item.get("function")
        function = function if isinstance(function, dict) else {}
        index = item.get("index") if isinstance(item.get("index"), int) else None
        id = item["id"] if isinstance(item.get("id"), str) else ""
        name = function["name"] if isinstance(function.get("name"), str) else ""
        arguments = function.get("arguments")
        if isinstance(arguments, dict):
            arguments = orjson.dumps(arguments).decode()
        elif not isinstance(arguments, str):
            arguments = ""
        arguments = arguments.replace("\0", "")

        if index is not None:
            call = self._by_index.get(index)
        elif id and (name or id in self._by_id):
            call = self._by_id.get(id)
        else:
            call = self._by_position.get(position)
        if call and name and call.name and arguments and call.raw and call.arguments() is not None:
            # A whole call where one is already: said again at the end, or another one by a server that does not count.
            if (name, arguments) == (call.name, call.raw) and (id in ("", call.id) or not call.id):
                return
            call = None
        elif call and name and call.name and id and call.id and id != call.id:
            call = None
        if call is None:
            call = _Call()
            self._calls.append(call)
            self._by_position[position] = call
            if index is not None:
                self._by_index[index] = call
        call.id = call.id or id
        if id:
            self._by_id[id] = call
        if name != call.name:
            call.name += name
        call.raw += arguments
        self.generated += len(arguments.encode(errors="replace"))
        if sum(len(call.raw) for call in self._calls) > MAX_ARGUMENT_CHARS or len(self._calls) > MAX_CALLS:
            raise ProviderBadResponse("The provider sent more tool calls, or longer ones, than anybody needs.")


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


# --- What went wrong --------------------------------------------------------------------------------------------------

QUOTA = (
    "insufficient_quota", "credit_balance_exhausted", "credit balance", "billing_hard_limit", "billing_not_active",
    "insufficient credits", "insufficient balance", "payment required", "out of credits", "spending limit",
)  # fmt: skip
CONTEXT = (
    "context_length_exceeded", "context length", "context window", "context size", "prompt is too long",
    "too many tokens", "input is too long", "maximum number of tokens", "reduce the length",
)  # fmt: skip
FILTER = ("content_filter", "content management policy", "content_policy", "flagged", "moderation")
NO_MODEL = ("not found", "not_found", "not exist", "not a valid model", "invalid model", "decommissioned", "unknown model",
            "deprecated", "not available", "no longer available", "deploymentnotfound")  # fmt: skip
NO_TOOLS = (
    "not support tool", "not support function", "not supported with tools", "tools is not supported",
    "tools are not supported", "function calling is not supported", "tool use is not supported", "support tool use",
    "tool choice requires", "enable-auto-tool-choice", "tool calling is not", "does not support tools", "--jinja",
)  # fmt: skip
UNSUPPORTED = ("support", "unrecognized", "unknown", "not permitted", "not allowed", "extra_forbidden", "extra inputs",
               "unexpected", "invalid", "deprecated", "not recognized")  # fmt: skip

STATUS_OF_TYPE = {
    "rate_limit": 429, "overloaded": 529, "server_error": 500, "internal": 500, "api_error": 500, "timeout": 504,
    "authentication": 401, "invalid_api_key": 401, "permission": 403, "not_found": 404, "invalid_request": 400,
    "bad_request": 400, "resource_exhausted": 429, "unavailable": 503,
}  # fmt: skip


def classified(
    status: int, error: Any, headers: Mapping[str, str] | None = None, *, sent: bytes = b"", key: str = ""
) -> ProviderError:
    """What a refusal means: its cause, whether to ask again, and whether to ask another.

    `error` is whatever JSON or text came; `sent` is our request, which decides whether something in it can be left out.
    The message is for staff: the provider's own words, cut short and without the key.
    """
    words, code = _words(error)
    text = f"{code} {words}".lower()
    retry_after = _retry_after(headers or {})

    def fail(cause: str, *, retryable: bool = False, next_provider: bool = True, **details: Any) -> ProviderError:
        said = redacted(words, [key])
        # What a server says about a wrong key may hold the key.
        said = "" if cause in ("unauthorized", "forbidden") else f": {said[:300]}" if said else ""
        return ProviderError(
            f"{cause} ({status}){said}",
            cause=cause,
            status=status,
            retryable=retryable,
            next_provider=next_provider,
            retry_after_seconds=retry_after,
            **details,
        )

    if any(mark in text for mark in QUOTA) or status == 402:
        return fail("quota")
    if status == 429:
        return fail("quota") if "quota" in text and retry_after is None else fail("rate_limited", retryable=True)
    if status in (408, 500, 502, 503, 504, 529) or status > 500:
        if "not support" in text and any(mark in text for mark in NO_TOOLS) and b'"tools":' in sent:
            return fail("tools_unsupported", lacks={"tools": False})
        return fail("rate_limited" if status == 529 else "server_error", retryable=True)
    if status == 401 or (status == 400 and "api key" in text and ("valid" in text or "incorrect" in text)):
        return fail("unauthorized")
    if status == 413 or any(mark in text for mark in CONTEXT):
        return fail("context_too_long", next_provider=False)
    if status in (400, 403) and any(mark in text for mark in FILTER):
        return fail("content_filter", next_provider=False)
    if status == 403:
        return fail("forbidden")
    if status in (400, 404, 422) and (lacks := _lacking(text, sent)):
        return fail("tools_unsupported" if "tools" in lacks else "bad_request", next_provider=False, lacks=lacks)
    if "model" in text and any(mark in text for mark in NO_MODEL):
        return fail("model_not_found")
    if status in (404, 405):
        return fail("not_found")
    if 300 <= status < 400:
        return fail("bad_response")
    return fail("bad_request", next_provider=False)


def _lacking(text: str, sent: bytes) -> dict[str, Any]:
    """Which capability a refusal says is missing, if our request used it: learnt once, and left out from then on."""
    if b'"tools":' in sent and any(mark in text for mark in NO_TOOLS):
        return {"tools": False}
    if b'"max_tokens":' in sent and "max_completion_tokens" in text:
        return {"token_limit": "max_completion_tokens"}
    if not any(mark in text for mark in UNSUPPORTED):
        return {}
    if b'"max_completion_tokens":' in sent and "max_completion_tokens" in text:
        return {"token_limit": "max_tokens"}
    if b'"stream_options":' in sent and ("stream_options" in text or "include_usage" in text):
        return {"usage_in_stream": False}
    if b'"additionalProperties":' in sent and any(m in text for m in ("additionalproperties", "additional_properties")):
        return {"additional_properties": False}
    if b'"tools":' in sent and ("$schema" in text or "'strict'" in text or '"strict"' in text or "strict schema" in text):
        return {"additional_properties": False}
    if b'"temperature":' in sent and "temperature" in text:
        return {"temperature": False}
    if b'"reasoning_effort":' in sent and "reasoning" in text:
        return {"reasoning_effort": False}
    return {}


def _words(error: Any) -> tuple[str, str]:
    """The message, and code, type and parameter in one, of the many shapes of an error."""
    if isinstance(error, list):
        error = error[0] if error else ""
    if isinstance(error, dict) and isinstance(error.get("error"), (dict, str)):
        error = error["error"]
    if not isinstance(error, dict):
        return str(error)[:2000], ""
    message = error.get("message") or error.get("detail") or error.get("error_description") or ""
    if isinstance(message, list):
        # FastAPI's list of what is wrong, without the input that it repeats: that is the visitor's text.
        message = "; ".join(
            f"{'.'.join(map(str, item.get('loc', ())))} {item.get('msg', '')} {item.get('type', '')}"
            for item in message
            if isinstance(item, dict)
        )
    codes = " ".join(str(error[name]) for name in ("code", "type", "param", "status") if error.get(name))
    return str(message)[:2000], codes[:200]


def _status_of(error: Any) -> int:
    """The HTTP status that an error inside a stream would have had."""
    _, codes = _words(error)
    for word in codes.lower().split():
        if word.isdigit() and 400 <= int(word) <= 599:
            return int(word)
        for type, status in STATUS_OF_TYPE.items():
            if type in word:
                return status
    return 500


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, at most `RETRY_AFTER_SECONDS`; None when nothing readable was said."""
    try:
        if milliseconds := headers.get("retry-after-ms"):
            seconds = float(milliseconds) / 1000
        elif not (text := headers.get("retry-after", "").strip()):
            return None
        elif text[:1].isdigit() or text[:1] == "-":
            seconds = float(text)
        else:
            at = parsedate_to_datetime(text)
            seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)).total_seconds()
    except ValueError:
        return None
    return min(max(seconds, 0.0), RETRY_AFTER_SECONDS) if seconds == seconds else None


def from_outbound(error: OutboundError, answered: bool) -> ProviderError:
    """A failed exchange as the provider's failure; `answered` when its headers had come."""
    cause = {"dns": "dns", "refused": "refused", "tls": "tls", "timeout": "timeout", "address_refused": "refused"}.get(
        error.code, "cut_off" if error.code == "protocol" else "bad_response"
    )
    # An idle connection that the server has just closed fails before any answer: that is worth one more try.
    retryable = cause in ("dns", "refused") or (cause == "cut_off" and not answered)
    return ProviderError(str(error), cause=cause, retryable=retryable and error.code != "address_refused")


# --- The exchange -----------------------------------------------------------------------------------------------------


async def ask(request: Request) -> AsyncIterator[str | Completion]:
    """Visible text as it comes, then one `Completion`.

    Raises `ProviderError`. When that happens after some text, `error.details["partial"]` is the `Completion` so far,
    with finish "cut_off". Closing the iterator closes the connection.
    """
    exchange = _Exchange(request)
    reply = exchange.reply
    try:
        async with aclosing(exchange.texts()) as texts:
            async for text in texts:
                yield text
    except ProviderError as error:
        if exchange.shown:
            error.details["partial"] = exchange.completion("cut_off")
        raise
    finish: Finish = "length" if reply.too_long else "content_filter" if reply.refused else reply.finish or "stop"
    completion = exchange.completion(finish)
    if not reply.text and not completion.calls and finish != "content_filter":
        raise ProviderError("The model said nothing.", cause="empty", code="no_answer", retryable=finish == "stop")
    yield completion


class _Exchange:
    """One request, and what came back so far."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.sent = body(request)
        can = request.capabilities
        spoken = {tool.name for tool in request.tools if tool.spoken and not can.tools}
        self.reply = Reply(request.provider.key, spoken, unopened=not can.opens_thinking)
        self.events = EventStream()
        self._began = time.monotonic()
        self._first_token_ms: int | None = None
        self._answered = False

    async def texts(self) -> AsyncGenerator[str]:
        """The visible text, `reply` filling up meanwhile; returns when the answer has properly ended."""
        request, reply = self.request, self.reply
        try:
            async with AsyncExitStack() as stack:
                async with self._deadline():
                    answer = await stack.enter_async_context(
                        outbound.stream(
                            "POST",
                            request.provider.endpoint("chat/completions", request.model),
                            reach=request.provider.reach,
                            headers={
                                **request.provider.request_headers(),
                                "Content-Type": "application/json",
                                "Accept": "text/event-stream, application/json",
                            },
                            content=self.sent,
                            connect_seconds=CONNECT_SECONDS,
                            read_seconds=request.silence_seconds,
                            max_bytes=MAX_ANSWER_BYTES,
                        )
                    )
                    self._answered = True
                    if answer.status != 200:
                        said = await _refusal(answer)
                        raise classified(answer.status, said, answer.headers, sent=self.sent, key=request.provider.key)
                chunks = await stack.enter_async_context(aclosing(answer.chunks()))  # type: ignore[type-var]
                while (chunk := await self._next(chunks)) is not None:
                    text, error = self._read(self.events.feed(chunk))
                    if text and (self.shown or not error):
                        yield self._timed(text)
                    if error:
                        raise error
                    if reply.too_long:
                        return
                text, error = self._read(self.events.close())
                if error:
                    raise error
                if text := text + reply.close():
                    yield self._timed(text)
        except OutboundError as error:
            if error.code == "too_large" and reply.text:
                reply.too_long = True
                return
            raise from_outbound(error, self._answered) from error
        except TimeoutError as error:
            raise ProviderError("The provider took too long.", cause="timeout") from error
        if reply.finish is None and not self.events.done:
            raise ProviderError("The provider's answer broke off.", cause="cut_off")
        if not reply.answered:
            raise ProviderBadResponse("The provider's answer is not that of a chat.")

    @property
    def shown(self) -> bool:
        return self._first_token_ms is not None

    def completion(self, finish: Finish) -> Completion:
        reply = self.reply
        calls = reply.calls(complete=finish in ("stop", "tool_calls"))
        if reply.usage and reply.usage[0]:
            usage = Usage(*reply.usage)
        else:
            usage = Usage(estimated_tokens(self.sent), (reply.generated + 3) // 4, exact=False)
        return Completion(
            text=reply.text,
            calls=calls,
            finish="tool_calls" if calls and finish == "stop" else finish,
            usage=usage,
            provider=self.request.provider.name,
            model=self.request.model,
            first_token_ms=self._first_token_ms,
            total_ms=self._elapsed_ms(),
            learnt={"opens_thinking": False} if reply.met_unopened else {},
        )

    def _read(self, events: list[dict[str, Any]]) -> tuple[str, ProviderError | None]:
        """The text of these objects, and the error that they end with. Text that comes with an error is worth showing
        only where some is shown already: else another provider may still answer."""
        texts: list[str] = []
        try:
            for event in events:
                texts.append(self.reply.add(event))
        except ProviderError as error:
            return "".join(texts), error
        return "".join(texts), None

    async def _next(self, chunks: AsyncIterator[bytes]) -> bytes | None:
        """The next bytes; None when there are no more, or none worth waiting for."""
        if self.reply.finish is None and not self.events.done:
            async with self._deadline():
                return await anext(chunks, None)
        # Nothing but the count of tokens is still to come. Only a stream that is read to its end frees its connection.
        try:
            async with asyncio.timeout(TAIL_SECONDS):
                return await anext(chunks, None)
        except (TimeoutError, OutboundError):
            return None

    def _deadline(self) -> asyncio.Timeout:
        # Around each wait of ours, and not around the whole: a generator's time-out would cancel whoever reads it.
        left = self._began + self.request.deadline_seconds - time.monotonic()
        return asyncio.timeout(max(left, 0))

    def _timed(self, text: str) -> str:
        if self._first_token_ms is None:
            self._first_token_ms = self._elapsed_ms()
        return text

    def _elapsed_ms(self) -> int:
        return round((time.monotonic() - self._began) * 1000)


def estimated_tokens(sent: bytes) -> int:
    """Roughly: four bytes make a token, in text and in JSON alike."""
    return (len(sent) + 3) // 4


async def _refusal(answer: outbound.Streamed) -> Any:
    """The body of an answer that is no 200: as JSON if it is that, else as text; {} when it does not come."""
    said = b""
    try:
        async with asyncio.timeout(5):
            async for chunk in answer.chunks():
                said += chunk
                if len(said) > ERROR_BYTES:
                    break
    except (OutboundError, TimeoutError):
        pass
    try:
        return orjson.loads(said)
    except orjson.JSONDecodeError:
        # A web page's words help nobody.
        return "" if said.lstrip()[:1] == b"<" else said[:2000].decode(errors="replace")
