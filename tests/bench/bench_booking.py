"""Long proofs of booking: `python -m tests.bench.bench_booking [bookers] [rounds on PostgreSQL] [rounds on SQLite]`.

Fifty processes want overlapping times by a model's tool call, a click on a card, a link in an e-mail and the admin at once:
each round must have one winner and no error except that the time is taken. Prints a row for each database, and exits with 1
where something else came out. The suite runs the same races with fewer (tests/faults/test_booking_races.py).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from assistant.secrets import new_key
from tests import servers

PROGRAM = "import django; django.setup(); from tests.faults import bookers; bookers.alone('mixed', {}, {})"


@contextmanager
def database(engine: str) -> Iterator[dict[str, str]]:
    """The environment of a database with tables and the demonstration."""
    server = servers.postgresql() if engine == "PostgreSQL" else nullcontext("")
    with tempfile.TemporaryDirectory() as folder, server as url:
        keys = {"SECRET_KEY": "s" * 50, "FIELD_KEYS": new_key(), "DATABASE_URL": url} if url else {}
        values = {"DATA_DIR": folder, **keys}
        servers.prepare(**values)
        yield values


def measured(engine: str, bookers: int, rounds: int) -> bool:
    """Print a row of the table; whether each round had one winner."""
    with database(engine) as values:
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM.format(bookers, rounds)],
            cwd=servers.ROOT,
            env=servers.environment(DJANGO_SETTINGS_MODULE="interworky.settings", **values),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        minutes = (time.monotonic() - began) / 60
    result = json.loads(done.stdout)
    outcomes = Counter(outcome for round in result["outcomes"] for outcome in round)
    winners = Counter(round.count("done") for round in result["outcomes"])
    other = {outcome: count for outcome, count in outcomes.items() if outcome not in ("done", "slot_taken")}
    sys.stdout.write(
        f"| {engine} | {bookers} × {rounds} | {winners[1]} of {rounds} | {outcomes['slot_taken']} | {sum(other.values())} "
        f"| {result['overlaps']} | {minutes:.0f} min |\n"
    )
    for outcome, count in other.items():
        sys.stderr.write(f"{count} × {outcome}\n")
    sys.stdout.flush()
    return winners[1] == rounds and not other and not result["overlaps"]


def main(bookers: int = 50, on_postgresql: int = 100, on_sqlite: int = 20) -> None:
    sys.stdout.write(
        "| Database | Bookers × rounds | One winner | Told that it is taken | Other errors | Overlaps | Took |\n"
        "|---|---|---|---|---|---|---|\n"
    )
    plan = (("PostgreSQL", on_postgresql), ("SQLite", on_sqlite))
    right = [measured(engine, bookers, rounds) for engine, rounds in plan if rounds]
    sys.exit(0 if all(right) else 1)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
