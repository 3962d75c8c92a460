"""What we tell people to write is what we read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.providers.completions.capabilities import LESSONS
from assistant.providers.configuration import KNOWN, POOL, load
from assistant.providers.presets import PRESETS
from assistant.services.providers.health import Learnt

from .environments import from_dotenv

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = (ROOT / ".env.example").read_text()
PAGE = (ROOT / "docs" / "providers.md").read_text()
VARIABLE = r"\b(?:AI|OPENAI|ANTHROPIC|GOOGLE_AI|CEREBRAS|GROQ|TOGETHER)_[A-Z0-9_]*[A-Z0-9]\b|\b(?:SMART|FAST)_LLM\b"


def test_the_example_is_a_healthy_start():
    found = load(from_dotenv(EXAMPLE))
    assert found.problems == () and not found.configured


@pytest.mark.parametrize("text", [EXAMPLE, PAGE], ids=["example", "page"])
def test_every_variable_that_is_written_about_is_read(text: str):
    named = set(re.findall(VARIABLE, text))
    assert len(named) > 20
    assert {name for name in named if name not in KNOWN and not POOL.fullmatch(name)} == set()


def test_every_setting_is_in_the_example_and_on_the_page():
    quiet = {"AI_AUTH", "AI_API_VERSION", "AI_MAX_TOKENS"}  # on the page alone
    assert {name for name in KNOWN - quiet if not re.search(rf"\b{name}\b", EXAMPLE)} == set()
    page = PAGE.replace("`_BASE_URL`", "`OPENAI_COMPAT_BASE_URL`").replace("`_MODEL`", "`OPENAI_COMPAT_MODEL`")
    page = page.replace("`_MAX_TOKENS`", "`OPENAI_COMPAT_MAX_TOKENS`")
    assert {name for name in KNOWN if f"`{name}" not in page} == set()


@pytest.mark.parametrize("key", [key for key in PRESETS if key != "custom"])
def test_every_preset_is_on_the_page_with_its_address(key: str):
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{key.upper().replace('-', '_')}` |")]
    assert PRESETS[key].base_url in line


def test_the_table_of_lessons_is_that_of_the_code():
    _, _, table = PAGE.partition("| Learnt | What is sent instead | Seen with |\n|---|---|---|\n")
    learnt = [(Learnt(lesson.capability, lesson.value), lesson) for lesson in LESSONS]
    rows = [f"| {fact.label}: {fact.shown} | {lesson.instead} | {lesson.seen} |" for fact, lesson in learnt]
    assert table.partition("\n\n")[0].splitlines() == rows
