"""No test patches a module of ours: doubles stand at the edges, and what a test needs otherwise is passed in."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests import test_architecture as architecture

# An example of a new kind, event or language is entered where a real one would be. Nothing else is ever added here.
REGISTRIES = {
    "assistant.tools.KINDS",
    "assistant.events.EVENTS",
    "assistant.providers.presets.PRESETS",
    "assistant.sentences.CATALOGUES",
    "widget.frames.FRAMES",
}
PATCHING = {"setattr", "delattr", "setitem", "delitem", "patch", "object", "dict", "multiple"}


def is_ours(name: str) -> bool:
    return name.split(".")[0] in architecture.OURS


def names_in(tree: ast.AST) -> dict[str, str]:
    """What of ours is imported, by the name that it has here."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                name = one.name if one.asname else one.name.split(".")[0]
                found |= {one.asname or name: name} if is_ours(name) else {}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level and is_ours(node.module):
            found |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
    return found


def of_ours(expression: ast.expr, names: dict[str, str]) -> str:
    """The dotted name of ours that an expression goes to or through; "" where it does not."""
    if isinstance(expression, ast.Constant) and isinstance(expression.value, str):
        return expression.value if is_ours(expression.value) and "." in expression.value else ""
    if isinstance(expression, ast.Name):
        return names.get(expression.id, "")
    if isinstance(expression, ast.Attribute):
        inside = of_ours(expression.value, names)
        return inside and f"{inside}.{expression.attr}"
    return of_ours(expression.value, names) if isinstance(expression, ast.Subscript) else ""


def patches(tree: ast.AST) -> Iterator[tuple[int, str]]:
    names = names_in(tree)
    for node in ast.walk(tree):
        patched: list[str] = []
        if isinstance(node, ast.Call) and node.args:
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            name = of_ours(node.args[0], names) if called in PATCHING else ""
            patched = [] if called == "setitem" and name in REGISTRIES else [name]
        elif isinstance(node, (ast.Assign, ast.Delete)):
            patched = [of_ours(one, names) for one in node.targets if isinstance(one, (ast.Attribute, ast.Subscript))]
        elif isinstance(node, (ast.AugAssign, ast.AnnAssign)) and not isinstance(node.target, ast.Name):
            patched = [of_ours(node.target, names)]
        yield from ((node.lineno, name) for name in patched if name)  # type: ignore[attr-defined]


def test_no_test_patches_a_module_of_ours() -> None:
    found = [
        f"{path.relative_to(architecture.ROOT)}:{line} {name}"
        for path in sorted((architecture.ROOT / "tests").rglob("*.py"))
        for line, name in patches(ast.parse(path.read_text()))
    ]
    assert not found, "Pass a double, a setting or an argument in instead:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "patch",
    [
        'monkeypatch.setattr(live, "announce", print)', 'monkeypatch.setattr("assistant.live.announce", print)',
        'monkeypatch.setattr(live.cache, "set", print)', 'monkeypatch.setitem(live._drafts, "a", 1)',
        'mock.patch("assistant.live.announce")', 'mock.patch.object(live, "announce")', 'mock.patch.dict(live._drafts, a=1)',
        'setattr(live, "announce", print)', "live.announce = print", "live.group.limit: int = 1", "live.LIMIT += 1",
        'live._drafts["a"] = 1', "del live.announce", 'monkeypatch.delattr(live, "announce")',
        'monkeypatch.delitem(KINDS, "http")', 'monkeypatch.setattr(here.is_there.live, "announce", print)',
    ],
)  # fmt: skip
def test_a_patch_is_found_however_it_is_written(patch: str) -> None:
    imports = "import assistant as here\nfrom assistant import live\nfrom assistant.tools import KINDS\n"
    assert [line for line, _ in patches(ast.parse(imports + patch))] == [4]


@pytest.mark.parametrize(
    "line",
    [
        'monkeypatch.setattr(socket, "connect", print)', 'monkeypatch.setitem(KINDS, "wave", wave)',
        'monkeypatch.setenv("REDIS_URL", "")', "settings.REDIS_URL = ''", "row.title = 'T'", "copies = live.DraftCopies()",
    ],
)  # fmt: skip
def test_doubles_at_the_edges_settings_and_examples_are_no_patches(line: str) -> None:
    assert not list(patches(ast.parse(f"from assistant import live\nfrom assistant.tools import KINDS\n{line}")))
