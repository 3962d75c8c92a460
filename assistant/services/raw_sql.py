"""Raw SQL for the path of a turn: statements that are built once instead of by the ORM each time.

The ORM builds each statement anew, which takes about 0.5 ms where running it takes 0.1. What every turn runs is written
here and in the services that use it as SQL that SQLite and PostgreSQL both take.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model


def execute(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run `sql` and return its rows, as the database has them: UUIDs and instants are not converted on the way back."""
    with connection.cursor() as cursor:
        cursor.execute(sql, [_stored(value) for value in values])
        return cursor.fetchall() if cursor.description else []


def insert(
    *rows: Model, returning: str = "", values: tuple[Any, ...] = (), or_nothing: bool = False
) -> list[tuple[Any, ...]]:
    """Insert rows of one table in one statement and return what `returning` asks for each, with `values` for its
    placeholders; with `or_nothing` none for one whose key or place is taken. Like `bulk_create` it sends no signals, and
    leaves a key that the database gives out unset."""
    sql = _insertion(type(rows[0]), len(rows)) + " ON CONFLICT DO NOTHING" * or_nothing
    sql += f" RETURNING {returning}" if returning else ""
    fields = _fields(type(rows[0]))
    stored = [field.get_db_prep_save(field.pre_save(row, True), connection) for row in rows for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(sql, [*stored, *map(_stored, values)])
        found = cursor.fetchall() if cursor.description else []
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
    return found


def overwrite(row: Model, condition: str) -> bool:
    """Store `row` over the one that has its key, where `condition` still holds of that; returns whether it did."""
    fields = _fields(type(row))
    stored = [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
    columns = ", ".join(f'"{field.column}" = %s' for field in fields)
    table = f'"{row._meta.db_table}"'
    return bool(execute(f"UPDATE {table} SET {columns} WHERE id = %s AND {condition} RETURNING id", *stored, row.pk))


def _stored(value: Any) -> Any:
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


@lru_cache
def _fields(model: type[Model]) -> list[Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if not field.primary_key or field.has_default()]


@lru_cache
def _insertion(model: type[Model], count: int) -> str:
    columns = ", ".join(f'"{field.column}"' for field in _fields(model))
    places = ", ".join("(" + ", ".join(["%s"] * len(_fields(model))) + ")" for _ in range(count))
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES {places}'
