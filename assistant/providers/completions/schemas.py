"""JSON Schemas of tool parameters, in as few keywords as a server accepts.

Servers translate schemas: into grammars (llama.cpp refuses all tools over one `maxLength: 2000`), into their own types
(Gemini has no `enum` of integers and no union with null), into a validator that knows fewer keywords than the standard. Each
refuses a whole request over one keyword. A model's arguments are checked against the whole schema by ourselves
(`tools.parameters`), so the one that is sent need only be understood: what it cannot say in plain keywords is said in the
description, in words.

What is sent never allows what the whole schema forbids in another type: of several alternatives, the first is offered.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 16
MAX_SHOWN = 60  # values of an enum that are named in words
FORMATS = {
    "date": "a date as YYYY-MM-DD",
    "time": "a time of day as HH:MM:SS",
    "date-time": "date, time and offset as 2030-01-31T09:30:00Z",
    "duration": "a duration as PT1H30M",
    "email": "an e-mail address",
    "hostname": "a host name",
    "uri": "a URL",
    "uuid": "a UUID",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
}


def reduced(schema: dict[str, Any], level: str) -> dict[str, Any]:
    """The parameters as they are sent. `full`: as they are. `plain`: type, properties, required, items, enums of text, and
    words. `bare`: words and a type for each parameter."""
    if level == "full":
        return schema
    node = _node(schema, level, 0)
    if level == "bare" and not node.get("properties"):
        # Some builds of llama.cpp cannot compile an object that is known to have no properties.
        return {"type": "object"}
    return {"type": "object", "properties": {}, **{key: node[key] for key in ("properties", "required") if key in node}}


def _node(schema: Any, level: str, depth: int) -> dict[str, Any]:
    """One parameter, or the whole of them at depth 0."""
    if not isinstance(schema, dict):
        return {"type": "string"}
    node, words = _chosen(schema)
    kind = _type(node)
    plain: dict[str, Any] = {"type": kind}
    if kind == "object" and depth < MAX_DEPTH and (level == "plain" or depth == 0):
        plain |= _object(node, level, depth)
    elif kind == "array":
        items = node.get("items")
        plain["items"] = _node(items, level, depth + 1) if depth < MAX_DEPTH else {"type": "string"}
    choices = node.get("enum")
    if kind == "string" and isinstance(choices, list) and level == "plain":
        texts = [choice for choice in choices if isinstance(choice, str) and choice]
        if texts:
            plain["enum"] = list(dict.fromkeys(texts))
    said = "; ".join([*_words(node, plain, level), *words])
    if text := " ".join(part for part in (_sentence(node.get("description")), _capital(said)) if part):
        plain["description"] = text
    # As people write them, and as models are used to read them.
    order = ("type", "description", "enum", "properties", "required", "items")
    return {key: plain[key] for key in order if key in plain}


def _object(node: dict[str, Any], level: str, depth: int) -> dict[str, Any]:
    properties = node.get("properties")
    if not isinstance(properties, dict) or not properties:
        return {}
    known = {name: _node(child, level, depth + 1) for name, child in properties.items()}
    required = node.get("required")
    needed = [name for name in required if name in known] if isinstance(required, list) else []
    return {"properties": known, **({"required": needed} if needed else {})}


def _chosen(schema: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """`schema` with one of its alternatives taken, and the words for what goes with it."""
    words: list[str] = []
    node = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf", "const")}
    if "const" in schema:
        node["enum"] = [schema["const"]]
    for keyword in ("anyOf", "oneOf"):
        branches = [branch for branch in schema.get(keyword) or () if isinstance(branch, dict)]
        some = [branch for branch in branches if branch.get("type") != "null"]
        if len(some) < len(branches):
            words.append("may be null")
        if all(isinstance(branch.get("enum", branch.get("const")), list | str) for branch in some) and some:
            node["enum"] = [value for branch in some for value in branch.get("enum", [branch.get("const")])]
            node.setdefault("type", some[0].get("type", "string"))
        elif some:
            first, more = _chosen(some[0])
            node = {**first, **node, **_merged(first, node)}
            words += more
    if isinstance(node.get("type"), list):
        kinds = [kind for kind in node["type"] if kind != "null"]
        if len(kinds) < len(node["type"]):
            words.append("may be null")
        node["type"] = kinds[0] if kinds else "string"
    if isinstance(node.get("enum"), list) and None in node["enum"]:
        node["enum"] = [value for value in node["enum"] if value is not None]
        words.append("may be null")
    return node, list(dict.fromkeys(words))


def _merged(first: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """What the chosen alternative and the schema around it both say of an object's properties."""
    both: dict[str, Any] = {}
    if "properties" in first and "properties" in node:
        both["properties"] = {**node["properties"], **first["properties"]}
    if "required" in first and "required" in node:
        both["required"] = list(dict.fromkeys([*node["required"], *first["required"]]))
    return both


def _type(node: dict[str, Any]) -> str:
    kind = node.get("type")
    if kind in ("string", "integer", "number", "boolean", "array", "object"):
        return str(kind)
    if "properties" in node:
        return "object"
    if "items" in node:
        return "array"
    kinds = {type(value) for value in node.get("enum") or ()}
    for python, name in ((bool, "boolean"), (int, "integer"), (dict, "object"), (list, "array")):
        if kinds == {python}:
            return name
    return "number" if kinds and kinds <= {int, float} else "string"


def _words(node: dict[str, Any], plain: dict[str, Any], level: str) -> Iterator[str]:
    """What the plain schema does not say."""
    choices = node.get("enum")
    if isinstance(choices, list) and choices:
        left = [choice for choice in choices if choice not in plain.get("enum", ())]
        if left == [""]:
            yield "or an empty text"
        elif left and len(choices) == 1:
            yield f"always {json.dumps(choices[0], ensure_ascii=False)}"
        elif left:
            yield "one of " + ", ".join(json.dumps(choice, ensure_ascii=False) for choice in choices[:MAX_SHOWN])
    yield from _sizes(node)
    form = node.get("format")
    if isinstance(form, str):
        yield FORMATS.get(form, f"in the format {form}")
    if isinstance(node.get("pattern"), str):
        yield f"matching the pattern {node['pattern']}"
    if plain["type"] == "object" and "properties" not in plain and node.get("properties"):
        names = ", ".join(
            f"{name} ({_type(child)})" for name, child in node["properties"].items() if isinstance(child, dict)
        )
        yield f"with {names}"
        if node.get("required"):
            yield "needed: " + ", ".join(map(str, node["required"]))
    if "default" in node and node["default"] is not None:
        yield f"{json.dumps(node['default'], ensure_ascii=False)} if left out"
    examples = node.get("examples")
    if isinstance(examples, list) and examples:
        yield "such as " + ", ".join(json.dumps(example, ensure_ascii=False) for example in examples[:2])


def _sizes(node: dict[str, Any]) -> Iterator[str]:
    yield from _span(node.get("minLength"), node.get("maxLength"), " characters")
    yield from _span(node.get("minItems"), node.get("maxItems"), " items")
    yield from _span(node.get("minimum"), node.get("maximum"), "")
    if "exclusiveMinimum" in node:
        yield f"above {node['exclusiveMinimum']}"
    if "exclusiveMaximum" in node:
        yield f"below {node['exclusiveMaximum']}"
    if "multipleOf" in node:
        yield f"a multiple of {node['multipleOf']}"
    if node.get("uniqueItems") is True:
        yield "no item twice"


def _span(least: Any, most: Any, unit: str) -> Iterator[str]:
    if least is not None and most is not None:
        yield f"exactly {least}{unit}" if least == most else f"{least} to {most}{unit}"
    elif most is not None:
        yield f"at most {most}{unit}"
    elif least is not None:
        yield f"at least {least}{unit}"


def _sentence(text: Any) -> str:
    text = text.strip() if isinstance(text, str) else ""
    return text if not text or text[-1] in ".!?…:;" else f"{text}."


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}." if words else ""
