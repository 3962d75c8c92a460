"""A conversation in the strictest form that servers require.

OpenAI accepts messages in nearly any order. Others pass them through the chat template of a model, or check them, and refuse
the whole request if they do not fit, so that one message in a wrong place ends the conversation for good:

- one system message, and that first (Qwen 3.5: "System message must be at the beginning");
- the first message after it is the visitor's, then roles alternate (Gemma, Mistral: "roles must alternate");
- a message has one call (Llama 3: "only supports single tool-calls at once"), and its result follows it (OpenAI, Anthropic);
- after results comes the assistant (Mistral: "Unexpected role 'user' after role 'tool'");
- the last message is the visitor's or a result (Mistral: "Expected last role User or Tool");
- no message is empty, or has nothing in it that can be seen (Bedrock, Gemini, Anthropic);
- calls stand in a request only if it offers tools (Anthropic and Bedrock, through LiteLLM);
- ids of calls are nine letters or digits (Mistral) and names of tools are plain (OpenAI, Gemini).

What cannot be sent as a call is sent as a note in a message of the visitor's: nothing is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import orjson

from assistant.llm import ChatMessage, ToolCallRequest, call_id, note
from assistant.providers.completions.capabilities import Capabilities

ID = re.compile(r"[0-9A-Za-z]{9}")
NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_-]")
_INVISIBLE = re.compile(r"[\s\u00ad\u200b-\u200f\u2060-\u2064\ufeff]*")
MAX_NAME = 64
MAX_NOTED_ARGUMENTS = 300  # characters, in a note
BEGUN = note("They have just opened the chat.")
GO_ON = note("Go on.")
NO_RESULT = "(no result)"
RESERVED = {"role", "content", "tool_calls", "tool_call_id", "id", "type", "index", "function", "name"}


@dataclass(frozen=True)
class _Said:
    role: str  # user or assistant
    text: str


@dataclass(frozen=True)
class _Round:
    """A message with calls, and the result of each."""

    message: ChatMessage
    results: tuple[str, ...]
    text: str


def strict(messages: list[ChatMessage], can: Capabilities, *, asked: str, offered: bool) -> list[dict[str, Any]]:
    """`messages` as they are sent to `asked` ("provider/model"), in a request that offers tools or does not."""
    system = "\n\n".join(_words(message.text) for message in messages if message.role == "system" and _words(message.text))
    steps = _steps([message for message in messages if message.role != "system"])
    steps = _joined(_with_notes(steps, lambda one: offered and (can.unsigned_calls or _signed(one, can, asked))))
    steps = [part for step in steps for part in _apart(step, can, asked)]
    if not steps or not (isinstance(steps[0], _Said) and steps[0].role == "user"):
        steps.insert(0, _Said("user", BEGUN))
    if isinstance(steps[-1], _Said) and steps[-1].role == "assistant":
        steps.append(_Said("user", GO_ON))
    if system and not can.system_role:
        steps[0] = _Said("user", f"{system}\n\n{steps[0].text}")
        system = ""
    wire = [{"role": "system", "content": system}] if system else []
    ids: set[str] = set()
    for step in steps:
        if isinstance(step, _Said):
            wire.append({"role": step.role, "content": step.text})
        else:
            wire += _round(step, can, ids, own=_own(step, can, asked))
    return wire


def _steps(messages: list[ChatMessage]) -> list[_Said | _Round]:
    """The conversation in steps, each call with its result; empty messages are dropped."""
    steps: list[_Said | _Round] = []
    left = list(messages)
    while left:
        message = left.pop(0)
        if message.role == "tool":
            steps.append(_Said("user", note(f"The result of an action of yours: {_words(message.text) or NO_RESULT}")))
        elif message.role == "assistant" and message.calls:
            results: dict[int, str] = {}
            while left and left[0].role == "tool":
                place = _place(message.calls, left[0].call_id, results)
                if place is None:
                    break
                results[place] = _words(left.pop(0).text)
            texts = tuple(results.get(place) or NO_RESULT for place in range(len(message.calls)))
            steps.append(_Round(message, texts, _words(message.text)))
        elif _words(message.text):
            steps.append(_Said(message.role, _words(message.text)))
    return steps


def _words(text: str) -> str:
    """`text` without white space around it; nothing where no character of it can be seen, which counts as empty as well."""
    return "" if _INVISIBLE.fullmatch(text) else text.strip()


def _place(calls: tuple[ToolCallRequest, ...], id: str, answered: dict[int, str]) -> int | None:
    return next((place for place, call in enumerate(calls) if call.id == id and place not in answered), None)


def _with_notes(steps: list[_Said | _Round], may_stand: Callable[[_Round], bool]) -> Iterator[_Said | _Round]:
    """The steps with notes instead of the rounds that may not be sent as calls, and of those before them in the same
    exchange; instead of all its rounds where the visitor's next message follows the last results directly."""
    exchanges = list(_exchanges(steps))
    for number, exchange in enumerate(exchanges, 1):
        hanging = isinstance(exchange[-1], _Round) and number < len(exchanges)
        until = max(
            (n for n, step in enumerate(exchange) if isinstance(step, _Round) and (hanging or not may_stand(step))),
            default=-1,
        )
        for place, step in enumerate(exchange):
            if isinstance(step, _Round) and place <= until:
                yield from _as_notes(step)
            else:
                yield step


def _exchanges(steps: list[_Said | _Round]) -> Iterator[list[_Said | _Round]]:
    """The steps in pieces that each begin with a message of the visitor's."""
    exchange: list[_Said | _Round] = []
    for step in steps:
        if exchange and isinstance(step, _Said) and step.role == "user":
            yield exchange
            exchange = []
        exchange.append(step)
    if exchange:
        yield exchange


def _as_notes(step: _Round) -> Iterator[_Said]:
    if step.text:
        yield _Said("assistant", step.text)
    for call, result in zip(step.message.calls, step.results, strict=True):
        arguments = orjson.dumps(call.arguments or {}).decode()[:MAX_NOTED_ARGUMENTS]
        yield _Said("user", note(f"The result of an action of yours, {call.name} {arguments}: {result}"))


def _joined(steps: Iterator[_Said | _Round]) -> list[_Said | _Round]:
    """Neighbouring messages of one role are merged."""
    joined: list[_Said | _Round] = []
    for step in steps:
        before = joined[-1] if joined else None
        if isinstance(before, _Said) and isinstance(step, _Said) and before.role == step.role:
            joined[-1] = _Said(step.role, f"{before.text}\n\n{step.text}")
        elif isinstance(before, _Said) and before.role == "assistant" and isinstance(step, _Round):
            joined[-1] = replace(step, text="\n\n".join(text for text in (before.text, step.text) if text))
        else:
            joined.append(step)
    return joined


def _apart(step: _Said | _Round, can: Capabilities, asked: str) -> Iterator[_Said | _Round]:
    """Calls that were made at once, as if one after the other: the templates of Llama and Gemma allow only one at
    a time. Those with signatures stay together, as a server may sign only the first of them."""
    if isinstance(step, _Said) or (can.parallel_calls and _signed(step, can, asked)):
        yield step
        return
    for place, (call, result) in enumerate(zip(step.message.calls, step.results, strict=True)):
        yield _Round(replace(step.message, calls=(call,)), (result,), "" if place else step.text)


def _own(step: _Round, can: Capabilities, asked: str) -> bool:
    """Whether the opaque fields may be sent to `asked`: only to the model that made them."""
    return can.opaque_fields and bool(asked) and step.message.made_by == asked


def _signed(step: _Round, can: Capabilities, asked: str) -> bool:
    return _own(step, can, asked) and bool(step.message.opaque or any(call.extra for call in step.message.calls))


def _round(step: _Round, can: Capabilities, ids: set[str], own: bool) -> list[dict[str, Any]]:
    empty = None if can.null_content else ""
    message: dict[str, Any] = {"role": "assistant", "content": step.text or empty, "tool_calls": []}
    results = []
    for call, result in zip(step.message.calls, step.results, strict=True):
        id = _id(call.id, ids)
        # Servers that parse the arguments of earlier calls refuse the whole request over a bad one.
        function = {"name": _name(call.name), "arguments": orjson.dumps(call.arguments or {}).decode()}
        made = {"id": id, "type": "function", "function": function}
        message["tool_calls"].append({**(_opaque(call.extra) if own else {}), **made})
        results.append({"role": "tool", "tool_call_id": id, "content": result})
    return [{**(_opaque(step.message.opaque) if own else {}), **message}, *results]


def _opaque(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in RESERVED}


def _id(id: str, taken: set[str]) -> str:
    """The id of a call on the wire, unique within the request."""
    found, times = id, 0
    while not ID.fullmatch(found) or found in taken:
        found = call_id(id, times)
        times += 1
    taken.add(found)
    return found


def _name(name: str) -> str:
    """A tool's name as servers accept it. A model may have called a tool that never existed."""
    plain = NOT_IN_NAMES.sub("_", name)[:MAX_NAME]
    return plain if plain[:1].isalpha() or plain[:1] == "_" else f"_{plain}"[:MAX_NAME]
