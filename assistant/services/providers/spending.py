"""Counters of limits: a row per organization, visitor or network and period, which all requests of an organization share.

They are locked until the transaction ends, in one order, so that requests of an organization queue up and cannot deadlock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from assistant.models import Spending
from assistant.services.pipeline import Rows, Statement
from assistant.services.raw_sql import statement

WARN_AT = 0.8
KEEP_SPENDINGS = timedelta(days=62)

Place = tuple[str, str, str]


@dataclass(frozen=True)
class Limit:
    scope: str
    subject: str
    period: str
    tokens: int | None = None
    micros: int | None = None
    requests: int | None = None

    @property
    def place(self) -> Place:
        return self.scope, self.subject, self.period

    def admits(self, used: Used) -> bool:
        caps = (used.tokens, self.tokens), (used.micros, self.micros), (used.requests, self.requests)
        return all(cap is None or taken <= cap for taken, cap in caps)


@dataclass(frozen=True)
class Used:
    """What the row of a limit counts."""

    row_id: int
    tokens: int
    micros: int
    requests: int
    warned: bool


Counted = dict[Place, Used]

_ROW = "organization_id = %s AND scope = %s AND subject = %s AND period = %s"
_ADD = "UPDATE assistant_spending SET tokens = tokens + %s, micros = micros + %s, requests = requests + %s"
_COUNTED = "RETURNING scope, subject, period, id, tokens, micros, requests, warned"


def by_place(found: Rows) -> Counted:
    """What the rows count, as `adding` returns them."""
    return {(scope, subject, period): Used(*counted) for scope, subject, period, *counted in found}


def nearly_reached(limits: Sequence[Limit], used: Counted) -> list[tuple[Limit, Used, float]]:
    """The organization's own limits of which staff are to be warned, with the share that is used."""
    near = []
    for limit in limits:
        row = used.get(limit.place)
        if row is None or row.warned or limit.scope != "organization":
            continue
        shares = [taken / cap for taken, cap in ((row.tokens, limit.tokens), (row.micros, limit.micros)) if cap]
        if max(shares, default=0) >= WARN_AT:
            near.append((limit, row, max(shares)))
    return near


def create(organization_id: int, limits: Sequence[Limit]) -> None:
    """Make the rows of limits that may have none yet: of a new period, or a new visitor."""
    Spending.objects.bulk_create(
        [
            Spending(organization_id=organization_id, scope=one.scope, subject=one.subject, period=one.period)
            for one in limits
        ],
        ignore_conflicts=True,
    )


def adding(
    organization_id: int,
    limits: Sequence[Limit],
    tokens: int,
    micros: int,
    requests: int = 0,
    *,
    while_reserved: int | None = None,
) -> Statement:
    """Adds to the row of each limit that has one, and returns what they count then; with `while_reserved` only if that
    usage is still a reservation."""
    condition = "" if while_reserved is None else " AND EXISTS (SELECT 1 FROM assistant_usage WHERE id = %s AND reserved)"
    return statement(
        f"{_ADD} WHERE id IN ({_selected(limits)}){condition} {_COUNTED}",
        *(tokens, micros, requests),
        *_places(organization_id, limits),
        *(() if while_reserved is None else (while_reserved,)),
    )


def adding_if_admitted(organization_id: int, limits: Sequence[Limit], tokens: int, micros: int) -> Statement:
    """Adds a request to the rows of all limits, and returns what they count then; to none of them where one is exceeded by
    it, or has no row. After `locking`."""
    admitted, values = [], []
    for limit in limits:
        caps = ("tokens", tokens, limit.tokens), ("micros", micros, limit.micros), ("requests", 1, limit.requests)
        limited = [(column, added, cap) for column, added, cap in caps if cap is not None]
        admitted.append(_ROW + "".join(f" AND {column} + %s <= %s" for column, _, _ in limited))
        values += [organization_id, *limit.place, *(value for _, *both in limited for value in both)]
    rows = " OR ".join([f"({_ROW})"] * len(limits))
    counting = f"SELECT COUNT(*) FROM assistant_spending WHERE ({') OR ('.join(admitted)})"
    return statement(
        f"{_ADD} WHERE ({rows}) AND %s = ({counting}) {_COUNTED}",
        *(tokens, micros, 1),
        *_places(organization_id, limits),
        *(len(limits), *values),
    )


def locking(organization_id: int, limits: Sequence[Limit]) -> list[Statement]:
    """Locks the rows of the limits, so that the next statement sees what they count now; on SQLite, whose transaction has
    locked all, nothing."""
    if not connection.features.has_select_for_update:
        return []
    return [statement(_selected(limits), *_places(organization_id, limits))]


def locking_usage(usage_id: int) -> list[Statement]:
    """Locks a reservation, as `locking` does."""
    if not connection.features.has_select_for_update:
        return []
    return [statement("SELECT id FROM assistant_usage WHERE id = %s FOR UPDATE", usage_id)]


def _selected(limits: Sequence[Limit]) -> str:
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    return f"SELECT id FROM assistant_spending WHERE {' OR '.join([f'({_ROW})'] * len(limits))} ORDER BY id{lock}"


def _places(organization_id: int, limits: Sequence[Limit]) -> list[int | str]:
    return [value for limit in limits for value in (organization_id, *limit.place)]


def sweep(now: datetime) -> int:
    """Delete the counters of past periods; returns how many."""
    deleted: int = Spending.objects.filter(created_at__lt=now - KEEP_SPENDINGS).delete()[0]
    # Those of minutes, every hour: looked for among what is new, rather than among all that is kept.
    lately = now - timedelta(days=2), now - timedelta(hours=1)
    return deleted + Spending.objects.filter(period__contains="T", created_at__range=lately).delete()[0]
