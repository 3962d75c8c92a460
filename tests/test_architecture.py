"""Packages, layers and dependencies: every import of ours, held against the diagram in `docs/design.md`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from assistant.tools import KINDS

ROOT = Path(__file__).resolve().parent.parent

DIAGRAM = ROOT / "docs" / "design.md"


def layers(diagram: str) -> list[list[str]]:
    """The packages of the diagram, from top to bottom. An arrow begins a layer; a line without one continues it."""
    block = diagram.partition("## Packages")[2].partition("\n\n    ")[2].partition("\n\n")[0]
    found: list[list[str]] = []
    for line in block.splitlines():
        arrow, names = line.strip()[:1], re.split(r"\s{3,}", line.strip().lstrip("⇅↓ "))[0].split()
        if arrow in "⇅↓":
            found.append([])
        found[-1] += [name.rstrip("/") for name in names]
    top = ("static/widget", *(package for package in OURS if package != "assistant"))
    return [[name if name in top else f"assistant.{name}" for name in layer] for layer in found]


OURS = ("assistant", "widget", "interworky")
# A module imports from lines below its own, never from above or beside; the modules of one package may import each other,
# though never in a cycle.
LAYERS = layers(DIAGRAM.read_text())[1:]  # the widget itself is no Python
PACKAGES = {home: layer for layer, packages in enumerate(LAYERS) for home in packages}
PLAIN = LAYERS[-1]
# What models call the kinds that mean something to them: nothing for services.
NAMED_KINDS = ("assistant.models.methods.method.HANDOFF", "assistant.models.methods.method.KNOWLEDGE")
CLIENTS = {"aiohttp", "curl_cffi", "http", "httpcore", "httpx", "httpx_aiohttp", "niquests", "requests", "urllib3", "urllib"}


def modules(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def package_of(module: str) -> str | None:
    """The package of the diagram that a module is in; None for what is above all of them: `interworky`, `assistant.apps`."""
    return next((home for home in PACKAGES if module == home or module.startswith(home + ".")), None)


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that `path` imports, inside functions too. `from a import b` gives `a.b`."""
    package = name_of(path).split(".") if path.name == "__init__.py" else name_of(path).split(".")[:-1]
    for node in ast.walk(tree(path)):
        match node:
            case ast.Import():
                yield from ((node.lineno, alias.name) for alias in node.names)
            case ast.ImportFrom():
                start = package[: len(package) - node.level + 1] if node.level else []
                base = ".".join([*start, *([node.module] if node.module else [])])
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def wrong_imports(path: Path) -> Iterator[str]:
    home = package_of(name_of(path))
    if home is None:
        return
    for line, imported in imports(path):
        other = package_of(imported)
        if other is not None and other != home and PACKAGES[other] <= PACKAGES[home]:
            yield f"{path.relative_to(ROOT)}:{line}: {home} may not know {imported}"


@pytest.mark.parametrize("package", ["assistant", "widget"])
def test_a_module_imports_only_from_lines_below_its_own(package):
    assert [wrong for path in modules(package) for wrong in wrong_imports(path)] == []


def test_the_check_sees_a_wrong_import_inside_a_function(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    wrong = tmp_path / "assistant" / "services" / "noun.py"
    wrong.parent.mkdir(parents=True)
    wrong.write_text("def f():\n    from ..tools import executor\n    from assistant.services import other\n")
    assert list(wrong_imports(wrong)) == [
        "assistant/services/noun.py:2: assistant.services may not know assistant.tools.executor"
    ]


def test_the_diagram_is_read_as_it_is_drawn():
    drawn = (
        "## Packages\n\nWords.\n\n    ⇅ static/widget    the page\n    ↓ turns  admin/    two\n      jobs    three\n"
        "    ↓ llm    values\n\nMore."
    )
    assert layers(drawn) == [
        ["static/widget"],
        ["assistant.turns", "assistant.admin", "assistant.jobs"],
        ["assistant.llm"],
    ]
    assert PACKAGES["assistant.services"] < PACKAGES["assistant.models"] < PACKAGES["assistant.llm"]


def test_the_drawing_shows_the_same_packages():
    drawing = (ROOT / "docs" / "images" / "layers.svg").read_text()
    drawn = re.findall(r'class="name"[^>]*>([^<]+)<', drawing)
    assert drawn == [home.removeprefix("assistant.") for layer in layers(DIAGRAM.read_text()) for home in layer]


def test_every_package_of_the_diagram_exists():
    assert [
        home
        for home in PACKAGES
        if not (ROOT / home.replace(".", "/")).is_dir() and not (ROOT / f"{home.replace('.', '/')}.py").is_file()
    ] == []


def circles(imported: dict[str, set[str]]) -> list[list[str]]:
    """The modules that import each other, directly or through others."""

    def reached(start: str) -> set[str]:
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            for other in imported.get(waiting.pop(), set()) - seen:
                seen.add(other)
                waiting.append(other)
        return seen

    ways = {module: reached(module) for module in imported}
    together = {
        tuple(sorted({module, *(o for o in ways[module] if module in ways[o])}))
        for module in imported
        if module in ways[module]
    }
    return sorted(map(list, together))


def test_no_module_imports_itself_by_way_of_others():
    known = {name_of(path) for path in modules(*OURS)}
    imported: dict[str, set[str]] = {}
    for path in modules(*OURS):
        found = {what if what in known else what.rpartition(".")[0] for _, what in imports(path)}
        imported[name_of(path)] = (found & known) - {name_of(path)}
    assert circles(imported) == []
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def test_a_package_of_booking_imports_only_from_lines_below_its_own_in_the_document():
    home = "assistant.services.booking"
    table = (ROOT / "docs" / "booking.md").read_text().partition("|---|---|\n")[2].partition("\n\n")[0]
    order = re.findall(r"^\| `(\w+)/?` \|", table, re.M)
    paths = [path for path in modules("assistant/services/booking") if name_of(path) != home]
    assert sorted(order) == sorted({name_of(path).split(".")[3] for path in paths})
    upwards = [
        (name_of(path), what)
        for path in paths
        for _, what in imports(path)
        if what.startswith(home + ".") and order.index(what.split(".")[3]) < order.index(name_of(path).split(".")[3])
    ]
    assert upwards == []


def test_every_module_has_a_room():
    above = {"assistant", "assistant.apps"}
    assert [
        name for path in modules("assistant", "widget") if package_of(name := name_of(path)) is None and name not in above
    ] == []


def test_plain_values_know_neither_django_nor_us():
    paths = [path for path in modules("assistant") if package_of(name_of(path)) in PLAIN]
    known = {(name_of(path), imported) for path in paths for _, imported in imports(path)}
    assert {(who, what) for who, what in known if what.split(".")[0] in ("django", "channels", "celery", *OURS)} == {
        (who, what) for who, what in known if package_of(what) in PLAIN
    }


def test_nobody_but_itself_imports_the_joining_package():
    found = [(name_of(path), what) for path in modules("assistant", "widget") for _, what in imports(path)]
    assert [(who, what) for who, what in found if what.split(".")[0] == "interworky"] == []


def test_only_outbound_reaches_other_servers():
    """Parsing an address is no request: `urllib.parse` is free."""
    found = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in modules(*OURS)
        if package_of(name_of(path)) != "assistant.outbound"
        for line, what in imports(path)
        if what.split(".")[0] in CLIENTS and not what.startswith(("urllib.parse.", "http.HTTPStatus"))
    ]
    assert found == []


def kinds_named(path: Path) -> Iterator[str]:
    """Where a kind of method is given by its name: `kind="http"`, `method.kind == "http"`, `KIND = "http"`."""
    for node in ast.walk(tree(path)):
        match node:
            case ast.keyword(arg=str(name), value=value) if "kind" in name.split("__"):
                values = [value]
            case ast.Compare(left=left, comparators=others) if "kind" in ast.unparse(node).casefold():
                values = [left, *others]
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if "kind" in name.casefold():
                values = [value]
            case _:
                continue
        for inner in (inner for value in values for inner in ast.walk(value)):
            if isinstance(inner, ast.Constant) and inner.value in KINDS:
                yield f"{path.relative_to(ROOT)}:{inner.lineno}: {inner.value}"


def test_services_know_no_kind_of_method_by_name():
    """A new kind is a row in `KINDS`; what services need to know of one, a queryset or a property of a model says."""
    assert [found for path in modules("assistant/services") for found in kinds_named(path)] == []
    assert [
        what for path in modules("assistant/services") for _, what in imports(path) if what.startswith(NAMED_KINDS)
    ] == []


def test_the_check_sees_a_kind_however_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        'KIND = "http"\nMethod.objects.filter(kind="email", name="http")\ncalls.filter(method__kind__in=["mcp"])\n'
        'if method.kind == "handoff" and call.name == "knowledge":\n    pass\n'
    )
    assert list(kinds_named(wrong)) == ["wrong.py:1: http", "wrong.py:2: email", "wrong.py:3: mcp", "wrong.py:4: handoff"]


def test_only_settings_read_the_environment():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules(*OURS)
        if name_of(path) not in ("interworky.settings", "interworky.environment")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv") and ast.unparse(node.value) == "os"
        # Naming the settings module is how Django is told where they are; TZ is this machine's, not configuration.
        and not {"DJANGO_SETTINGS_MODULE", "TZ"} & set(path.read_text().splitlines()[node.lineno - 1].split('"'))
    ]  # fmt: skip
    assert found == []


def test_text_of_others_is_never_trusted_as_markup_or_as_a_template():
    """`mark_safe` and friends turn text into markup; `str.format` on a tenant's text reads our objects' attributes."""
    found = []
    for path in modules(*OURS):
        for node in ast.walk(tree(path)):
            match node:
                case ast.Name(id="mark_safe" | "SafeString" | "print") | ast.Attribute(attr="mark_safe" | "format_map"):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}")
                case ast.Call(func=ast.Attribute(attr="format", value=text)) if not stands_in_the_code(text):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}")
    assert found == []


def stands_in_the_code(text: ast.expr) -> bool:
    """A literal or a constant's name: ours. Any other text may be anybody's."""
    while isinstance(text, ast.Subscript):
        text = text.value
    return isinstance(text, ast.Constant) or (isinstance(text, ast.Name) and text.id.isupper())
