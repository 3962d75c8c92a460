"""What a database does for a statement, and whether that grows with its tables."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

# What grows with use. What staff set grows with the number of organizations; its lists are short beside these.
GROWING = [
    f"assistant_{name}"
    for name in ("appointment", "appointmentnotice", "auditentry", "busytime", "card", "conversation", "conversationfile",
        "conversationnote", "conversationread", "delivery", "event", "feedback", "message", "notice", "notification",
        "outsideentry", "question", "removal", "spending", "toolcall", "turn", "usage", "visitor", "voicecall")
]  # fmt: skip

COMMON = 100  # rows that pass a filter, so that a page of them is soon found by walking

# Indexes of few rows: they hold only what is running, rated and the like, so that all of one may be read.
PARTIAL = {
    "conversation_snoozed",
    "entry_to_write",
    "message_that_was_rated",
    "one_running_turn_per_conversation",
    "one_voice_call_per_conversation",
    "removal_to_finish",
    "turn_by_opening_call",
}

# Nodes that need all of their input before they give anything: a LIMIT above them stops nothing below.
_BLOCKING = {"Sort", "Aggregate", "Hash", "HashAggregate", "SetOp", "WindowAgg", "Materialize"}


@dataclass
class Statement:
    sql: str
    seconds: float
    whole: list[str] = field(default_factory=list)  # tables that are read from end to end for it
    plan: str = ""


@contextmanager
def watched(big: set[str]) -> Iterator[list[Statement]]:
    """The statements that are run within, with their plans; `big` are the tables of which a whole reading is a fault."""
    found: list[Statement] = []
    busy = False

    def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal busy
        if busy or many or sql.split(None, 1)[0].upper() not in ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH"):
            return execute(sql, params, many, context)
        busy = True
        try:
            whole, plan = explain(sql, params, big)
        finally:
            busy = False
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            found.append(Statement(sql, time.perf_counter() - began, whole, plan))

    with connection.execute_wrapper(watch):
        yield found


@contextmanager
def counted() -> Iterator[list[int]]:
    """How many steps SQLite takes within, in tens: as many on any machine. A plan does not say how many rows it reads."""
    steps = [0]

    def count() -> None:
        steps[0] += 1

    connection.ensure_connection()
    connection.connection.set_progress_handler(count, 10)
    try:
        yield steps
    finally:
        connection.connection.set_progress_handler(None, 0)


def explain(sql: str, params: Any, big: set[str]) -> tuple[list[str], str]:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            plan = cursor.fetchone()[0]
            root = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]
            lines: list[str] = []
            return sorted(set(_postgresql(root, big, False, lines, 0))), "\n".join(lines)
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
        steps = [row[3] for row in cursor.fetchall()]
        return sorted(set(_sqlite(steps, sql, big))), "\n".join(steps)


def _postgresql(node: dict[str, Any], big: set[str], stops: bool, lines: list[str], depth: int) -> Iterator[str]:
    """`stops`: a LIMIT ends the reading of this node early."""
    kind, table = node["Node Type"], node.get("Relation Name", "")
    what = " ".join(filter(None, (kind, node.get("Index Name", ""), f"on {table}" if table else "")))
    lines.append(f"{'  ' * depth}{what} ({node['Plan Rows']:,} rows, cost {node['Total Cost']:,.0f})")
    entire = (
        kind in ("Seq Scan", "Parallel Seq Scan")
        or (kind.endswith("Index Only Scan") or kind == "Index Scan")
        and ("Index Cond" not in node)
    )
    # What a LIMIT stops is an ordered walk, unless hardly anything passes its filter.
    few = node.get("Index Name") in PARTIAL
    if entire and table in big and not few and not (stops and ("Filter" not in node or node["Plan Rows"] >= COMMON)):
        yield table
    stops = kind == "Limit" or (stops and kind not in _BLOCKING)
    for below in node.get("Plans", []):
        # Of two sides of a join only the outer one is walked; a subplan is run as often as it is asked.
        yield from _postgresql(below, big, stops, lines, depth + 1)


def _sqlite(steps: list[str], sql: str, big: set[str]) -> Iterator[str]:
    sorts = any(step in ("USE TEMP B-TREE FOR ORDER BY", "USE TEMP B-TREE FOR DISTINCT") for step in steps)
    for step in steps:
        words = step.split()
        if words[0] != "SCAN":
            continue
        table = next((name for name in big if words[1] == name or f'"{name}" {words[1]}' in sql or (
            f"{name} AS {words[1]}" in sql)), "")  # fmt: skip
        stops = " LIMIT " in sql and not sorts and ("INDEX" in step or " WHERE " not in sql)
        if table and not stops and "CONSTANT" not in step and PARTIAL.isdisjoint(words):
            yield table
