"""What a piece of work costs the database: statements, write transactions and thread hops, counted exactly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import SyncToAsync
from django.db import connection

from assistant.async_db import in_db

BEGIN, END = "BEGIN", ("COMMIT", "ROLLBACK")
WRITES = ("INSERT", "UPDATE", "DELETE")
# What runs beside, on a slow machine more often, and is no part of the cost: a lease is renewed, and where Redis was silent
# the rows say what was missed.
BESIDE = (
    "UPDATE assistant_turn SET leased_until",
    'SELECT "assistant_conversation"."id" AS "pk", "assistant_conversation"."last_seq" AS "last_seq" FROM',
)
TASKS_BESIDE = ("heartbeat", "receive")


@dataclass
class Cost:
    """`sql` is every statement but BEGIN and COMMIT; a savepoint is a statement. `transactions` are those that wrote, one
    that a single statement outside of any is in itself included."""

    sql: list[str] = field(default_factory=list)
    transactions: int = 0
    hops: int = 0

    @property
    def statements(self) -> int:
        return len(self.sql)

    def __str__(self) -> str:
        return f"{self.statements} statements, {self.transactions} write transactions, {self.hops} hops:\n" + "\n".join(
            f"{number:3} {sql[:300]}" for number, sql in enumerate(self.sql, 1)
        )


@asynccontextmanager
async def metered(monkeypatch: Any) -> AsyncIterator[Cost]:
    """Count until the block ends. For tests with real transactions (`django_db(transaction=True)`)."""
    cost = Cost()
    hop = SyncToAsync.__call__

    async def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        task = asyncio.current_task()
        cost.hops += task is None or task.get_name() not in TASKS_BESIDE
        return await hop(self, *args, **kwargs)

    await in_db(_listen)(True)
    with monkeypatch.context() as patched:
        patched.setattr(SyncToAsync, "__call__", counted)
        yield cost
    _read(await in_db(_listen)(False), cost)


def _listen(on: bool) -> list[str]:
    log = [query["sql"].strip() for query in connection.queries_log]
    connection.force_debug_cursor = on
    connection.queries_log.clear()
    return log


def _read(log: list[str], cost: Cost) -> None:
    inside = wrote = False
    for sql in log:
        if sql.startswith(BESIDE):
            continue
        word = sql.split(None, 1)[0].upper().rstrip(";")
        if word == BEGIN:
            inside, wrote = True, False
        elif word in END:
            cost.transactions += inside and wrote
            inside = False
        else:
            cost.sql.append(sql)
            writes = word in WRITES
            wrote = wrote or writes
            cost.transactions += writes and not inside
