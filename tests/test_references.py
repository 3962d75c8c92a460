"""Names of ours in docstrings and comments: a dotted one in backticks, such as `outbox.queue_email`, leads to something."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("assistant", "widget", "interworky", "tests")
ELSEWHERE = {"parameters.day", "visitor.html", "visitor.typing"}  # a part of a document, a file, and an event for staff
DOTTED = re.compile(r"`([a-z_]\w*(?:\.\w+)+)`")


def modules() -> list[Path]:
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    return [path for path in found if not {"migrations", "node_modules"} & set(path.parts)]


@cache
def names_in(path: Path) -> frozenset[str]:
    """What a module defines, imports or assigns at its top, and the names in its classes."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                found.add(name)
            case ast.alias(name=name, asname=other):
                found.add(other or name)
            case ast.arg(arg=name):
                found.add(name)
    return frozenset(found)


@cache
def known() -> dict[str, list[Path]]:
    """Modules and packages of ours by their last name: what a reference may begin with."""
    found: dict[str, list[Path]] = {}
    for path in modules():
        name = path.parent.name if path.name == "__init__.py" else path.stem
        found.setdefault(name, []).append(path)
    return found


def leads_somewhere(reference: str) -> bool:
    """Whether it is an event, or one of the modules that it can begin with has the rest; a first part that is none of ours
    is a variable, or somebody else's."""
    if reference in ELSEWHERE or reference in (ROOT / "docs" / "protocol.md").read_text():
        return True
    first, *rest = reference.split(".")
    return first not in known() or any(_has(path, rest) for path in known()[first])


def _has(path: Path, rest: list[str]) -> bool:
    if path.name == "__init__.py":
        below = [path.parent / f"{rest[0]}.py", path.parent / rest[0] / "__init__.py"]
        if inner := next((one for one in below if one.exists()), None):
            return len(rest) == 1 or _has(inner, rest[1:])
    return rest[0] in names_in(path)


def references() -> Iterator[tuple[Path, str]]:
    for path in modules():
        for reference in DOTTED.findall(path.read_text()):
            yield path.relative_to(ROOT), reference


def test_a_name_in_backticks_leads_to_something_of_ours():
    assert sum(1 for _ in references()) > 50
    assert [f"{path}: {name}" for path, name in references() if not leads_somewhere(name)] == []


def test_a_name_that_leads_nowhere_is_found():
    assert leads_somewhere("outbox.queue_email") and leads_somewhere("services.booking.availability.offers.parse_wish")
    assert not leads_somewhere("outbox.queue_postcard") and not leads_somewhere("services.postcards.queue")
