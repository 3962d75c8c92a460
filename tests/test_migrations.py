from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.models import Field

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
