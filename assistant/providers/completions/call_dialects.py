"""What the body of a call that was written as text says, whichever way it is written."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from assistant.providers.completions.json_end import JsonEnd
from assistant.providers.completions.tool_calls import MAX_NAME_CHARS, read_arguments, resolved

Call = tuple[str, dict[str, Any] | None]  # the name as it is written; None: arguments that cannot be read
Tools = Mapping[str, Mapping[str, Any]]

MAX_PYTHON_CHARS = 8192
MAX_CHILD_CHARS = 4096  # of arguments that each have a tag of their own name
MAX_NO_JSON = 16  # brackets in a call that begin no JSON

_TAGGED = re.compile(
    r"<[|｜]?(?:\w+[:｜])?(?:invoke|(?:function|tool)(?:_call)?)(?:\s+name)?\s*=\s*[\"']?([\w.:/-]+)[\"']?"
    r"\s*[^<>]{0,80}>",
    re.IGNORECASE,
)
_PARAMETER = re.compile(
    r"<[|｜]?(?:\w+[:｜])?param(?:eter)?(?:\s+name)?\s*=\s*[\"']?([\w.-]+)[\"']?[^<>]{0,80}>(.*?)"
    r"(?:</[|｜]?(?:\w+[:｜])?param(?:eter)?>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_CHILD = re.compile(r"<([\w.-]+)>(.*?)</\1>", re.DOTALL)
_TOOL_NAME = re.compile(r"<(tool|function)_name>\s*(?P<name>[\w.:/-]+)\s*</\1_name>", re.IGNORECASE)
_ARGUMENTS_TAG = re.compile(r"\s*<(parameters|arguments|args|params|input)>(.*?)(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_OWN_TAG = re.compile(r"\s*<([\w.-]+)>(.*?)(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_KEY_AND_VALUE = re.compile(r"<arg_key>([^<]{0,200})</arg_key>\s*<arg_value>((?:(?!<arg_key>).)*?)</arg_value>", re.DOTALL)
# Marks within a call that only keep its parts apart.
_BETWEEN = re.compile(
    r"\[CALL_ID\][^\[\]]{0,80}|<\|[^|<>\n]{0,40}\|>|<｜[^｜<>\n]{0,40}｜>|\[(?:ARGS|TOOL_CALLS)\]|```[a-z_]*|</s>"
    r"|</?[a-z_:]{1,40}>",
    re.IGNORECASE,
)
_NAME_BEFORE = re.compile(r"([A-Za-z_][\w.:/-]*)[|`]?\s*(?:\b(?:json|code)\s*)?\(?\s*\Z")
_JSON_BEGIN = re.compile(r"[{\[]")
_REACT = re.compile(r"\s*([\w.:-]+)\s*\n\s*action[ _]input\s*:\s*", re.IGNORECASE)


def read_calls(body: str, tools: Tools) -> list[Call]:
    """The calls that `body` can mean, in their order; [] when it means none."""
    if _TAGGED.search(body):
        return list(_tagged(body, tools))
    if named := _TOOL_NAME.search(body):
        around = _ARGUMENTS_TAG.match(body, named.end())
        return [(named["name"], _within_tag(named["name"], around[2] if around else "", tools))]
    if (own := _OWN_TAG.match(body)) and resolved(own[1], tools) in tools:
        return [(own[1], _within_tag(own[1], own[2], tools))]
    body = body.replace("longcat_arg_", "arg_").lstrip("`")
    if "<arg_key>" in body:
        name = re.match(r"\s*([\w.:/-]+)", body)
        return [(name[1], _converted(name[1], _KEY_AND_VALUE.findall(body), tools))] if name else []
    if react := _REACT.match(body):
        body = f"{react[1]}\n{body[react.end() :]}"
    text = re.sub(r'<\|"\|>|<escape>', '"', body)
    return list(_named_objects(text)) or list(_objects(text, tools)) or list(_python(_BETWEEN.sub("\n", text).strip()))


def _within_tag(name: str, inside: str, tools: Tools) -> dict[str, Any] | None:
    """The arguments between two tags: as JSON, or with a tag of its own name for each."""
    if inside.lstrip()[:1] == "{":
        return _value_at(inside, inside.index("{"))[0]
    return _converted(name, _CHILD.findall(inside[:MAX_CHILD_CHARS]), tools)


def _tagged(body: str, tools: Tools) -> Iterator[Call]:
    """`<function=name><parameter=key>value</parameter></function>`, `<invoke name="…">`, `<function=name>{…}</function>`."""
    starts = list(_TAGGED.finditer(body))
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        inside = body[start.end() : following.start() if following else len(body)]
        pairs = _PARAMETER.findall(inside)
        if pairs:
            yield start[1], _converted(start[1], pairs, tools)
            continue
        brace = inside.find("{")
        if brace < 0:
            yield start[1], {} if not re.sub(r"<[^<>]*>", "", inside).strip() else None
        else:
            yield start[1], _value_at(inside, brace)[0]


def _named_objects(text: str) -> Iterator[Call]:
    """`name {…}`, several in a row, whatever stood between: Mistral, DeepSeek, Kimi, Functionary, harmony."""
    end = 0
    while (at := text.find("{", end)) >= 0:
        name = _NAME_BEFORE.search(_BETWEEN.sub("\n", text[max(end, at - MAX_NAME_CHARS) : at]))
        if name is None:
            return
        arguments, end = _value_at(text, at)
        yield name[1].removeprefix("call:"), arguments


def _objects(text: str, tools: Tools) -> Iterator[Call]:
    """JSON that names a tool: an object, several, a list, or a list within an object."""
    decoder = json.JSONDecoder()
    at, failed = 0, 0
    while (begin := _JSON_BEGIN.search(text, at)) and failed < MAX_NO_JSON:
        try:
            value, at = decoder.raw_decode(text, begin.start())
            orjson.dumps(value)  # refuses half of a surrogate pair
        except (ValueError, RecursionError, orjson.JSONEncodeError):
            at, failed = begin.end(), failed + 1
            continue
        yield from _in_value(value, tools)


def _in_value(value: Any, tools: Tools) -> Iterator[Call]:
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield from _in_value(item, tools)
        return
    if not isinstance(value, dict):
        return
    for within in ("tool_calls", "tool_uses"):
        if isinstance(value.get(within), list):
            yield from _in_value(value[within], tools)
            return
    for within in ("function", "tool_call", "function_call"):
        if isinstance(value.get(within), dict):
            yield from _in_value(value[within], tools)
            return
    name = next((value[key] for key in _NAMES if isinstance(value.get(key), str) and value[key].strip()), "")
    if not name:
        only = next(iter(value)) if len(value) == 1 else ""
        if only and resolved(only, tools) in tools and isinstance(value[only], dict):
            yield only, value[only]
        return
    arguments: Any = next((value[key] for key in _ARGUMENTS if key in value), {})
    if isinstance(arguments, dict) and isinstance(arguments.get("tool_uses"), list) and resolved(name, tools) not in tools:
        yield from _in_value(arguments["tool_uses"], tools)
    elif isinstance(arguments, str):
        yield name, read_arguments(arguments)
    else:
        yield name, arguments if isinstance(arguments, dict) else {} if arguments is None else None


_NAMES = ("name", "tool_name", "function_name", "recipient_name", "function", "tool", "action")
_ARGUMENTS = (
    "arguments", "parameters", "args", "input", "action_input", "tool_input", "tool_args", "tool_arguments", "params",
    "kwargs",
)  # fmt: skip


def _python(text: str) -> Iterator[Call]:
    """`name(key="value")`, alone, printed, or in a list; values are literals, nothing is run."""
    if len(text) > MAX_PYTHON_CHARS or "(" not in text:
        return
    try:
        statements = ast.parse(text.strip()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    pending: list[Any] = [statement.value for statement in statements if isinstance(statement, (ast.Expr, ast.Assign))]
    while pending:
        node = pending.pop(0)
        if isinstance(node, (ast.List, ast.Tuple)):
            pending = [*node.elts, *pending]
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name == "print":
                pending = [*node.args, *pending]
                continue
            yield name.removesuffix(".call"), _literals(node)


def _literals(node: ast.Call) -> dict[str, Any] | None:
    if node.args or any(keyword.arg is None for keyword in node.keywords):
        return None
    try:
        values = {keyword.arg: ast.literal_eval(keyword.value) for keyword in node.keywords if keyword.arg}
        return read_arguments(orjson.dumps(values).decode())
    except (ValueError, TypeError, RecursionError, MemoryError, orjson.JSONEncodeError):
        return None


def _value_at(text: str, at: int) -> tuple[dict[str, Any] | None, int]:
    """The JSON object at `at` and where it ends; also with keys that stand without quotes, as Gemma writes them."""
    try:
        value, end = json.JSONDecoder().raw_decode(text, at)
    except (ValueError, RecursionError):
        end = JsonEnd().feed(text, at)
        quoted = re.sub(r"([{,]\s*)([A-Za-z_]\w*)(\s*:)", r'\1"\2"\3', text[at:end]) if end > 0 else ""
        try:
            value = json.loads(quoted)
        except (ValueError, RecursionError):
            return None, len(text)
    try:
        # Once more by the reader of all arguments: what no database keeps is no argument here either.
        return read_arguments(orjson.dumps(value).decode()), end
    except orjson.JSONEncodeError:
        return None, end


def _converted(name: str, pairs: list[tuple[str, str]], tools: Tools) -> dict[str, Any]:
    """Values that were written without their type get the one that the tool's schema names."""
    properties = tools.get(resolved(name, tools), {}).get("properties", {})
    arguments: dict[str, Any] = {}
    for key, text in pairs:
        value = text.strip()
        schema = properties.get(key.strip())
        types = schema.get("type") if isinstance(schema, dict) else None
        arguments[key.strip()] = value if types in ("string", None) else _typed(value)
    return arguments


def _typed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return {"True": True, "False": False, "None": None}.get(text, text)
