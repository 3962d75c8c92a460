"""What a turn costs, beside other chat servers: `python -m tests.bench.bench_chat [--quick] [--chainlit PYTHON]`.

All systems run at once, on one core, and are measured in turn; the provider, the visitors, PostgreSQL and Redis have the
other. The provider on loopback takes 200 ms to its first token and writes 50 a second. What is added to that time is
measured: from the frame to the provider's request, and from its first token to the visitor's. Read the ratios: machines
differ, and are noisy.

    added        time to first token beyond the provider's, ms, all visitors at once; errors and lost replies behind it
    CPU          of the server's process, fit from replies of two lengths by 20 visitors
    turns/s      of replies of 100 tokens, 400 visitors who go on and on; at CPU's full use, per core
    KiB          of memory for each open socket without a turn
    statements   of one plain turn, and the hops onto database threads that they take

Chainlit comes from PyPI into an environment of its own (`uv venv x && uv pip install --python x/bin/python chainlit openai`)
and is named by --chainlit or BENCH_CHAINLIT; without it, and without PostgreSQL, their rows are left out.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import platform
import signal
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from tests import servers
from tests.bench.chat import counting, provider, systems
from tests.bench.chat.systems import System
from tests.bench.chat.visitors import Lost, Visitor

LENGTH = 100  # tokens
SHORT, LONG = 10, 200
FIT_VISITORS = 20
BEGAN = time.monotonic()
ROUNDS = {1: 3, 50: 4, 200: 3, 400: 1}


@dataclass
class Row:
    """What was measured of one system."""

    added: dict[int, list[float]] = field(default_factory=dict)  # seconds, by visitors
    failed: dict[int, Counter[str]] = field(default_factory=dict)
    cpu: dict[int, list[float]] = field(default_factory=dict)  # seconds of one turn, by length
    saturated: list[float] = field(default_factory=list)  # turns a second
    kib: float = 0.0

    def cells(self, counts: list[int]) -> list[str]:
        cells = [_added(self.added.get(n, []), self.failed.get(n, Counter())) for n in counts]
        if len(self.cpu) < 2:
            cells += ["", ""]
        else:
            short, long = statistics.median(self.cpu[SHORT]), statistics.median(self.cpu[LONG])
            token = (long - short) / (LONG - SHORT)
            cells += [f"{(short - SHORT * token) * 1000:.1f}", f"{token * 1000:.3f}"]
        return [*cells, f"{max(self.saturated, default=0):.0f}", f"{self.kib:.0f}"]


def _added(seconds: list[float], failed: Counter[str]) -> str:
    if not seconds:
        return f"none ended: {dict(failed)}" if failed else ""
    ordered = sorted(second * 1000 for second in seconds)
    told = f"{statistics.median(ordered):.1f} / {ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]:.1f}"
    return told + (f" ({sum(failed.values())} failed: {', '.join(failed)})" if failed else "")


async def burst(visitors: list[Visitor], length: int) -> list[float | Lost]:
    """One turn of each, begun at once."""
    results = await asyncio.gather(*(visitor.say(length) for visitor in visitors), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Lost):
            raise result
    return results  # type: ignore[return-value]


async def measure_added(system: System, row: Row, visitors: list[Visitor]) -> None:
    added, failed = row.added.setdefault(len(visitors), []), row.failed.setdefault(len(visitors), Counter())
    for _ in range(10 if len(visitors) == 1 else 1):
        for result in await burst(visitors, LENGTH if len(visitors) > 1 else SHORT):
            if isinstance(result, Lost):
                failed[str(result)] += 1
            else:
                added.append(result)
    await systems.settle(system)


async def measure_cpu(system: System, row: Row, visitors: list[Visitor]) -> None:
    for length in (SHORT, LONG):
        before = system.cpu_seconds()
        await burst(visitors, length)
        row.cpu.setdefault(length, []).append((system.cpu_seconds() - before) / len(visitors))
        await systems.settle(system)


async def measure_saturation(system: System, row: Row, visitors: list[Visitor], turns: int) -> None:
    """Between a quarter and three quarters of all turns, when everybody is at it; scaled to all of one core."""
    ends: list[tuple[float, float]] = []

    async def go_on(visitor: Visitor) -> None:
        for _ in range(turns):
            try:
                await visitor.say(LENGTH)
            except Lost:
                return
            ends.append((time.monotonic(), system.cpu_seconds()))

    await asyncio.gather(*(go_on(visitor) for visitor in visitors))
    if len(ends) > 8:
        first, last = ends[len(ends) // 4], ends[len(ends) * 3 // 4]
        elapsed, used = last[0] - first[0], last[1] - first[1]
        row.saturated.append((len(ends) // 2) / min(elapsed, max(used, 0.01)))
    await systems.settle(system)


async def measure(found: list[System], rows: dict[str, Row], counts: list[int], quick: bool) -> None:
    """Fill `rows`, one for each system."""
    rows.update({system.name: Row() for system in found})
    most = max(counts)
    opened: dict[str, list[Visitor]] = {}
    for system in found:
        say(f"opening: {system.name}")
        first = await system.visitors(10)
        await burst(first, 5)  # what the first turns of a process pay for
        await systems.settle(system)
        before = system.resident_kib()
        opened[system.name] = await system.visitors(most)
        await systems.settle(system)
        rows[system.name].kib = (system.resident_kib() - before) / most
    for count in counts:
        for _ in range(1 if quick else ROUNDS[count]):
            for system in found:
                say(f"{count} visitors: {system.name}")
                await measure_added(system, rows[system.name], opened[system.name][:count])
    for _ in range(1 if quick else 3):
        for system in found:
            say(f"CPU: {system.name}")
            await measure_cpu(system, rows[system.name], opened[system.name][:FIT_VISITORS])
    for system in found:
        say(f"saturation: {system.name}")
        await measure_saturation(system, rows[system.name], opened[system.name], 2 if quick else 4)


def table(rows: dict[str, Row], counts: list[int], counted: str) -> str:
    head = [
        "",
        *(f"added, {n}" for n in counts),
        "CPU ms / turn",
        "/ token",
        "turns/s",
        "KiB idle",
        "statements · hops · BEGIN",
    ]
    lines = [head, ["---"] * len(head)]
    for name, row in rows.items():
        lines.append([name, *row.cells(counts), counted if name == "ours, SQLite" else ""])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def say(text: str) -> None:
    print(f"{time.monotonic() - BEGAN:4.0f} s  {text}", file=sys.stderr, flush=True)


async def main(options: argparse.Namespace) -> None:
    gc.disable()  # of the visitors, whose pauses would be taken for the servers'
    server, port = await provider.serve()
    counts = [1, 50, 200] if options.quick else [1, 50, 200, 400]
    counted = await counting.of_one_turn(port)
    rows: dict[str, Row] = {}
    try:
        with systems.running(port, options.chainlit, options.postgresql) as found:
            await measure(found, rows, counts, options.quick)
    finally:  # of a run that is stopped too
        server.close()
        report(rows, counts, counted)


def report(rows: dict[str, Row], counts: list[int], counted: str) -> None:
    print(table(rows, counts, counted))
    print(
        f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}, {time.monotonic() - BEGAN:.0f} s"
    )


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two minutes: one round of each, and no more than 200 visitors")
    parser.add_argument("--chainlit", default=os.environ.get("BENCH_CHAINLIT", ""), metavar="PYTHON")
    parser.add_argument("--no-postgresql", dest="postgresql", action="store_false")
    options = parser.parse_args(arguments)
    if options.postgresql:
        try:
            servers.program("initdb", "/usr/lib/postgresql/*/bin/initdb", "/opt/homebrew/opt/postgresql*/bin/initdb")
            servers.program("redis-server")
        except servers.Missing as missing:
            say(f"without PostgreSQL and Redis: {missing}")
            options.postgresql = False
    return options


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the servers are stopped then too
    asyncio.run(main(parse(sys.argv[1:])))
