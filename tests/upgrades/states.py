"""Databases as earlier landings left them: rows of every table, as the migrations of that time allow them.

`python -m tests.upgrades.states 0009_deliveries_are_not_cancelled`, on an empty DATA_DIR, prints what the state of a
migration is kept as, in the file of its name. What is there is never made again: old rows do not change.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import django
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

FOLDER = Path(__file__).parent
AT = datetime(2030, 1, 8, 14, tzinfo=UTC)
Rows = dict[str, list[dict[str, Any]]]

# Where a made-up value would not be one that the product can have written.
CHOSEN: dict[str, dict[str, Any]] = {
    "organization": {"name": "Bright Smile", "slug": "bright-smile", "timezone": "Europe/London", "active": True,
                     "allowed_origins": "https://www.example.com", "team_language": "en"},
    "assistant": {"name": "Mia", "public_key": "pk_upgraded", "enabled": True, "locale": "en", "accent": "#0f766e"},
    "calendar": {"timezone": "Europe/London"},
    "hours": {"opens": time(9), "closes": time(17)},
    "visitor": {"timezone": "Europe/London", "locale": "en"},
    "conversation": {"origin": "https://www.example.com", "state": "assistant", "last_seq": 1, "language": "en"},
    "message": {"role": "visitor", "text": "Where can I park?", "seq": 1, "state": "complete", "client_id": "c-1",
                "turn": None},
    "event": {"seq": 1, "type": "message.added", "data": {}},
    "turn": {"state": "done", "opening_call": None},
    "toolcall": {"state": "done", "arguments": {"text": "x"}},
    "method": {"name": "send_note", "kind": "email", "secrets": {}, "fixed": {},
               "parameters": {"type": "object", "properties": {}},
               "config": {"to": "team@example.com", "subject": "A note"}},
    "appointment": {"state": "confirmed", "start_at": AT, "end_at": AT + timedelta(minutes=30),
                    "busy_from": AT, "busy_until": AT + timedelta(minutes=30), "timezone": "Europe/London",
                    "reference": "K7QM2P"},
    "blockedtime": {"end_at": AT + timedelta(minutes=30)},
    "busytime": {"end_at": AT + timedelta(minutes=30)},
    "service": {"name": "Cut", "reminder_hours": "24", "colour": "#0f766e"},
    "delivery": {"state": "sent", "to": "ada@example.com", "ics_method": ""},
    "card": {"kind": "receipt", "state": "closed",
             "content": {"title": "Booked", "reference": "K7QM2P", "lines": [], "status": "done"}},
    "document": {"state": "ready", "kind": "page", "url": "https://www.example.com/parking", "title": "Parking"},
    "passage": {"title": "Parking", "text": "You can park behind the house.", "words": "o1o park park park behind hou"},
    "provider": {"base_url": "https://llm.example.com/v1", "sealed_key": "", "smart": "m"},
    "spending": {"scope": "organization", "subject": "", "period": "2030-01"},
    "replay": {"state": "done", "results": []},
    "passagevector": {"dimension": 0, "numbers": b""},
}  # fmt: skip


# --- Making one ---------------------------------------------------------------------------------------------------------


def fill(apps: Any) -> list[Any]:
    """A row of every table of ours, with those that it points to."""
    user = apps.get_model("auth", "User").objects.create(username="staff", is_staff=True, is_active=True)
    made: dict[str, Any] = {"user": user}
    waiting = sorted(apps.get_app_config("assistant").get_models(), key=lambda model: model.__name__)
    while waiting:
        # Of those that have what they must point at, the one that lacks least of what it may point at.
        ready = [model for model in waiting if not _lacks(model, made, optional=False)]
        model = min(ready, key=lambda model: len(_lacks(model, made, optional=True)))
        waiting.remove(model)
        row = model.objects.create(**_values(model, made))
        made[model._meta.model_name] = row
        for field in links(model):
            if field.related_model._meta.model_name in made:
                getattr(row, field.name).add(made[field.related_model._meta.model_name].pk)
    for row in made.values():  # what was not there yet
        for name, found in _values(type(row), made).items():
            if getattr(row, name) is None and found is not None:
                setattr(row, name, found)
                row.save(update_fields=[name])
    return list(made.values())


def _lacks(model: Any, made: dict[str, Any], *, optional: bool) -> set[str]:
    fields = [field for field in model._meta.concrete_fields if field.is_relation and (optional or not field.null)]
    return {field.related_model._meta.model_name for field in fields} - made.keys() - {model._meta.model_name}


def _values(model: Any, made: dict[str, Any]) -> dict[str, Any]:
    chosen = CHOSEN.get(model._meta.model_name, {})
    return {
        field.attname: chosen[field.name] if field.name in chosen else _value(field, made)
        for field in model._meta.concrete_fields
        if not (field.primary_key and field.get_internal_type() == "BigAutoField")
    }


def _value(field: Any, made: dict[str, Any]) -> Any:
    if field.is_relation:
        row = made.get(field.related_model._meta.model_name)
        return row.pk if row else None
    if field.choices:
        return field.choices[0][0]
    if field.has_default() and field.get_internal_type() in ("JSONField", "BooleanField", "PositiveSmallIntegerField"):
        return field.get_default()
    made_up: dict[str, Any] = {
        "UUIDField": UUID(int=len(made) + 1), "DateTimeField": AT, "DateField": date(2030, 1, 8), "TimeField": time(9),
        "BooleanField": False, "JSONField": {}, "BinaryField": b"\x00\x01", "DecimalField": Decimal("1.5"),
        "FloatField": 0.5, "EmailField": "ada@example.com", "URLField": "https://www.example.com/",
    }  # fmt: skip
    kind = field.get_internal_type()
    if field.name.endswith("timezone"):
        return "Europe/London"
    if kind in made_up:
        return made_up[kind]
    return 1 if "Integer" in kind else f"{field.name} {len(made)}"[: field.max_length or 40]


# --- Keeping and loading it ---------------------------------------------------------------------------------------------


def links(model: Any) -> list[Any]:
    """Its many-to-many fields, but for those whose links are rows of a model of ours."""
    return [field for field in model._meta.many_to_many if field.remote_field.through._meta.auto_created]


def dump(rows: list[Any]) -> Rows:
    kept: Rows = {}
    for row in rows:
        values = {
            field.attname: None if getattr(row, field.attname) is None else field.value_to_string(row)
            for field in row._meta.concrete_fields
        }
        for field in links(row):
            values[field.name] = [other.pk for other in getattr(row, field.name).all()]
        kept.setdefault(row._meta.label_lower, []).append(values)
    return kept


def load(apps: Any, kept: Rows) -> None:
    with transaction.atomic():  # some point at what comes later
        for label, rows in kept.items():
            _load_rows(apps.get_model(label), rows)
        with connection.cursor() as cursor:  # whose keys were counted up when the rows were made
            for statement in connection.ops.sequence_reset_sql(no_style(), [apps.get_model(label) for label in kept]):
                cursor.execute(statement)


def _load_rows(model: Any, rows: list[dict[str, Any]]) -> None:
    several = {field.name for field in links(model)}
    for values in rows:
        own = {name: value(model, name, values[name]) for name in values.keys() - several}
        row = model.objects.create(**own)
        model.objects.filter(pk=row.pk).update(**own)  # dates that are filled in by themselves
        for name in several:
            getattr(row, name).set(values[name])


def value(model: Any, name: str, kept: Any) -> Any:
    """As the column has it."""
    field = next(field for field in model._meta.concrete_fields if field.attname == name)
    target = field.target_field if field.is_relation else field
    found = None if kept is None else target.to_python(kept)
    return bytes(found) if isinstance(found, memoryview) else found


def executor() -> MigrationExecutor:
    """Of the migrations that there were, not of those that stand for several of them in a new database."""
    found = MigrationExecutor(connection)
    found.loader = MigrationLoader(connection, replace_migrations=False)
    for key, migration in found.loader.replacements.items():
        found.loader.graph.remove_replacement_node(key, migration.replaces)
    return found


def migrate(to: str) -> Any:
    """Bring the database to that migration of ours, and everybody else's to the newest; the models as they were then."""
    found = executor()
    others = [leaf for leaf in found.loader.graph.leaf_nodes() if leaf[0] != "assistant"]
    return found.migrate([("assistant", to), *others]).apps


def made_new(name: str) -> Any:
    """The models of that migration, with their tables, as a new database comes by them. None if it comes by others alone."""
    found = MigrationExecutor(connection)
    instead = {made.replaces[-1]: key for key, made in found.loader.replacements.items()}
    target = instead.get(("assistant", name), ("assistant", name))
    if target not in found.loader.graph.nodes:
        return None
    others = [leaf for leaf in found.loader.graph.leaf_nodes() if leaf[0] != "assistant"]
    return found.migrate([target, *others]).apps


def main() -> None:
    django.setup()
    kept = dump(fill(migrate(sys.argv[1])))
    json.dump(kept, sys.stdout, ensure_ascii=False, default=str, separators=(",", ":"))


if __name__ == "__main__":
    main()
