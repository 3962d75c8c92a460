"""Connections of threads that outlive them: used again, and asked whether they still work only after a while."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

from assistant.async_db import KNOWN_SECONDS, fresh_connections

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
