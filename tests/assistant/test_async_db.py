"""Threads that outlive their connections, which are asked whether they still work only after a while; and whose they are."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from django.db import connection

from assistant.async_db import KNOWN_SECONDS, fresh_connections, in_db, in_turn_db

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def asked(monkeypatch) -> Iterator[list[bool]]:
    """A line for each time the connection is asked whether it works."""
    found: list[bool] = []
    connection.ensure_connection()
    usable = connection.is_usable
    monkeypatch.setattr(connection, "is_usable", lambda: found.append(True) or usable())
    before, connection.health_check_enabled = getattr(connection, "health_check_enabled", False), True
    yield found
    connection.health_check_enabled = before


def hop() -> None:
    with fresh_connections(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_a_connection_that_worked_a_moment_ago_is_not_asked_again(asked):
    hop()
    asked.clear()
    hop()
    hop()
    assert asked == []


def test_a_connection_that_has_been_idle_is_asked_whether_it_still_works(asked):
    hop()
    asked.clear()
    connection.worked_at -= KNOWN_SECONDS
    hop()
    assert asked == [True]


def test_on_sqlite_turns_wait_for_one_another_and_nobody_else_for_them(settings):
    settings.DB_THREAD_SENSITIVE = False
    order: list[str] = []
    done = threading.Event()

    def first() -> None:
        assert done.wait(10)
        order.append("first turn")

    async def run() -> None:
        turns = [in_turn_db(first)(), in_turn_db(lambda: order.append("second turn"))()]
        waiting = [asyncio.ensure_future(turn) for turn in turns]
        if connection.vendor != "sqlite":
            await waiting[1]
        await in_db(lambda: order.append("another"))()
        done.set()
        await asyncio.gather(*waiting)

    asyncio.run(run())
    one_by_one, together = ["another", "first turn", "second turn"], ["second turn", "another", "first turn"]
    assert order == (one_by_one if connection.vendor == "sqlite" else together)
