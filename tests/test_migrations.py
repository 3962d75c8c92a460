from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader
from django.db.models import Field

from assistant.migrations._indexes import AlterIndexes
from assistant.migrations._texts import AlterTexts


@pytest.mark.django_db
def test_the_migrations_lead_to_the_models() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def column(field: Field[Any, Any]) -> Any:
    _, path, arguments, options = field.deconstruct()
    return path, arguments, {name: value for name, value in options.items() if name not in field.non_db_attrs}


def test_what_alters_texts_leaves_every_column_as_it_is() -> None:
    loader = MigrationLoader(None, replace_migrations=False)
    altered = 0
    for (app, name), migration in loader.disk_migrations.items():
        if any(isinstance(operation, AlterTexts) for operation in migration.operations):
            state = loader.project_state((app, name), at_end=False)
            for operation in migration.operations:
                for change in operation.changes if isinstance(operation, AlterTexts) else ():
                    before = state.models[app, change.model_name_lower].fields[change.name]
                    assert column(change.field) == column(before), f"{name}: {change.model_name}.{change.name}"
                    altered += 1
                operation.state_forwards(app, state)
    assert altered


def test_texts_are_altered_without_making_the_models_anew_for_each() -> None:
    state = MigrationLoader(None).project_state()
    rendered = state.apps
    changed = migrations.AlterField("service", "name", state.models["assistant", "service"].fields["name"].clone())
    changed.field.help_text = "Another."
    AlterTexts([changed]).state_forwards("assistant", state)
    assert "apps" not in state.__dict__
    assert state.apps is not rendered
    assert state.apps.get_model("assistant", "service")._meta.get_field("name").help_text == "Another."


Index = tuple[str, tuple[str, ...]]  # its table and columns


def indexes() -> dict[str, Index]:
    """Those that only find rows, by name."""
    found: dict[str, Index] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            for name, one in connection.introspection.get_constraints(cursor, table).items():
                if one["index"] and not one["unique"]:
                    found[name] = table, tuple(one["columns"])
    return found


@pytest.fixture
def before_indexes() -> Iterator[tuple[Any, Any]]:
    """The migration that drops indexes, undone, and the state before it."""
    loader = MigrationLoader(connection)
    migration, state = loader.get_migration("assistant", "0052_indexes"), loader.project_state(("assistant", "0051_texts"))
    with connection.schema_editor() as editor:
        migration.unapply(state.clone(), editor)
    yield migration, state
    if "event_of_turn" not in indexes():  # as a test that fails leaves it
        with connection.schema_editor() as editor:
            migration.apply(state, editor)


@pytest.mark.django_db(transaction=True)
def test_indexes_are_dropped_and_made_again(before_indexes: tuple[Any, Any]) -> None:
    migration, state = before_indexes
    before = indexes()
    (altered,) = migration.operations
    assert isinstance(altered, AlterIndexes)
    models = {name: state.apps.get_model("assistant", name) for name in altered.without_index}
    dropped = {
        (models[name]._meta.db_table, (models[name]._meta.get_field(field).column,))
        for name, fields in altered.without_index.items()
        for field in fields
    }
    assert dropped <= set(before.values())
    missing = next(name for name, index in before.items() if index == ("assistant_tag", ("organization_id",)))
    with connection.schema_editor() as editor:
        editor.execute(f"DROP INDEX {editor.quote_name(missing)}")  # what is not there is not dropped
        migration.apply(state.clone(), editor)
    after = indexes()
    partial = {"event_of_message", "event_of_turn", "event_of_card", "message_by_staff", "message_of_turn"}
    assert after.keys() - before.keys() == partial
    gone = {before[name] for name in before.keys() - after.keys()}
    assert gone == dropped | {("assistant_usage", ("health_key", "at"))}
    assert dropped & set(after.values()) == {after[name] for name in partial}

    with connection.schema_editor() as editor:
        tag = state.apps.get_model("assistant", "tag")
        (there,) = editor._field_indexes_sql(tag, tag._meta.get_field("organization"))
        editor.execute(there)  # what is there is not made again
        migration.unapply(state.clone(), editor)
    assert indexes() == before
