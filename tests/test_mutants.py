"""The list of mechanisms that `make mutants` takes out fits the tree, and it is not fooled by tests that did not run."""

from __future__ import annotations

import ast
import re

import pytest

from tests.mechanisms import MUTANTS, Mutant
from tests.mutants import TABLE, Undecided, has_failed, results_of
from tests.servers import ROOT


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mechanism_is_where_it_is_taken_out_and_has_its_test(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text().count(mutant.before) == 1
    tests = ast.parse((ROOT / mutant.test_file).read_text()).body
    assert mutant.test in [one.name for one in tests if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_every_mechanism_was_noticed_by_its_test_when_it_was_last_tried() -> None:
    rows = TABLE.read_text().splitlines()
    untried = [
        one.name
        for one in MUTANTS
        if not any(re.fullmatch(re.escape(one.row(f"`{one.test}`")[:-2]) + r" \| 20\d\d-\d\d-\d\d \|", row) for row in rows)
    ]
    assert untried == []
    assert len([row for row in rows if row.startswith("| ")]) == len(MUTANTS) + 1


GUARD = "tests/test_a.py::test_late_is_refused"


@pytest.mark.parametrize(
    ("output", "noticed"),
    [
        (f"PASSED {GUARD}", False),
        (f"FAILED {GUARD} - Failed: DID NOT RAISE", True),
        (f"FAILED {GUARD}[two] - assert 1 == 2\nPASSED {GUARD}[one]", True),
    ],
)
def test_a_test_that_ran_has_noticed_or_has_not(output: str, noticed: bool) -> None:
    assert has_failed(GUARD, output) is noticed


@pytest.mark.parametrize(
    "output",
    [
        "",
        "no tests ran in 0.01s",
        "ERROR tests/test_a.py",
        "ERROR: not found: tests/test_a.py::test_late_is_refused",
        f"ERROR {GUARD} - OSError: no space",
        f"SKIPPED [1] tests/test_a.py:8: PostgreSQL is missing\nPASSED {GUARD}[one]",
        f"FAILED {GUARD} - NameError: name 'lease' is not defined",
        f"FAILED {GUARD}_too - assert 1 == 2",
    ],
)
def test_nothing_is_concluded_from_a_test_that_did_not_run(output: str) -> None:
    with pytest.raises(Undecided):
        has_failed(GUARD, output)


def test_before_anything_is_taken_out_each_test_has_to_pass_by_itself() -> None:
    output = f"PASSED {GUARD}[one]\nFAILED {GUARD}[two] - assert 1 == 2\nPASSED {GUARD}_too\n"
    assert results_of(GUARD, output) == {"PASSED", "FAILED"}
    assert results_of(f"{GUARD}_too", output) == {"PASSED"}
    assert results_of("tests/test_a.py::test_late", output) == set()
