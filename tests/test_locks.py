"""What is installed is what was locked: everything pinned and hashed, and no lock tied to one package index."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.servers import ROOT

LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-uv.lock", "requirements-vectors.lock"]


def pins(lock: str) -> dict[str, str]:
    found = re.findall(r"^([a-z0-9._-]+)(?:\[[a-z,]+\])?==([^\s;]+)", (ROOT / lock).read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock):
    entries = re.split(r"\n(?=[a-z0-9])", re.sub(r"^#.*\n", "", (ROOT / lock).read_text(), flags=re.MULTILINE))
    assert {entry.split("==")[0] for entry in entries} == set(pins(lock)) != set()
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("lock", [*LOCKS, "package-lock.json"])
def test_no_lock_names_the_index_that_it_was_made_with(lock):
    text = (ROOT / lock).read_text()
    assert not re.search(r'--(extra-)?index-url|--find-links|"resolved"', text)
    assert [address for address in re.findall(r"\w+://[^\s\"]+", text) if lock != "package-lock.json"] == []


@pytest.mark.parametrize(
    ("lock", "base", "extras", "groups"),
    [
        ("requirements.lock", True, ("documents",), ()),
        ("requirements-dev.lock", True, ("documents", "vectors"), ("dev",)),
        ("requirements-vectors.lock", False, ("vectors",), ()),
    ],
)
def test_the_lock_has_what_the_project_asks_for(lock, base, extras, groups):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"]] if base else []
    for extra in extras:
        asked += project["project"]["optional-dependencies"][extra]
    for group in groups:
        asked += project["dependency-groups"][group]
    locked = pins(lock)
    wanted = [Requirement(text) for text in asked]
    assert [str(one) for one in wanted if not one.specifier.contains(locked.get(canonicalize_name(one.name), "0"))] == []


def test_nobody_gets_the_package_for_vectors_who_does_not_ask_for_it():
    assert "numpy" not in pins("requirements.lock")


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-vectors.lock"])
def test_tests_run_on_the_very_packages_that_are_shipped(lock):
    shipped, tested = pins(lock), pins("requirements-dev.lock")
    assert {name: tested.get(name) for name in shipped} == shipped


def test_the_installer_is_the_one_that_makes_the_locks():
    assert pins("requirements-uv.lock")["uv"] == pins("requirements-dev.lock")["uv"]


def test_npm_installs_hashed_packages_for_development_only():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    ours = packages.pop("")
    assert "dependencies" not in ours
    assert [name for name, package in packages.items() if not package.get("integrity") or not package.get("dev")] == []
