"""The first turn after a start, in a process of its own: on the SQLite of a first start, whatever database the tests use."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

from tests.servers import ROOT, environment


def test_the_first_turn_after_a_start_loads_nothing_that_warming_up_has_not(first_start, tmp_path):
    shutil.copytree(first_start, tmp_path / "data")
    seen = subprocess.run(
        [sys.executable, "-m", "tests.assistant.first_turn"],
        cwd=ROOT, env=environment(DATA_DIR=str(tmp_path / "data")), capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert json.loads(seen.stdout) == {"modules": [], "patterns": [], "organizations": 0}
