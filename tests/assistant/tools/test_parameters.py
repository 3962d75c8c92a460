"""Schemas that staff and imports bring, and arguments that a model sends."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from assistant.errors import ToolError
from assistant.tools.parameters import check_schema, checked, offered

TEXT = {"type": "string"}


def an_object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def deep(depth: int) -> dict[str, Any]:
    node: dict[str, Any] = dict(TEXT)
    for _ in range(depth):
        node = {"type": "array", "items": node}
    return an_object(a=node)


BAD: list[tuple[Any, str]] = [
    (None, "schema_type"),
    (True, "schema_type"),
    ([], "schema_type"),
    ("{}", "schema_type"),
    ({}, "schema_type"),
    ({"type": "string"}, "schema_type"),
    ({"type": "object", "properties": []}, "schema_type"),
    (an_object(a=True), "schema_type"),
    (an_object(a={"type": "object", "properties": {"b": 5}}), "schema_type"),
    (an_object(a=float("nan")), "schema_json"),
    (an_object(a={"type": "string", "description": "x" * 40_000}), "schema_size"),
    (an_object(**{f"p{n}": TEXT for n in range(101)}), "too_many"),
    (an_object(**{f"p{n}": {} for n in range(10_000)}), "schema_size"),
    (deep(12), "too_deep"),
    ({**an_object(), "additionalProperties": True}, "additional"),
    ({**an_object(), "additionalProperties": TEXT}, "additional"),
    (an_object(a={"$ref": "http://127.0.0.1:9/x.json"}), "reference"),
    (an_object(a={"$ref": "file:///etc/passwd"}), "reference"),
    (an_object(a={"$ref": "#"}), "reference"),
    (an_object(a={"type": "object", "properties": {"b": {"$ref": "#/properties/a"}}}), "reference"),
    (an_object(a={"$dynamicRef": "#x"}), "reference"),
    ({**an_object(), "$defs": {}}, "reference"),
    ({**an_object(), "$id": "https://a.example"}, "reference"),
    (an_object(a={"type": ["string", "null"]}), "type_list"),
    (an_object(a={"type": "banana"}), "type_unknown"),
    (an_object(a={}), "type_missing"),
    (an_object(a={"type": "string", "const": "s3cret"}), "const"),
    (an_object(a={"type": "string", "format": "unheard-of"}), "format"),
    (an_object(a={"type": "string", "pattern": "(a"}), "pattern"),
    (an_object(a={"type": "string", "pattern": "(?=a)b"}), "pattern"),
    (an_object(a={"type": "string", "pattern": r"(a)\1"}), "pattern"),
    (an_object(a={"type": "string", "pattern": "a{1000}{1000}{1000}"}), "pattern"),
    (an_object(a={"type": "string", "pattern": "a" * 1000}), "pattern"),
    (an_object(a={"type": "number", "multipleOf": 0}), "multiple_of"),
    (an_object(a={"type": "integer", "minimum": 5, "maximum": 1}), "bounds"),
    (an_object(a={"type": "string", "minLength": 5, "maxLength": 1}), "bounds"),
    (an_object(a={"type": "string", "enum": []}), "enum"),
    (an_object(a={"type": "string", "enum": ["a"], "default": "b"}), "default"),
    (an_object(a={"type": "string", "minimum": 5}), "keyword"),
    (an_object(a={"type": "string", "if": {}}), "keyword"),
    (an_object(a={"type": "string", "unevaluatedItems": False}), "keyword"),
    ({**an_object(), "patternProperties": {}}, "keyword"),
    ({**an_object(a=TEXT), "required": ["b"]}, "required"),
    ({**an_object(a=TEXT), "required": "a"}, "required"),
    (an_object(**{"a b": TEXT}), "name"),
    (an_object(**{"": TEXT}), "name"),
    (an_object(**{"ä": TEXT}), "name"),
    (an_object(**{"x" * 65: TEXT}), "name"),
    (an_object(**{"a": TEXT, "A": TEXT}), "same_name"),
    (an_object(a={"type": "integer", "minimum": "five"}), "schema_invalid"),
    (an_object(a={"anyOf": []}), "schema_type"),
]


@pytest.mark.parametrize(("schema", "code"), BAD, ids=[f"{n}-{code}" for n, (_, code) in enumerate(BAD)])
def test_a_bad_schema_has_a_named_error(schema: Any, code: str) -> None:
    with pytest.raises(ValidationError) as raised:
        check_schema(schema)
    assert code in {error.code for error in raised.value.error_list}
    assert all(len(message) < 600 for message in raised.value.messages)


@pytest.mark.parametrize("name", ["shop_id", "Shop_ID", "shopid", "SHOP-ID"])
def test_what_is_fixed_cannot_be_asked_for_too(name: str) -> None:
    with pytest.raises(ValidationError) as raised:
        check_schema(an_object(**{name: TEXT}), ["shop_id"])
    assert {error.code for error in raised.value.error_list} == {"fixed_collision"}


GOOD: list[Any] = [
    {"type": "object", "properties": {}, "additionalProperties": False},
    {"type": "object"},
    {**an_object(day={"type": "string", "format": "date", "description": "When."}), "required": ["day"]},
    an_object(
        size={"type": "string", "enum": ["S", "M"], "default": "M"}, n={"type": "integer", "minimum": 1, "maximum": 9}
    ),
    an_object(tags={"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True}),
    an_object(where={"type": "object", "properties": {"city": TEXT}, "required": ["city"]}),
    an_object(value={"anyOf": [{"type": "string"}, {"type": "number"}]}),
    an_object(plz={"type": "string", "pattern": "^[0-9]{5}$"}),
]


@pytest.mark.parametrize("schema", GOOD, ids=range(len(GOOD)))
def test_an_ordinary_schema_is_taken(schema: Any) -> None:
    check_schema(schema, ["shop"])


def test_a_catastrophic_pattern_is_matched_in_linear_time() -> None:
    schema = offered(an_object(a={"type": "string", "pattern": "^(a+)+$"}))
    started = time.perf_counter()
    with pytest.raises(ToolError):
        checked({"a": "a" * 10_000 + "!"}, schema)
    assert time.perf_counter() - started < 5


def test_what_is_wrong_is_said_so_that_a_model_can_put_it_right() -> None:
    schema = offered({**an_object(day={"type": "string", "format": "date"}, n={"type": "integer"}), "required": ["day"]})
    with pytest.raises(ToolError) as raised:
        checked({"day": "2026-02-30", "n": "five", "more": 1}, schema)
    text = str(raised.value)
    assert "`day`" in text and "date" in text and "`n`" in text and "more" in text


@pytest.mark.parametrize(
    "day", ["2026-02-30", "2026-13-01", "20261121", "2026-W47-6", "11/12/2026", "tomorrow", "２０２６-01-01"]
)
def test_a_day_has_one_way_to_be_written(day: str) -> None:
    schema = offered(an_object(day={"type": "string", "format": "date"}))
    assert checked({"day": "2026-01-02"}, schema) == {"day": "2026-01-02"}
    with pytest.raises(ToolError):
        checked({"day": day}, schema)


def test_null_for_what_is_optional_is_taken_as_left_out_and_nothing_else_is_put_right() -> None:
    schema = offered({**an_object(a=TEXT, b=TEXT, c={"anyOf": [{"type": "null"}, TEXT]}), "required": ["a"]})
    assert checked({"a": "x", "b": None, "c": None}, schema) == {"a": "x", "c": None}
    for wrong in ({"a": None}, {"a": 5}, {"a": ["x"]}, {"a": "x", "b": 5}):
        with pytest.raises(ToolError):
            checked(wrong, schema)


@pytest.mark.parametrize("text", ['{"text": "Hello, Tuesday at 3"}', '{"text": "a", "n": 5}'])
def test_arguments_cut_at_any_byte_are_never_taken(text: str) -> None:
    schema = offered({**an_object(text=TEXT, n={"type": "integer"}), "required": ["text"]})
    taken = 0
    for at in range(len(text)):
        try:
            value = json.loads(text[:at])
        except ValueError:
            value = None
        try:
            checked(value, schema)
            taken += 1
        except ToolError:
            pass
    assert taken == 0
    assert checked(json.loads(text), schema)
