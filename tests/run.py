"""`python3 manage.py test`: every part of the suite, one process each, and a closing line that counts them all.

With arguments it is pytest with those arguments; `--production` before them has it run on PostgreSQL and Redis. A part
whose program is missing is skipped by name on a user's machine; with CI=true it fails.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue

from tests import servers
from tests.servers import ROOT, Missing

PYTEST = [sys.executable, "-m", "pytest", "--no-header"]
PARALLEL = ["-n", "2", "--dist", "loadfile"]
WAITING = [*PARALLEL, "--no-loadscope-reorder"]  # few tests are no sign of a short file where they wait for servers
IN_CI = os.environ.get("CI") == "true"


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--production"]:
        with production() as home:
            return subprocess.call([*PYTEST, *arguments[1:]], cwd=ROOT, env=environment(**home))
    if arguments:
        return subprocess.call([*PYTEST, *arguments], cwd=ROOT, env=environment())
    total: Counter[str] = Counter()
    broken = []
    # Two at a time: while tests of one wait for a server, a lease or a page, those of the other compute.
    with ThreadPoolExecutor(2) as two:
        for name, shown in [(name, Shown(two, part)) for name, part in PARTS.items()]:
            say(f"\n=== {name}")
            for some in shown:
                write(some)
            outcome = shown.outcome
            total += outcome
            broken += [name] if outcome["failed"] else []
            say(f"--- {name}: {in_words(outcome)} in {shown.seconds:.0f} s")
    say("\n" + (f"Failed in: {', '.join(broken)}" if broken else "All parts passed."))
    say(in_words(total))
    return 1 if broken else 0


class Shown:
    """A part at work. Iterating gives what it prints as it comes; then `outcome` and `seconds` are there."""

    def __init__(self, pool: ThreadPoolExecutor, part: Callable[[], Counter[str]]) -> None:
        self.printed: SimpleQueue[bytes | None] = SimpleQueue()
        self.done = pool.submit(self.work, part)

    def work(self, part: Callable[[], Counter[str]]) -> Counter[str]:
        printing.put = self.printed.put
        began = time.monotonic()
        try:
            return part()
        except Missing as missing:
            say(f"{'FAILED' if IN_CI else 'skipped'}: {missing}")
            return Counter(failed=1) if IN_CI else Counter(skipped=1)
        finally:
            self.seconds = time.monotonic() - began
            self.printed.put(None)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.printed.get, None)

    @property
    def outcome(self) -> Counter[str]:
        return self.done.result()


def in_words(outcome: Counter[str]) -> str:
    return f"{outcome['passed']} passed, {outcome['failed']} failed, {outcome['skipped']} skipped"


printing = threading.local()  # `put` takes what a part prints, until it is that part's turn to be shown


def write(some: bytes) -> None:
    if put := getattr(printing, "put", None):
        put(some)
    else:
        sys.stdout.buffer.write(some)
        sys.stdout.flush()


def say(text: str) -> None:
    write(text.encode() + b"\n")


def environment(**values: str) -> dict[str, str]:
    """Ours, but for what configures the product: a key in the developer's shell must not reach a test."""
    return {**servers.environment(**values), "CI": "true" if IN_CI else ""}


# --- Running one program, and reading what it counted ----------------------------------------------------------------


def run(command: list[str], **values: str) -> tuple[int, str]:
    """Exit code and output of `command`, shown as it comes."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(**values), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout
    said = b""
    while some := os.read(process.stdout.fileno(), 4096):
        said += some
        write(some)
    return process.wait(), said.decode(errors="replace")


def check(*command: str) -> Counter[str]:
    """A program that says yes or no."""
    return Counter(passed=1) if run(list(command))[0] == 0 else Counter(failed=1)


def pytest(*arguments: str, **values: str) -> Counter[str]:
    code, said = run([*PYTEST, *arguments], **values)
    numbers = re.findall(r"(\d+) (passed|failed|errors?|skipped)\b", said.strip().rpartition("\n")[2])
    outcome = Counter({word: int(number) for number, word in numbers})
    outcome["failed"] += outcome.pop("error", 0) + outcome.pop("errors", 0)
    if code == 5 and not outcome.total():
        say("(no tests here yet)")
    elif code and not outcome["failed"]:
        outcome["failed"] += 1  # it broke before it could count
    return outcome


# --- The parts -------------------------------------------------------------------------------------------------------


def style() -> Counter[str]:
    return check(sys.executable, "-m", "ruff", "check") + check(sys.executable, "-m", "ruff", "format", "--check")


def types() -> Counter[str]:
    return check(sys.executable, "-m", "mypy")


def embedded_home() -> Counter[str]:
    row_locks = "tests/assistant/admin/test_locks.py"  # SQLite has none
    return pytest("tests", "--ignore=tests/faults", f"--ignore={row_locks}", *PARALLEL)


@contextmanager
def production() -> Iterator[dict[str, str]]:
    with servers.postgresql() as postgres_url, servers.redis() as redis_url:
        # The demonstration stays on: what differs is where things are kept, not what is tested.
        yield {"DATABASE_URL": postgres_url, "REDIS_URL": redis_url, "DEMO_MODEL": "true", "DEMO_SITE": "true"}


# What another database, or counters that processes share, can make different: statements, locks, transactions, constraints.
# They are in services and in the querysets of models; turns, tasks and the widget's requests run them in several threads;
# lists of the admin make statements of their own, which the tests of every page run. What a page shows of a row, what a tool
# or a model server is sent, and what is computed comes out of the same services, whatever is below them.
ON_PRODUCTION = (
    "assistant/services",
    *(f"assistant/test_{name}.py" for name in ("turns", "tasks", "jobs", "renewal", "replay", "summaries", "voice_calls")),
    *(f"assistant/test_{name}.py" for name in ("organizations", "beginning", "fast_path", "growth", "async_db")),
    *(f"assistant/admin/test_{name}.py" for name in ("pages", "lists", "results", "dashboard", "locks", "audit", "ratings")),
    "assistant/admin/providers",
    *(f"assistant/tools/test_{name}.py" for name in ("executor_once", "executor_policy", "knowledge")),
    *(f"assistant/providers/test_{name}.py" for name in ("rotation", "outages")),
    "widget/views",
    *(f"widget/test_{name}.py" for name in ("appointments", "consent", "consumer", "convergence", "feedback", "metrics")),
    *(f"attacks/test_{name}.py" for name in ("limits", "logins", "quotas", "slow_work")),
    "test_migrations.py",
)
# Services, but about what is computed, read from files and other servers, or written into e-mails.
ELSEWHERE = (
    "booking/availability/test_offers.py",
    "booking/invitations",
    *(f"booking/messages/test_{name}.py" for name in ("message_templates", "emails", "channels")),
    *(f"booking/calendar_sync/test_{name}.py" for name in ("clouds", "cloud_grants")),
    *(f"conversations/test_{name}.py" for name in ("mailbox", "transcripts")),
    *(f"knowledge/test_{name}.py" for name in ("files", "fetched_pages", "words")),
    *(f"organizations/test_{name}.py" for name in ("identity", "office_hours")),
)


def production_home() -> Counter[str]:
    with production() as home:
        not_there = [f"--ignore=tests/assistant/services/{path}" for path in ELSEWHERE]
        return pytest(*(f"tests/{path}" for path in ON_PRODUCTION), *not_there, "-m", "django_db", *PARALLEL, **home)


def faults() -> Counter[str]:
    return pytest("tests/faults", *WAITING)


def javascript() -> Counter[str]:
    node, npm = servers.program("node"), servers.program("npm")
    if not (ROOT / "node_modules").exists() and run([npm, "ci", "--no-audit", "--no-fund", "--silent"])[0]:
        shutil.rmtree(ROOT / "node_modules", ignore_errors=True)
        raise Missing("npm ci could not install what package-lock.json names")
    outcome = check(npm, "run", "--silent", "lint") + check(npm, "run", "--silent", "types")
    # What it prints is for people; the last lines of its other report say how many.
    shown = ["--test-reporter=dot", "--test-reporter-destination=stdout"]
    with tempfile.NamedTemporaryFile("r") as report:
        code, _ = run(
            [node, "--test", *shown, "--test-reporter=tap", f"--test-reporter-destination={report.name}", "tests/js/"]
        )
        said = report.read()
    counted = {word: int(number) for word, number in re.findall(r"^# (pass|fail|skipped) (\d+)$", said, re.MULTILINE)}
    outcome.update(passed=counted.get("pass", 0), failed=counted.get("fail", 0), skipped=counted.get("skipped", 0))
    if code and not counted.get("fail"):
        outcome["failed"] += 1
    return outcome + bundle()


def bundle() -> Counter[str]:
    """The committed bundle is what its sources make."""
    dist = ROOT / "static" / "widget" / "dist"
    before = contents(dist)
    outcome = check(servers.program("npm"), "run", "--silent", "build")
    if outcome["passed"] and contents(dist) != before:
        say("static/widget/dist was not what its sources make; it is now. Commit it.")
        return Counter(failed=1)
    return outcome


def contents(folder: os.PathLike[str]) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(ROOT.joinpath(folder).rglob("*")) if path.is_file()}


def browser() -> Counter[str]:
    servers.chromium()
    return pytest("tests/browser", *WAITING)


PARTS: dict[str, Callable[[], Counter[str]]] = {
    "style": style,
    "types": types,
    "JavaScript": javascript,
    # Each that waits runs beside one that computes.
    "faults": faults,
    "tests on SQLite, everything in one process": embedded_home,
    "browser": browser,
    "tests on PostgreSQL and Redis": production_home,
}
