"""What a kind of method is: data and functions, no base class. `tools/__init__.py` lists them all in `KINDS`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms

from assistant.llm import ToolResult
from assistant.models import Assistant, Conversation, Method, Organization, ToolCall
from assistant.services.deliveries import outbox
from assistant.services.knowledge.vectors import Vector

# What a text means, by a model that tools do not know; None where that is not to be had in time. Never raises.
Embed = Callable[[Organization, str], Awaitable[Vector | None]]


@dataclass(frozen=True)
class Context:
    """Where a call runs: all that a kind may know. `conversation` and `assistant` are None in a test by staff."""

    organization: Organization
    method: Method
    call: ToolCall  # its ledger row, already written
    conversation: Conversation | None = None
    assistant: Assistant | None = None
    dry_run: bool = False
    embed: Embed | None = None

    @property
    def config(self) -> dict[str, Any]:
        """What staff filled in. Neither visitor nor model chooses any of it."""
        return self.method.config


@dataclass(frozen=True)
class Preview:
    """What a confirm card shows before the act: drawn from the stored arguments, never from the model's prose.

    `lines` are label and value; `fields` is what the visitor must still give, as (name, label, input type), and is
    merged into the arguments when they confirm; `form`, further fields as docs/protocol.md has them. `cancel_label` is
    for a question that a plain "no" would leave unclear.
    """

    title: str
    lines: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, str, str], ...] = ()
    form: tuple[dict[str, Any], ...] = ()
    confirm_label: str = ""  # "Confirm", in the visitor's language
    cancel_label: str = ""  # the widget's own word
    expires_at: datetime | None = None  # until when what it shows is kept for the visitor


def described(method: Method) -> str:
    """What a model reads of a method: what it does, then when and how to use it."""
    return f"{method.description}\n\n{method.instruction}".strip()


def configured(form: type[forms.Form], method: Method) -> dict[str, Any]:
    """The method's configuration, with the form's defaults for what was not filled in."""
    blank = {forms.BooleanField: False, forms.IntegerField: None}
    defaults = {
        name: field.initial if field.initial is not None else blank.get(type(field), "")
        for name, field in form.base_fields.items()
    }
    return {**defaults, **method.config}


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
    description: Callable[[Method], str] = described
    parameters: Callable[[Method], dict[str, Any]] = lambda method: method.parameters
    # The catalogue's label that a visitor reads while it runs; "" for one by its risk. Staff's own, where they wrote one for
    # the method in the visitor's language, goes before that of an operation without a suffix.
    label: str = ""
    risk: Method.Risk | None = None
    # Whether it may act only for a visitor whose e-mail address is verified: a card asks for the mailed code first.
    needs_proof: Callable[[Method], bool] = lambda method: False
    # Whether a model that cannot call tools may ask for it in its text; it is called without arguments then.
    callable_in_text: bool = False
    confirm: Method.Confirm | None = None
    prepare: Callable[[Context, dict[str, Any]], Awaitable[Preview]] | None = None
    decline: Callable[[Context, dict[str, Any]], Awaitable[None]] | None = None
    # What a call of it brings about, in the words of `engine.evidence.ACTS` ("booked", "sent"), or "any": a reply that
    # claims more is caught. The executor puts it into the result's `effects` when the call is done.
    effects: frozenset[str] = frozenset()
    idempotent: bool | Callable[[Method], bool] = False  # a second run does no harm: it may be repeated after a crash
    seconds: Callable[[Method], float] = lambda method: 20.0  # a call that takes longer is given up

    def may_repeat(self, method: Method) -> bool:
        return self.idempotent if isinstance(self.idempotent, bool) else self.idempotent(method)

    def needs_confirmation(self, method: Method) -> bool:
        """Whether the visitor must say yes before the act."""
        confirm = method.confirm if self.confirm is None else self.confirm
        if confirm == Method.Confirm.BY_RISK:
            return self.risk_of(method) == Method.Risk.IRREVERSIBLE
        return confirm == Method.Confirm.ALWAYS

    def risk_of(self, method: Method) -> str:
        return self.risk or method.risk

    def effects_of(self, method: Method) -> frozenset[str]:
        """What a done call has brought about; what only reads brings about nothing, and without a mail server nothing is
        sent."""
        if self.risk_of(method) == Method.Risk.READ:
            return frozenset()
        return self.effects if "sent" not in self.effects or outbox.leaves() else self.effects - {"sent"} | {"done"}


@dataclass(frozen=True)
class Kind:
    """`label`, `description` and `icon` (a name of Material Symbols) are the card by which staff choose the kind. `Config`
    is the form that they fill in; its `cleaned_data` is the method's `config`."""

    label: str
    description: str
    icon: str
    Config: type[forms.Form]
    operations: tuple[Operation, ...]
    # By field of the form: what of the organization's own there is to choose from, as (value, label).
    choices: Mapping[str, Callable[[Organization], list[tuple[Any, str]]]] = field(default_factory=dict)
    # What a new method of the kind is called and described as until staff write something better; "" where only they know.
    usual_name: str = ""
    usual_description: str = ""
    own_parameters: bool = True  # whether staff define the parameters themselves
    secrets: tuple[str, ...] = ()  # names of secrets that a method of this kind may hold
    own_secrets: bool = False  # whether staff may keep more: parameters that are fixed, and secret
    # What the form alone cannot see, such as whether the parameters that it names exist. Raises Django's ValidationError.
    check: Callable[[Method], None] = lambda method: None

    def form(self, organization: Organization, **arguments: Any) -> forms.Form:
        """`Config(**arguments)`, with the choices that this organization has."""
        form = self.Config(**arguments)
        for name, choices in self.choices.items():
            chooser = form.fields[name]
            assert isinstance(chooser, forms.ChoiceField)
            chooser.choices = choices(organization)
        return form
