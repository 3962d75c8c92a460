"""Changes of what only Python reads of fields: help texts, names, choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.migrations import AlterField
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class AlterTexts(Operation):
    """`AlterField` for fields whose columns stay as they are.

    Django makes all related models anew for each of them, which took nine tenths of a first start. Here they are made again
    once, when a later operation first asks for them.
    """

    def __init__(self, changes: Sequence[AlterField]) -> None:
        self.changes = changes

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return "AlterTexts", [self.changes], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)
        for change in self.changes:
            change.state_forwards(app_label, state)

    def database_forwards(self, *_: object) -> None: ...

    def database_backwards(self, *_: object) -> None: ...

    def describe(self) -> str:
        return f"Alter what is said of {len(self.changes)} fields"
