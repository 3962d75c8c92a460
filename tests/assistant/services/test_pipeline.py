"""Statements that go to PostgreSQL together: what they return, and what is left where one of them fails."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, NotSupportedError, OperationalError, connection, transaction

from assistant.models import Event, Visitor
from assistant.services import pipeline
from assistant.services.raw_sql import execute, insertion, new, statement, together
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="of PostgreSQL's pipeline mode")


@pytest.fixture
def organization():
    return make.organization()


def visitor(organization, name: str = "Ann") -> Visitor:
    return new(Visitor, organization=organization, name=name)


def test_each_sees_what_those_before_it_have_done(organization):
    counting = statement("SELECT COUNT(*) FROM assistant_visitor WHERE organization_id = %s", organization.pk)
    ann, ben = visitor(organization), visitor(organization, "Ben")
    with transaction.atomic():
        found = together(insertion(ann), counting, insertion(ben, returning="name"), counting, last=True)
    assert found == [[], [(1,)], [("Ben",)], [(2,)]]
    assert Visitor.objects.count() == 2


FAILURES = ["a key that is taken", "a deadlock", "a serialization failure", "a reference to nothing"]


def failing(organization, how: str) -> pipeline.Statement:
    if how == "a key that is taken":
        taken = Visitor.objects.create(organization=organization)
        return insertion(new(Visitor, id=taken.pk, organization=organization))
    if how == "a reference to nothing":  # which PostgreSQL finds when it commits
        return insertion(new(Event, conversation_id=uuid4(), seq=1, type="message.added", data={}))
    code = "40P01" if how == "a deadlock" else "40001"
    return statement(f"DO $$ BEGIN RAISE EXCEPTION 'failed' USING ERRCODE = '{code}'; END $$")


@on_postgresql
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("how", FAILURES)
def test_a_failure_in_the_middle_leaves_nothing_and_raises_its_own_error(organization, how, last):
    fails = failing(organization, how)
    before, done = Visitor.objects.count(), []
    expected = OperationalError if how in ("a deadlock", "a serialization failure") else IntegrityError
    with pytest.raises(expected), transaction.atomic():
        transaction.on_commit(lambda: done.append("committed"))
        together(insertion(visitor(organization)), fails, insertion(visitor(organization)), last=last)
    assert (Visitor.objects.count(), done) == (before, [])
    execute("SELECT 1")
    with transaction.atomic():
        together(insertion(visitor(organization)), last=True)
    assert Visitor.objects.count() == before + 1


@on_postgresql
def test_a_failure_outside_of_a_transaction_leaves_nothing_either(organization):
    with pytest.raises(DatabaseError):
        together(insertion(visitor(organization)), failing(organization, "a deadlock"))
    assert not Visitor.objects.exists()


@on_postgresql
def test_a_savepoint_holds_what_a_group_fails_at(organization):
    with transaction.atomic():
        together(insertion(visitor(organization)))
        with pytest.raises(OperationalError), transaction.atomic():
            together(insertion(visitor(organization)), failing(organization, "a deadlock"), last=True)
    assert Visitor.objects.count() == 1


@on_postgresql
def test_a_connection_that_is_lost_in_the_middle_leaves_nothing_and_is_made_anew(organization):
    dies = statement("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(OperationalError), transaction.atomic():
        together(insertion(visitor(organization)), dies, insertion(visitor(organization)), last=True)
    connection.close_if_unusable_or_obsolete()
    assert execute("SELECT COUNT(*) FROM assistant_visitor") == [(0,)]


@on_postgresql
def test_only_the_outermost_block_is_committed_with_its_last_statements(organization):
    with pytest.raises(ZeroDivisionError), transaction.atomic(), transaction.atomic():
        together(insertion(visitor(organization)), last=True)
        raise ZeroDivisionError
    assert not Visitor.objects.exists()


@on_postgresql
def test_the_statements_that_stay_prepared_are_bounded():
    connection.close()
    for number in range(pipeline.PREPARED_MAX + 9):
        for _ in range(8):
            assert execute(f"SELECT {number} + %s", 1) == [(number + 1,)]
    [(prepared,)] = execute("SELECT COUNT(*) FROM pg_prepared_statements")
    assert prepared == pipeline.PREPARED_MAX


@on_postgresql
def test_no_statement_is_forgotten_for_another_one():
    """PgBouncer keeps those that a client has prepared, and knows no way to forget one."""
    connection.close()
    for number in range(pipeline.PREPARED_MAX + 9):
        for _ in range(8):
            execute(f"SELECT {number} + %s", 1)
    kept = {text for (text,) in execute("SELECT statement FROM pg_prepared_statements")}
    assert kept == {f"SELECT {number} + $1" for number in range(pipeline.PREPARED_MAX)}


@on_postgresql
def test_a_statement_whose_table_was_changed_is_prepared_anew():
    execute("CREATE TABLE changed (one int)")
    try:
        for _ in range(8):
            execute("SELECT * FROM changed")
        execute("ALTER TABLE changed ADD COLUMN two int")
        with pytest.raises(NotSupportedError):
            execute("SELECT * FROM changed")
        execute("INSERT INTO changed VALUES (1, 2)")
        assert execute("SELECT * FROM changed") == [(1, 2)]
    finally:
        execute("DROP TABLE changed")
