"""What is asked for is used, and what is used is asked for: imports held against pyproject.toml."""

from __future__ import annotations

import importlib.metadata
import sys
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import test_architecture as architecture
from tests.servers import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# Used without an import, by whom: a command of operators, a settings string, or another package.
WITHOUT_IMPORT = {
    "daphne": "manage.py runserver",
    "tzdata": "zoneinfo, where the system has no zones",
    "psycopg": "Django's backend for PostgreSQL",
    "django-unfold": "INSTALLED_APPS, and unfold.* in admin",
    "uvicorn": "the server's command, and interworky.up",
    "uvloop": "uvicorn, which takes its event loop where it is installed",
    "httptools": "uvicorn, which takes its HTTP parser where it is installed",
    "websockets": "uvicorn's WebSocket protocol, which ours extends",
}
# Imported although another package brings it along, which is that package's own interface.
BROUGHT_ALONG = {"asgiref": "django", "kombu": "celery"}
TOOLS = {"pytest-xdist", "pytest-django", "ruff", "mypy", "django-stubs", "types-pyyaml", "uv", "radicale"}


def asked(*groups: list[str]) -> list[str]:
    return [canonicalize_name(Requirement(text).name) for group in groups for text in group]


def imported(*folders: str) -> set[str]:
    """The distributions whose modules are imported anywhere in `folders`."""
    owners = importlib.metadata.packages_distributions()
    tops = {what.split(".")[0] for path in architecture.modules(*folders) for _, what in architecture.imports(path)}
    return {canonicalize_name(owner) for top in tops - set(sys.stdlib_module_names) for owner in owners.get(top, [])}


RUNTIME = asked(PROJECT["project"]["dependencies"])
EXTRAS = asked(*PROJECT["project"]["optional-dependencies"].values())
DEV = asked(PROJECT["dependency-groups"]["dev"])


def test_nothing_is_asked_for_twice():
    everything = [*RUNTIME, *EXTRAS, *DEV]
    assert sorted({name for name in everything if everything.count(name) > 1}) == []


def test_every_dependency_is_imported_or_says_who_needs_it():
    used = imported(*architecture.OURS) | set(WITHOUT_IMPORT)
    assert sorted({*RUNTIME, *EXTRAS} - used) == []


def test_every_tool_of_the_tests_is_imported_or_run():
    used = imported("tests", *architecture.OURS) | TOOLS
    assert sorted(set(DEV) - used) == []


def test_only_direct_dependencies_are_imported():
    assert sorted(imported(*architecture.OURS) - {*RUNTIME, *EXTRAS, *BROUGHT_ALONG}) == []
    assert set(BROUGHT_ALONG.values()) <= set(RUNTIME)


def test_no_reason_outlives_its_dependency():
    assert sorted(set(WITHOUT_IMPORT) - {*RUNTIME, *EXTRAS}) == []
    assert sorted(TOOLS - set(DEV)) == []
