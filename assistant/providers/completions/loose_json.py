"""JSON with the liberties that models take, read only where it can mean one thing."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import orjson

from assistant.providers.completions.json_end import JsonEnd

MAX_PYTHON_CHARS = 8192


def loose_value(text: str, at: int) -> tuple[Any, int]:
    """A JSON value at `at` with the liberties that models take: Python's quotes and names, a comma too many, keys without
    quotes. None where it is none even so; and where it ends."""
    end = JsonEnd().feed(text, at)
    written = text[at:end] if end > 0 else ""
    if not written or len(written) > MAX_PYTHON_CHARS:
        return None, len(text)
    plain = re.sub(r",(\s*[}\]])", r"\1", written)
    for form in (plain, re.sub(r"([{,]\s*)([A-Za-z_]\w*)(\s*:)", r'\1"\2"\3', plain)):
        for parse in (json.loads, ast.literal_eval):
            try:
                value = parse(form)
                orjson.dumps(value)
            except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError, orjson.JSONEncodeError):
                continue
            return (value, end) if isinstance(value, dict | list) else (None, len(text))
    return None, len(text)
