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
_LAST_CLOSING = re.compile(
    rf"{_CLOSING.pattern}(?=\s*(?:{_OPENING.pattern}|{CALL_TAG.pattern}|{_CALL_END.pattern}|\Z))", re.IGNORECASE
)
_BOUNDARY = re.compile(rf"(?P<argument>{_OPENING.pattern})|{CALL_TAG.pattern}", re.IGNORECASE)
_EDGE = re.compile(r"<(/?)[|｜]?(?:\w{1,40}[:｜])?param", re.IGNORECASE)
_LONGEST_EDGE = 60


class OpenArgument:
    """Whether a text that is still arriving has come to within an argument."""

    def __init__(self) -> None:
        self.open = False
        self._tail = ""

    def feed(self, text: str) -> None:
        text = self._tail + text
        for edge in _EDGE.finditer(text):
            self.open = not edge[1]
        self._tail = text[-_LONGEST_EDGE:]


def arguments_in_tags(
    text: str, at: int, tools: Mapping[str, Any], properties: Mapping[str, Any]
) -> tuple[Pairs | None, int]:
    """The keys and values from `at` on, up to the next call, and where they end; None where one breaks off.

    A value ends with the tag behind which the call goes on or ends, or where the tag of another parameter begins that the
    call does not have yet; tags that mean neither are the value's own.
    """
    pairs: Pairs = []
    given: set[str] = set()
    while opening := _OPENING.search(text, at):
        if CALL_TAG.search(text, at, opening.start()):
            break
        given.add(opening[1])
        closing = _LAST_CLOSING.search(text, opening.end())
        until = closing.start() if closing else len(text)
        for one in _BOUNDARY.finditer(text, opening.end(), until):
            if one[2] not in given and (not properties or one[2] in properties) if one["argument"] else _is_call(one, tools):
                until, closing = one.start(), None
                break
        value, at = (text[opening.end() : until], closing.end()) if closing else _unclosed(text, opening.end(), until)
        if value is None:
            return None, at
        pairs.append((opening[1], value))
    return pairs, at


def _unclosed(text: str, start: int, until: int) -> tuple[str | None, int]:
    """A value up to the next argument or call, where no tag is sure to end it; None at the end of the text."""
    end = _CALL_END.search(text, start, until)
    closing = _CLOSING.search(text, start, end.start() if end else until)
    if closing or end:
        return text[start : (closing or end).start()], end.start() if end else closing.end()  # type: ignore[union-attr]
    return (text[start:until], until) if until < len(text) else (None, until)


def _is_call(tag: re.Match[str], tools: Mapping[str, Any]) -> bool:
    return resolved(tag[3], tools) in tools
