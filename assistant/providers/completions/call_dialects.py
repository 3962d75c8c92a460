"""Parsers of the bodies of tool calls that were written as text, one per dialect."""

from __future__ import annotations

import ast
import html
import json
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from assistant.providers.completions.json_end import JsonEnd
from assistant.providers.completions.loose_json import MAX_PYTHON_CHARS, loose_value
from assistant.providers.completions.machine_text import CALLER, mentions
from assistant.providers.completions.tool_calls import MAX_NAME_CHARS, read_arguments, resolved

Call = tuple[str, dict[str, Any] | None]  # the name as it is written; None: arguments that cannot be read
Tools = Mapping[str, Mapping[str, Any]]

MAX_CHILD_CHARS = 4096  # of arguments that each have a tag of their own name
MAX_SHELL_LINES = 20
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
_ARGUMENTS_TAG = re.compile(
    r"\s*<((?:tool_|function_)?(?:parameters|arguments|args|params|input))>(.*?)(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE
)
_OWN_TAG = re.compile(r"\s*<([\w.-]+)>(.*?)(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_ATTRIBUTES_TAG = re.compile(r"\s*<([\w.-]+)\s((?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)/?>")
_ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*([\"'])(.*?)\2", re.DOTALL)
_KEY_AND_VALUE = re.compile(r"<arg_key>([^<]{0,200})</arg_key>\s*<arg_value>((?:(?!<arg_key>).)*?)</arg_value>", re.DOTALL)
# Marks within a call that only keep its parts apart.
_BETWEEN = re.compile(
    r"\[CALL_ID\][^\[\]]{0,80}|<\|[^|<>\n]{0,40}\|>|<｜[^｜<>\n]{0,40}｜>|\[(?:ARGS|TOOL_CALLS)\]|```[a-z_]*|</s>"
    r"|</?[a-z_:]{1,40}>",
    re.IGNORECASE,
)
_NAME_BEFORE = re.compile(r"([A-Za-z_][\w.:/-]*)[|`]?\s*(?:\b(?:json|code)\s*)?\(?\s*\Z")
_JSON_BEGIN = re.compile(r"[{\[]")
# A name, and its arguments after a label of their own.
_GIVEN = re.compile(
    r"[\s`*]*([\w.:-]+)[`*]*\s*(?:\n\s*[`*]*(?:action[ _]input|tool[ _]input|arguments|parameters|params|args|input)[`*]*"
    r"\s*:[\s`*]*|\swith\b[^\n{]{0,30}(?=\{)|(?=\[\s*\{))",
    re.IGNORECASE,
)
_QWEN = re.compile(r"✿FUNCTION✿\s*[:：]\s*`?([\w.:/-]+)`?\s*✿ARGS✿\s*[:：]\s*(?=\{)", re.IGNORECASE)
# Forms that say the same as tags in other brackets.
_AS_TAGS = (
    (re.compile(r"\]<\]minimax\[>\["), ""),
    (re.compile(r"<\|open\|>call\s+tool=\"([\w.:/-]+)\"[^<>]{0,80}<\|sep\|>"), r"<function=\1>"),
    (re.compile(r"<\|open\|>argument\s+key=\"([\w.-]+)\"[^<>]{0,80}<\|sep\|>"), r"<parameter=\1>"),
    (re.compile(r"<\|close\|>argument<\|sep\|>"), "</parameter>"),
    (re.compile(r"<\|(?:open|close)\|>[^<>]{0,80}<\|sep\|>"), ""),
)
_HASH_ROCKETS = re.compile(r'\{\s*tool\s*=>\s*"([\w.:/-]+)"\s*,\s*args\s*=>\s*\{(.*)\}\s*\}', re.DOTALL)
_OPTION = re.compile(r"--([\w-]+)[ =]+(\"(?:[^\"\\]|\\.)*\"|[^\n]*?)(?=\s+--|\s*\n|\s*\Z)")


def read_calls(body: str, tools: Tools) -> list[Call]:
    """The calls that `body` can mean, in their order; [] when it means none."""
    body = body.replace("\\_", "_")  # as Markdown escapes it
    for form, tag in _AS_TAGS:
        body = form.sub(tag, body)
    if _TAGGED.search(body):
        return list(_tagged(body, tools))
    if starts := list(_QWEN.finditer(body)):
        return [(start[1], _value_at(body, start.end())[0]) for start in starts]
    if rockets := _HASH_ROCKETS.search(body):
        return [
            (
                rockets[1],
                _converted(rockets[1], [(key, text.strip('"')) for key, text in _OPTION.findall(rockets[2])], tools),
            )
        ]
    if named := _TOOL_NAME.search(body):
        around = _ARGUMENTS_TAG.match(body, named.end())
        return [(named["name"], _within_tag(named["name"], around[2] if around else "", tools))]
    if (alone := _ATTRIBUTES_TAG.match(body)) and resolved(alone[1], tools) in tools:
        return [(alone[1], _converted(alone[1], [(key, text) for key, _, text in _ATTRIBUTE.findall(alone[2])], tools))]
    if (own := _OWN_TAG.match(body)) and resolved(own[1], tools) in tools:
        return [(own[1], _within_tag(own[1], own[2], tools))]
    body = re.sub(r"\A\s*`{1,2}(?!`)", "", body.replace("longcat_arg_", "arg_"))
    if "<arg_key>" in body:
        name = re.match(r"\s*([\w.:/-]+)", body)
        return [(name[1], _converted(name[1], _KEY_AND_VALUE.findall(body), tools))] if name else []
    if (given := _GIVEN.match(body)) and resolved(given[1], tools) in tools:
        body = f"{given[1]}\n{body[given.end() :].removeprefix('[')}"
    text = re.sub(r'<\|"\|>|<escape>', '"', body)
    return (
        list(_named_objects(text))
        or list(_objects(text, tools))
        or list(_python(_BETWEEN.sub("\n", text).strip(" \n`"), tools))
        or list(_shell(body, tools))
        or list(_nearby(text, tools))
    )


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
        if brace < 0 and (children := _CHILD.findall(inside[:MAX_CHILD_CHARS])):
            yield start[1], _converted(start[1], children, tools)
        elif brace < 0 and (given := _ATTRIBUTE.findall(start[0])) and len(given) > (given[0][0] == "name"):
            yield start[1], _attributes(start[1], given, tools)
        elif brace < 0:
            yield start[1], {} if not re.sub(r"<[^<>]*>", "", inside).strip() else None
        else:
            yield start[1], _value_at(inside, brace)[0]


def _attributes(name: str, given: list[tuple[str, str, str]], tools: Tools) -> dict[str, Any] | None:
    """The arguments among a tag's attributes: one that holds them all as JSON, or one for each."""
    for key, _, text in given:
        if key in _ARGUMENTS:
            return read_arguments(html.unescape(text))
    properties = _properties(name, tools)
    pairs = [(key, html.unescape(text)) for key, _, text in given if key in properties]
    return _converted(name, pairs, tools) if pairs or not properties else None


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
            value, end = loose_value(text, begin.start())
            if value is None:
                at, failed = begin.end(), failed + 1
                continue
            at = end
        yield from _in_value(value, tools)


def _in_value(value: Any, tools: Tools) -> Iterator[Call]:
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield from _in_value(item, tools)
        return
    if not isinstance(value, dict):
        return
    value = {_in_snakes(key): one for key, one in value.items()}
    if value.get("method") == "tools/call" and isinstance(value.get("params"), dict):
        value = value["params"]  # of the Model Context Protocol
    for within in ("tool_calls", "tool_uses", "actions", "calls"):
        if isinstance(value.get(within), list):
            yield from _in_value(value[within], tools)
            return
    for within in ("function", "tool_call", "function_call", "tool_use", "command", "action", "next_action", "tool"):
        if isinstance(value.get(within), dict):
            yield from _in_value(value[within], tools)
            return
    named = next((key for key in _NAMES if isinstance(value.get(key), str) and value[key].strip()), "")
    name = value[named] if named else ""
    if not name:
        only = next(iter(value)) if len(value) == 1 else ""
        if only and resolved(only, tools) in tools and isinstance(value[only], dict):
            yield only, value[only]
        return
    beside = {key: value[key] for key in value if key != named and key in _properties(name, tools)}
    arguments: Any = next((value[key] for key in _ARGUMENTS if key in value), beside)
    if not beside and "(" in name and (within_text := list(_python(name, tools))):
        yield from within_text
        return
    if isinstance(arguments, dict) and isinstance(arguments.get("tool_uses"), list) and resolved(name, tools) not in tools:
        yield from _in_value(arguments["tool_uses"], tools)
    elif isinstance(arguments, str):
        yield name, read_arguments(arguments)
    else:
        yield name, arguments if isinstance(arguments, dict) else {} if arguments is None else None


_NAMES = (
    "name", "tool_name", "function_name", "recipient_name", "function", "tool", "action", "method", "command", "api",
    "tool_to_call", "tool_to_use", "next_action", "intent",
)  # fmt: skip
_ARGUMENTS = (
    "arguments", "parameters", "args", "input", "action_input", "tool_input", "tool_args", "tool_arguments", "params",
    "kwargs", "slots", "payload",
)  # fmt: skip


def _in_snakes(key: str) -> str:
    """A key in the form that `_NAMES` and `_ARGUMENTS` have: "toolInput" as "tool_input"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower() if key in _CAMELS else key


_CAMELS = {
    re.sub(r"_(\w)", lambda letter: letter[1].upper(), key)
    for key in (*_NAMES, *_ARGUMENTS, "tool_calls", "tool_uses", "tool_call", "function_call", "tool_use", "next_action")
}


def _nearby(text: str, tools: Tools) -> Iterator[Call]:
    """Machine text of any other form that names one tool: its arguments are the one object that follows, or what stands in
    tags, attributes or lines of the names of its parameters."""
    known = mentions(tuple(sorted(tools)))
    found = list(known.word.finditer(text[:MAX_PYTHON_CHARS]))
    names = {resolved(one[0].replace("\\", ""), tools) for one in found}
    if len(names) != 1 or not names <= tools.keys():
        return
    [name], rest = names, text[found[-1].end() :]
    while (brace := rest.find("{")) >= 0 and rest[brace : brace + 2] == "{{":
        rest = rest[brace + 2 :]
    if brace >= 0:
        arguments, end = _value_at(rest, brace)
        yield name, arguments if "{" not in rest[end:] else None
        return
    if called := re.match(r"[\"'`]?\s*\(", rest):
        close = JsonEnd().feed(rest, called.end() - 1)
        inside = list(_python(f"{name}{rest[called.end() - 1 : close]}", {})) if close > 0 else []
        yield inside[0] if inside else (name, None)
        return
    properties = _properties(name, tools)
    pairs = [*_PARAMETER.findall(rest[:MAX_CHILD_CHARS]), *_CHILD.findall(rest[:MAX_CHILD_CHARS])]
    pairs += [(key, value) for key, _, value in _ATTRIBUTE.findall(rest[:MAX_CHILD_CHARS])]
    pairs += [(key, value.strip(" \t\"'")) for key, value in _LINE.findall(rest[:MAX_CHILD_CHARS])]
    pairs += [pair for key, inside in pairs for pair in _CHILD.findall(inside) if key not in properties]
    wanted = [(key, value) for key, value in pairs if key in properties]
    yield name, _converted(name, wanted, tools) if wanted else {} if not properties else None


_LINE = re.compile(r"^[ \t]*(?:-[ \t]+)?([A-Za-z_][\w-]*)[ \t]*:[ \t]+(\S[^\n]*?)[ \t]*$", re.MULTILINE)
_CALLER = re.compile(CALLER)


def _through(node: ast.Call, tools: Tools) -> Iterator[Call]:
    """`client.call_tool("name", {…})`: a call of what calls a tool."""
    given: list[Any] = []
    try:
        given = [ast.literal_eval(one) for one in node.args]
        named = {one.arg: ast.literal_eval(one.value) for one in node.keywords if one.arg}
    except (ValueError, TypeError, RecursionError, MemoryError):
        return
    name = next((named.pop(key) for key in _NAMES if isinstance(named.get(key), str)), None) or (
        given.pop(0) if given else ""
    )
    if isinstance(name, str) and resolved(name, tools) in tools:
        whole = next((one for one in (*given, *map(named.get, _ARGUMENTS)) if isinstance(one, dict)), named)
        yield name, read_arguments(orjson.dumps(whole).decode())


def _python(text: str, tools: Tools) -> Iterator[Call]:
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
            if resolved(name, tools) not in tools and _CALLER.fullmatch(name) and (through := list(_through(node, tools))):
                yield from through
                continue
            if name == "tool_call" and isinstance(statements[0], ast.Expr) and isinstance(statements[0].value, ast.Name):
                name = statements[0].value.id  # ChatGLM 3
            yield name.removesuffix(".call"), _literals(node)


def _shell(text: str, tools: Tools) -> Iterator[Call]:
    """`name --key value` and `name key=value`, a line each."""
    for line in text.splitlines()[:MAX_SHELL_LINES]:
        try:
            name, *words = shlex.split(line.strip().strip("`").lstrip("$> "))
        except ValueError:
            continue
        if resolved(name, tools) not in tools:
            continue
        pairs: list[tuple[str, str]] = []
        for word in words:
            key, equals, value = word.partition("=")
            if word.startswith("--"):
                pairs.append((key.lstrip("-"), value if equals else "true"))
            elif equals and key.isidentifier():
                pairs.append((key, value))
            elif pairs and pairs[-1][1] == "true":
                pairs[-1] = (pairs[-1][0], word)
        if pairs and all(key in _properties(name, tools) for key, _ in pairs):
            yield name, _converted(name, pairs, tools)


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
        value, end = loose_value(text, at)
        if value is None:
            return None, end
    try:
        # Once more by the reader of all arguments: what no database keeps is no argument here either.
        return read_arguments(orjson.dumps(value).decode()), end
    except orjson.JSONEncodeError:
        return None, end


def _converted(name: str, pairs: list[tuple[str, str]], tools: Tools) -> dict[str, Any]:
    """Values that were written without their type get the one that the tool's schema names."""
    properties = _properties(name, tools)
    arguments: dict[str, Any] = {}
    for key, text in pairs:
        value = text.strip()
        schema = properties.get(key.strip())
        types = schema.get("type") if isinstance(schema, dict) else None
        arguments[key.strip()] = value if types in ("string", None) else _typed(value)
    return arguments


def _properties(name: str, tools: Tools) -> Mapping[str, Any]:
    properties = tools.get(resolved(name, tools), {}).get("properties", {})
    return properties if isinstance(properties, dict) else {}


def _typed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return {"True": True, "False": False, "None": None}.get(text, text)
