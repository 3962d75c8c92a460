"""Files that a reader can take in at once: at most 400 lines, for sources and tests in every language."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_LINES = 400
FOLDERS = ("assistant", "docs", "interworky", "packages", "static", "tests", "widget")
LANGUAGES = (".py", ".js", ".css", ".html", ".svg")
MADE = ("static/widget/dist/", "static/admin-extra/vendor/", "assistant/migrations/")
# Longer for a reason, each with the lines that it may have.
EXCEPTIONS = {
    "tests/assistant/entries.py": 750,  # one class with a method for every way out, and the table of them all
}


def files() -> list[Path]:
    found = (path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in LANGUAGES)
    return sorted(path for path in found if not str(path.relative_to(ROOT)).startswith(MADE))


def too_long(paths: Iterable[Path], root: Path = ROOT) -> list[str]:
    counted = ((str(path.relative_to(root)), len(path.read_text().splitlines())) for path in paths)
    return [f"{name}: {lines}" for name, lines in counted if lines > EXCEPTIONS.get(name, MAX_LINES)]


def test_no_file_is_longer_than_it_may_be():
    found = files()
    assert len(found) > 800
    assert too_long(found) == []


def test_every_exception_is_needed():
    assert [name for name in EXCEPTIONS if len((ROOT / name).read_text().splitlines()) <= MAX_LINES] == []


def test_a_file_of_one_line_too_many_is_found(tmp_path):
    for name, lines in (("short.py", MAX_LINES), ("long.css", MAX_LINES + 1)):
        (tmp_path / name).write_text("x\n" * lines)
    assert too_long(sorted(tmp_path.iterdir()), tmp_path) == [f"long.css: {MAX_LINES + 1}"]
