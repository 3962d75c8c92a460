"""Conversion of foreign JSON Schemas to the subset that our parameters support.

References are followed within the document alone. What our checker does not know is left out where the other server can
be trusted to check it itself, which loosens what we let through, never what staff have fixed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from django.core.exceptions import ValidationError

from assistant.tools.importing.draft import NotImportable, Problem, plain
from assistant.tools.parameters import (
    BOUNDS,
    FORMATS,
    MAX_PROPERTIES,
    MAX_SCHEMA_BYTES,
    PROPERTY_NAME,
    TYPES,
    check_schema,
)

MAX_CHARS = 400  # of a parameter's description
MAX_BRANCHES = 8
MAX_REFERENCES = 50  # in a chain
MAX_REFERENCE_CHARS = 1000
ENTRIES_PER_NODE = 64  # of an object or a list: what is large counts as several nodes, since it is copied as often
MAX_NODES = 2000  # of one method's parameters
MAX_NODES_OF_ALL = 100_000  # of a document's: some seconds; what comes after is drawn shallow and small
MAX_NODES_AFTER = 200  # of one method's, from then on
LEVELS = (6, 4, 3, 2, 1, 0)  # how deep the parameters are drawn; less where they would grow too large
NULL_LEVELS = 2  # how deep null is kept as a choice of its own, which costs a level of nesting
NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
KNOWN_FORMATS = sorted(FORMATS)  # lists: what others write need not be hashable
SENDABLE = sorted(TYPES - {"null"})
LENGTHS = {"string": ("minLength", "maxLength"), "array": ("minItems", "maxItems")}
OPENED = Problem("opened", "Deeply nested parts accept anything: the model is not told their structure.")
RECURSIVE = Problem("recursive", "Recursive parts accept anything.")
NOT_NULL = Problem("not_null", "A required part that could be null can no longer be null.")
LOOSENED = Problem("loosened", "Constraints beyond types and choices are left to the other server to check.")


class TooLarge(Exception):
    """More properties than a method may have."""


@dataclass
class Budget:
    """What is left to be drawn for one import, however many documents it consists of."""

    nodes: int = MAX_NODES_OF_ALL


class Schemas:
    """The schemas of one document. `notes` gathers what was lost since it was last emptied."""

    def __init__(self, document: Any, budget: Budget | None = None) -> None:
        self._document = document
        self._budget = budget or Budget()
        self.notes: dict[Problem, None] = {}
        self._left = MAX_NODES
        self._level = LEVELS[0]

    def resolved(self, node: Any) -> Any:
        """`node`, or what its `$ref` leads to. Raises `NotImportable`: ref_remote, ref_missing, ref_circular."""
        for _ in range(MAX_REFERENCES):
            if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
                return node
            node = self._target(node["$ref"])
        raise NotImportable("ref_circular", "A reference points to itself.")

    def _target(self, reference: str) -> Any:
        if not reference.startswith("#"):
            raise NotImportable("ref_remote", f"Refers to another file, which is not loaded: {reference[:100]}")
        node = self._document
        if len(reference) > MAX_REFERENCE_CHARS:
            raise NotImportable("ref_missing", f"Reference not found: {reference[:100]}")
        for part in unquote(reference[1:]).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and key in node:
                node = node[key]
            elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
                node = node[int(key)]
            else:
                raise NotImportable("ref_missing", f"Reference not found: {reference[:100]}")
        return node

    def fitted(self, build: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What `build` makes with `simple`, drawn as deep as it stays within what a method's parameters may be."""
        spent = self._budget.nodes <= 0
        nodes = MAX_NODES_AFTER if spent else MAX_NODES
        for level in LEVELS[-1:] if spent else LEVELS:
            self.notes, self._left, self._level = {}, nodes, level
            try:
                schema = build()
            except TooLarge:
                continue
            finally:
                self._budget.nodes -= nodes - self._left
            if len(json.dumps(schema)) <= MAX_SCHEMA_BYTES and _properties(schema) <= MAX_PROPERTIES:
                return schema
        raise NotImportable("too_many", f"Has more than {MAX_PROPERTIES} parameters, or very large ones.")

    def simple(self, schema: Any, *, level: int = 1, path: tuple[str, ...] = ()) -> dict[str, Any]:
        """The schema in our own subset. Raises `NotImportable` where it cannot be expressed, `TooLarge` past `MAX_NODES`."""
        self._spend(schema)
        if schema is False:
            raise NotImportable("impossible", "A part of the schema allows no value.")
        if not isinstance(schema, dict):
            schema = {}
        if isinstance(reference := schema.get("$ref"), str):
            if reference in path:
                self.notes[RECURSIVE] = None
                return {"type": "object"}
            if len(path) >= MAX_REFERENCES:
                raise NotImportable("ref_circular", "A chain of references is too long.")
            target = self._target(reference)
            beside = {key: value for key, value in schema.items() if key != "$ref"}
            merged = {**target, **beside} if isinstance(target, dict) else target
            return self.simple(merged, level=level, path=(*path, reference))
        if {"not", "if", "patternProperties", "dependentRequired", "dependentSchemas", "propertyNames"} & schema.keys():
            self.notes[LOOSENED] = None
        schema = self._merged(schema, path)
        made = self._alternatives(schema, level, path) or self._typed(schema, level, path)
        if text := plain(schema.get("description") or made.get("description"), MAX_CHARS):
            made["description"] = text
        return made

    def _spend(self, schema: Any) -> None:
        parts = [schema, *schema.values()] if isinstance(schema, dict) else []
        self._left -= 1 + sum(len(part) for part in parts if isinstance(part, dict | list)) // ENTRIES_PER_NODE
        if self._left < 0:
            raise TooLarge

    def _merged(self, schema: dict[str, Any], path: tuple[str, ...], depth: int = 0) -> dict[str, Any]:
        """`allOf` and the schema around it as one."""
        parts = schema.get("allOf")
        if not isinstance(parts, list):
            return schema
        if depth > 20:
            raise NotImportable("ref_circular", "A chain of references is too long.")
        merged = {key: value for key, value in schema.items() if key != "allOf"}
        for part in parts:
            if isinstance(part, dict) and part.get("$ref") in path:
                self.notes[RECURSIVE] = None
                continue
            part = self.resolved(part)
            if not isinstance(part, dict):
                continue
            self._spend(part)
            part = self._merged(part, path, depth + 1)
            for key, value in part.items():
                if key == "properties" and isinstance(value, dict):
                    merged[key] = {**value, **_mapping(merged.get(key))}
                elif key == "required":
                    merged[key] = [*_list(merged.get(key)), *_list(value)]
                else:
                    merged.setdefault(key, value)
        return merged

    def _alternatives(self, schema: dict[str, Any], level: int, path: tuple[str, ...]) -> dict[str, Any] | None:
        """`oneOf`, `anyOf` and lists of types; None where it is none of them, after all."""
        kinds = schema.get("type")
        if isinstance(kinds, list):
            rest = [kind for kind in kinds if kind != "null"]
            branches = [{**schema, "type": kind} for kind in rest]
        else:
            given = _list(schema.get("oneOf")) or _list(schema.get("anyOf"))
            branches = [branch for branch in given if branch != {"type": "null"}]
            if branches and isinstance(schema.get("properties"), dict):
                self.notes[LOOSENED] = None  # mostly which of its properties go together
                return None
        if not branches:
            return None
        if len(branches) == 1:
            return self.simple(branches[0], level=level, path=path)
        constants = [branch.get("const") if isinstance(branch, dict) else None for branch in branches]
        if all(isinstance(constant, str) for constant in constants):
            return {"type": "string", "enum": constants}
        made = [self.simple(branch, level=level, path=path) for branch in branches[:MAX_BRANCHES]]
        different = list({json.dumps(one, sort_keys=True): one for one in made}.values())
        if len(branches) > MAX_BRANCHES or (level >= self._level and any(one.get("type") == "object" for one in made)):
            self.notes[OPENED] = None
            return {"type": "object"} if all(one.get("type") == "object" for one in made) else {"anyOf": different}
        return different[0] if len(different) == 1 else {"anyOf": different}

    def _typed(self, schema: dict[str, Any], level: int, path: tuple[str, ...]) -> dict[str, Any]:
        kind = schema.get("type") or _meant(schema)
        if kind not in SENDABLE:
            raise NotImportable("type_unknown", f"“{str(kind)[:40]}” is not a supported type.")
        made: dict[str, Any] = {"type": kind}
        if "const" in schema or "enum" in schema:
            self._choices(made, schema)
        match kind:
            case "object":
                made |= self._object(schema, level, path)
            case "array":
                if level > self._level:
                    self.notes[OPENED] = None
                    made["items"] = {"type": "string"} if _meant_by(schema.get("items")) == "string" else {"type": "object"}
                else:
                    made["items"] = self.simple(schema.get("items", {}), level=level + 1, path=path)
            case "string":
                if schema.get("format") in KNOWN_FORMATS:
                    made["format"] = schema["format"]
                if "pattern" in schema:
                    self._pattern(made, schema["pattern"])
            case "integer" | "number":
                self._bounds(made, schema)
        for keyword in LENGTHS.get(kind, ()):
            if type(schema.get(keyword)) is int and schema[keyword] >= 0:
                made[keyword] = schema[keyword]
        for low, high in BOUNDS:
            if low in made and high in made and made[low] > made[high]:
                del made[low], made[high]
        default = schema.get("default")
        if type(default) in DEFAULTS[kind] and len(str(default)) <= 200 and default in made.get("enum", [default]):
            made["default"] = default
        return made

    def _pattern(self, made: dict[str, Any], pattern: Any) -> None:
        try:
            check_schema({"type": "object", "properties": {"it": {"type": "string", "pattern": pattern}}})
        except ValidationError:
            self.notes[LOOSENED] = None
        else:
            made["pattern"] = pattern

    def _choices(self, made: dict[str, Any], schema: dict[str, Any]) -> None:
        given = [schema["const"]] if "const" in schema else _list(schema.get("enum"))
        values = [value for value in given if value is not None and not isinstance(value, dict | list)]
        if made["type"] == "string":
            values = [value if isinstance(value, str) else json.dumps(value) for value in values]
        if made["type"] in ("object", "array") or not values or len(values) > 200:
            self.notes[LOOSENED] = None
            return
        made["enum"] = list(dict.fromkeys(values))

    def _object(self, schema: dict[str, Any], level: int, path: tuple[str, ...]) -> dict[str, Any]:
        given = _mapping(schema.get("properties"))
        if not given or level > self._level:
            if given:
                self.notes[OPENED] = None
            return {}
        required = [name for name in _list(schema.get("required")) if isinstance(name, str) and name in given]
        needed = set(required)
        properties: dict[str, Any] = {}
        for name, child in given.items():
            try:
                if _mapping(self.resolved(child)).get("readOnly") is True:
                    continue
                if not PROPERTY_NAME.fullmatch(name):
                    raise NotImportable("property_name", f"“{name[:60]}” is not a valid parameter name.")
                made = self.simple(child, level=level + 1, path=path)
                properties[name] = self._or_null(made, level) if name in needed and self._takes_null(child) else made
            except NotImportable as error:
                if name in needed or error.problem.code.startswith("ref_"):
                    raise
                self.notes[Problem(error.problem.code, f"Left out: {name[:60]}. {error.problem.text}")] = None
        required = list(dict.fromkeys(name for name in required if name in properties))
        return {"properties": properties, "required": required} if required else {"properties": properties}

    def _takes_null(self, schema: Any) -> bool:
        given = _mapping(self.resolved(schema))
        branches = [*_list(given.get("oneOf")), *_list(given.get("anyOf"))]
        return (
            given.get("nullable") is True
            or "null" in _list(given.get("type"))
            or None in _list(given.get("enum"))
            or any(_mapping(branch).get("type") == "null" for branch in branches[: MAX_BRANCHES * 2])
        )

    def _or_null(self, made: dict[str, Any], level: int) -> dict[str, Any]:
        """What is optional is left out instead of null; what is required has to be able to say "none"."""
        if level > NULL_LEVELS:
            self.notes[NOT_NULL] = None
            return made
        about = {"description": made.pop("description")} if "description" in made else {}
        branches = made["anyOf"] if set(made) == {"anyOf"} else [made]
        return {"anyOf": [*branches, {"type": "null"}], **about}

    def _bounds(self, made: dict[str, Any], schema: dict[str, Any]) -> None:
        for keyword in NUMBERS:
            value = schema.get(keyword)
            if value is True and keyword in ("exclusiveMinimum", "exclusiveMaximum"):  # OpenAPI 3.0
                value = made.pop(keyword.replace("exclusiveM", "m"), None)
            if (
                isinstance(value, int | float)
                and not isinstance(value, bool)
                and abs(value) < 2**63
                and (keyword != "multipleOf" or value > 0)
            ):
                made[keyword] = value


DEFAULTS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (),
    "array": (),
}


def _meant(schema: dict[str, Any]) -> str:
    """The type of a schema that names none."""
    if schema.get("properties") is not None or "additionalProperties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    values = [schema["const"]] if "const" in schema else _list(schema.get("enum"))
    if values and all(isinstance(value, bool) for value in values):
        return "boolean"
    if values and all(type(value) is int for value in values):
        return "integer"
    return "number" if {"minimum", "maximum", "multipleOf"} & schema.keys() else "string"


def _meant_by(schema: Any) -> str:
    return schema.get("type") or _meant(schema) if isinstance(schema, dict) and "$ref" not in schema else "object"


def _properties(schema: Any) -> int:
    """How many there are, at any depth."""
    if isinstance(schema, list):
        return sum(map(_properties, schema))
    if not isinstance(schema, dict):
        return 0
    within = schema.get("properties", {}) if isinstance(schema.get("type"), str) else {}
    return len(within) + sum(map(_properties, schema.values()))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
