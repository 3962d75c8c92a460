"""Days and times as the demonstration model reads them."""

from __future__ import annotations

from datetime import date

import pytest

from interworky.demo.model import words
from tests.assistant.demo_model.test_rules import SYSTEM, TODAY


def test_the_calendar_is_not_mixed_up_with_dates_in_the_knowledge():
    days = words.days_in(SYSTEM)
    assert days[0] == TODAY and len(days) == 14


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("tomorrow", date(2026, 11, 22)),
        ("on sat.", date(2026, 11, 28)),
        ("next week", date(2026, 11, 23)),
        ("24 November", date(2026, 11, 24)),
        ("the 30th", date(2026, 11, 30)),
        ("2026-12-02", date(2026, 12, 2)),
        ("as soon as possible", TODAY),
        ("hello", None),
    ],
)
def test_days_are_read_as_people_say_them(said: str, day: date | None):
    assert words.day_in(said, words.days_in(SYSTEM)) == day


@pytest.mark.parametrize(
    ("said", "clocks"),
    [
        ("10:30 please", {"10:30"}),
        ("2pm", {"14:00"}),
        ("at 2", {"02:00", "14:00"}),
        ("12 a.m.", {"00:00"}),
        ("ten o'clock", {"10:00"}),
        ("quarter to nine", {"08:45"}),
        ("I have 2 kids", set()),
        ("99:99", set()),
    ],
)
def test_times_are_read_as_people_say_them(said: str, clocks: set[str]):
    assert {f"{minutes // 60:02}:{minutes % 60:02}" for minutes in words.clocks_in(said)} == clocks
