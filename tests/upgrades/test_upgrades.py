"""What earlier versions have written is there after an upgrade, and everything works on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from assistant.secrets import new_key
from tests import servers
from tests.sampling import is_thorough

from .states import FOLDER

STATES = sorted(path.stem for path in FOLDER.glob("*.json"))
MIGRATIONS = servers.ROOT / "assistant" / "migrations"


OLDEST, NEWEST = STATES[0], STATES[-1]
IN_ONE_STEP = next(MIGRATIONS.glob("0001_squashed_*.py")).stem.removeprefix("0001_squashed_")


def chosen(*by_default: str) -> list[str]:
    return STATES if is_thorough() else list(by_default)


def upgrade(states: list[str], **environment: str) -> list[str]:
    """The states that were upgraded."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.upgrades", *states],
        cwd=servers.ROOT, env=servers.environment(DJANGO_SETTINGS_MODULE="interworky.settings", **environment),
        capture_output=True, text=True, timeout=1200,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    return done.stdout.split()


def test_the_landings_so_far_have_their_states_kept() -> None:
    landed = sorted(path.stem for path in MIGRATIONS.glob("0*.py"))
    assert landed[0] == OLDEST and set(STATES) <= set(landed)  # one for each landing, named for its newest migration


def test_earlier_states_become_the_newest_on_sqlite(tmp_path: Path) -> None:
    # New databases come by both at once, and a migration that has not landed yet changes them. What landed before stays as
    # it is and needs nothing of ours but models' defaults, which every process loads with it: walking through all of it,
    # which is 15 s of Django's making the models of each step, can wait for a release.
    states = chosen(*dict.fromkeys((IN_ONE_STEP, NEWEST)))
    assert upgrade(states, DATA_DIR=str(tmp_path)) == states


def test_earlier_states_become_the_newest_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    keys = {"SECRET_KEY": "s" * 50, "FIELD_KEYS": new_key()}
    states = chosen(NEWEST)
    assert upgrade(states, DATA_DIR=str(tmp_path), DATABASE_URL=postgres_url, **keys) == states


@pytest.mark.parametrize("name", STATES)
def test_a_kept_state_is_small(name: str) -> None:
    assert (FOLDER / f"{name}.json").stat().st_size < 40_000
