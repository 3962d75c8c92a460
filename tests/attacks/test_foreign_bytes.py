"""Bytes of others that are made to take long: steps grow with their number, and not with its square."""

from __future__ import annotations

import subprocess
import sys
from types import FrameType
from typing import Any

import pytest

from tests.attacks.readers import READERS
from tests.servers import ROOT, environment


@pytest.mark.parametrize("name", READERS)
def test_twice_the_bytes_take_twice_the_steps(name: str) -> None:
    read, shape = READERS[name]
    read(shape(1000))  # what is imported or compiled once
    few, many = (steps(read, shape(size)) for size in (60_000, 120_000))
    assert many <= 2.3 * few + 2000, (few, many)


def steps(read: Any, text: str) -> int:
    """Calls, of Python's functions and of built-in ones alike, and passes of loops over lines."""
    count = 0

    def counted(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += 1
        return counted

    before = sys.gettrace()
    sys.setprofile(counted)
    sys.settrace(counted)
    try:
        read(text)
    finally:
        sys.setprofile(None)
        sys.settrace(before)
    return count


def test_a_megabyte_of_the_worst_is_read_within_the_processor_time_of_one_pass() -> None:
    """For what is done below Python: joining, matching, normalising."""
    command = [sys.executable, "-m", "tests.attacks.readers"]
    values = environment(DJANGO_SETTINGS_MODULE="interworky.settings", SECRET_KEY="s" * 50, FIELD_KEYS="k" * 43 + "=")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=values, timeout=600)
    assert done.returncode == 0, f"{done.returncode} at: {done.stdout.splitlines()[-1:]}\n{done.stderr[-2000:]}"
