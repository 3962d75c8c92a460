"""Parsers of the bodies of tool calls that were written as text, one per dialect."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from assistant.providers.completions.argument_json import read_arguments
from assistant.providers.completions.argument_wrappers import ARGUMENTS, NAMES
from assistant.providers.completions.call_arguments import Call, Tools, converted, properties_of, value_at
from assistant.providers.completions.code_calls import python_calls, shell_calls
from assistant.providers.completions.json_end import JsonEnd
from assistant.providers.completions.loose_json import MAX_PYTHON_CHARS, loose_value
from assistant.providers.completions.machine_text import mentions
from assistant.providers.completions.tag_arguments import CALL_TAG, arguments_in_tags
from assistant.providers.completions.tool_calls import MAX_NAME_CHARS, resolved
from assistant.providers.completions.verdicts import PLACEHOLDER

MAX_CHILD_CHARS = 4096  # of arguments that each have a tag of their own name
MAX_NO_JSON = 16  # brackets in a call that begin no JSON

_CHILD = re.compile(r"<([\w.-]+)>(.*?)</\1>", re.DOTALL)
_TOOL_NAME = re.compile(r"<(tool|function)_name>\s*(?P<name>[\w.:/-]+)\s*</\1_name>", re.IGNORECASE)
_ARGUMENTS_TAG = re.compile(
    r"\s*<((?:tool_|function_)?(?:parameters|arguments|args|params|input))>(.*?)(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE
)
_OWN_TAG = re.compile(r"\s*<([\w.-]+)>(.*?)(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_ATTRIBUTES_TAG = re.compile(r"\s*<([\w.-]+)\s((?:[^<>\"']|\"[^\"]*\"|'[^']*')*?)/?>")
_ATTRIBUTE = re.compile(r"([\w-]+)\s*=\s*([\"'])(.*?)\2", re.DOTALL)
_KEY_AND_VALUE = re.compile(
    r"<arg_key>([^<]{0,200})</arg_key>\s*<arg_value>((?:(?!<arg_key>).)*?)"
    r"(?:</arg_value>(?=\s*(?:<|\Z))|(?=<arg_key>)|(?P<cut>\Z))",
    re.DOTALL,
)
# Marks within a call that only keep its parts apart.
_BETWEEN = re.compile(
    r"\[CALL_ID\][^\[\]]{0,80}|<\|[^|<>\n]{0,40}\|>|<｜[^｜<>\n]{0,40}｜>|\[(?:ARGS|TOOL_CALLS)\]|```[a-z_]*|</s>"
    r"|<</?\w{1,20}>>|</?[a-z_:]{1,40}>",
    re.IGNORECASE,
)
_NAME_BEFORE = re.compile(r"([A-Za-z_][\w.:/-]*)[|`]?\s*(?:\bcommentary\s*)?(?:\b(?:json|code)\s*)?\(?\s*\Z")
_JSON_BEGIN = re.compile(r"[{\[]")
# A name, and its arguments after a label of their own.
_GIVEN = re.compile(
    r"[\s`*]*([\w.:-]+)[`*]*\s*(?:[\n,]\s*[`*]*(?:action[ _]input|tool[ _]input|arguments|parameters|params|args|input)[`*]*"
    r"\s*:[\s`*]*|\swith\b[^\n{]{0,30}(?=\{)|(?=\[\s*\{))",
    re.IGNORECASE,
)
_QWEN = re.compile(r"✿FUNCTION✿\s*[:：]\s*`?([\w.:/-]+)`?\s*✿ARGS✿\s*[:：]\s*(?=\{)", re.IGNORECASE)
# Forms that say the same as tags in other brackets.
_AS_TAGS = (
    (re.compile(r"\]<\]minimax\[>\["), ""),
    (re.compile(r"<\|open\|>(?:tools)?call\s+tool=\"([\w.:/-]+)\"[^<>]{0,80}<\|sep\|>"), r"<function=\1>"),
    (re.compile(r"<\|open\|>argument\s+key=\"([\w.-]+)\"[^<>]{0,80}<\|sep\|>"), r"<parameter=\1>"),
    (re.compile(r"(?:<\|close\|>)?argument<\|sep\|>"), "</parameter>"),
    (re.compile(r"<\|(?:open|close)\|>[^<>]{0,80}<\|sep\|>"), ""),
)
_HASH_ROCKETS = re.compile(r'\{\s*tool\s*=>\s*"([\w.:/-]+)"\s*,\s*args\s*=>\s*\{(.*)\}\s*\}', re.DOTALL)
_OPTION = re.compile(r"--([\w-]+)[ =]+(\"(?:[^\"\\]|\\.)*\"|[^\n]*?)(?=\s+--|\s*\n|\s*\Z)")


def read_calls(body: str, tools: Tools) -> list[Call]:
    """The calls that `body` can mean, in their order; [] when it means none."""
    body = PLACEHOLDER.sub("", body.replace("\\_", "_"))  # as Markdown escapes it
    if "&quot;" in body:
        body = html.unescape(body)
    for form, tag in _AS_TAGS:
        body = form.sub(tag, body)
    if CALL_TAG.search(body):
        return list(_tagged(body, tools))
    if starts := list(_QWEN.finditer(body)):
        return [(start[1], value_at(body, start.end())[0]) for start in starts]
    if rockets := _HASH_ROCKETS.search(body):
        return [
            (
                rockets[1],
                converted(rockets[1], [(key, text.strip('"')) for key, text in _OPTION.findall(rockets[2])], tools),
            )
        ]
    if named := _TOOL_NAME.search(body):
        around = _ARGUMENTS_TAG.match(body, named.end())
        return [(named["name"], _within_tag(named["name"], around[2] if around else "", tools))]
    if (alone := _ATTRIBUTES_TAG.match(body)) and resolved(alone[1], tools) in tools:
        return [(alone[1], converted(alone[1], [(key, text) for key, _, text in _ATTRIBUTE.findall(alone[2])], tools))]
    if (own := _OWN_TAG.match(body)) and resolved(own[1], tools) in tools:
        return [(own[1], _within_tag(own[1], own[2], tools))]
    body = re.sub(r"\A\s*`{1,2}(?!`)", "", body.replace("longcat_arg_", "arg_"))
    if "<arg_key>" in body:
        name = re.match(r"\s*([\w.:/-]+)", body)
        pairs = _keys_and_values(body)
        return [(name[1], None if pairs is None else converted(name[1], pairs, tools))] if name else []
    if (given := _GIVEN.match(body)) and resolved(given[1], tools) in tools:
        body = f"{given[1]}\n{body[given.end() :].removeprefix('[')}"
    text = re.sub(r'<\|"\|>|<escape>', '"', body)
    return (
        list(_named_objects(text))
        or list(_objects(text, tools))
        or list(python_calls(re.sub(r"\n[ \t]+(?=\w+\()", "\n", _BETWEEN.sub("\n", text)).strip(" \n`"), tools))
        or list(shell_calls(body, tools))
        or list(_nearby(text, tools))
    )


def _keys_and_values(text: str) -> list[tuple[str, str]] | None:
    """As GLM has them; None where the text breaks off within a value. What ends a value is followed by another tag."""
    pairs = []
    for one in _KEY_AND_VALUE.finditer(text):
        value, ended, _ = one[2].rpartition("</arg_value>") if one["cut"] is not None else (one[2], "-", "")
        if not ended:
            return None
        pairs.append((one[1], value))
    return pairs


def _within_tag(name: str, inside: str, tools: Tools) -> dict[str, Any] | None:
    """The arguments between two tags: as JSON, or with a tag of its own name for each."""
    if inside.lstrip()[:1] == "{":
        return value_at(inside, inside.index("{"))[0]
    return converted(name, _CHILD.findall(inside[:MAX_CHILD_CHARS]), tools)


def _tagged(body: str, tools: Tools) -> Iterator[Call]:
    """`<function=name><parameter=key>value</parameter></function>`, `<invoke name="…">`, `<function=name>{…}</function>`."""
    at = 0
    while start := CALL_TAG.search(body, at):
        pairs, at = arguments_in_tags(body, start.end(), tools, properties_of(start[1], tools))
        if pairs is None:
            yield start[1], None
            continue
        if pairs:
            yield start[1], converted(start[1], pairs, tools)
            continue
        following = CALL_TAG.search(body, at)
        inside = body[start.end() : following.start() if following else len(body)]
        brace = inside.find("{")
        if brace < 0 and (children := _CHILD.findall(inside[:MAX_CHILD_CHARS])):
            yield start[1], converted(start[1], children, tools)
        elif brace < 0 and (given := _ATTRIBUTE.findall(start[0])) and len(given) > (given[0][0] == "name"):
            yield start[1], _attributes(start[1], given, tools)
        elif brace < 0:
            yield start[1], {} if not re.sub(r"<[^<>]*>", "", inside).strip() else None
        else:
            yield start[1], value_at(inside, brace)[0]


def _attributes(name: str, given: list[tuple[str, str, str]], tools: Tools) -> dict[str, Any] | None:
    """The arguments among a tag's attributes: one that holds them all as JSON, or one for each."""
    for key, _, text in given:
        if key in ARGUMENTS:
            return read_arguments(html.unescape(text))
    properties = properties_of(name, tools)
    pairs = [(key, html.unescape(text)) for key, _, text in given if key in properties]
    return converted(name, pairs, tools) if pairs or not properties else None


def _named_objects(text: str) -> Iterator[Call]:
    """`name {…}`, several in a row, whatever stood between: Mistral, DeepSeek, Kimi, Functionary, harmony."""
    end = 0
    while (at := text.find("{", end)) >= 0:
        name = _NAME_BEFORE.search(_BETWEEN.sub("\n", text[max(end, at - MAX_NAME_CHARS) : at]))
        if name is None:
            return
        arguments, end = value_at(text, at)
        yield name[1].removeprefix("call:").rstrip(":"), arguments


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
    named = next((key for key in NAMES if isinstance(value.get(key), str) and value[key].strip()), "")
    name = value[named] if named else ""
    if not name:
        only = next(iter(value)) if len(value) == 1 else ""
        if only and resolved(only, tools) in tools and isinstance(value[only], dict):
            yield only, value[only]
        return
    beside = {key: value[key] for key in value if key != named and key in properties_of(name, tools)}
    arguments: Any = next((value[key] for key in ARGUMENTS if key in value), beside)
    if not beside and "(" in name and (within_text := list(python_calls(name, tools))):
        yield from within_text
        return
    if isinstance(arguments, dict) and isinstance(arguments.get("tool_uses"), list) and resolved(name, tools) not in tools:
        yield from _in_value(arguments["tool_uses"], tools)
    elif isinstance(arguments, str):
        yield name, read_arguments(arguments)
    else:
        yield name, arguments if isinstance(arguments, dict) else {} if arguments is None else None


def _in_snakes(key: str) -> str:
    """A key in the form that `NAMES` and `ARGUMENTS` have: "toolInput" as "tool_input"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", key).lower() if key in _CAMELS else key


_CAMELS = {
    re.sub(r"_(\w)", lambda letter: letter[1].upper(), key)
    for key in (*NAMES, *ARGUMENTS, "tool_calls", "tool_uses", "tool_call", "function_call", "tool_use", "next_action")
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
        arguments, end = value_at(rest, brace)
        yield name, arguments if "{" not in rest[end:] else None
        return
    if called := re.match(r"[\"'`]?\s*\(", rest):
        close = JsonEnd().feed(rest, called.end() - 1)
        inside = list(python_calls(f"{name}{rest[called.end() - 1 : close]}", {})) if close > 0 else []
        yield inside[0] if inside else (name, None)
        return
    properties = properties_of(name, tools)
    in_tags = arguments_in_tags(rest[:MAX_CHILD_CHARS], 0, tools, properties)[0]
    pairs = [*(in_tags or ()), *_CHILD.findall(rest[:MAX_CHILD_CHARS])]
    pairs += [(key, value) for key, _, value in _ATTRIBUTE.findall(rest[:MAX_CHILD_CHARS])]
    pairs += [(key, value.strip(" \t\"'")) for key, value in _LINE.findall(rest[:MAX_CHILD_CHARS])]
    pairs += [pair for key, inside in pairs for pair in _CHILD.findall(inside) if key not in properties]
    wanted = [(key, value) for key, value in pairs if key in properties]
    yield name, converted(name, wanted, tools) if wanted else {} if not properties else None


_LINE = re.compile(r"^[ \t]*(?:-[ \t]+)?([A-Za-z_][\w-]*)[ \t]*:[ \t]+(\S[^\n]*?)[ \t]*$", re.MULTILINE)
