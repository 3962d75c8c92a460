"""A request while it is being put together from an operation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from assistant.tools.importing.draft import NotImportable, Problem, argument_name


@dataclass
class Request:
    """One operation while it is being put together."""

    verb: str
    path: str
    taken: set[str] = field(default_factory=set)  # names of parameters, folded
    queries: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    required: list[str] = field(default_factory=list)
    fixed: dict[str, Any] = field(default_factory=dict)
    send: str = ""
    has_body: bool = False
    notes: dict[Problem, None] = field(default_factory=dict)

    def add(self, wire: str, place: str, schema: dict[str, Any], required: bool) -> str:
        """A parameter under a name that no other has; the name."""
        plain_name = argument_name(wire)
        wanted = [plain_name, f"{plain_name[:55]}_{place}", *(f"{plain_name[:55]}_{n}" for n in range(2, 99))]
        name = next((one for one in wanted if folded(one) not in self.taken), None)
        if name is None:
            raise NotImportable("same_name", f"Too many parameters are named “{wire[:60]}”.")
        self.put(name, schema)
        if required:
            self.required.append(name)
        return name

    def put(self, name: str, schema: dict[str, Any]) -> None:
        self.properties[name] = schema
        self.taken.add(folded(name))

    def schema(self) -> dict[str, Any]:
        made = {"type": "object", "properties": self.properties}
        return {**made, "required": self.required} if self.required else made


def folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
