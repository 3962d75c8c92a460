"""`make mutants`: takes one mechanism after the other out of a copy of the tree, and runs the test that guards it.

`python -m tests.mutants fence quota` tries those alone whose names contain one of the words. The results are kept in
`docs/mutants.md`; `tests/test_mutants.py` checks that each mechanism is still where it is taken out, that its test still
exists, and that the two were tried together.

A test guards a mechanism if it passes in the unchanged copy, runs without the mechanism, and fails. One that is skipped,
that cannot be collected or whose fixtures fail shows nothing, and neither does a name that the change has left undefined.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.mechanisms import MUTANTS, Mutant
from tests.servers import ROOT, environment

TABLE = ROOT / "docs" / "mutants.md"
HEAD = """# Mechanisms, and the tests that notice their absence

`make mutants` takes each of these out of a copy of the tree, one at a time, and runs the test that guards it. Each test
passed in the unchanged copy first, and failed without the mechanism on the day that is given.

| Without | in | fails | tried |
|---|---|---|---|
"""


RESULT = re.compile(r"^(PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b:? *(.*)$", re.MULTILINE)
BROKEN = re.compile(r" - (?:NameError|UnboundLocalError|SyntaxError|IndentationError|ImportError|ModuleNotFoundError)\b")


class Undecided(Exception):
    """The test did not run as it has to, so that nothing can be concluded from it."""


def results_of(node: str, output: str) -> set[str]:
    """The results in pytest's summary of a test, which may have several examples."""
    return {result for result, about in RESULT.findall(output) if re.match(rf"{re.escape(node)}(?:\[| |$)", about)}


def has_failed(node: str, output: str) -> bool:
    """Whether a test has failed, by what pytest said of it alone; raises `Undecided` unless all its examples ran."""
    others = [
        f"{result} {about}"
        for result, about in RESULT.findall(output)
        if result not in ("PASSED", "FAILED") or BROKEN.search(about)
    ]
    results = results_of(node, output)
    if others or not results:
        raise Undecided("; ".join(others) or output[-2000:])
    return "FAILED" in results


def run(nodes: list[str], tree: Path) -> str:
    command = [sys.executable, "-m", "pytest", "--no-header", "--tb=no", "-rpfEsxX", *nodes]
    wide = environment(COLUMNS="400")  # pytest cuts off the reasons of failures at the end of the line
    done = subprocess.run(command, cwd=tree, env=wide, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def copy_tree(to: Path) -> None:
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=True)
    for name in filter(None, files.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def try_without(mutant: Mutant, tree: Path) -> str:
    """The last two cells of the table: the test that failed and the date, or that there is none."""
    file = tree / mutant.file
    whole = file.read_text()
    file.write_text(whole.replace(mutant.before, mutant.after))
    try:
        noticed = has_failed(mutant.node, run([mutant.node], tree))
    except Undecided as error:
        sys.stderr.write(f"{mutant.name}: {error}\n")
        return "**undecided** | "
    finally:
        file.write_text(whole)
    return f"`{mutant.test}` | {datetime.now(tz=UTC).date()}" if noticed else "**nothing** | "


def main(words: list[str]) -> int:
    chosen = [one for one in MUTANTS if not words or any(word in one.name for word in words)]
    rows = {line.split(" | ")[0]: line for line in TABLE.read_text().splitlines() if line.startswith("| ")}
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder)
        copy_tree(tree)
        baseline = run(sorted({one.node for one in chosen}), tree)
        if red := [one.node for one in chosen if results_of(one.node, baseline) != {"PASSED"}]:
            sys.stderr.write(f"{baseline[-4000:]}\nThese do not pass in the unchanged tree:\n" + "\n".join(red) + "\n")
            return 1
        for mutant in chosen:
            row = mutant.row(try_without(mutant, tree))
            rows[f"| {mutant.name}"] = row
            sys.stdout.write(row + "\n")
            sys.stdout.flush()
            TABLE.write_text(HEAD + "".join(rows[key] + "\n" for one in MUTANTS if (key := f"| {one.name}") in rows))
    return 1 if any("**" in row for row in rows.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
