"""The request body of an operation, of which a method can send JSON or a form."""

from __future__ import annotations

import re
from typing import Any

from assistant.tools.importing.draft import NotImportable


def media_of(content: dict[str, Any]) -> tuple[str, str, Any]:
    """How the body is sent, its media type, and its description. Plain JSON comes before types that are made of it."""
    types = {name: name.partition(";")[0].strip() for name in content}
    for pattern, send in (
        (r"application/json|\*/\*|application/\*", "json"),
        (r"application/[\w.+-]+\+json", "json"),
        (r"application/x-www-form-urlencoded", "form"),
    ):
        for name, media in content.items():
            if re.fullmatch(pattern, types[name], re.IGNORECASE):
                return send, types[name], media
    raise NotImportable(
        "body_type", f"The body has the type {', '.join(content)[:100]}; only JSON and URL-encoded forms are supported."
    )


def one_object(schema: dict[str, Any]) -> dict[str, Any]:
    """A body's schema as one object: of several that are possible, all their properties, none of which is needed."""
    branches = schema.get("anyOf", [])
    if branches and all(branch.get("type") == "object" for branch in branches):
        properties = {name: child for branch in reversed(branches) for name, child in branch.get("properties", {}).items()}
        required = set.intersection(*(set(branch.get("required", [])) for branch in branches))
        return {"type": "object", "anyOf": [], "properties": properties, "required": sorted(required)}
    if schema.get("type") != "object":
        raise NotImportable("body_shape", f"The body must be an object. Its type is {schema.get('type', 'mixed')}.")
    if not schema.get("properties"):
        raise NotImportable("body_open", "The content of the body is not described.")
    return schema
