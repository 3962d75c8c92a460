"""OpenAPI descriptions that cannot be imported, as a whole or in part."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.errors import ImportRefused
from tests.assistant.tools.openapi_documents import body, described, one, read, secured, sent

WHOLE: list[tuple[str, dict[str, Any]]] = [
    ("swagger2", {"swagger": "2.0", "paths": {"/": {}}}),
    ("openapi_version", described(openapi="3.2.0")),
    ("openapi_version", described(openapi="4.0.0")),
    ("openapi_version", described(openapi=None)),
    ("no_paths", described(paths={})),
    ("no_paths", described(paths=None)),
    ("no_paths", described(paths=[1])),
    ("too_many", described(paths={f"/{n}": {"get": {}} for n in range(2001)})),
]


@pytest.mark.parametrize(("code", "document"), WHOLE, ids=[code for code, _ in WHOLE])
def test_an_invalid_description_is_refused_as_a_whole(code, document):
    with pytest.raises(ImportRefused) as refused:
        read(document)
    assert refused.value.code == code


REFUSED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("ref_remote", body({"$ref": "http://127.0.0.1:1/x.json"}), {}),
    ("ref_remote", body({"$ref": "file:///etc/passwd"}), {}),
    ("ref_remote", body({"$ref": "other.yaml#/X"}), {}),
    ("ref_remote", body({"type": "object", "properties": {"a": {"$ref": "//evil/x"}}}), {}),
    ("ref_missing", body({"$ref": "#/components/schemas/Gone"}), {}),
    ("ref_missing", {"parameters": [{"$ref": "#/components/parameters/Gone"}]}, {}),
    ("ref_circular", {"parameters": [{"$ref": "#/x"}]}, {"x": {"$ref": "#/x"}}),
    ("parameter", {"parameters": [{"in": "query"}]}, {}),
    ("parameter", {"parameters": [7]}, {}),
    ("parameter_place", {"parameters": [{"name": "c", "in": "cookie", "required": True}]}, {}),
    ("parameter_object", {"parameters": [{"name": "f", "in": "query", "required": True, "schema": {"type": "object"}}]}, {}),
    ("header_refused", {"parameters": [{"name": "Cookie", "in": "header", "required": True}]}, {}),
    ("body_type", body({}, kind="multipart/form-data"), {}),
    ("body_type", body({}, kind="application/octet-stream"), {}),
    ("body_shape", body({"type": "array", "items": {}}), {}),
    ("body_open", body({"type": "object"}), {}),
    ("property_name", body({"type": "object", "properties": {"@type": {}}, "required": ["@type"]}), {}),
    ("too_many", body({"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(200)}}), {}),
    ("no_server", {}, {"servers": None}),
    ("no_server", {}, {"servers": [{"url": "/v1"}]}),
    ("server_variable", {}, {"servers": [{"url": "https://{shop}.example.com"}]}),
    ("address_refused", {}, {"servers": [{"url": "http://127.0.0.1:8000"}]}),
    ("address_refused", {}, {"servers": [{"url": "http://169.254.169.254/latest"}]}),
    ("address_refused", {}, {"servers": [{"url": "file:///etc"}]}),
    ("address_refused", {}, {"servers": [{"url": "https://user:pw@example.com"}]}),
    ("security_unsupported", {}, secured(type="mutualTLS")),
    ("security_unsupported", {}, secured(type="http", scheme="digest")),
    ("security_unsupported", {}, secured(type="apiKey", name="sid", **{"in": "cookie"})),
    ("security_unknown", {"security": [{"gone": []}]}, {}),
    ("security_several", {"security": [{"a": [], "b": []}]}, {}),
    ("operation", [], {}),  # type: ignore[list-item]
]


@pytest.mark.parametrize(("code", "operation", "changes"), REFUSED, ids=[code for code, _, _ in REFUSED])
def test_what_an_operation_cannot_become_is_named(code, operation, changes):
    draft = one(operation, **changes)
    assert [problem.code for problem in draft.problems] == [code] and draft.problems[0].text


@pytest.mark.parametrize("verb", ["head", "options", "trace"])
def test_a_verb_that_is_not_made_is_named(verb):
    assert one({}, verb=verb).problems[0].code == "verb"


@pytest.mark.parametrize("path", ["/a/{b", "/a/{b{c}}", "/a/#x", "/a b", "/a/../b", "/{a?}/{}"])
def test_a_path_that_cannot_be_filled_is_refused_or_made_fit(path):
    draft = one({}, path=path)
    assert draft.problems or sent(draft, **dict.fromkeys(draft.parameters["properties"], "x"))
