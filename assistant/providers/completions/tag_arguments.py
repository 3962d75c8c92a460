"""Arguments in tags, `<parameter=key>value</parameter>`: where a value ends that holds tags of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from assistant.providers.completions.tool_calls import resolved

Pairs = list[tuple[str, str]]

CALL_TAG = re.compile(
    r"<[|｜]?(?:\w+[:｜])?(?:invoke|(?:function|tool)(?:_call)?)(?:\s+name)?\s*=\s*[\"']?([\w.:/-]+)[\"']?"
    r"\s*[^<>]{0,80}>",
    re.IGNORECASE,
)
_ARGUMENT = r"(?:\w+[:｜])?param(?:eter)?"
_OPENING = re.compile(rf"<[|｜]?{_ARGUMENT}(?:\s+name)?\s*=\s*[\"']?([\w.-]+)[\"']?[^<>]{{0,80}}>", re.IGNORECASE)
_CLOSING = re.compile(rf"</[|｜]?{_ARGUMENT}\s?/?>", re.IGNORECASE)
_CALL_END = re.compile(r"</[|｜]?(?:\w+[:｜])?(?:function|invoke|tool_call)>", re.IGNORECASE)
# An argument is followed by another one, by the end of its call, or by nothing.
_LAST_CLOSING = re.compile(rf"{_CLOSING.pattern}(?=\s*(?:{_OPENING.pattern}|{_CALL_END.pattern}|\Z))", re.IGNORECASE)


def within_argument(text: str) -> bool:
    """Whether `text` ends within an argument."""
    opening = max(text.rfind("<param"), text.rfind(":param"))
    return opening >= 0 and _CLOSING.search(text, opening) is None


def arguments_in_tags(
    text: str, at: int, tools: Mapping[str, Any], properties: Mapping[str, Any]
) -> tuple[Pairs | None, int]:
    """The keys and values from `at` on, up to the next call, and where they end; None where one breaks off.

    A value ends with the tag behind which the call goes on or ends, or where the tag of another parameter begins that the
    call does not have yet; tags that mean neither are the value's own.
    """
    pairs: Pairs = []
    while opening := _OPENING.search(text, at):
        if CALL_TAG.search(text, at, opening.start()):
            break
        given = {key for key, _ in pairs} | {opening[1]}
        value, at = _value(text, opening.end(), tools, properties, given)
        if value is None:
            return None, at
        pairs.append((opening[1], value))
    return pairs, at


def _value(
    text: str, start: int, tools: Mapping[str, Any], properties: Mapping[str, Any], given: set[str]
) -> tuple[str | None, int]:
    until = min(_next_argument(text, start, properties, given), _next_call(text, start, tools))
    closing = _LAST_CLOSING.search(text, start, until)
    if closing is None and (end := _CALL_END.search(text, start, until)):
        inside = _CLOSING.search(text, start, end.start())
        return text[start : (inside or end).start()], end.start()
    closing = closing or _CLOSING.search(text, start, until)
    if closing:
        return text[start : closing.start()], closing.end()
    return (text[start:until], until) if until < len(text) else (None, until)


def _next_argument(text: str, start: int, properties: Mapping[str, Any], given: set[str]) -> int:
    for one in _OPENING.finditer(text, start):
        if one[1] not in given and (not properties or one[1] in properties):
            return one.start()
    return len(text)


def _next_call(text: str, start: int, tools: Mapping[str, Any]) -> int:
    for one in CALL_TAG.finditer(text, start):
        if resolved(one[1], tools) in tools:
            return one.start()
    return len(text)
