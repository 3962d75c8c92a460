"""Inputs for the properties of a JSON Schema: in a test, staff enter what the model would send.

Values are passed on as they were entered, valid or not, so that a test shows what a model would be told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from assistant.redaction import clean

HTML_TYPES = {"date": "date", "time": "time", "email": "email", "uri": "url"}


def inputs_for(schema: dict[str, Any], given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One input per property: `kind` is text, choice or json."""
    required = schema.get("required", [])
    found = []
    for name, prop in schema.get("properties", {}).items():
        choices = prop.get("enum") or (["true", "false"] if prop.get("type") == "boolean" else [])
        kind = "choice" if choices else "json" if prop.get("type") in ("object", "array", None) else "text"
        found.append(
            {
                "name": name,
                "id": f"argument-{name}",
                "kind": kind,
                "type": HTML_TYPES.get(prop.get("format", ""), "text"),
                "choices": [str(choice) for choice in choices],
                "description": prop.get("description", ""),
                "required": name in required,
                "value": given.get(f"argument-{name}", ""),
            }
        )
    return found


def given_arguments(schema: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values that were entered, as the schema's types where they can be read so; empty ones are left out."""
    arguments = {}
    for name, prop in schema.get("properties", {}).items():
        text = clean(str(given.get(f"argument-{name}", ""))).strip()
        if text:
            arguments[name] = text if prop.get("type") == "string" else _read(text)
    return arguments


def as_entered(arguments: Mapping[str, Any]) -> dict[str, str]:
    """What staff would enter for these arguments, as `inputs_for` takes it."""
    return {
        f"argument-{name}": value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in arguments.items()
    }


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
