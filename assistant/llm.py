"""What engine, model and tools exchange: pure values. Identity belongs to storage."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Finish = Literal["stop", "tool_calls", "length", "content_filter", "cut_off"]


@dataclass(frozen=True)
class ToolCallRequest:
    """A model's wish to run a tool. `arguments` is None when what it sent is not a JSON object; `raw` is what it sent."""

    id: str
    name: str
    arguments: dict[str, Any] | None
    raw: str = ""


@dataclass(frozen=True)
class ChatMessage:
    """One message of a model's conversation, in the roles of Chat Completions."""

    role: Literal["system", "user", "assistant", "tool"]
    text: str
    calls: tuple[ToolCallRequest, ...] = ()
    call_id: str = ""


@dataclass(frozen=True)
class ToolSpec:
    """What a model sees of a tool; `parameters` is a JSON Schema of type object.

    A model that cannot call tools may still ask for one that is `spoken`, without arguments, by naming it in its text.
    `acts`: a done call of it brings something about.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    spoken: bool = False
    acts: bool = False


@dataclass(frozen=True)
class ToolResult:
    """What a tool call came to. `text` goes to the model.

    `outcome`: done · failed (nothing happened) · refused (policy) · unknown (it may have happened)
    · waiting (a card asks the visitor first; nothing has happened yet).
    `achieved` names what it brought about, as `Operation.brings_about` does, and is empty unless done. `misused`: the call
    itself was wrong, as there is no such tool or its arguments do not fit.
    """

    text: str
    outcome: Literal["done", "failed", "refused", "unknown", "waiting"] = "done"
    achieved: frozenset[str] = frozenset()
    sources: tuple[Source, ...] = ()
    misused: bool = False
    receipts: tuple[Receipt, ...] = ()

    @property
    def ok(self) -> bool:
        return self.outcome in ("done", "waiting")


@dataclass(frozen=True)
class Receipt:
    """One thing that was really done, as the ledger has it: a claim is held against its act, reference and time.

    `act` is one of `engine.claims.ACTS`; `times` are its beginning and end on every clock that a visitor is shown;
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


class Model(Protocol):
    """Something that answers: the router, or a scripted double."""

    def stream(self, messages: list[ChatMessage], tools: list[ToolSpec]) -> AsyncIterator[str | Completion]:
        """Visible text as it comes, then exactly one `Completion`. Raises `ProviderError`, `BudgetExceeded`."""
        ...


class Toolbox(Protocol):
    """The methods an assistant may use: the real toolbox, or a scripted double."""

    def specs(self) -> list[ToolSpec]: ...

    def label(self, name: str) -> str:
        """What a visitor reads while the tool of that name runs."""
        ...

    def achieved(self) -> frozenset[str]:
        """What earlier turns of this conversation brought about, by the ledger."""
        ...

    def receipts(self) -> tuple[Receipt, ...]:
        """What of it has a reference or a time."""
        ...

    async def execute(self, call: ToolCallRequest, *, round: int, ordinal: int) -> ToolResult:
        """Run one call. Never raises for what a model or another server did: that is a result."""
        ...

    async def open(self, row: Any) -> ToolResult:
        """Run what a visitor's click asked for; `row` is its entry in the ledger."""
        ...
