"""What years of use cost: `python -m tests.bench.bench_growth [--messages N] [--conversations N] [--organizations N]`.

Fills a temporary database, SQLite or (with --postgresql) PostgreSQL, by bulk SQL, does everything that visitors, the clock
and staff do, and prints a row for each: statements, time, the slowest statement, and which large tables were read from end
to end. Nothing on the way of a visitor or of a first page may do that. Without sizes: 2 million messages in PostgreSQL,
300,000 in SQLite. --plans prints the plan of each statement that reads a whole table; --all of every one.

Times are of a machine that is warm and may be busy; plans are exact.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

from tests import servers

BEGAN = time.monotonic()
LARGE = 500  # rows, above which a table must not be read whole


def main(options: argparse.Namespace) -> bool:
    with tempfile.TemporaryDirectory() as folder, servers.postgresql() if options.postgresql else nullcontext("") as server:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "interworky.settings", "DATA_DIR": folder, "NO_BOOTSTRAP": "1"}
        with servers.new_database(server) if options.postgresql else nullcontext("") as url:
            if url:
                os.environ |= {"DATABASE_URL": url, "SECRET_KEY": "x" * 50, "FIELD_KEYS": "k" * 43 + "="}
            import django
            from django.core.management import call_command
            from django.db import connections

            django.setup()
            call_command("migrate", verbosity=0)
            try:
                return report(options)
            finally:
                connections.close_all()


def report(options: argparse.Namespace) -> bool:
    from tests.bench.growth import filling, plans, work

    whole = 2_000_000 if options.postgresql else 300_000
    messages = options.messages or whole
    sizes = filling.Sizes(
        messages, options.conversations or messages // 10, options.organizations or max(messages // 200, 20)
    )
    filled = filling.fill(sizes, say)
    big = {table for table in plans.GROWING if filled.rows[table] > LARGE}
    say("filled")
    print("| | who waits | statements | ms | slowest | reads whole |\n|---|---|---|---|---|---|", flush=True)
    clean = True
    for one in everything(filled):
        if options.only not in one.name:
            continue
        statements = work.measured(one, big)
        faults = sorted({table for statement in statements for table in statement.whole})
        clean = clean and not (faults and one.who != work.SEARCH)
        database = sum(statement.seconds for statement in statements)
        slowest = max((statement.seconds for statement in statements), default=0.0)
        read = ", ".join(table.removeprefix("assistant_") for table in faults)
        cells = [one.name, one.who, str(len(statements)), *(f"{s * 1000:.1f}" for s in (database, slowest)), read]
        print("| " + " | ".join(cells) + " |", flush=True)
        for statement in statements:
            if options.all or (options.plans and (statement.whole or statement.seconds > 0.05)):
                print(f"\n{statement.seconds * 1000:.1f} ms  {statement.sql[:1500]}\n{statement.plan}\n", flush=True)
    engine = "PostgreSQL" if options.postgresql else "SQLite"
    print(f"\n{engine}: {sizes}, load {os.getloadavg()[0]:.1f}, {time.monotonic() - BEGAN:.0f} s")
    return clean


def everything(filled: Any) -> Iterator[Any]:
    from tests.bench.growth import work

    yield from work.of_visitors(filled.conversation)
    yield from work.of_the_clock()
    yield from work.of_staff(filled.conversation)
    yield from work.of_deletion(filled.conversation)


def say(text: str) -> None:
    print(f"{time.monotonic() - BEGAN:4.0f} s  {text}", file=sys.stderr, flush=True)


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("messages", "conversations", "organizations"):
        parser.add_argument(f"--{name}", type=int, default=0)
    parser.add_argument("--only", default="", metavar="WORDS", help="only what has these in its name")
    for name in ("postgresql", "plans", "all"):
        parser.add_argument(f"--{name}", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(0 if main(parse(sys.argv[1:])) else 1)
