"""Templates that a person can read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from interworky.admin_theme import SCRIPTS, STYLESHEETS

ROOT = Path(__file__).resolve().parent.parent
MAX_CHARS = 140
TEMPLATES = sorted(path for package in ("assistant", "interworky", "widget") for path in (ROOT / package).rglob("*.html"))


def too_long(text: str) -> list[int]:
    """The numbers of the lines that are longer than an editor shows beside another."""
    return [number for number, line in enumerate(text.splitlines(), 1) if len(line) > MAX_CHARS]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_line_of_a_template_is_longer_than_an_editor_shows(path):
    assert too_long(path.read_text()) == []


def test_a_long_line_is_found_where_it_stands():
    assert too_long(f"<p>\n{'x' * MAX_CHARS}\n{'x' * (MAX_CHARS + 1)}\n</p>") == [3]
    assert len(TEMPLATES) > 50


def test_states_are_drawn_by_the_tag_and_not_by_ladders_of_conditions():
    """A condition on a state inside an attribute is how such a ladder begins; `{% state_label %}` knows the colours."""
    ladder = re.compile(r"iw-label\{% if [\w.]*(?:state|outcome|risk) ==")
    assert [path.name for path in TEMPLATES if ladder.search(path.read_text())] == []
    assert ladder.search("""<span class="iw-label{% if turn.state == 'done' %} iw-good{% endif %}">""")


def test_every_script_and_stylesheet_of_the_admin_is_loaded_by_a_page():
    """One that no page loads is dead, or the page that needs it lost it."""
    sources = [*TEMPLATES, *(ROOT / "assistant" / "admin").rglob("*.py"), ROOT / "interworky" / "admin_theme.py"]
    loaded = set(re.findall(r"admin-extra/([\w./-]+)", "\n".join(path.read_text() for path in sources)))
    loaded |= {f"styles/{name}.css" for name in STYLESHEETS} | {f"{name}.js" for name in SCRIPTS}
    folder = ROOT / "static" / "admin-extra"
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.suffix in (".css", ".js")}
    assert files - loaded == set()
    assert {name for name in loaded if not (folder / name).exists()} == set()


def test_comments_end_on_the_line_on_which_they_begin():
    """Django shows a `{#` that is not closed on its line."""
    assert [path.name for path in TEMPLATES if re.search(r"\{#(?!.*#\})", path.read_text())] == []
