"""The tables that benchmarks write into the documentation."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.bench.chat import report
from tests.bench.chat.report import BEGIN, END, Row


def rows() -> dict[str, Row]:
    ours = Row({1: [0.004, 0.006, 0.005], 400: [1.5]}, {}, {10: [0.007], 200: [0.0165]}, [120.0], Counter(), 30, 0.009)
    other = Row({1: [0.010]}, {}, {}, [], Counter(), 50)
    return {report.SQLITE: ours, report.CHAINLIT: other}


def test_a_run_replaces_the_tables_of_the_one_before_and_nothing_else():
    page = report.PAGE.read_text()
    again = report.replaced(report.replaced(page, "older tables"), "second")
    assert f"{BEGIN}\n\nsecond\n\n{END}" in again and "older tables" not in again
    assert again.partition(BEGIN)[0] == page.partition(BEGIN)[0] and again.partition(END)[2] == page.partition(END)[2]
    with pytest.raises(ValueError, match="bench_chat"):
        report.replaced("no marks", "tables")


def test_the_tables_say_what_was_measured_and_which_goals_are_met():
    lines = report.written(rows(), [1, 400], "14 · 3 · 2", "--quick", 60).splitlines()
    assert "| ours, SQLite | 5.0 / 6.0 | 1,500 / 1,500 | 6.5 | 0.050 | 9.0 | 120 | 30 | 14 · 3 · 2 |" in lines
    assert "| Chainlit | 10.0 / 10.0 | – | – | – | 0.0 | – | 50 |  |" in lines
    assert "| added time at 1 visitor ≤ 0.6 × Chainlit's | 0.50 ×, met |" in lines
    assert "| CPU of a turn of 100 tokens ≤ 6 ms + 0.05 ms per token | 11.5 ms, not met |" in lines
    assert "| nothing lost at 400 visitors | 0 lost, met |" in lines


def test_turns_that_were_lost_stand_beside_the_times():
    found = rows()
    found[report.SQLITE].failed[400] = Counter({"text": 2})
    tables = report.written(found, [400], "", "", 60)
    assert "1,500 / 1,500 (2 failed: text)" in tables and "| nothing lost at 400 visitors | 2 lost, not met |" in tables
