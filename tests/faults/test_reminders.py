"""Two beats that are killed again and again, on both databases: each appointment is reminded of once.

`REMINDERS` sets of how many.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys

import pytest

from tests.sampling import is_thorough
from tests.servers import ROOT, environment

from .conftest import Databases

REMINDERS = int(os.environ.get("REMINDERS", 1000 if is_thorough() else 100))
KILLS = 4
BEATS = 2


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_each_appointment_is_reminded_of_once_whatever_becomes_of_the_beats(new_database: Databases, engine: str) -> None:
    values = environment(DJANGO_SETTINGS_MODULE="interworky.settings", **new_database(engine))

    def start(act: str) -> subprocess.Popen[str]:
        program = f"import django; django.setup(); from tests.faults import beats; beats.{act}"
        return subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=values, stdout=subprocess.PIPE, text=True)

    def run(act: str) -> str:
        said, _ = (process := start(act)).communicate(timeout=300)
        assert process.returncode == 0
        return said

    run(f"prepare({REMINDERS})")
    chance = random.Random(7)
    for _ in range(KILLS):
        beats = [start("main()") for _ in range(BEATS)]
        for _ in range(chance.randint(1, max(1, REMINDERS // 5 // KILLS))):
            beats[0].stdout.readline()  # type: ignore[union-attr]
        for beat in beats:
            beat.kill()
            beat.communicate()
    last = [start("main()") for _ in range(BEATS)]
    for beat in last:
        beat.communicate(timeout=300)
    assert [beat.returncode for beat in last] == [0] * BEATS
    assert json.loads(run("outcome()")) == {"reminders": REMINDERS, "reminded": REMINDERS}
