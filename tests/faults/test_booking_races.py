"""Sixteen processes at once, on both databases: one appointment, one set of mails, and no error but `slot_taken`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from assistant.secrets import new_key
from tests.servers import ROOT

BOOKERS = 16
Race = Callable[[str, int], dict[str, Any]]


@pytest.fixture(params=["sqlite", "postgresql"])
def race(request: pytest.FixtureRequest, tmp_path) -> Race:
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "interworky.settings"}
    if request.param == "postgresql":
        keys = {"SECRET_KEY": "s" * 50, "FIELD_KEYS": new_key()}
        environment |= {"DATABASE_URL": request.getfixturevalue("postgres_url"), **keys}

    def run(name: str, rounds: int) -> dict[str, Any]:
        program = (
            f"import django; django.setup(); from tests.faults import bookers; bookers.main({name!r}, {BOOKERS}, {rounds})"
        )
        command = [sys.executable, "-c", program]
        raced = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=150)
        assert raced.returncode == 0, raced.stderr
        found: dict[str, Any] = json.loads(raced.stdout)
        return {**found, "outcomes": [Counter(outcomes) for outcomes in found["outcomes"]]}

    return run


def one_of(bookers: int) -> Counter[str]:
    return Counter({"done": 1, "slot_taken": bookers - 1})


def test_of_those_who_want_overlapping_times_one_gets_one(race: Race):
    raced = race("book", 10)
    assert raced["outcomes"] == [one_of(BOOKERS)] * 10
    assert (raced["overlaps"], raced["invitations"]) == (0, 10)


def test_a_hold_that_is_confirmed_many_times_is_one_booking(race: Race):
    raced = race("confirm", 3)
    assert raced["outcomes"] == [Counter({"done": BOOKERS})] * 3
    assert (raced["overlaps"], raced["invitations"]) == (0, 3)


def test_a_lapsed_hold_and_new_bookers_get_one_booking_between_them(race: Race):
    raced = race("confirm_lapsed", 3)
    assert raced["outcomes"] == [one_of(BOOKERS)] * 3
    assert (raced["overlaps"], raced["invitations"]) == (0, 3)


def test_of_those_who_move_to_the_same_time_one_gets_there(race: Race):
    raced = race("move", 3)
    assert raced["outcomes"] == [one_of(BOOKERS)] * 3
    assert (raced["overlaps"], raced["invitations"]) == (0, 3 * (BOOKERS + 1))


def test_a_time_that_is_cancelled_goes_to_one_at_most(race: Race):
    raced = race("cancel_and_book", 3)
    for outcomes in raced["outcomes"]:
        assert set(outcomes) <= {"done", "slot_taken"}
        assert outcomes["done"] in (1, 2)  # the cancellation, and whoever came after it
    assert raced["overlaps"] == 0


def test_a_mail_whose_task_runs_many_times_at_once_is_sent_once(race: Race, tmp_path):
    raced = race("deliver", 3)
    assert raced["outcomes"] == [Counter({"done": BOOKERS})] * 3
    sent = re.findall(r"^Message-ID: (.+)$", "".join(file.read_text() for file in (tmp_path / "mails").iterdir()), re.M)
    assert len(sent) == len(set(sent)) == 3
