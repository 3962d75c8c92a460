"""Cells of CSV files that strangers have filled: no spreadsheet computes them."""

from __future__ import annotations

import csv
import io

import pytest

from assistant.admin.spreadsheets import as_csv, without_formula

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\r\n", "  =1", "＝1+1", "＠x", "\u200b=1", "\ufeff=1", " \u202e=1"]
BEHIND = [f"{end}{formula}" for end in (";", "; ", "\t", "\n") for formula in ("=1+1", "＝1", "@x", "-1")]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_like_a_formula_is_text(text):
    assert without_formula(text) == f"'{text}"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("typed", [*BEHIND, *(f"Ann{text}" for text in BEHIND)])
def test_a_formula_behind_a_separator_is_text_wherever_cells_end(separator, typed):
    """In most of Europe semicolons separate the cells, and quotes in the middle of a cell mean nothing."""
    file = as_csv("list", ["Name", "Note"], [["x", typed]]).content.decode()
    cells = [cell for row in csv.reader(io.StringIO(file, newline=""), delimiter=separator) for cell in row]
    lines = [line for cell in cells for line in cell.splitlines() or [""]]
    assert not [cell for cell in [*cells, *lines] if cell.strip()[:1] in tuple("=+-@＝＋－＠") and cell.strip()]


@pytest.mark.parametrize(
    "text", ["", "Ann", "a = b", "1;2", "We offer:\n- Cuts\n- Colour", "Tuesday; or Friday - both work", "a-b", "Fine ;-)"]
)
def test_other_text_stays_as_it_is(text):
    assert without_formula(text) == text
