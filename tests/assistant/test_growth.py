"""What everybody waits for stays as fast when there are more rows: no plan reads a table that grows from end to end."""

from __future__ import annotations

from itertools import chain

import pytest
from django.db import connection

from assistant.async_db import in_db
from tests.bench.growth import filling, plans, work

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = filling.Sizes(messages=6000, conversations=600, organizations=10)

# The largest organization and conversation have so much of tables of this size that PostgreSQL rightly walks through them.
HALF = ("(one)", "a conversation (all)")


def faults() -> dict[str, set[str]]:
    """By what is done for somebody who waits: the tables that are read from end to end for it."""
    filled = filling.fill(SMALL)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:  # or it would read tables of this size whole for their smallness alone
            cursor.execute("SET enable_seqscan = off")
    try:
        everything = chain(work.of_visitors(filled.conversation), work.of_the_clock(), work.of_staff(filled.conversation))
        found: dict[str, set[str]] = {}
        for one in everything:
            if one.who in (work.VISITOR, work.CLOCK, work.STAFF) and (
                connection.vendor == "sqlite" or not one.name.endswith(HALF)
            ):
                for statement in work.measured(one, set(plans.GROWING)):
                    if statement.whole:
                        found.setdefault(one.name, set()).update(statement.whole)
        return found
    finally:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("RESET enable_seqscan")


async def test_no_statement_that_somebody_waits_for_reads_a_whole_table():
    assert await in_db(faults)() == {}


async def test_a_statement_without_an_index_is_noticed():
    def unindexed() -> list[str]:
        sql = "SELECT * FROM assistant_message WHERE text = 'x' LIMIT 5"
        return plans.explain(sql, None, set(plans.GROWING))[0]

    assert await in_db(unindexed)() == ["assistant_message"]
