"""Replies of the demonstration model: words, or tool calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from assistant.llm import ToolCallRequest, ToolSpec


@dataclass(frozen=True)
class Reply:
    text: str = ""
    calls: tuple[ToolCallRequest, ...] = ()


def call(tool: ToolSpec, arguments: dict[str, Any]) -> Reply:
    return calls((tool, arguments))


def calls(*wishes: tuple[ToolSpec, dict[str, Any]]) -> Reply:
    """Calls with ids that are unique only within the reply; `wire` assigns the final ones."""
    return Reply(calls=tuple(ToolCallRequest(str(n), tool.name, arguments) for n, (tool, arguments) in enumerate(wishes)))
