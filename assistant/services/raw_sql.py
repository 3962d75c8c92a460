"""Raw SQL for the path of a turn: statements that are built once instead of by the ORM each time.

The ORM builds a statement every time, which takes about 0.5 ms where running it takes 0.1. What every turn runs is written
here and in the services that use it as SQL that SQLite and PostgreSQL both take.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from types import NoneType
from typing import Any, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, Field, ForeignKey, Model
from django.db.models.base import ModelState

from assistant.services import pipeline
from assistant.services.pipeline import Rows, Statement

M = TypeVar("M", bound=Model)


def _database() -> BaseDatabaseWrapper:
    """This thread's connection itself: `django.db.connection` looks it up for each of its attributes, hundreds of times
    a turn."""
    return connections[DEFAULT_DB_ALIAS]


def execute(sql: str, *values: Any) -> Rows:
    """Run `sql` and return its rows, as the database has them: UUIDs and instants are not converted on the way back. It has
    no other percent sign than those of its placeholders."""
    return together(statement(sql, *values))[0]


def statement(sql: str, *values: Any) -> Statement:
    """What `execute` runs, for `together`."""
    database = _database()
    return Statement(sql, [_stored(value, database) for value in values])


def together(*statements: Statement, last: bool = False) -> list[Rows]:
    """Run statements of which none needs what another returns, and return the rows of each: on PostgreSQL in one round trip,
    on SQLite one after the other. Each sees what those before it have done. Where one fails, those after it are not run.
    `last`: nothing follows in the transaction, which may be committed with them: what is locked is then released at once.

    Django's cursor has four layers around the driver's, which take as long as a small statement does: they are left out
    unless somebody watches. PostgreSQL parses and plans a statement that comes again and again once for each connection.
    """
    database = _database()
    if database.queries_logged or database.execute_wrappers:
        return [_watched(database, *one) for one in statements]
    database.ensure_connection()
    database.validate_no_broken_transaction()
    with database.wrap_database_errors:
        if database.vendor != "sqlite":
            # The end of a block within another is not the transaction's.
            outermost = database.in_atomic_block and not database.savepoint_ids
            return pipeline.run(database, statements, commit=last and outermost)
        return [database.connection.execute(_with_question_marks(sql), values).fetchall() for sql, values in statements]


def _watched(database: Any, sql: str, values: Sequence[Any]) -> Rows:
    with database.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


@lru_cache(maxsize=1000)
def _with_question_marks(sql: str) -> str:
    return sql.replace("%s", "?")


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
    """A row as `model(**values)` makes it, without the signals: a constructor asks each field for its default, which
    takes three times as long."""
    fixed, made, related = _making(model)
    row = model.__new__(model)
    row._state = ModelState()
    columns = row.__dict__
    columns.update(fixed)
    for name, value in values.items():
        if foreign := related.get(name):
            columns[foreign[0]] = None if value is None else getattr(value, foreign[1])
            row._state.fields_cache[name] = value
        else:
            columns[name] = value
    for name, make in made:
        if name not in columns:
            columns[name] = make()
    return row


@lru_cache
def _making(
    model: type[Model],
) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]], dict[str, tuple[str, str]]]:
    """The values of a row's columns where none is given: those that are always the same, and what makes the others. And for
    each foreign key its column here, and the one there that it refers to."""
    fixed: dict[str, Any] = {}
    made: list[tuple[str, Callable[[], Any]]] = []
    related: dict[str, tuple[str, str]] = {}
    for field in model._meta.concrete_fields:
        if isinstance(field, ForeignKey):
            related[field.name] = field.attname, field.target_field.attname
        if field.has_default() and callable(field.default):
            made.append((field.attname, field.default))
        else:
            fixed[field.attname] = field.get_default()
    return fixed, made, related


def insert(
    *rows: Model, returning: str = "", values: tuple[Any, ...] = (), or_nothing: bool = False
) -> list[tuple[Any, ...]]:
    """Insert rows of one table in one statement and return what `returning` asks for each, with `values` for its
    placeholders; with `or_nothing` none for one whose key or place is taken. Like `bulk_create` it sends no signals, and
    leaves a key that the database gives out unset."""
    return together(insertion(*rows, returning=returning, values=values, or_nothing=or_nothing))[0]


def insertion(*rows: Model, returning: str = "", values: tuple[Any, ...] = (), or_nothing: bool = False) -> Statement:
    """What `insert` runs, for `together`. The rows count as saved from now on."""
    sql = _insertion(type(rows[0]), len(rows)) + " ON CONFLICT DO NOTHING" * or_nothing
    sql += f" RETURNING {returning}" if returning else ""
    database = _database()
    stored = [value for row in rows for value in to_store(row)]
    for row in rows:
        row._state.adding, row._state.db = False, database.alias
    return Statement(sql, [*stored, *(_stored(value, database) for value in values)])


def overwriting(row: Model, condition: str, *, without: tuple[str, ...] = (), returning: str = "id") -> Statement:
    """Stores `row` over the one that has its key, where `condition` still holds of that, and returns what `returning` asks;
    nothing where it does not. The columns of the fields `without` stay as they are: SQLite writes every index of a column
    that is set, whether or not its value is another."""
    sql = f"{_overwriting(type(row), condition, without)} RETURNING {returning}"
    return Statement(sql, [*to_store(row, without), _stored(row.pk, _database())])


def to_store(row: Model, without: tuple[str, ...] = ()) -> list[Any]:
    """The values of a row's fields as the database takes them, but for those that are `without`.

    A field's own way from a value to the database's is five calls deep and looks at what the value may be instead: for the
    hundred values of a turn, a third of the calls on database threads. A value of the type that its field is of, None and
    empty JSON, which most are, need none of it.
    """
    database = _database()
    columns = row.__dict__
    stored = []
    for field, name, changes in _writing(type(row), without):
        value = columns[name] if name else field.pre_save(row, True)
        if (change := changes.get(type(value), _by_field)) is None:
            stored.append(value)
        else:
            stored.append(change(value, field, database))
    return stored


_Change = Callable[[Any, "Field[Any, Any]", BaseDatabaseWrapper], Any]


def _by_field(value: Any, field: Field[Any, Any], database: BaseDatabaseWrapper) -> Any:
    return field.get_db_prep_save(value, database)


def _uuid(value: UUID, field: Field[Any, Any], database: BaseDatabaseWrapper) -> Any:
    return _stored(value, database)


def _instant(value: datetime, field: Field[Any, Any], database: BaseDatabaseWrapper) -> Any:
    return _stored(value, database) if value.tzinfo else _by_field(value, field, database)


def _json(value: Any, field: Field[Any, Any], database: BaseDatabaseWrapper) -> Any:
    is_empty = not value and database.vendor == "sqlite"
    return _EMPTY[type(value)] if is_empty else _by_field(value, field, database)


_EMPTY: dict[type, str] = {dict: "{}", list: "[]"}
_TEXT: dict[type, _Change | None] = {str: None}
_NUMBER: dict[type, _Change | None] = {int: None}
# By kind of field: what stores values of the types that it has, None where they are stored as they are.
_CHANGES: dict[str, dict[type, _Change | None]] = {
    "CharField": _TEXT, "TextField": _TEXT, "IntegerField": _NUMBER, "BigIntegerField": _NUMBER, "BigAutoField": _NUMBER,
    "PositiveIntegerField": _NUMBER, "SmallIntegerField": _NUMBER, "PositiveSmallIntegerField": _NUMBER,
    "BooleanField": {bool: None}, "UUIDField": {UUID: _uuid}, "DateTimeField": {datetime: _instant},
    "JSONField": {dict: _json, list: _json},
}  # fmt: skip


@lru_cache
def _writing(model: type[Model], without: tuple[str, ...]) -> list[tuple[Field[Any, Any], str, dict[type, _Change | None]]]:
    """The fields of `to_store`, each with the name of its column where what it stores is what the row has, and with its
    `_CHANGES`."""
    found = []
    for field in _fields(model, without):
        of = field.target_field if isinstance(field, ForeignKey) else field
        sets_itself = getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)
        is_plain = type(field).pre_save in (Field.pre_save, DateTimeField.pre_save) and not sets_itself
        changes = {NoneType: None, **_CHANGES.get(of.get_internal_type(), {})}
        found.append((field, field.attname if is_plain else "", changes))
    return found


def _stored(value: Any, database: BaseDatabaseWrapper) -> Any:
    if isinstance(value, UUID):
        return value if database.features.has_native_uuid_field else value.hex
    if isinstance(value, datetime):
        # As Django stores it in SQLite, without looking what it may be instead.
        is_text = value.tzinfo is UTC and database.vendor == "sqlite"
        return str(value)[:-6] if is_text else database.ops.adapt_datetimefield_value(value)
    return value


@lru_cache
def _fields(model: type[Model], without: tuple[str, ...] = ()) -> list[Field[Any, Any]]:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key or field.has_default()]
    return [field for field in fields if field.name not in without]


@lru_cache
def _insertion(model: type[Model], count: int) -> str:
    columns = ", ".join(f'"{field.column}"' for field in _fields(model))
    places = ", ".join("(" + ", ".join(["%s"] * len(_fields(model))) + ")" for _ in range(count))
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES {places}'


@lru_cache
def _overwriting(model: type[Model], condition: str, without: tuple[str, ...]) -> str:
    columns = ", ".join(f'"{field.column}" = %s' for field in _fields(model, without))
    return f'UPDATE "{model._meta.db_table}" SET {columns} WHERE id = %s AND {condition}'
