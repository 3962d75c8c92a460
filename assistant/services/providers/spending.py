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

    def admits(self, used: Used, tokens: int, micros: int) -> bool:
        """Whether one more request with as many tokens and as high a cost is within the limit."""
        caps = (used.tokens + tokens, self.tokens), (used.micros + micros, self.micros), (used.requests + 1, self.requests)
        return all(cap is None or total <= cap for total, cap in caps)


@dataclass(frozen=True)
class Used:
    """What the row of a limit counts."""

    row_id: int
    tokens: int
    micros: int
    requests: int
    warned: bool


Counted = dict[Place, Used]

_COUNTED = "scope, subject, period, id, tokens, micros, requests"
_OF_LIMIT = "scope = %s AND subject = %s AND period = %s"


def by_place(found: Rows) -> Counted:
    """What the rows count, as `adding` returns them."""
    return {(scope, subject, period): Used(*counted) for scope, subject, period, *counted in found}


def first_exceeded(limits: Sequence[Limit], used: Counted, tokens: int, micros: int) -> Limit:
    """The first limit that a request would exceed, of which `adding_if_admitted` has refused it."""
    return next(limit for limit in limits if not limit.admits(used[limit.place], tokens, micros))


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
    if while_reserved is None:
        return _adding(organization_id, limits, (tokens, micros, requests))
    condition = f"EXISTS (SELECT 1 FROM assistant_usage WHERE id = %s AND reserved{_lock()})"
    return _adding(organization_id, limits, (tokens, micros, requests), condition, while_reserved)


def adding_if_admitted(organization_id: int, limits: Sequence[Limit], tokens: int, micros: int) -> Statement:
    """Adds a request to the rows of all limits, and returns what they count then; to none of them where one is exceeded by
    it, or has no row."""
    admitted: list[str] = []
    values: list[int | str] = []
    for limit in limits:
        caps = ("tokens", tokens, limit.tokens), ("micros", micros, limit.micros), ("requests", 1, limit.requests)
        limited = [(column, added, cap) for column, added, cap in caps if cap is not None]
        admitted.append(_OF_LIMIT + "".join(f" AND {column} + %s <= %s" for column, _, _ in limited))
        values += [*limit.place, *(value for _, *both in limited for value in both)]
    condition = f"%s = (SELECT COUNT(*) FROM counted WHERE ({') OR ('.join(admitted)}))"
    return _adding(organization_id, limits, (tokens, micros, 1), condition, len(limits), *values)


def _adding(
    organization_id: int, limits: Sequence[Limit], added: tuple[int, int, int], condition: str = "", *values: int | str
) -> Statement:
    """The rows are locked as they are found, in one order: what has been waited for is found as it has become."""
    places = " OR ".join([f"(organization_id = %s AND {_OF_LIMIT})"] * len(limits))
    return statement(
        f"WITH counted AS (SELECT {_COUNTED} FROM assistant_spending WHERE {places} ORDER BY id{_lock()}) "
        "UPDATE assistant_spending SET tokens = tokens + %s, micros = micros + %s, requests = requests + %s "
        f"WHERE id IN (SELECT id FROM counted){' AND ' * bool(condition)}{condition} RETURNING {_COUNTED}, warned",
        *(value for limit in limits for value in (organization_id, *limit.place)),
        *added,
        *values,
    )


def _lock() -> str:
    """SQLite, whose transaction has locked all, has no word for it."""
    return " FOR UPDATE" if connection.features.has_select_for_update else ""


def sweep(now: datetime) -> int:
    """Delete the counters of past periods; returns how many."""
    deleted: int = Spending.objects.filter(created_at__lt=now - KEEP_SPENDINGS).delete()[0]
    # Those of minutes, every hour: looked for among what is new, rather than among all that is kept.
    lately = now - timedelta(days=2), now - timedelta(hours=1)
    return deleted + Spending.objects.filter(period__contains="T", created_at__range=lately).delete()[0]
