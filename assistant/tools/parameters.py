"""A method's parameters as JSON Schema, and a model's arguments checked against them.

Only what every provider and every checker understands alike is let in, so that a method works with any model. Patterns
are matched in linear time, and nothing is ever fetched: a schema with a reference is refused.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import jsonschema_rs
from django.core.exceptions import ValidationError

from assistant.errors import ToolError

MAX_SCHEMA_BYTES = 32_768
MAX_PROPERTIES = 100
MAX_DEPTH = 8
MAX_ARGUMENTS_BYTES = 16_384
MAX_PATTERN_CHARS = 500
MAX_ERRORS = 5

PROPERTY_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
TYPES = {"string", "integer", "number", "boolean", "array", "object", "null"}
FORMATS = {
    "date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uri", "uuid",
}  # fmt: skip
# The keywords that are let in, and the types that each belongs to; "" is any.
KEYWORDS = {
    "type": "", "title": "", "description": "", "default": "", "examples": "", "enum": "", "anyOf": "", "oneOf": "",
    "properties": "object", "required": "object", "additionalProperties": "object",
    "items": "array", "minItems": "array", "maxItems": "array", "uniqueItems": "array",
    "format": "string", "pattern": "string", "minLength": "string", "maxLength": "string",
    "minimum": "number", "maximum": "number", "exclusiveMinimum": "number", "exclusiveMaximum": "number",
    "multipleOf": "number",
}  # fmt: skip
BOUNDS = (
    ("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"),
    ("exclusiveMinimum", "exclusiveMaximum"), ("minimum", "exclusiveMaximum"), ("exclusiveMinimum", "maximum"),
)  # fmt: skip


def check_schema(schema: Any, fixed: Iterable[str] = ()) -> None:
    """Raise `ValidationError` with a code for each thing that is wrong; `fixed` are names that staff have set values for."""
    problems = list(_problems(schema, {_folded(name) for name in fixed}))
    if problems:
        raise ValidationError(problems)


def _problems(schema: Any, fixed: set[str]) -> Iterator[ValidationError]:
    if not isinstance(schema, dict) or schema.get("type") != "object":
        yield _problem("schema_type", "The parameters must be a JSON Schema with the type object.")
        return
    try:
        size = len(json.dumps(schema, allow_nan=False).encode())
    except (TypeError, ValueError, RecursionError):
        yield _problem("schema_json", "The parameters are not valid JSON.")
        return
    if size > MAX_SCHEMA_BYTES:
        yield _problem("schema_size", "The parameters are too large. They can have %(most)s bytes.", most=MAX_SCHEMA_BYTES)
        return
    if schema.get("additionalProperties", False) is not False:
        yield _problem(
            "additional", "additionalProperties must be false: a method accepts only the parameters that it defines."
        )
    folded: dict[str, str] = {}
    properties = schema.get("properties")
    for name in properties if isinstance(properties, dict) else {}:
        if _folded(name) in fixed:
            yield _problem("fixed_collision", "“%(name)s” has a fixed value and cannot be a parameter too.", name=name[:64])
        if _folded(name) in folded:
            yield _problem(
                "same_name", "The names “%(name)s” and “%(other)s” are too similar.", name=name, other=folded[_folded(name)]
            )
        folded[_folded(name)] = name
    count = [0]
    found = list(_of_node(schema, "parameters", 0, count))
    yield from found[:20]
    if count[0] > MAX_PROPERTIES:
        yield _problem("too_many", "A method can have at most %(most)s parameters.", most=MAX_PROPERTIES)
    if not found and count[0] <= MAX_PROPERTIES:
        try:
            _validator(_canonical(schema))
        except (jsonschema_rs.ValidationError, ValueError) as error:
            yield _problem("schema_invalid", "This is not a valid JSON Schema: %(why)s", why=_first_line(error))


def _of_node(node: Any, where: str, depth: int, count: list[int]) -> Iterator[ValidationError]:
    """The problems of one subschema and of those within it."""
    if not isinstance(node, dict):
        yield _problem("schema_type", "%(where)s: must be an object with a type.", where=where)
        return
    if depth > MAX_DEPTH:
        yield _problem("too_deep", "%(where)s: nested more than %(most)s levels deep.", where=where, most=MAX_DEPTH)
        return
    kind = node.get("type")
    if isinstance(kind, list):
        yield _problem(
            "type_list", "%(where)s: use a single type. A value that may be missing is an optional parameter.", where=where
        )
    elif kind is None and not {"enum", "anyOf", "oneOf"} & node.keys():
        yield _problem("type_missing", "%(where)s: the type is missing.", where=where)
    elif kind is not None and (not isinstance(kind, str) or kind not in TYPES):
        yield _problem("type_unknown", "%(where)s: “%(type)s” is not a valid type.", where=where, type=str(kind)[:40])
    for keyword in node:
        belongs_to = KEYWORDS.get(keyword)
        if keyword in ("$ref", "$dynamicRef", "$recursiveRef", "$defs", "definitions", "$id", "$anchor", "$dynamicAnchor"):
            yield _problem("reference", "%(where)s: references are not supported. Write the type out.", where=where)
        elif keyword == "const":
            yield _problem("const", "%(where)s: const is not supported. Use a fixed value instead.", where=where)
        elif belongs_to is None:
            yield _problem("keyword", "%(where)s: “%(word)s” is not supported.", where=where, word=str(keyword)[:40])
        elif isinstance(kind, str) and belongs_to and belongs_to != {"integer": "number"}.get(kind, kind):
            yield _problem(
                "keyword", "%(where)s: “%(word)s” does not apply to the type %(type)s.", where=where, word=keyword, type=kind
            )
    yield from _of_values(node, where)
    yield from _of_children(node, where, depth, count)


def _of_values(node: dict[str, Any], where: str) -> Iterator[ValidationError]:
    for low, high in BOUNDS:
        least, most = node.get(low), node.get(high)
        if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
            yield _problem("bounds", "%(where)s: %(low)s is greater than %(high)s.", where=where, low=low, high=high)
    if "multipleOf" in node and (not _is_number(node["multipleOf"]) or node["multipleOf"] <= 0):
        yield _problem("multiple_of", "%(where)s: multipleOf must be greater than 0.", where=where)
    if "format" in node and not (isinstance(node["format"], str) and node["format"] in FORMATS):
        known = ", ".join(sorted(FORMATS))
        yield _problem("format", "%(where)s: the format must be one of %(known)s.", where=where, known=known)
    if "pattern" in node:
        try:
            _check_pattern(node["pattern"])
        except ValueError:
            yield _problem(
                "pattern", "%(where)s: invalid pattern, or one that cannot be matched in linear time.", where=where
            )
    choices = node.get("enum")
    if "enum" in node and (not isinstance(choices, list) or not choices or len(choices) > 200):
        yield _problem("enum", "%(where)s: enum must be a list of 1 to 200 values.", where=where)
    elif isinstance(choices, list) and "default" in node and node["default"] not in choices:
        yield _problem("default", "%(where)s: the default is not one of the values.", where=where)


def _of_children(node: dict[str, Any], where: str, depth: int, count: list[int]) -> Iterator[ValidationError]:
    properties = node.get("properties", {})
    if not isinstance(properties, dict):
        yield _problem("schema_type", "%(where)s: properties must be an object.", where=where)
        return
    count[0] += len(properties)
    if count[0] > MAX_PROPERTIES:
        return
    required = node.get("required", [])
    for name in required if isinstance(required, list) else [None]:
        if not isinstance(name, str) or name not in properties:
            yield _problem(
                "required", "%(where)s: “%(name)s” is required but not described.", where=where, name=str(name)[:64]
            )
    for name, child in properties.items():
        if not PROPERTY_NAME.fullmatch(name):
            yield _problem("name", "“%(name)s”: use at most 64 letters, digits, underscores and hyphens.", name=name[:64])
        yield from _of_node(child, f"{where}.{name}"[:200], depth + 1, count)
    if "items" in node:
        yield from _of_node(node["items"], f"{where}[]", depth + 1, count)
    for keyword in ("anyOf", "oneOf"):
        branches = node.get(keyword, [])
        if not isinstance(branches, list) or (keyword in node and not branches):
            yield _problem("schema_type", "%(where)s: %(word)s must be a list.", where=where, word=keyword)
            continue
        for number, branch in enumerate(branches, 1):
            yield from _of_node(branch, f"{where}.{keyword}{number}", depth + 1, count)


def offered(schema: dict[str, Any], fixed: Iterable[str] = ()) -> dict[str, Any]:
    """The schema as a model sees it: closed, and without what staff have fixed."""
    hidden = {_folded(name) for name in fixed}
    properties = {name: node for name, node in schema.get("properties", {}).items() if _folded(name) not in hidden}
    required = [name for name in schema.get("required", []) if name in properties]
    closed = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**closed, "required": required} if required else closed


def checked(arguments: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """The arguments, validated by `schema` (as `offered` returns it). Raises `ToolError` that a model can learn from.

    Null for what is optional is how some models leave it out, and is taken so. Nothing else is put right: what is to
    have effects is never guessed.
    """
    if not isinstance(arguments, dict):
        raise ToolError("The arguments must be a JSON object. Call the tool again with one.", code="bad_arguments")
    _check_plain(arguments)
    required = schema.get("required", [])
    nullable = {name for name, node in schema.get("properties", {}).items() if not _forbids_null(node)}
    given = {k: v for k, v in arguments.items() if v is not None or k in required or k in nullable}
    errors = list(_first(_validator(_canonical(schema)).iter_errors(given), MAX_ERRORS))
    if errors:
        lines = "\n".join(f"- {_place(error)}{error.message[:300]}" for error in errors)
        raise ToolError(f"The arguments are invalid. Correct them and call the tool again:\n{lines}", code="bad_arguments")
    return given


def _check_plain(value: Any) -> None:
    """Refuse what no database or protocol should carry: huge, deeply nested, not a number, not text."""
    stack: list[tuple[Any, int]] = [(value, 0)]
    budget = MAX_ARGUMENTS_BYTES
    while stack:
        node, depth = stack.pop()
        if isinstance(node, dict):
            stack += [(part, depth + 1) for pair in node.items() for part in pair]
        elif isinstance(node, list):
            stack += [(part, depth + 1) for part in node]
        elif isinstance(node, str):
            if "\x00" in node or any("\ud800" <= char <= "\udfff" for char in node):
                raise ToolError("The arguments contain invalid characters.", code="bad_arguments")
            budget -= len(node.encode())
        elif isinstance(node, float) and (node != node or node in (float("inf"), float("-inf"))):
            raise ToolError("The arguments contain NaN or an infinite number.", code="bad_arguments")
        elif isinstance(node, int) and abs(node) >= 2**63:
            raise ToolError("The arguments contain a number that is too large.", code="bad_arguments")
        budget -= 4
        if budget < 0:
            raise ToolError(f"The arguments are larger than {MAX_ARGUMENTS_BYTES} bytes.", code="bad_arguments")
        if depth > MAX_DEPTH * 2:
            raise ToolError("The arguments are nested too deeply.", code="bad_arguments")


@lru_cache(maxsize=512)
def _validator(canonical: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        json.loads(canonical),
        validate_formats=True,
        ignore_unknown_formats=False,
        pattern_options=jsonschema_rs.RegexOptions(size_limit=1_000_000, dfa_size_limit=1_000_000),
        offline=True,
    )


def _check_pattern(pattern: Any) -> None:
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN_CHARS:
        raise ValueError("not a short text")
    _validator(json.dumps({"type": "string", "pattern": pattern}))


def _canonical(schema: dict[str, Any]) -> str:
    return json.dumps(schema, sort_keys=True)


def _forbids_null(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("type"), str) and node["type"] != "null"


def _place(error: jsonschema_rs.ValidationError) -> str:
    path = ".".join(str(part) for part in error.instance_path)
    return f"`{path}`: " if path else ""


def _first(errors: Iterator[jsonschema_rs.ValidationError], most: int) -> Iterator[jsonschema_rs.ValidationError]:
    for _, error in zip(range(most), errors, strict=False):
        yield error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _folded(name: str) -> str:
    """The name as it is compared with fixed parameters', so that no look-alike passes."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", name).casefold())


def _problem(code: str, message: str, **params: Any) -> ValidationError:
    return ValidationError(message, code=code, params=params)
