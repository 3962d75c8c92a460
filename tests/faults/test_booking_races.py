"""Sixteen concurrent processes, on both databases: one appointment, one set of e-mails, no error except `slot_taken`.

`ROUNDS` sets how often each race is run.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.sampling import is_thorough
from tests.servers import ROOT, environment

from .conftest import Databases

BOOKERS = 16
ROUNDS = int(os.environ.get("ROUNDS", 10 if is_thorough() else 2))


@dataclass
class Raced:
    """What became of each race, by its name, and the mails that were sent."""

    races: dict[str, Any]
    mails: Path

    def outcomes(self, race: str) -> list[Counter[str]]:
        return [Counter(outcomes) for outcomes in self.races[race]["outcomes"]]

    def booked(self, race: str) -> tuple[int, int]:
        """Overlaps, and invitations that were sent."""
        return self.races[race]["overlaps"], self.races[race]["invitations"]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def raced(request: pytest.FixtureRequest, new_database: Databases) -> Raced:
    database = new_database(request.param)
    return Raced(ran(f"main({BOOKERS}, {ROUNDS})", database), Path(database["DATA_DIR"]) / "mails")


def ran(call: str, database: dict[str, str]) -> Any:
    """What a function of `bookers` prints, in a process of its own."""
    values = environment(DJANGO_SETTINGS_MODULE="interworky.settings", **database)
    program = f"import django; django.setup(); from tests.faults import bookers; bookers.{call}"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=values, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def one_of(bookers: int) -> Counter[str]:
    return Counter({"done": 1, "slot_taken": bookers - 1})


def test_of_those_who_want_overlapping_times_one_gets_one(raced: Raced):
    assert raced.outcomes("book") == [one_of(BOOKERS)] * ROUNDS
    assert raced.booked("book") == (0, ROUNDS)


def test_a_hold_that_is_confirmed_many_times_is_one_booking(raced: Raced):
    assert raced.outcomes("confirm") == [Counter({"done": BOOKERS})] * ROUNDS
    assert raced.booked("confirm") == (0, ROUNDS)


def test_a_lapsed_hold_and_new_bookers_get_one_booking_between_them(raced: Raced):
    assert raced.outcomes("confirm_lapsed") == [one_of(BOOKERS)] * ROUNDS
    assert raced.booked("confirm_lapsed") == (0, ROUNDS)


def test_of_those_who_move_to_the_same_time_one_gets_there(raced: Raced):
    assert raced.outcomes("move") == [one_of(BOOKERS)] * ROUNDS
    assert raced.booked("move") == (0, ROUNDS * (BOOKERS + 1))


def test_a_time_that_is_cancelled_goes_to_one_at_most(raced: Raced):
    for outcomes in raced.outcomes("cancel_and_book"):
        assert set(outcomes) <= {"done", "slot_taken"}
        assert outcomes["done"] in (1, 2)  # the cancellation, and possibly one later booking
    assert raced.booked("cancel_and_book")[0] == 0


def test_of_all_who_come_by_tool_card_link_or_as_staff_one_gets_the_time(raced: Raced):
    assert raced.outcomes("mixed") == [one_of(BOOKERS)] * ROUNDS
    assert raced.booked("mixed")[0] == 0


def test_a_mail_whose_task_runs_many_times_at_once_is_sent_once(raced: Raced):
    assert raced.outcomes("deliver") == [Counter({"done": BOOKERS})] * ROUNDS
    sent = re.findall(r"^Message-ID: (.+)$", "".join(file.read_text() for file in raced.mails.iterdir()), re.M)
    assert len(sent) == len(set(sent)) == ROUNDS


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_booker_who_waits_for_a_calendar_for_too_long_is_told_that_it_is_busy(kind: str, new_database: Databases):
    assert ran("with_the_lock_taken()", new_database(kind)) == {"outcomes": ["busy", "done"], "held": 1}


def test_postgresql_refuses_an_overlap_that_no_service_has_checked(new_database: Databases):
    outcomes = ran("written_without_the_service()", new_database("postgresql"))
    refused = {what for what, outcome in outcomes.items() if outcome == "refused"}
    assert refused == {
        "the same seat", "another session at the same time", "another session that overlaps",
        "somebody who wants the room alone", "somebody who was there", "an overlap in the next hour",
    }  # fmt: skip
