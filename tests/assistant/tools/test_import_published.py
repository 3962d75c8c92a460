"""OpenAPI descriptions that are published."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.tools import importing
from tests.assistant.tools.openapi_documents import described, read, taken
from tests.conftest import needed
from tests.servers import ROOT, Missing

# Package and file, then how many operations there are, and how many of them become methods.
PUBLISHED = [
    ("@figma/rest-api-spec", "openapi/openapi.yaml", 54, 54),
    ("@ideal-postcodes/openapi", "dist/openapi.json", 31, 31),
    ("@ideal-postcodes/openapi", "dist/openapi.yaml", 31, 31),
    ("@directus/specs", "dist/openapi.json", 136, 136),
    ("rclone-openapi", "openapi.yaml", 101, 101),
    ("shipengine-openapi", "openapi.yaml", 76, 74),
    ("@scalar/galaxy", "dist/3.1.yaml", 9, 9),
]


@contextmanager
def package(name: str) -> Iterator[str]:
    if not (folder := ROOT / "node_modules" / name).is_dir():
        raise Missing(f"The npm package {name} is not installed (npm ci)")
    yield str(folder)


@pytest.mark.parametrize(("name", "file", "operations", "methods"), PUBLISHED, ids=[f"{n}/{f}" for n, f, _, _ in PUBLISHED])
def test_a_published_description_becomes_methods(name, file, operations, methods):
    with needed(lambda: package(name)) as folder:
        found = importing.read(Path(folder, file).read_bytes(), base_url="https://api.example.com")
    drafts = importing.validated(found, []).drafts
    good = [draft for draft in drafts if not draft.problems]
    assert (len(drafts), len(good)) == (operations, methods)
    assert len({draft.name for draft in good}) == methods
    assert all(problem.text for draft in drafts for problem in draft.problems)
    assert all(draft.config["url"].startswith("https://api.example.com/") for draft in good)


def test_a_credential_that_is_described_as_a_parameter_too_is_none_of_a_models_business() -> None:
    key = {"name": "api_key", "in": "query", "required": True, "schema": {"type": "string"}}
    for place, name in (("query", "api_key"), ("header", "X-Key")):
        draft = taken(
            {"parameters": [{**key, "name": name, "in": place}, {**key, "name": "q"}]},
            verb="get",
            components={"securitySchemes": {"key": {"type": "apiKey", "in": place, "name": name}}},
            security=[{"key": []}],
        )
        assert list(draft.parameters["properties"]) == ["q"]
        assert (draft.config["auth"], draft.config["auth_name"], draft.config["headers"]) == (place, name, "")


def test_two_apis_of_one_title_are_two() -> None:
    operation = {"get": {"summary": "All"}}
    ours, theirs, moved = (
        read(described(paths={"/a": operation}, servers=[{"url": f"https://{host}/v1"}]), **options).drafts[0].source
        for host, options in (
            ("api.example.com", {}),
            ("api.example.net", {}),
            ("api.example.com", {"base_url": "https://api.example.org/"}),
        )
    )
    assert len({ours, theirs, moved}) == 3


def test_a_path_without_a_slash_does_not_reach_the_host() -> None:
    paths = {".evil.com/x": {"get": {}}, "x-note": {"get": {}}}
    (draft,) = read(described(paths=paths)).drafts
    assert [problem.code for problem in draft.problems] == ["path"]


def test_an_invalid_address_is_reported_as_invalid() -> None:
    found = read(described(servers=[{"url": "//[x"}]), base_url="https://api.example.com/")
    assert [problem.code for problem in found.drafts[0].problems] == ["url"]


@pytest.mark.parametrize("bad", ["\0", "\ud800"])
def test_what_no_database_takes_is_left_out_by_name(bad: str) -> None:
    choices = {"name": "q", "in": "query", "schema": {"type": "string", "enum": [f"a{bad}"]}}
    paths = {f"/{bad}": {"get": {"summary": bad}}, "/good": {"get": {}}, "/choices": {"get": {"parameters": [choices]}}}
    found = read(described(paths=paths))
    assert [[problem.code for problem in draft.problems] for draft in found.drafts] == [["characters"], [], ["characters"]]
    json.dumps(found.as_json(), ensure_ascii=False).encode()
    assert bad not in json.dumps(found.as_json(), ensure_ascii=False)
