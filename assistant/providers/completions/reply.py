"""One answer, put together from the JSON objects of its stream."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

import orjson

from assistant.errors import ProviderBadResponse, ProviderError
from assistant.llm import Finish, ToolCallRequest
from assistant.providers.completions.failures import classified, status_of
from assistant.providers.completions.visible_text import MAX_TEXT_CHARS, Spoken, Visible

MAX_ARGUMENT_CHARS = 65_536  # of all calls together
MAX_CALLS = 64
FINISHES: dict[str, Finish] = {
    "stop": "stop", "eos": "stop", "end_turn": "stop", "stop_sequence": "stop",
    "tool_calls": "tool_calls", "function_call": "tool_calls", "tool_use": "tool_calls",
    "length": "length", "max_tokens": "length", "model_length": "length",
    "content_filter": "content_filter", "safety": "content_filter", "refusal": "content_filter",
    "content_filtered": "content_filter", "recitation": "content_filter",
}  # fmt: skip


@dataclass
class _Call:
    id: str = ""
    name: str = ""
    raw: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

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
        self.opaque: dict[str, Any] = {}
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
            raise classified(status_of(error or event), error or event, key=self._key)
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
            raise classified(status_of(choice["error"]), choice["error"], key=self._key)
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

    def calls(self, complete: bool) -> tuple[ToolCallRequest, ...]:
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
            calls.append(ToolCallRequest(id, call.name, call.arguments() if complete else None, call.raw, call.extra))
        return tuple(calls)

    def _delta(self, delta: dict[str, Any]) -> str:
        for name in ("reasoning_content", "reasoning"):
            thinking = delta.get(name)
            if isinstance(thinking, str):
                self.opaque[name] = self.opaque.get(name, "") + thinking
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
        call.extra |= {key: value for key, value in item.items() if key not in ("index", "id", "type", "function")}
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
