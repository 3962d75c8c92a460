"""Rows that are written by SQL of our own are stored as the ORM stores them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import Field, ForeignKey, Model
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from assistant.models import Message, Organization, Turn
from assistant.services.raw_sql import execute, insert, new, to_store
from tests import make

pytestmark = pytest.mark.django_db

KEY = UUID("0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b")
AT = datetime(2026, 11, 26, 8, 30, 5, 250_000, UTC)
VALUES: dict[str, tuple[Any, ...]] = {
    "CharField": ("Zoë", Turn.State.DONE, ""),
    "TextField": ("one\ntwo", ""),
    "IntegerField": (7, -1, True),
    "BigIntegerField": (2**40, 0),
    "PositiveIntegerField": (7,),
    "PositiveSmallIntegerField": (7,),
    "SmallIntegerField": (-1,),
    "BigAutoField": (12,),
    "AutoField": (12,),
    "FloatField": (0.5, 1),
    "DecimalField": (Decimal("1.50"),),
    "BooleanField": (True, False),
    "UUIDField": (KEY, str(KEY)),
    "DateTimeField": (AT, AT.astimezone(timezone(timedelta(hours=5, minutes=30)))),
    "DateField": (AT.date(),),
    "TimeField": (AT.time(),),
    "DurationField": (timedelta(minutes=3),),
    "JSONField": ({}, [], {"a": ["é", None]}, ["b"], "c", 0, False, ""),
    "BinaryField": (b"\x00\xff",),
}


def examples(field: Field[Any, Any]) -> tuple[Any, ...]:
    of = field.target_field if isinstance(field, ForeignKey) else field
    return (*VALUES.get(of.get_internal_type(), ()), None)


def shown(values: list[Any]) -> list[Any]:
    """Comparable: what wraps JSON for PostgreSQL is equal to nothing else, and numbers are equal whatever their width."""
    return [(_kind(value), getattr(value, "obj", value)) for value in values]


def _kind(value: Any) -> type:
    return int if isinstance(value, int) and not isinstance(value, bool) else type(value)


@pytest.mark.parametrize("model", [*apps.get_app_config("assistant").get_models()], ids=lambda model: model.__name__)
def test_the_values_of_a_row_are_stored_as_by_the_orm(model: type[Model]) -> None:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key or field.has_default()]
    for number in range(max(len(examples(field)) for field in fields)):
        row = model()
        for field in fields:
            setattr(row, field.attname, examples(field)[number % len(examples(field))])
        stored = to_store(row)
        # A field that sets itself has set the row's value by now, and would set another.
        by_orm = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
        assert shown(stored) == shown(by_orm)


def test_a_field_that_sets_itself_is_set_by_the_row_that_is_stored() -> None:
    before = datetime.now(UTC)
    row = Message()
    assert Message._meta.get_field("at").auto_now_add  # type: ignore[union-attr]
    to_store(row)
    assert row.at >= before


@pytest.mark.parametrize("model", [*apps.get_app_config("assistant").get_models()], ids=lambda model: model.__name__)
def test_a_new_row_is_as_its_constructor_makes_it(model: type[Model]) -> None:
    row, other, constructed = vars(new(model)), vars(new(model)), vars(model())
    assert vars(row.pop("_state")) == vars(constructed.pop("_state"))
    assert row.keys() == constructed.keys()
    for name in row:
        # What is generated for each, such as a key or a time, is of one kind.
        same = row[name] == other.get(name)
        assert row[name] == constructed[name] if same else type(row[name]) is type(constructed[name]), name


def test_a_new_row_refers_to_the_rows_that_it_is_given() -> None:
    message = Message(id=KEY)
    turn = new(Turn, message=message, state=Turn.State.RUNNING)
    assert (turn.message, turn.message_id, turn.state) == (message, KEY, Turn.State.RUNNING)


def test_two_new_rows_share_no_value_that_can_be_changed() -> None:
    new(Message).page["url"] = "/prices"
    assert new(Message).page == {}


def test_a_statement_returns_the_same_whether_it_is_watched_or_not() -> None:
    make.organization()
    asked = (
        "SELECT id, name FROM assistant_organization WHERE name <> %s AND created_at > %s",
        "nobody",
        AT - timedelta(9999),
    )
    alone = execute(*asked)
    with CaptureQueriesContext(connection) as watched:
        assert alone == execute(*asked) != []
    assert len(watched) == 1


def test_what_the_database_refuses_raises_djangos_error_and_spoils_the_transaction() -> None:
    twice = Organization(pk=make.organization().pk, name="Twice")
    with pytest.raises(IntegrityError), transaction.atomic():
        execute("INSERT INTO assistant_visitor (id) VALUES (%s)", KEY)
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            insert(twice)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps the statements that it has compiled itself")
def test_a_statement_that_comes_again_and_again_is_prepared_once() -> None:
    for number in range(8):
        execute("SELECT %s + 1 AS again", number)
    statements = execute("SELECT statement FROM pg_prepared_statements")
    assert ["again" in one for (one,) in statements].count(True) == 1
