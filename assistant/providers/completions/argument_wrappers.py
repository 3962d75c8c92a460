"""Arguments that a model wrapped once more, told from a tool's own parameters by its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from assistant.providers.completions.argument_json import read_arguments

# Keys under which models write a tool's name, and its arguments.
NAMES = (
    "name", "tool_name", "function_name", "recipient_name", "function", "tool", "action", "method", "command", "api",
    "tool_to_call", "tool_to_use", "next_action", "intent",
)  # fmt: skip
ARGUMENTS = (
    "arguments", "parameters", "args", "input", "action_input", "tool_input", "tool_args", "tool_arguments", "params",
    "kwargs", "slots", "payload",
)  # fmt: skip
BESIDE = (*NAMES, "type", "id")
MAX_LAYERS = 4
MAX_DEPTH = 8
MAX_TEXT_CHARS = 65_536


def unwrapped(name: str, arguments: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the tool `name` in the form that its schema has.

    `{"arguments": {…}}`, any other key around all of them, and JSON in a string are taken off, where the schema says that
    they are none of the tool's own: a parameter of that name stays as it is, and so does a text.
    """
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return arguments
    for _ in range(MAX_LAYERS):
        within = _within(name, arguments, properties)
        if within is None:
            break
        arguments = within
    return {key: _decoded(value, properties.get(key), 0) for key, value in arguments.items()}


def _within(
    name: str, arguments: dict[str, Any], properties: Mapping[str, Any], layers: int = MAX_LAYERS
) -> dict[str, Any] | None:
    """What one key holds beside which nothing is an argument; None where there is no such key."""
    said = {key for key in NAMES if arguments.get(key) == name}
    if (arguments.keys() - said) & properties.keys():
        return None
    around = [key for key in arguments if key in (*ARGUMENTS, "properties", name)]
    around = around or [key for key, value in arguments.items() if isinstance(value, dict) or key not in BESIDE]
    if len(around) != 1 or not arguments.keys() <= {*around, *BESIDE}:
        return None
    inside = arguments[around[0]]
    if isinstance(inside, list) and len(inside) == 1:
        [inside] = inside
    inside = read_arguments(inside) if isinstance(inside, str) else {} if inside is None else inside
    if not isinstance(inside, dict):
        return None
    known = around[0] in (*ARGUMENTS, "properties", name)
    own = inside.keys() & properties.keys() if known else inside and inside.keys() <= properties.keys()
    deeper = layers > 1 and _within(name, inside, properties, layers - 1) is not None
    return inside if own or deeper or (known and not inside) else None


def _decoded(value: Any, schema: Any, depth: int) -> Any:
    """A list or an object that came as JSON in a string, where the schema wants nothing else."""
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return value
    wanted = {"array": list, "object": dict}.get(schema["type"]) if isinstance(schema.get("type"), str) else None
    if wanted and isinstance(value, str) and len(value) <= MAX_TEXT_CHARS:
        try:
            found = orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
        value = found if isinstance(found, wanted) else value
    if isinstance(value, list):
        return [_decoded(one, schema.get("items"), depth + 1) for one in value]
    properties = schema.get("properties")
    if isinstance(value, dict) and isinstance(properties, dict):
        return {key: _decoded(one, properties.get(key), depth + 1) for key, one in value.items()}
    return value
