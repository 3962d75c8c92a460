"""What `bench_chat` has measured, as the tables of docs/performance.md."""

from __future__ import annotations

import os
import platform
import statistics
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.servers import ROOT

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- bench_chat: begin -->", "<!-- bench_chat: end -->"
LENGTH = 100  # tokens of a reply
SHORT, LONG = 10, 200  # of those that CPU is fitted from
SQLITE, POSTGRESQL, CHAINLIT = "ours, SQLite", "ours, PostgreSQL + Redis", "Chainlit"


@dataclass
class Row:
    """What was measured of one system."""

    added: dict[int, list[float]] = field(default_factory=dict)  # seconds, by visitors
    failed: dict[int, Counter[str]] = field(default_factory=dict)
    cpu: dict[int, list[float]] = field(default_factory=dict)  # seconds of one turn, by length
    saturated: list[float] = field(default_factory=list)  # turns a second
    lost: Counter[str] = field(default_factory=Counter)  # of those turns
    kib: float = 0.0
    rest: float = 0.0  # CPU seconds of a second with all sockets open and no turn; those of turns come beyond it

    def added_ms(self, visitors: int) -> float | None:
        found = self.added.get(visitors)
        return statistics.median(found) * 1000 if found else None

    def cpu_ms(self) -> tuple[float, float] | None:
        """Of a turn, and of each of its tokens."""
        if len(self.cpu) < 2:
            return None
        short, long = statistics.median(self.cpu[SHORT]), statistics.median(self.cpu[LONG])
        token = (long - short) / (LONG - SHORT)
        return (short - SHORT * token) * 1000, token * 1000

    def cells(self, counts: Iterable[int]) -> list[str]:
        cells = [_added(self.added.get(n, []), self.failed.get(n, Counter())) for n in counts]
        cpu = self.cpu_ms()
        cells += [f"{cpu[0]:.1f}", f"{cpu[1]:.3f}"] if cpu else ["–", "–"]
        turns = f"{max(self.saturated):.0f}" if self.saturated else "–"
        return [*cells, f"{self.rest * 1000:.1f}", turns + _failures(self.lost), f"{self.kib:.0f}"]


def _added(seconds: list[float], failed: Counter[str]) -> str:
    if not seconds:
        return "none" + _failures(failed) if failed else "–"
    ordered = sorted(second * 1000 for second in seconds)
    high = ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
    return f"{_ms(statistics.median(ordered))} / {_ms(high)}" + _failures(failed)


def _ms(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _failures(failed: Counter[str]) -> str:
    return f" ({sum(failed.values())} failed: {', '.join(failed)})" if failed else ""


def table(rows: dict[str, Row], counts: list[int], counted: str) -> str:
    head = ["", *(f"added, {n}" for n in counts), "CPU ms / turn", "/ token", "at rest, ms/s", "turns/s", "KiB idle"]
    lines = [[*head, "statements · hops · BEGIN"]]
    lines += [[name, *row.cells(counts), counted if name == SQLITE else ""] for name, row in rows.items()]
    return _markdown(lines)


def goals(rows: dict[str, Row]) -> str:
    """Each goal, and how far from it both homes are."""
    ours = [rows[name] for name in (SQLITE, POSTGRESQL) if name in rows]
    other = rows.get(CHAINLIT, Row())

    def ratio(visitors: int, most: float) -> Callable[[Row], str]:
        def said(row: Row) -> str:
            mine, theirs = row.added_ms(visitors), other.added_ms(visitors)
            return _verdict(mine / theirs <= most, f"{mine / theirs:.2f} ×") if mine and theirs else "–"

        return said

    def cpu(row: Row) -> str:
        if (found := row.cpu_ms()) is None:
            return "–"
        turn, token = found
        whole = turn + LENGTH * token
        return _verdict(whole <= 6 + LENGTH * 0.05, f"{whole:.1f} ms")

    def turns(row: Row) -> str:
        return _verdict(max(row.saturated) >= 100, f"{max(row.saturated):.0f}") if row.saturated else "–"

    def whole(row: Row) -> str:
        if not row.saturated and 400 not in row.added:
            return "–"
        lost = sum(row.lost.values()) + sum(sum(failed.values()) for failed in row.failed.values())
        return _verdict(not lost, f"{lost} lost")

    found: list[tuple[str, Callable[[Row], str]]] = [
        ("added time at 1 visitor ≤ 0.6 × Chainlit's", ratio(1, 0.6)),
        ("at 50 ≤ 1 ×", ratio(50, 1)),
        ("at 200 ≤ 0.3 ×", ratio(200, 0.3)),
        (f"CPU of a turn of {LENGTH} tokens ≤ 6 ms + 0.05 ms per token", cpu),
        ("turns/s of one core ≥ 100", turns),
        ("nothing lost at 400 visitors", whole),
        ("memory per idle visitor ≤ 60 KiB", lambda row: _verdict(row.kib <= 60, f"{row.kib:.0f} KiB")),
    ]
    lines = [["Goal", *(name for name in (SQLITE, POSTGRESQL) if name in rows)]]
    return _markdown(lines + [[goal, *map(said, ours)] for goal, said in found])


def _verdict(met: bool, said: str) -> str:
    return f"{said}, met" if met else f"{said}, not met"


def _markdown(lines: list[list[str]]) -> str:
    lines = [lines[0], ["---"] * len(lines[0]), *lines[1:]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def written(rows: dict[str, Row], counts: list[int], counted: str, options: str, seconds: float) -> str:
    """Both tables, and the machine and day that they are of."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    said = f"{datetime.now(UTC):%Y-%m-%d}, {machine}, load {os.getloadavg()[0]:.1f} at the end, {seconds / 60:.0f} minutes"
    return f"{said}{f', `{options}`' if options else ''}.\n\n{table(rows, counts, counted)}\n\n{goals(rows)}"


def replaced(page: str, tables: str) -> str:
    """`page` with `tables` between its marks. Raises `ValueError` where it has none."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"The page has no {BEGIN} and {END}.")
    return f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}"


def rewrite(tables: str, page: Path = PAGE) -> None:
    page.write_text(replaced(page.read_text(encoding="utf-8"), tables), encoding="utf-8")
