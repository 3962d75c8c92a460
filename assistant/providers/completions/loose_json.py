"""JSON with the liberties that models take, read only where it can mean one thing."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import orjson

from assistant.providers.completions.json_end import JsonEnd

MAX_PYTHON_CHARS = 8192
# What stands within quotes is passed over.
_TEXT = r"(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
_COMMA = re.compile(rf"{_TEXT}|,(?P<end>\s*[}}\]])", re.DOTALL)
_KEY = re.compile(rf"{_TEXT}|(?P<before>[{{,]\s*)(?P<key>[A-Za-z_]\w*)(?P<colon>\s*:)", re.DOTALL)


def loose_value(text: str, at: int) -> tuple[Any, int]:
    """A JSON value at `at` with the liberties that models take: Python's quotes and names, a comma too many, keys without
    quotes. None where it is none even so; and where it ends."""
    end = JsonEnd().feed(text, at)
    written = text[at:end] if end > 0 else ""
    if not written or len(written) > MAX_PYTHON_CHARS:
        return None, len(text)
    plain = _COMMA.sub(lambda one: one["text"] or one["end"], written)
    quoted = _KEY.sub(lambda one: one["text"] or f'{one["before"]}"{one["key"]}"{one["colon"]}', plain)
    for form in (written, plain, quoted):
        for parse in (_json, ast.literal_eval):
            try:
                value = parse(form)
                orjson.dumps(value)
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, orjson.JSONEncodeError):
                continue
            return (value, end) if isinstance(value, dict | list) else (None, len(text))
    return None, len(text)


def _json(text: str) -> Any:
    """Also with line breaks within a text."""
    return json.loads(text, strict=False, parse_constant=_refuse)


def _refuse(constant: str) -> Any:
    raise ValueError(constant)  # NaN is not JSON
