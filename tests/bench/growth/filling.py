"""A database filled with years of use, by a few statements of bulk SQL.

Every table has one row made by the models, the pattern; the others are copies of it that differ in what `tables` says.
So a column that is added later needs no change, and has a value that the product itself would give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, models, transaction

from assistant.models import Conversation
from tests.bench.growth.pattern import pattern
from tests.bench.growth.tables import Changes, Sizes, plan

__all__ = ["Filled", "Sizes", "add_more", "fill"]


@dataclass(frozen=True)
class Filled:
    """The pattern's rows: its organization has a twentieth of everything, and its conversation five thousand messages."""

    conversation: Conversation
    rows: dict[str, int]  # by table


def fill(sizes: Sizes, say: Callable[[str], None] = lambda text: None) -> Filled:
    conversation = pattern()
    with _unchecked():
        for model, count, changes in plan(sizes, conversation):
            say(f"{count:,} rows of {model._meta.db_table}")
            with transaction.atomic():
                _copy(model, count, changes)
    say("statistics of the tables")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # as its autovacuum does; nothing analyzes SQLite
            cursor.execute("VACUUM ANALYZE")
        tables = sorted(name for name in connection.introspection.table_names(cursor) if name.startswith("assistant_"))
        rows = {}
        for table in tables:
            cursor.execute(f'SELECT COUNT(*) FROM "{table}"')
            rows[table] = int(cursor.fetchone()[0])
    return Filled(conversation, rows)


def add_more(sizes: Sizes, conversation: Conversation, *, filled: int, own: bool) -> None:
    """As much again as it was `filled` with that often: all of the pattern's organization, or all of the others."""
    with _unchecked(), transaction.atomic():
        for model, count, changes in plan(sizes, conversation, filled=filled, own=own):
            _copy(model, count, changes, before=count * filled)


@contextmanager
def _unchecked() -> Iterator[None]:
    """A check per row and reference would take most of the time."""
    off = "SET session_replication_role = replica" if connection.vendor == "postgresql" else "PRAGMA foreign_keys = OFF"
    with connection.cursor() as cursor:
        cursor.execute(off)
    yield
    with connection.cursor() as cursor:
        cursor.execute(off.replace("= replica", "= DEFAULT").replace("= OFF", "= ON"))


def _copy(model: type[models.Model], count: int, changes: Changes, before: int = 0) -> None:
    """Insert `count` copies of the table's oldest row, numbered from the one after `before` on."""
    table = model._meta.db_table
    columns = [field.column for field in model._meta.concrete_fields]
    generated = isinstance(model._meta.pk, models.AutoField) and "id" not in changes
    kept = [column for column in columns if not (generated and column == model._meta.pk.column)]
    once = {f.column for f in model._meta.concrete_fields if isinstance(f, models.OneToOneField)} - {"id"}
    chosen = ", ".join(changes.get(c, "NULL" if c in once else f'pattern."{c}"') for c in kept)
    names = ", ".join(f'"{column}"' for column in kept)
    pattern = f'(SELECT * FROM "{table}" LIMIT 1) AS pattern'
    first, last = before + 1, before + count
    if connection.vendor == "postgresql":
        sql = f'INSERT INTO "{table}" ({names}) SELECT {chosen} FROM generate_series({first}, {last}) AS n, {pattern}'
    else:
        series = f"WITH RECURSIVE series(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM series WHERE n < {last})"
        sql = f'INSERT INTO "{table}" ({names}) {series} SELECT {chosen} FROM series, {pattern}'
    with connection.cursor() as cursor:
        if count > 0:
            cursor.execute(sql)
        if connection.vendor == "postgresql" and isinstance(model._meta.pk, models.AutoField):
            cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM \"{table}\"))")
