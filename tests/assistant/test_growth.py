"""What everybody waits for stays as fast when there are more rows: no plan reads a table that grows from end to end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain, pairwise
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import ForeignKey

from assistant.async_db import in_db
from tests.bench.growth import filling, plans, work

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = filling.Sizes(messages=6000, conversations=600, organizations=10)

# What is open is looked at, in each organization: at most 200 are closed at a time.
SEES_ALL = {"idle conversations"}

# The largest organization and conversation have so much of tables of this size that PostgreSQL rightly walks through them.
# And of tables of some dozen rows, it walks through an index sooner than it looks for each row: for a visitor's own data.
HALF = ("(one)", "a conversation (all)", "a search in a conversation", "is erased", "is exported")


@contextmanager
def as_for_large_tables() -> Iterator[None]:
    """PostgreSQL would read tables of this size whole for their smallness alone."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        try:
            yield
        finally:
            cursor.execute("RESET enable_seqscan")


def faults() -> dict[str, set[str]]:
    """By what is done for somebody who waits: the tables that are read from end to end for it."""
    talk = filling.fill(SMALL).conversation
    found: dict[str, set[str]] = {}
    with as_for_large_tables():
        for one in chain(work.of_visitors(talk), work.of_the_clock(), work.of_staff(talk), work.of_deletion(talk)):
            if one.who in (work.VISITOR, work.CLOCK, work.STAFF) and (
                connection.vendor == "sqlite" or not one.name.endswith(HALF)
            ):
                for statement in work.measured(one, set(plans.GROWING)):
                    if statement.whole:
                        found.setdefault(one.name, set()).update(statement.whole)
    return found


async def test_no_statement_that_somebody_waits_for_reads_a_whole_table():
    assert await in_db(faults)() == {}


def longer() -> list[dict[str, tuple[int, int]]]:
    """What takes more steps once the other organizations have twice as much; and what of it that visitors and the clock wait
    for, once their own has."""
    talk = filling.fill(SMALL).conversation
    waits = chain(work.of_visitors(talk), work.of_the_clock(), work.of_staff(talk), work.of_deletion(talk))
    works = [one for one in waits if one.who != work.SEARCH and not _sees_all(one.name)]
    hurried = [one for one in works if one.who != work.STAFF]
    measured = [_steps(works)]
    for filled, own, looked_at in ((1, False, works), (2, True, hurried)):
        filling.add_more(SMALL, talk, filled=filled, own=own)
        measured.append(_steps(looked_at))
    return [
        {name: (before[name], steps) for name, steps in after.items() if steps > before[name] * most + 15}
        for most, (before, after) in zip((1.1, 1.05), pairwise(measured), strict=True)
    ]


def _sees_all(name: str) -> bool:
    """A superuser's lists count what there is, up to a number; their inbox shows the newest."""
    return name in SEES_ALL or (name.endswith("(all)") and not name.startswith("inbox: "))


def _steps(works: list[work.Work]) -> dict[str, int]:
    found = {}
    for one in works:
        work.measured(one, set())  # what is read once and kept is there
        with plans.counted() as steps:
            work.measured(one, set())
        found[one.name] = steps[0]
    return found


async def test_what_somebody_waits_for_takes_as_long_when_there_is_more():
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL does not count its steps; it has statistics, by which it chooses among indexes.")
    assert await in_db(longer)() == [{}, {}]


async def test_a_statement_without_an_index_is_noticed():
    def unindexed() -> list[str]:
        sql = "SELECT * FROM assistant_message WHERE text = 'x' LIMIT 5"
        return plans.explain(sql, None, set(plans.GROWING))[0]

    assert await in_db(unindexed)() == ["assistant_message"]


async def test_what_refers_to_a_row_is_found_by_an_index():
    """As a database looks for it before it deletes the row, and Django before that, for several rows at once."""

    def found() -> list[str]:
        without = []
        with as_for_large_tables():
            for model in apps.get_app_config("assistant").get_models():
                for field in model._meta.concrete_fields if model._meta.db_table in plans.GROWING else ():
                    if isinstance(field, ForeignKey):
                        key = uuid4() if field.target_field.get_internal_type() == "UUIDField" else 1
                        with plans.watched(set(plans.GROWING)) as statements:
                            for wanted in ({field.name: key}, {f"{field.name}__in": [key, field.target_field.to_python(7)]}):
                                list(model._base_manager.filter(**wanted).order_by().values_list("pk"))
                        assert len(statements) == 2
                        without += [one.sql for one in statements if one.whole]
        return without

    assert await in_db(found)() == []
