"""Parsing of imported documents into plain JSON values, with a named error for what cannot be read.

YAML is read event by event with the few types that JSON has. So there is no alias to expand and no tag to obey, dates
stay texts, `no` is no boolean, and a key such as 200 is the text "200".
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from assistant.errors import ImportRefused

MAX_BYTES = 2_000_000
MAX_DEPTH = 32
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

NULL = {"", "~", "null", "Null", "NULL"}
BOOLEANS = {word: value for value in (True, False) for word in (str(value), str(value).lower(), str(value).upper())}
INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,2})?")


def load(data: bytes | str) -> Any:
    """JSON or YAML of at most `MAX_BYTES` bytes and `MAX_DEPTH` levels. Raises `ImportRefused`."""
    raw = data.encode(errors="surrogatepass") if isinstance(data, str) else data
    if len(raw) > MAX_BYTES:
        raise ImportRefused(f"The document is larger than {MAX_BYTES // 1_000_000} MB.", code="too_large")
    try:  # PowerShell saves as UTF-16 what is sent to a file
        encoding = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
        text = raw.decode(encoding).strip()
    except UnicodeDecodeError as error:
        raise ImportRefused(
            "The document is not UTF-8 text. Save it as UTF-8 and import it again.", code="encoding"
        ) from error
    if not text:
        raise ImportRefused("The document is empty.", code="empty")
    if text.startswith("<"):
        raise ImportRefused("This is a web page, not an API description. Use the JSON or YAML file instead.", code="html")
    return _from_json(text) if text[0] in "{[" else _from_yaml(text)


def _from_json(text: str) -> Any:
    try:
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ImportRefused(f"This is not valid JSON{where}.", code="json") from error
    level: list[Any] = [document]
    for _ in range(MAX_DEPTH + 1):
        level = [child for node in level for child in _children(node)]
        if not level:
            return document
    raise _too_deep()


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield from node.values()
    elif isinstance(node, list):
        yield from node


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        raise _twice(next(name for name, _ in pairs if name in seen or seen.add(name)))  # type: ignore[func-returns-value]
    return found


def _no_number(word: str) -> Any:
    raise ValueError(word)


def _from_yaml(text: str) -> Any:
    try:
        events = yaml.parse(text, Loader=Loader)
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                break
        first = next(events, None)
        if first is None:
            raise ImportRefused("The document is empty.", code="empty")
        document = _node(first, events, 0)
        if any(isinstance(event, yaml.DocumentStartEvent) for event in events):
            raise ImportRefused("The file contains several YAML documents. Import them one at a time.", code="yaml_several")
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise ImportRefused(f"This is neither valid JSON nor valid YAML{where}.", code="yaml") from error
    if not isinstance(document, dict):
        raise ImportRefused("This is plain text. Expected JSON or YAML.", code="yaml")
    return document


def _node(event: Any, events: Iterator[Any], depth: int) -> Any:
    """The value that begins with `event`; its other events are read from `events`."""
    if isinstance(event, yaml.AliasEvent):
        raise ImportRefused("YAML aliases (*name) are not supported. Repeat the content, or use $ref.", code="yaml_alias")
    if event.tag not in (None, "!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
        raise ImportRefused(f"The YAML tag {event.tag[:60]} is not supported. Remove it.", code="yaml_tag")
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event.value) if event.implicit[0] else event.value
    if depth >= MAX_DEPTH:
        raise _too_deep()
    if isinstance(event, yaml.SequenceStartEvent):
        items = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(_node(event, events, depth + 1))
        return items
    found: dict[str, Any] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        if not isinstance(event, yaml.ScalarEvent) or event.tag:
            raise ImportRefused("YAML keys must be plain text.", code="yaml_key")
        if event.value == "<<" and event.implicit[0]:
            raise ImportRefused("YAML merge keys (<<) are not supported. Repeat the content instead.", code="yaml_merge")
        if event.value in found:
            raise _twice(event.value)
        found[event.value] = _node(next(events), events, depth + 1)
    return found


def _scalar(text: str) -> Any:
    """YAML 1.2's core types, without the octal and endless numbers that no API description needs."""
    if text in NULL:
        return None
    if text in BOOLEANS:
        return BOOLEANS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    return float(text) if FLOAT.fullmatch(text) else text


def _twice(name: str) -> ImportRefused:
    return ImportRefused(
        f"The key “{name[:60]}” appears twice in the same object. Remove one of them.", code="duplicate_key"
    )


def _too_deep() -> ImportRefused:
    return ImportRefused(f"The document is nested more than {MAX_DEPTH} levels deep.", code="too_deep")
