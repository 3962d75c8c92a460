"""Arguments of calls that were written as text: where they are named, and which types they have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson

from assistant.providers.completions.argument_json import read_arguments
from assistant.providers.completions.loose_json import loose_value
from assistant.providers.completions.tool_calls import resolved

Call = tuple[str, dict[str, Any] | None]  # the name as it is written; None: arguments that cannot be read
Tools = Mapping[str, Mapping[str, Any]]


def value_at(text: str, at: int) -> tuple[dict[str, Any] | None, int]:
    """The JSON object at `at` and where it ends; also with keys that stand without quotes, as Gemma writes them."""
    try:
        value, end = json.JSONDecoder().raw_decode(text, at)
    except (ValueError, RecursionError):
        value, end = loose_value(text, at)
        if value is None:
            return None, end
    try:
        # Once more by the reader of all arguments: what no database keeps is no argument here either.
        return read_arguments(orjson.dumps(value).decode()), end
    except orjson.JSONEncodeError:
        return None, end


def converted(name: str, pairs: list[tuple[str, str]], tools: Tools) -> dict[str, Any]:
    """Values that were written without their type get the one that the tool's schema names."""
    properties = properties_of(name, tools)
    arguments: dict[str, Any] = {}
    for key, text in pairs:
        value = text.strip()
        schema = properties.get(key.strip())
        types = schema.get("type") if isinstance(schema, dict) else None
        arguments[key.strip()] = value if types in ("string", None) else typed(value)
    return arguments


def properties_of(name: str, tools: Tools) -> Mapping[str, Any]:
    properties = tools.get(resolved(name, tools), {}).get("properties", {})
    return properties if isinstance(properties, dict) else {}


def typed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        loose = loose_value(text, 0)[0] if text[:1] in ("{", "[") else None
        return {"True": True, "False": False, "None": None}.get(text, text) if loose is None else loose
