"""Upgrades the kept states, each in a database of its own, and looks at what has become of their rows and tables.

The states that a new database would pass through get their tables as it does, in one step. On SQLite the first, which has
the longest way, is upgraded by Django's own command as well. The others take each step together: what a migration spends its
time on is making the models of each step, and so that is done once for all of them.

For a process of its own, `python -m tests.upgrades STATE…`: it makes and changes databases under its feet.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations import Migration
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from django.test import Client

from assistant.models import Appointment, Assistant, Calendar, Conversation, ConversationFile, FileTotal
from assistant.services.conversations.events import resume_session
from assistant.services.conversations.history import build_history
from assistant.services.conversations.messages import post_message
from assistant.services.knowledge import search
from assistant.services.methods import ledger
from assistant.services.organizations import access
from assistant.services.providers import statistics
from tests.upgrades import states


def new_database(name: str) -> BaseDatabaseWrapper:
    found = connections.create_connection("default")
    if found.vendor == "postgresql":
        with found._nodb_cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
        place: Any = name
    else:
        place = found.settings_dict["NAME"].with_name(f"{name}.sqlite3")
    found.settings_dict = {**found.settings_dict, "NAME": place}
    return found


@contextmanager
def default(database: BaseDatabaseWrapper) -> Iterator[None]:
    """All that is asked of the default database is asked of this one."""
    before = connections["default"]
    connections["default"] = database
    try:
        yield
    finally:
        connections["default"] = before


def upgrade(kept: states.Rows, models: Any) -> None:
    states.load(models, kept)
    call_command("migrate", verbosity=0)


def upgrade_together(databases: dict[str, BaseDatabaseWrapper], kept: dict[str, states.Rows]) -> None:
    executor = states.executor()
    leaves = sorted(executor.loader.graph.leaf_nodes(), key=lambda leaf: leaf[0] == "assistant")  # ours after all others
    state = executor.loader.project_state([])
    state.apps  # noqa: B018 - made now, and changed from step to step
    for migration, _ in executor.migration_plan(leaves, clean_start=True):
        take_step(migration, state, list(databases.values()))
        if migration.app_label == "assistant" and migration.name in databases:
            with default(databases[migration.name]):
                states.load(state.apps, kept[migration.name])


def take_step(migration: Migration, state: ProjectState, databases: list[BaseDatabaseWrapper]) -> None:
    """What `Migration.apply` does, in every database before the next operation."""
    with ExitStack() as editors:
        changed = [(one, editors.enter_context(one.schema_editor(atomic=migration.atomic))) for one in databases]
        for operation in migration.operations:
            before = state.clone()
            operation.state_forwards(migration.app_label, state)
            for database, editor in changed:
                with default(database):
                    operation.database_forwards(migration.app_label, editor, before, state)
    for database in databases:
        with default(database):
            MigrationRecorder(database).record_applied(migration.app_label, migration.name)


# What a migration changes on purpose: the old default of 20 s was never somebody's choice.
CHANGED = {("assistant.provider", "timeout_seconds")}


def schema() -> dict[str, Any]:
    """Columns and constraints of every table, however they have come about."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            columns = {
                column.name: (column.type_code, column.display_size, column.precision, column.scale, column.null_ok)
                for column in connection.introspection.get_table_description(cursor, table)
            }
            constraints = connection.introspection.get_constraints(cursor, table)
            # SQLite numbers those without a name in the order of the columns, which a table that was altered has otherwise.
            named = {
                re.sub(r"^(fk|__unnamed_constraint)_\d+.*", "", name) + repr(told) for name, told in constraints.items()
            }
            found[table] = columns, named
    return found


def rows_survive(kept: states.Rows) -> None:
    for label, rows in kept.items():
        model = apps.get_model(label)
        columns = {field.attname for field in model._meta.concrete_fields}
        for values in rows:
            row = model.objects.get(pk=states.value(model, model._meta.pk.attname, values[model._meta.pk.attname]))
            for name in columns & values.keys():
                before, now = states.value(model, name, values[name]), getattr(row, name)
                now = bytes(now) if isinstance(now, memoryview) else now
                if (label, name) in CHANGED:
                    continue
                assert now == before, f"{label}.{name} was {before!r} and is {now!r}"


def the_conversation_goes_on() -> None:
    talk = Conversation.objects.select_related("assistant__organization", "visitor").get()
    shown = resume_session(talk, 0)
    assert [event["message"]["text"] for event in shown.events] == ["Where can I park?"]
    newest = talk.last_seq
    posted = post_message(talk, "c-2", "And on Sundays?")
    assert posted.new and posted.turn and posted.message.seq == newest + 1
    assert build_history(posted.turn, 10)[-1].text == "And on Sundays?"
    assert access.for_widget("pk_upgraded", "https://www.example.com") == Assistant.objects.get()
    assert [found.text for found in search.search(talk.organization, None, "park")] == ["You can park behind the house."]
    assert ledger.close_orphans() == 0 and statistics.waiting()["turns"] == {"queued": 1, "running": 0}


def what_was_bookable_still_is(kept: states.Rows) -> None:
    """A calendar's length, break and rules are those of its one service, and its appointments are of that."""
    for row in kept["assistant.calendar"]:
        if "slot_minutes" not in row:
            continue
        service = Calendar.objects.get(pk=row["id"]).services.get()
        assert (service.name, str(service.minutes)) == (row["name"], row["slot_minutes"])
        assert str(service.buffer_after_minutes) == row["buffer_minutes"]
        assert [str(service.notice_minutes), str(service.horizon_days)] == [row["notice_minutes"], row["horizon_days"]]
        for appointment in Appointment.objects.filter(calendar=row["id"]):
            assert appointment.service == service and appointment.busy_from == appointment.start_at


def what_files_take_up_is_known(kept: states.Rows) -> None:
    for row in kept.get("assistant.conversationfile", []):
        if "organization_id" not in row:
            file = ConversationFile.objects.select_related("conversation").get(pk=row["id"])
            assert file.organization_id == file.conversation.organization_id
            assert FileTotal.objects.get(organization=file.organization_id).bytes == int(row["size"])


def staff_see_it() -> None:
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("owner", password=None))
    for model in apps.get_app_config("assistant").get_models():
        if admin.site.is_registered(model):
            base = f"/admin/assistant/{model._meta.model_name}/"
            rows = model._default_manager.values_list("pk", flat=True)  # none of a table that came later
            for path in (base, *(f"{base}{pk}/change/" for pk in rows)):
                answer = client.get(path, follow=True)
                assert answer.status_code == 200, f"{path}: {answer.status_code}"


def check(names: list[str]) -> None:
    kept = {name: json.loads((states.FOLDER / f"{name}.json").read_text()) for name in names}
    first = next(iter(kept))
    databases = {name: new_database(f"upgraded_from_{name}") for name in kept}
    together = dict(databases)
    made_new = set()
    for name, database in databases.items():
        with default(database):
            if models := states.made_new(name):
                made_new.add(name)
            elif name == first and connection.vendor == "sqlite":
                models = states.migrate(name)
            if models:
                upgrade(kept[name], models)
                del together[name]
    if together:
        upgrade_together(together, kept)
    for name, database in databases.items():
        with default(database):
            call_command("migrate", verbosity=0)  # has nothing left to do but what follows every one
            rows_survive(kept[name])
            what_was_bookable_still_is(kept[name])
            what_files_take_up_is_known(kept[name])
            the_conversation_goes_on()
            if name == first and name not in made_new:
                staff_see_it()
                upgraded = schema()
                with default(new_database("made_new")):
                    call_command("migrate", verbosity=0)
                    assert upgraded == schema(), "a new database has other tables"
        sys.stdout.write(f"{name}\n")
