"""Counters of limits under concurrency: what another transaction has just changed counts, however long it was waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from assistant import llm
from assistant.models import Conversation, Spending, Usage
from assistant.services.providers import budgets, spending
from assistant.services.providers.budgets import Attempt, Requester
from assistant.services.raw_sql import together
from tests import make

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not connection.features.has_select_for_update, reason="SQLite has one writer"),
]

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def asking() -> Requester:
    conversation: Conversation = make.conversation()
    return Requester(conversation.assistant, "reply", conversation)


def reserve(asking: Requester, tokens: int) -> budgets.Reservation:
    return budgets.reserve(asking, model="m", prompt_tokens=tokens, completion_tokens=0, now=NOON)


def is_waited_for() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return bool(cursor.fetchone()[0])


def while_it_waits(first: Callable[[], object], second: Callable[[], Any]) -> Any:
    """What `second` returns, which is begun in another thread after `first`, and waits for its transaction."""
    returned = []

    def run() -> None:
        try:
            with transaction.atomic():
                returned.append(second())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    with transaction.atomic():
        first()
        thread.start()
        deadline = time.monotonic() + 60
        while not is_waited_for():
            assert thread.is_alive() and time.monotonic() < deadline, "it did not wait"
    thread.join(60)
    return returned[0]


def test_what_another_request_has_taken_meanwhile_is_not_given_twice(asking):
    reserve(asking, 10)
    limit = spending.Limit("organization", "", "2030-01-31", tokens=100)
    pk = asking.organization.pk

    def add(tokens: int) -> int:
        return len(together(spending.adding_if_admitted(pk, [limit], tokens, 0))[0])

    assert while_it_waits(lambda: add(60), lambda: add(60)) == 0
    assert add(30) == 1
    assert Spending.objects.get(scope="organization", period="2030-01-31").tokens == 100


def test_a_reservation_that_two_settle_at_once_is_given_back_once(asking):
    reserve(asking, 50)
    reservation = reserve(asking, 40)
    used = [Attempt("a", "platform", "k", "m", usage=llm.TokenUsage(15, 0))]

    def settle() -> None:
        budgets.settle(reservation, used)

    while_it_waits(settle, settle)
    assert {row.tokens for row in Spending.objects.exclude(period__contains="T")} == {65}
    assert Usage.objects.filter(reserved=False).count() == 1
