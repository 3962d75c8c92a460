"""The JSON of a tool call's arguments, read with the liberties that models and their servers take."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from assistant.providers.completions.json_end import JsonEnd
from assistant.providers.completions.loose_json import loose_value
from assistant.redaction import is_storable

MAX_LAYERS = 4  # of JSON within a string of JSON


def read_arguments(raw: str) -> dict[str, Any] | None:
    """The one JSON object that `raw` can mean, or None.

    Read are: nothing, `null` or an empty list for no arguments; an object that is a JSON string once more, or alone in a
    list; an object behind the empty one that some gateways send first, or said twice; one with marks of a format, a fence or
    braces around it; one with words behind it; and one with Python's quotes and names, a comma too many, a line break within
    a text, or quotes that were escaped once too often. One that breaks off is none.
    """
    if "\\u0000" in raw:
        return None  # no database keeps it
    value: Any = raw
    for _ in range(MAX_LAYERS):
        if isinstance(value, list) and len(value) <= 1:
            value = value[0] if value else {}
        if not isinstance(value, str):
            break
        value = _value(value.strip())
    return value if isinstance(value, dict) and is_storable(value) else None


def _value(text: str) -> Any:
    if text in ("", "null", "None"):
        return {}
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        if (only := _only_object(text)) is not None:
            return only
    return next((found for one in _readings(text) if (found := _loose(one)) is not None), None)


# What models and their servers leave around arguments: marks of their format, and a fence.
_AROUND = re.compile(
    r"\A(?:\ufeff|\s|<[|｜][\w▁:]{1,40}[|｜]>|</?[a-z_]{1,40}>|```\w{0,20}|json\b|json(?=\{))+"
    r"|(?:\s|<[|｜][\w▁:]{1,40}[|｜]>|</?[a-z_]{1,40}>|```)+\Z",
    re.IGNORECASE,
)
_QUOTE_TOKEN = re.compile(r'<\|"\|?>')  # Gemma and Kimi, where a server does not put the quote back
_BRACES = re.compile(r"(?:\{\s*)+(?=\{)")  # of a prompt that was written for Python's `format`
_ESCAPED_QUOTE = re.compile(r'[{\[:,]\s*\\"')  # where none can stand within a text
_CURLY_QUOTES = str.maketrans("“”„", '"""')


def _readings(text: str) -> Iterator[str]:
    """`text`, and what it says where it was escaped or quoted in a way that JSON does not have."""
    text = _AROUND.sub("", text)
    yield text
    if "&quot;" in text:
        yield html.unescape(text)
    if _QUOTE_TOKEN.search(text):
        yield _QUOTE_TOKEN.sub('"', text)
    if _ESCAPED_QUOTE.search(text):
        yield text.replace('\\"', '"')
    if '"' not in text:
        yield text.translate(_CURLY_QUOTES)
    if braces := _BRACES.match(text):
        yield text[braces.end() :]


def _loose(text: str) -> Any:
    """The object that `text` begins with, unless what follows it may belong to it: only words, or braces too many."""
    if not text.startswith("{"):
        return None
    end = JsonEnd().feed(text)
    if end < 0 or re.fullmatch(r"[\s}]*|\s*[^{}\[\]\"]*", text[end:]) is None:
        return None
    try:
        value = orjson.loads(text[:end])
    except orjson.JSONDecodeError:
        value, _ = loose_value(text, 0)
    return value if isinstance(value, dict) else None


def _only_object(text: str) -> Any:
    """The one object of several JSON values in a row, when all others are empty or the same."""
    decoder = json.JSONDecoder(parse_constant=_refuse)
    found: list[Any] = []
    at = 0
    try:
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            if not isinstance(value, dict):
                return None
            if value and value not in found:
                found.append(value)
            if len(found) > 1:
                return None
            while at < len(text) and text[at].isspace():
                at += 1
        orjson.dumps(found)  # refuses half of a surrogate pair
    except (ValueError, RecursionError, orjson.JSONEncodeError):
        return None
    return found[0] if found else {}


def _refuse(constant: str) -> Any:
    raise ValueError(constant)  # NaN is not JSON
