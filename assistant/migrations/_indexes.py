"""Changes of indexes that leave tables and columns as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddIndex, RemoveIndex
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class AlterIndexes(Operation):
    """Several `AddIndex` and `RemoveIndex`, and fields that lose `db_index` and nothing else, by model.

    For an `AlterField`, Django copies the whole table on SQLite, without its triggers. Here an index is dropped, where it is
    there. And all related models, which it makes anew for each change, are made once.
    """

    def __init__(self, changes: Sequence[AddIndex | RemoveIndex], without_index: Mapping[str, Sequence[str]]) -> None:
        self.changes, self.without_index = changes, without_index

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return "AlterIndexes", [self.changes, self.without_index], {}

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)
        for change in self.changes:
            change.state_forwards(app_label, state)
        for model, names in self.without_index.items():
            for name in names:
                field = state.models[app_label, model].fields[name].clone()
                field.db_index = False
                state.alter_field(app_label, model, name, field, preserve_default=True)

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for index in self._column_indexes(app_label, schema_editor, from_state):
            schema_editor.execute(f"DROP INDEX IF EXISTS {index.parts['name']}")
        for change in self.changes:
            change.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        for change in reversed(self.changes):
            change.database_backwards(app_label, schema_editor, from_state, to_state)
        for index in self._column_indexes(app_label, schema_editor, to_state):
            schema_editor.execute(str(index).replace("CREATE INDEX", "CREATE INDEX IF NOT EXISTS", 1))

    def _column_indexes(self, app_label: str, schema_editor: Any, state: ProjectState) -> Iterator[Any]:
        """The statements with which Django makes them, two for a text on PostgreSQL. The name of each follows from those of
        table and column, none of which was ever renamed: looking for it in the database takes 0.4 s of a first start."""
        for name, fields in self.without_index.items():
            model: Any = state.apps.get_model(app_label, name)
            for field in fields:
                yield from schema_editor._field_indexes_sql(model, model._meta.get_field(field))

    def describe(self) -> str:
        return f"Alter {len(self.changes)} indexes, and drop those of {sum(map(len, self.without_index.values()))} columns"
