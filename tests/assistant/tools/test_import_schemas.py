"""Schemas of OpenAPI descriptions: they become ones that every model understands."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from assistant.errors import ToolError
from assistant.tools import importing, parameters
from tests.assistant.tools.openapi_documents import body, described, noted, one, sent, taken

# --- Schemas ----------------------------------------------------------------------------------------------------------


SCHEMAS: list[tuple[Any, Any]] = [
    ({"type": ["string", "null"]}, {"type": "string"}),
    ({"type": "string", "nullable": True}, {"type": "string"}),
    ({"anyOf": [{"type": "integer"}, {"type": "null"}], "description": "n"}, {"type": "integer", "description": "n"}),
    ({"oneOf": [{"const": "a"}, {"const": "b"}]}, {"type": "string", "enum": ["a", "b"]}),
    ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
    ({"type": "number", "minimum": 1, "exclusiveMinimum": True}, {"type": "number", "exclusiveMinimum": 1}),
    ({"type": "integer", "format": "int64", "minimum": 5, "maximum": 1}, {"type": "integer"}),
    ({"type": "integer", "multipleOf": 0}, {"type": "integer"}),
    ({"type": "string", "pattern": "^(a+)+$"}, {"type": "string", "pattern": "^(a+)+$"}),
    ({"type": "string", "pattern": "(?<=a)b"}, {"type": "string"}),
    ({"type": "string", "format": "date"}, {"type": "string", "format": "date"}),
    ({"type": "string", "format": "made-up"}, {"type": "string"}),
    ({"type": "string", "enum": [1, True, None, "x"]}, {"type": "string", "enum": ["1", "true", "x"]}),
    ({"type": "string", "enum": ["a"], "default": "b"}, {"type": "string", "enum": ["a"]}),
    ({"type": "integer", "default": "many"}, {"type": "integer"}),
    ({"enum": [1, 2]}, {"type": "integer", "enum": [1, 2]}),
    ({"type": "array"}, {"type": "array", "items": {"type": "string"}}),
    ({}, {"type": "string"}),
    (True, {"type": "string"}),
    ({"allOf": [{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
                {"properties": {"b": {"type": "integer"}}}]},
     {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]}),
    ({"type": "object", "properties": {"id": {"type": "string", "readOnly": True}, "n": {"type": "string"}}},
     {"type": "object", "properties": {"n": {"type": "string"}}}),
    ({"type": "object", "discriminator": {}, "not": {}, "xml": {}, "properties": {"a": {"type": "boolean"}}},
     {"type": "object", "properties": {"a": {"type": "boolean"}}}),
]  # fmt: skip


@pytest.mark.parametrize(("theirs", "ours"), SCHEMAS)
def test_a_schema_becomes_one_that_every_model_understands(theirs, ours):
    draft = taken(body({"type": "object", "properties": {"it": theirs}}))
    assert draft.parameters["properties"]["it"] == ours


def test_a_schema_that_holds_itself_is_cut():
    node = {"type": "object", "properties": {"name": {"type": "string"}, "child": {"$ref": "#/components/schemas/Node"}}}
    draft = taken(body({"$ref": "#/components/schemas/Node"}), components={"schemas": {"Node": node}})
    assert draft.parameters["properties"]["child"] == {"type": "object"}
    assert noted(draft) == ["recursive"]


def test_a_schema_that_doubles_at_every_step_is_cut_in_time():
    schemas = {
        f"S{n}": {"type": "object", "properties": {side: {"$ref": f"#/components/schemas/S{n + 1}"} for side in "lr"}}
        for n in range(40)
    }
    schemas["S40"] = {"type": "string"}
    draft = taken(body({"$ref": "#/components/schemas/S0"}), components={"schemas": schemas})
    assert "opened" in noted(draft)


def test_hundreds_of_operations_of_endless_schemas_are_drawn_small_in_time():
    branches: dict[str, Any] = {"type": "string", "enum": ["x"]}
    for depth in range(4):
        branches = {"anyOf": [{**branches, "description": f"{depth} {n}"} for n in range(8)]}
    schemas = {
        f"S{n}": {"type": "object", "properties": {s: {"$ref": f"#/components/schemas/S{n + 1}"} for s in "abcdefghij"}}
        for n in range(30)
    }
    components = {"schemas": {**schemas, "S30": {"type": "string"}, "B": branches}}
    both = {
        "type": "object",
        "properties": {"s": {"$ref": "#/components/schemas/S0"}, "b": {"$ref": "#/components/schemas/B"}},
    }
    paths = {f"/{n}": {"post": body(both), "put": body({"$ref": "#/components/schemas/S0"})} for n in range(300)}
    began = time.process_time()
    found = importing.read(json.dumps(described(paths=paths, components=components)))
    assert time.process_time() - began < 10  # seconds; far more without a limit for the whole document
    assert [draft for draft in found.drafts if draft.config.get("verb") == "PUT" and draft.problems] == []


def test_several_bodies_become_one_whose_parts_are_optional():
    card = {
        "type": "object",
        "properties": {"card": {"type": "string"}, "amount": {"type": "integer"}},
        "required": ["card", "amount"],
    }
    bank = {
        "type": "object",
        "properties": {"iban": {"type": "string"}, "amount": {"type": "integer"}},
        "required": ["iban", "amount"],
    }
    draft = taken(body({"oneOf": [card, bank]}))
    assert (set(draft.parameters["properties"]), draft.parameters["required"]) == ({"card", "iban", "amount"}, ["amount"])
    assert noted(draft) == ["loosened"]


def test_what_is_optional_and_cannot_be_sent_is_left_out_with_a_remark():
    parameters = [
        {"name": "session", "in": "cookie", "schema": {"type": "string"}},
        {"name": "filter", "in": "query", "style": "deepObject", "schema": {"type": "object"}},
        {"name": "Host", "in": "header", "schema": {"type": "string"}},
    ]
    properties = {
        "@type": {"type": "string"},
        "file": {"type": "file"},
        "userId": {"type": "string"},
        "user_id": {"type": "string"},
    }
    draft = taken({"parameters": parameters, **body({"type": "object", "properties": properties})})
    assert set(draft.parameters["properties"]) == {"userId"}
    assert sorted(noted(draft)) == [
        *("header_refused", "parameter_object", "parameter_place", "property_name", "same_name", "type_unknown"),
    ]


# --- Null -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "field",
    [
        {"type": ["string", "null"]},
        {"type": "string", "nullable": True},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"$ref": "#/components/schemas/Note"},
    ],
)
def test_what_is_required_and_may_be_null_can_still_be_null(field: Any) -> None:
    schema = {"type": "object", "properties": {"note": {**field, "description": "A note."}}, "required": ["note"]}
    components = {"schemas": {"Note": {"type": "string", "nullable": True}}}
    draft = one(body(schema), components=components)
    note = draft.parameters["properties"]["note"]
    assert note == {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "A note."}
    offered = parameters.offered(draft.parameters)
    for value in (None, "x"):
        assert sent(draft, **parameters.checked({"note": value}, offered))[2] == {"note": value}
    with pytest.raises(ToolError):
        parameters.checked({}, offered)


def test_what_is_optional_is_left_out_instead_of_null() -> None:
    draft = one(body({"type": "object", "properties": {"note": {"type": ["string", "null"]}, "n": {"type": "integer"}}}))
    assert draft.parameters["properties"]["note"] == {"type": "string"}
    given = parameters.checked({"note": None, "n": 1}, parameters.offered(draft.parameters))
    assert sent(draft, **given)[2] == {"n": 1}


def test_null_that_lies_too_deep_leaves_a_remark() -> None:
    schema: dict[str, Any] = {"type": ["string", "null"]}
    for _ in range(5):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    draft = one(body(schema))
    assert draft.problems == () and "not_null" in noted(draft)
