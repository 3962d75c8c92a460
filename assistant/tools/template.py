"""Placeholders in staff's templates: `{name}` in addresses, `{{name}}` in e-mails.

Filled in one pass: what a value holds is never looked at again, so no value can bring a placeholder of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from typing import Any
from urllib.parse import quote

from assistant import paths
from assistant.errors import ToolError

# Of the visitor, where they are logged in on the site: what its server has signed, and the model neither sees nor chooses.
VISITOR = ("visitor.id", "visitor.name", "visitor.email")
NAME = r"(?:visitor\.(?:id|name|email)|[A-Za-z_][A-Za-z0-9_-]{0,63})"
IN_ADDRESS = re.compile(r"\{(" + NAME + r")\}")
IN_LETTER = re.compile(r"\{\{ *(" + NAME + r") *\}\}")


def names(template: str, place: re.Pattern[str] = IN_ADDRESS) -> set[str]:
    return set(place.findall(template))


def has_stray_braces(template: str) -> bool:
    return any(char in "{}" for char in IN_ADDRESS.sub("", template))


def fill(template: str, values: Callable[[str], str], place: re.Pattern[str] = IN_ADDRESS) -> str:
    return place.sub(lambda match: values(match[1]), template)


def as_text(value: Any) -> str:
    """A value as it stands in an address or a header."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def path_filled(path: str, values: dict[str, Any], over_segments: Collection[str] = ()) -> str:
    """The path with each placeholder's value as part of one segment; those of `over_segments` may hold slashes.

    Raises `ToolError` for a value that would lead elsewhere.
    """

    def segment_part(name: str) -> str:
        text = as_text(values[name]) if values.get(name) is not None else ""
        if not text.strip() or paths.is_blank(text):
            raise ToolError(f"`{name}` is required.", code="bad_arguments")
        if reason := paths.why_unsafe(text, slashes=name in over_segments):
            raise ToolError(f"`{name}` is part of the address, so it must not contain {reason}.", code="bad_arguments")
        return quote(text, safe="")

    return fill(path, segment_part)


def query_filled(query: str, values: dict[str, Any]) -> Iterator[str]:
    """The query's pairs, encoded. A pair whose value is not given is left out; a list gives one pair each."""
    for pair in filter(None, query.split("&")):
        key, equals, template = pair.partition("=")
        wanted = names(template)
        if not wanted:
            yield pair
        elif all(values.get(name) is not None for name in wanted):
            whole = IN_ADDRESS.fullmatch(template)
            given = values[whole[1]] if whole else None
            if whole and isinstance(given, list):
                yield from (key + equals + encoded(one) for one in given)
            else:
                yield key + equals + fill(template, lambda name: encoded(values[name]))


def encoded(value: Any) -> str:
    return quote(as_text(value), safe="")


def header_filled(template: str, values: dict[str, Any]) -> str | None:
    """A header's value; None where a placeholder's value is not given. Raises `ToolError` for what no header may hold."""
    if any(values.get(name) is None for name in names(template)):
        return None
    text = fill(template, lambda name: as_text(values[name])).strip()
    if not all(" " <= char <= "~" for char in text):
        raise ToolError("A value contains characters that are not allowed in a header.", code="bad_arguments")
    return text
