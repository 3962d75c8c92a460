"""Two beats that are killed again and again, on both databases: each appointment is reminded of once.

`REMINDERS` sets of how many.
"""

from __future__ import annotations

import json
import os
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
    race = f"import django; django.setup(); from tests.faults import beats; beats.race({REMINDERS}, {BEATS}, {KILLS})"
    done = subprocess.run([sys.executable, "-c", race], cwd=ROOT, env=values, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"reminders": REMINDERS, "reminded": REMINDERS}
