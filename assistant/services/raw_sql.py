"""Raw SQL for the path of a turn: statements that are built once instead of by the ORM each time.

The ORM builds each statement anew, which takes about 0.5 ms where running it takes 0.1. What every turn runs is written
here and in the services that use it as SQL that SQLite and PostgreSQL both take.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, Field, ForeignKey, Model
from django.db.models.base import ModelState

M = TypeVar("M", bound=Model)


def _database() -> BaseDatabaseWrapper:
    """This thread's connection itself: `django.db.connection` looks it up anew for each of its attributes, hundreds of times
    a turn."""
    return connections[DEFAULT_DB_ALIAS]


def execute(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Run `sql` and return its rows, as the database has them: UUIDs and instants are not converted on the way back."""
    database = _database()
    with database.cursor() as cursor:
        cursor.execute(sql, [_stored(value, database) for value in values])
        return cursor.fetchall() if cursor.description else []


def listed(states: Sequence[str]) -> str:
    """States of a row, as SQL's IN takes them."""
    return "(" + ", ".join(f"'{state}'" for state in states) + ")"


@lru_cache
def columns(model: type[Model], table: str) -> str:
    """What to select of a `table` for `read`."""
    return ", ".join(f'{table}."{field.column}"' for field in model._meta.concrete_fields)


def read(model: type[M], stored: Sequence[Any]) -> M:
    """A row of `model` out of its `columns`, as `execute` has returned them."""
    database = _database()
    names, converters = _reading(model, database.vendor)
    values = list(stored)
    for place, column, convert in converters:
        values[place] = convert(values[place], column, database)
    return model.from_db(database.alias, names, values)


def width(model: type[Model]) -> int:
    """How many `columns` there are."""
    return len(model._meta.concrete_fields)


@lru_cache
def _reading(model: type[Model], vendor: str) -> tuple[list[str], list[tuple[int, Any, Callable[..., Any]]]]:
    """The names of a model's columns, and what turns a column's value into a field's, by place."""
    database, fields = _database(), model._meta.concrete_fields
    converters: list[tuple[int, Any, Callable[..., Any]]] = []
    for place, field in enumerate(fields):
        column = field.get_col(model._meta.db_table)
        found = *database.ops.get_db_converters(column), *column.get_db_converters(database)
        converters += [(place, column, convert) for convert in found]
    return [field.attname for field in fields], converters


def new(model: type[M], /, **values: Any) -> M:
    """A row as `model(**values)` makes it, without the signals: a constructor asks each field for its default anew, which
    takes three times as long."""
    fixed, made = _defaults(model)
    row = model.__new__(model)
    row.__dict__.update(fixed)
    row._state = ModelState()
    for name, value in values.items():
        setattr(row, name, value)
    for name, make in made:
        if name not in row.__dict__:
            row.__dict__[name] = make()
    return row


@lru_cache
def _defaults(model: type[Model]) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    """The values of a row's columns where none is given: those that are always the same, and what makes the others."""
    fixed: dict[str, Any] = {}
    made: list[tuple[str, Callable[[], Any]]] = []
    for field in model._meta.concrete_fields:
        if field.has_default() and callable(field.default):
            made.append((field.attname, field.default))
        else:
            fixed[field.attname] = field.get_default()
    return fixed, made


def insert(
    *rows: Model, returning: str = "", values: tuple[Any, ...] = (), or_nothing: bool = False
) -> list[tuple[Any, ...]]:
    """Insert rows of one table in one statement and return what `returning` asks for each, with `values` for its
    placeholders; with `or_nothing` none for one whose key or place is taken. Like `bulk_create` it sends no signals, and
    leaves a key that the database gives out unset."""
    sql = _insertion(type(rows[0]), len(rows)) + " ON CONFLICT DO NOTHING" * or_nothing
    sql += f" RETURNING {returning}" if returning else ""
    database = _database()
    stored = [value for row in rows for value in to_store(row)]
    with database.cursor() as cursor:
        cursor.execute(sql, [*stored, *(_stored(value, database) for value in values)])
        found = cursor.fetchall() if cursor.description else []
    for row in rows:
        row._state.adding, row._state.db = False, database.alias
    return found


def overwrite(row: Model, condition: str) -> bool:
    """Store `row` over the one that has its key, where `condition` still holds of that; returns whether it did."""
    columns = ", ".join(f'"{field.column}" = %s' for field in _fields(type(row)))
    table = f'"{row._meta.db_table}"'
    return bool(execute(f"UPDATE {table} SET {columns} WHERE id = %s AND {condition} RETURNING id", *to_store(row), row.pk))


def to_store(row: Model) -> list[Any]:
    """The values of a row's fields as the database takes them.

    A field's own way from a value to the database's is five calls deep and looks at what the value may be instead: for the
    hundred values of a turn, a third of the calls on database threads. A value of the type that its field is of needs none
    of it.
    """
    database = _database()
    stored = []
    for field, own, is_plain in _writing(type(row)):
        value = row.__dict__[field.attname] if is_plain else field.pre_save(row, True)
        is_own = type(value) is own
        if is_own and (own is not datetime or value.tzinfo):
            stored.append(_stored(value, database) if own is UUID or own is datetime else value)
        elif own is _Json and not value and type(value) in _EMPTY and database.vendor == "sqlite":
            stored.append(_EMPTY[type(value)])
        else:
            stored.append(field.get_db_prep_save(value, database))
    return stored


class _Json:
    """The type of a column whose values are of several: only the commonest, which are empty, are stored in the short way."""


_EMPTY: dict[type, str] = {dict: "{}", list: "[]"}
_OWN = {
    "CharField": str, "TextField": str, "IntegerField": int, "BigIntegerField": int, "PositiveIntegerField": int,
    "SmallIntegerField": int, "PositiveSmallIntegerField": int, "BooleanField": bool, "UUIDField": UUID,
    "DateTimeField": datetime, "BigAutoField": int, "JSONField": _Json,
}  # fmt: skip


@lru_cache
def _writing(model: type[Model]) -> list[tuple[Field[Any, Any], type | None, bool]]:
    """The fields of `to_store`, each with the type of its values, and whether what it stores is what the row has."""
    found = []
    for field in _fields(model):
        of = field.target_field if isinstance(field, ForeignKey) else field
        sets_itself = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
        is_plain = type(field).pre_save in (Field.pre_save, DateTimeField.pre_save) and not sets_itself
        found.append((field, _OWN.get(of.get_internal_type()), is_plain))
    return found


def _stored(value: Any, database: BaseDatabaseWrapper) -> Any:
    if isinstance(value, UUID):
        return value if database.features.has_native_uuid_field else value.hex
    return database.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value


@lru_cache
def _fields(model: type[Model]) -> list[Field[Any, Any]]:
    return [field for field in model._meta.concrete_fields if not field.primary_key or field.has_default()]


@lru_cache
def _insertion(model: type[Model], count: int) -> str:
    columns = ", ".join(f'"{field.column}"' for field in _fields(model))
    places = ", ".join("(" + ", ".join(["%s"] * len(_fields(model))) + ")" for _ in range(count))
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES {places}'
