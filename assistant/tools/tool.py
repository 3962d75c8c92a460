"""One operation of one method, as a model knows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from assistant.llm import ToolSpec
from assistant.models import Conversation, Method, ToolCall
from assistant.sentences import label
from assistant.tools import KINDS, parameters
from assistant.tools.kind import Operation


@dataclass(frozen=True)
class Tool:
    """One operation of one method, under the name by which a model calls it."""

    name: str
    method: Method
    operation: Operation

    @cached_property
    def schema(self) -> dict[str, Any]:
        return parameters.offered(self.operation.parameters(self.method), {*self.method.fixed, *self.method.secrets})

    @cached_property
    def spec(self) -> ToolSpec:
        """The tool as a model is offered it."""
        return ToolSpec(
            self.name,
            self.operation.description(self.method),
            self.schema,
            callable_in_text=self.operation.callable_in_text,
            acts=bool(self.effects),
        )

    def label(self, locale: str, home: str) -> str:
        """What a visitor of `locale` reads while it runs: staff's own label in that language, else ours. `home` is the
        locale of the assistant, in whose language staff write what they do not translate."""
        own = "" if self.operation.suffix else self.method.public_label_in(locale, home)
        return own or label(self.operation.label or ("tool_read" if self.risk == Method.Risk.READ else "tool_act"), locale)

    def title(self, locale: str, home: str) -> str:
        """What a visitor reads on a card that asks whether to run it. Its risk alone would not say what it does: then it is
        staff's own label in any language, or the method's name."""
        ours = label(self.operation.label, locale) if self.operation.label else self.method.public_label
        return (self.method.public_label_in(locale, home) or ours).rstrip("… .") or readable(self.method.name)

    @property
    def seconds(self) -> float:
        return self.operation.seconds(self.method)

    @property
    def risk(self) -> str:
        return self.operation.risk_of(self.method)

    @property
    def may_repeat(self) -> bool:
        return self.operation.may_repeat(self.method)

    @property
    def needs_confirmation(self) -> bool:
        """Whether the visitor must say yes before the act."""
        return self.operation.needs_confirmation(self.method)

    @property
    def needs_proof(self) -> bool:
        """Whether the visitor must prove first that their e-mail address is theirs."""
        return self.operation.needs_proof(self.method)

    @property
    def effects(self) -> frozenset[str]:
        """What a done call of it has brought about."""
        return self.operation.effects_of(self.method)

    def arguments(self, row: ToolCall) -> dict[str, Any]:
        """What the kind gets: the stored arguments, and over them what staff have fixed."""
        return {**row.arguments, **self.method.fixed}


def readable(name: str) -> str:
    return name.replace("_", " ").capitalize()


def tools_of(method: Method) -> list[Tool]:
    """What a model can call of a method; nothing where its kind is gone."""
    kind = KINDS.get(method.kind)
    return [
        Tool(f"{method.name}_{operation.suffix}" if operation.suffix else method.name, method, operation)
        for operation in (kind.operations if kind else ())
    ]


def tools_for(conversation: Conversation) -> Mapping[str, Tool]:
    """What the conversation's assistant may call now, by name: of its own organization's methods, those that are enabled."""
    assistant = conversation.assistant
    if snapshot := assistant.organization.snapshot:
        return snapshot.derived(("tools", assistant.pk), lambda: _by_name(snapshot.methods[assistant.pk]))
    methods = assistant.methods.filter(enabled=True, organization=conversation.organization_id)
    return _by_name(methods.select_related("organization"))


def _by_name(methods: Iterable[Method]) -> Mapping[str, Tool]:
    tools: dict[str, Tool] = {}
    for method in methods:
        for tool in tools_of(method):
            tools.setdefault(tool.name, tool)
    return tools
