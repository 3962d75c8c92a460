"""Purposes of tools, inferred from their names and parameters."""

from __future__ import annotations

import re

from assistant.llm import ToolSpec
from interworky.demo.model.arguments import required

HANDOFF = r"human|person|hand_?off|staff"


def is_email(name: str) -> bool:
    return re.search(r"message|e_?mail|notify|contact", name) is not None and re.search(HANDOFF, name) is None


def is_for_visitor(name: str) -> bool:
    return name.startswith("send_")


def is_search(tool: ToolSpec) -> bool:
    return required(tool) == ["query"]
