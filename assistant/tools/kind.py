"""What a kind of method is: data and functions, no base class. `tools/__init__.py` lists them all in `KINDS`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from django import forms

from assistant.chat import ToolResult
from assistant.models import Assistant, Conversation, Method, Organization, ToolCall


@dataclass(frozen=True)
class Context:
    """Where a call runs: all that a kind may know. `conversation` and `assistant` are None in a test by staff."""

    organization: Organization
    method: Method
    call: ToolCall  # its ledger row, already written
    conversation: Conversation | None = None
    assistant: Assistant | None = None
    dry_run: bool = False

    @property
    def config(self) -> dict[str, Any]:
        """What staff filled in. Neither visitor nor model chooses any of it."""
        return self.method.config


@dataclass(frozen=True)
class Preview:
    """What a confirm card shows before the act: drawn from the stored arguments, never from the model's prose.

    `lines` are label and value; `fields` is what the visitor must still give, as (name, label, input type), and is
    merged into the arguments when he confirms; `reference` ties the card to a held row.
    """

    title: str
    lines: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, str, str], ...] = ()
    confirm_label: str = "Confirm"
    expires_in_seconds: int | None = None


Run = Callable[[Context, dict[str, Any]], Awaitable[ToolResult]]


@dataclass(frozen=True)
class Operation:
    """One tool that a method gives the model.

    Its name is the method's, with `_suffix` where there is one. `parameters` and `description` are functions of the
    method, since staff shape them. `risk` is the operation's own, or the method's where None. `prepare` runs before a
    confirm card is shown (it may hold a slot) and raises `ToolError` where the act could not succeed; `decline` undoes
    what `prepare` did when the visitor says no.
    """

    run: Run
    suffix: str = ""
    description: Callable[[Method], str] = lambda method: method.description
    parameters: Callable[[Method], dict[str, Any]] = lambda method: method.parameters
    label: Callable[[Method], str] = lambda method: method.public_label
    risk: Method.Risk | None = None
    confirm: Method.Confirm | None = None
    prepare: Callable[[Context, dict[str, Any]], Awaitable[Preview]] | None = None
    decline: Callable[[Context, dict[str, Any]], Awaitable[None]] | None = None
    # What a call of it brings about, in the words of `engine.claims.ACTS` ("booked", "sent"), or "any": a reply that
    # claims more is caught. The toolbox puts it into the result's `achieved` when the call is done.
    brings_about: frozenset[str] = frozenset()
    idempotent: bool = False  # a second run does no harm: it may be repeated after a crash


@dataclass(frozen=True)
class Kind:
    """`Config` is the form that staff fill in; its `cleaned_data` is the method's `config`."""

    label: str
    Config: type[forms.Form]
    operations: tuple[Operation, ...]
    own_parameters: bool = True  # whether staff define the parameters themselves
    secrets: tuple[str, ...] = field(default=())  # names of secrets that a method of this kind may hold
