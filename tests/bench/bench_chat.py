"""What a turn costs, beside other chat servers: `python -m tests.bench.bench_chat [--quick] [--chainlit PYTHON] [--write]`.

The one command measures both homes of the product, a bare consumer and, where it is installed, Chainlit: alone, in crowds
of 50, 200 and 400, and at saturation, and that nothing is lost. It prints the tables of docs/performance.md; with --write
it puts them there.

All systems run at once, on one core, and are measured in turn; the provider, the visitors, PostgreSQL and Redis have the
other. The provider on loopback takes 200 ms to its first token and writes 50 a second. What is added to that time is
measured: from the frame to the provider's request, and from its first token to the visitor's. Read the ratios: machines
differ, and are noisy.

    added        time to first token beyond the provider's, ms, p50 / p95, all visitors at once; what failed or was lost
                 behind it
    CPU          of the server's process beyond what it takes at rest, fit from replies of two lengths by 20 visitors
    at rest      CPU with 400 open sockets and no turn, ms a second
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
import shlex
import signal
import sys
import time
from collections import Counter

from tests import servers
from tests.bench.chat import counting, provider, report, systems
from tests.bench.chat.report import LENGTH, LONG, SHORT, Row
from tests.bench.chat.systems import System
from tests.bench.chat.visitors import Lost, Visitor

FIT_VISITORS = 20
BEGAN = time.monotonic()
ROUNDS = {1: 3, 50: 4, 200: 3, 400: 1}
CPU_ROUNDS = 5
REST_SECONDS = 15  # as often as the sweep comes


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
        began, before = time.monotonic(), system.cpu_seconds()
        await burst(visitors, length)
        used = system.cpu_seconds() - before - row.rest * (time.monotonic() - began)
        row.cpu.setdefault(length, []).append(used / len(visitors))
        await systems.settle(system)


async def measure_rest(found: list[System], rows: dict[str, Row], seconds: float) -> None:
    before = {system.name: system.cpu_seconds() for system in found}
    await asyncio.sleep(seconds)
    for system in found:
        rows[system.name].rest = (system.cpu_seconds() - before[system.name]) / seconds


async def measure_saturation(system: System, row: Row, visitors: list[Visitor], turns: int) -> None:
    """Between a quarter and three quarters of all turns, when everybody is at it; scaled to all of one core."""
    ends: list[tuple[float, float]] = []

    async def go_on(visitor: Visitor) -> None:
        for _ in range(turns):
            try:
                await visitor.say(LENGTH)
            except Lost as lost:
                row.lost[str(lost)] += 1
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
    say("at rest")
    await measure_rest(found, rows, REST_SECONDS)
    for _ in range(1 if quick else CPU_ROUNDS):
        for system in found:
            say(f"CPU: {system.name}")
            await measure_cpu(system, rows[system.name], opened[system.name][:FIT_VISITORS])
    for system in found:
        say(f"saturation: {system.name}")
        await measure_saturation(system, rows[system.name], opened[system.name], 2 if quick else 4)


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
        tables = report.written(rows, counts, counted, options.said, time.monotonic() - BEGAN)
        print(tables)
    if options.write:
        report.rewrite(tables)
        say(f"written to {report.PAGE.relative_to(servers.ROOT)}")


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="two minutes: one round of each, and no more than 200 visitors")
    parser.add_argument("--chainlit", default=os.environ.get("BENCH_CHAINLIT", ""), metavar="PYTHON")
    parser.add_argument("--no-postgresql", dest="postgresql", action="store_false")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md, if the run is whole")
    options = parser.parse_args(arguments)
    options.said = shlex.join(one for one in arguments if one in ("--quick", "--no-postgresql"))
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
