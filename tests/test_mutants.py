"""The list of mechanisms that `make mutants` takes out fits the tree."""

from __future__ import annotations

import pytest

from tests.mutants import MUTANTS, TABLE, Mutant
from tests.servers import ROOT


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mechanism_is_where_it_is_taken_out_and_has_its_tests(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text().count(mutant.before) == 1
    assert all((ROOT / test).is_file() for test in mutant.tests)


def test_every_mechanism_was_noticed_when_all_were_last_tried() -> None:
    table = TABLE.read_text()
    assert "**nothing**" not in table
    assert [one.name for one in MUTANTS if f"| {one.name} | `{one.file}` | `test_" not in table] == []
