"""Values that engine, models and tools exchange. They have no identity: ids belong to storage."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, Protocol

Finish = Literal["stop", "tool_calls", "length", "content_filter", "cut_off"]

ID_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
NOTE = "[Note, not from the visitor: "  # begins what stands in the visitor's place without being theirs


def call_id(*place: object) -> str:
    """The id of the call that stands at `place`: always the same, and of the strictest form.

    Mistral takes exactly nine letters or digits, and everybody else takes those too. 62^9 ids leave a chance of one in a
    trillion that two of a hundred calls share theirs.
    """
    number = int.from_bytes(hashlib.sha256(repr([str(part) for part in place]).encode(errors="replace")).digest()[:8], "big")
    letters = []
    for _ in range(9):
        number, place_value = divmod(number, len(ID_LETTERS))
        letters.append(ID_LETTERS[place_value])
    return "".join(letters)


def note(text: str) -> str:
    """What a model is told in the middle of a conversation. It stands in a user message, as the templates of many models
    take a system message only at the very beginning."""
    return f"{NOTE}{text}]"


def made_by(provider: str, model: str) -> str:
    """How a message names the model that made it."""
    return f"{provider}/{model}" if provider and model else ""


@dataclass(frozen=True)
class ToolCallRequest:
    """A model's wish to run a tool. `arguments` is None when what it sent is not a JSON object; `raw` is what it sent.

    `extra` is what else its server put into the call (a signature, say). Nobody here reads it; it goes back as it came,
    to the model that made it and to no other. On its way to the ledger a call has the `opaque` and `made_by` of its
    message with it.
    """

    id: str
    name: str
    arguments: dict[str, Any] | None
    raw: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    opaque: dict[str, Any] = field(default_factory=dict)
    made_by: str = ""


@dataclass(frozen=True)
class ChatMessage:
    """One message of a model's conversation, in the roles of Chat Completions.

    `opaque` holds what its server put beside the text (its reasoning, say), by field name, and goes back as it came, as
    the calls' `extra` does: to the model `made_by` names, as "provider/model", and to nobody while that is unknown.
    """

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    calls: tuple[ToolCallRequest, ...] = ()
    call_id: str = ""
    opaque: dict[str, Any] = field(default_factory=dict)
    made_by: str = ""


@dataclass(frozen=True)
class ToolSpec:
    """What a model sees of a tool; `parameters` is a JSON Schema of type object.

    A model that cannot call tools may still ask for one that is `callable_in_text`: by naming it, without arguments.
    `acts`: a done call of it brings something about.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    callable_in_text: bool = False
    acts: bool = False

    @cached_property
    def parameters_json(self) -> str:
        return json.dumps(self.parameters)


@dataclass(frozen=True)
class ToolResult:
    """What a tool call came to. `text` goes to the model.

    `outcome`: done · failed (nothing happened) · refused (policy) · unknown (it may have happened)
    · waiting (a card asks the visitor first; nothing has happened yet).
    `effects` names what it brought about, as `Operation.effects` does, and is empty unless done. `misused`: the call
    itself was wrong, as there is no such tool or its arguments do not fit.
    """

    text: str
    outcome: Literal["done", "failed", "refused", "unknown", "waiting"] = "done"
    effects: frozenset[str] = frozenset()
    sources: tuple[Source, ...] = ()
    misused: bool = False
    receipts: tuple[Receipt, ...] = ()

    @property
    def ok(self) -> bool:
        return self.outcome in ("done", "waiting")


@dataclass(frozen=True)
class Receipt:
    """One thing that was really done, as the ledger has it: a claim is held against its act, reference and time.

    `act` is one of `engine.evidence.ACTS`; `times` are its beginning and end on every clock that a visitor is shown;
    `when` says the beginning in the visitor's language.
    """

    act: str
    reference: str = ""
    times: tuple[datetime, ...] = ()
    when: str = ""


@dataclass(frozen=True)
class Source:
    """Where an answer's knowledge came from; `url` is empty for pasted text."""

    title: str
    url: str = ""


@dataclass(frozen=True)
class TokenUsage:
    """Tokens of one model request; `exact` is False when we estimated them."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    exact: bool = True


@dataclass(frozen=True)
class Completion:
    """How one model request ended: the last item of a stream."""

    text: str = ""
    calls: tuple[ToolCallRequest, ...] = ()
    finish: Finish = "stop"
    usage: TokenUsage = field(default_factory=TokenUsage)
    provider: str = ""
    model: str = ""
    first_token_ms: int | None = None
    total_ms: int | None = None
    learnt: dict[str, Any] = field(default_factory=dict)  # what the answer itself showed of the model's ways
    opaque: dict[str, Any] = field(default_factory=dict)  # as `ChatMessage.opaque`; never shown
    unread_call: bool = False  # its text held a call, which was not shown and cannot be run
    ran_on: bool = False  # the model went on after the end of its answer; that is counted, and not shown

    @property
    def made_by(self) -> str:
        """Whose answer it is, as `ChatMessage.made_by` names them."""
        return made_by(self.provider, self.model)


class Model(Protocol):
    """Something that answers: the router, or a scripted double."""

    def stream(self, messages: list[ChatMessage], tools: list[ToolSpec]) -> AsyncIterator[str | Completion]:
        """Visible text as it comes, then exactly one `Completion`. Raises `ProviderError`, `BudgetExceeded`."""
        ...


class ToolExecutor(Protocol):
    """The methods an assistant may use: the real executor, or a scripted double."""

    def specs(self) -> list[ToolSpec]: ...

    def label(self, name: str) -> str:
        """What a visitor reads while the tool of that name runs."""
        ...

    def effects(self) -> frozenset[str]:
        """What earlier turns of this conversation brought about, by the ledger."""
        ...

    def receipts(self) -> tuple[Receipt, ...]:
        """What of it has a reference or a time."""
        ...

    async def execute(self, call: ToolCallRequest, *, round: int, ordinal: int) -> ToolResult:
        """Run one call. Never raises for what a model or another server did: that is a result."""
        ...
