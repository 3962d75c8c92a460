"""Upgrades the kept states, each in a database of its own, and looks at what has become of their rows.

For a process of its own: it makes and changes databases under its feet. Names of states come as arguments.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from tests.upgrades import states


def into_a_new_database(name: str) -> None:
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection._nodb_cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
        connection.close()
        connection.settings_dict["NAME"] = name
    else:
        connection.close()
        connection.settings_dict["NAME"] = connection.settings_dict["NAME"].with_name(f"{name}.sqlite3")


# What a migration changes on purpose: the old default of 20 s was never somebody's choice.
CHANGED = {("assistant.provider", "timeout_seconds")}


def rows_survive(kept: states.Rows) -> None:
    from django.apps import apps

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
    from assistant.models import Assistant, Conversation
    from assistant.services.conversations.events import resume_session
    from assistant.services.conversations.history import build_history
    from assistant.services.conversations.messages import post_message
    from assistant.services.knowledge import search
    from assistant.services.methods import ledger
    from assistant.services.organizations import access
    from assistant.services.providers import statistics

    talk = Conversation.objects.select_related("assistant__organization", "visitor").get()
    shown = resume_session(talk, 0)
    assert [event["message"]["text"] for event in shown.events] == ["Where can I park?"]
    posted = post_message(talk, "c-2", "And on Sundays?")
    assert posted.new and posted.turn and posted.message.seq == talk.last_seq + 1
    assert build_history(posted.turn, 10)[-1].text == "And on Sundays?"
    assert access.for_widget("pk_upgraded", "https://www.example.com") == Assistant.objects.get()
    assert [found.text for found in search.search(talk.organization, None, "park")] == ["You can park behind the house."]
    assert ledger.close_orphans() == 0 and statistics.waiting()["turns"] == {"queued": 1, "running": 0}


def what_was_bookable_still_is(kept: states.Rows) -> None:
    """A calendar's length, break and rules are those of its one service, and its appointments are of that."""
    from assistant.models import Appointment, Calendar

    for row in kept["assistant.calendar"]:
        if "slot_minutes" not in row:
            continue
        service = Calendar.objects.get(pk=row["id"]).services.get()
        assert (service.name, str(service.minutes)) == (row["name"], row["slot_minutes"])
        assert str(service.buffer_after_minutes) == row["buffer_minutes"]
        assert [str(service.notice_minutes), str(service.horizon_days)] == [row["notice_minutes"], row["horizon_days"]]
        for appointment in Appointment.objects.filter(calendar=row["id"]):
            assert appointment.service == service and appointment.busy_from == appointment.start_at


def staff_see_it() -> None:
    from django.apps import apps
    from django.contrib import admin
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.create_superuser("owner", password=None))
    for model in apps.get_app_config("assistant").get_models():
        if admin.site.is_registered(model):
            base = f"/admin/assistant/{model._meta.model_name}/"
            for path in (base, f"{base}{model._default_manager.get().pk}/change/"):
                answer = client.get(path, follow=True)
                assert answer.status_code == 200, f"{path}: {answer.status_code}"


def main() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    for name in sys.argv[1:]:
        kept: dict[str, Any] = json.loads((states.FOLDER / f"{name}.json").read_text())
        into_a_new_database(f"upgraded_from_{name}")
        states.load(states.migrate(name), kept)
        call_command("migrate", verbosity=0)
        rows_survive(kept)
        what_was_bookable_still_is(kept)
        the_conversation_goes_on()
        if name == sys.argv[1]:  # every page, of what has come the longest way
            staff_see_it()
        sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
