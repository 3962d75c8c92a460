"""Reading of what an organization's server has answered: JSON in the forms that servers send it, and other text."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from assistant import outbound
from assistant.tools import pointers
from assistant.tools.decoding import decoded_answer

MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}")
SCRIPT = r"(?:application|text)/(?:x-)?(?:java|ecma)script"
TEXTUAL = re.compile(
    r"application/(?:[\w.+-]+\+)?(?:json|xml|yaml)|text/(?!html)[\w.+-]+"
    r"|application/(?:x-)?(?:csv|json(?:-seq|l|lines)?|ndjson|toml|www-form-urlencoded|yaml)|" + SCRIPT
)
NEVER_TEXT = re.compile(r"(?:image|audio|video|font|model)/|application/(?:pdf|postscript|rtf|zip)")
MARKUP = re.compile(r"<[a-zA-Z!/?]")
CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\ufffd]")
PADDING = "\ufeff\0 \t\r\n\x1e"

# What keeps a browser from running JSON as a script, and a call that has it run as one:
# https://docs.angularjs.org/api/ng/service/$http (JSON vulnerability protection)
GUARD = re.compile(
    r"\)\]\}'?,?|(?:while|for)\s*\((?:1|true|;;)\)\s*;|throw\s+[^;{\[]{1,40};(?:\s*<[^>]{1,40}>)?|\{\}\s*&&|&&&START&&&"
)
WRAPPED = re.compile(
    r"(?:/\*.{0,40}?\*/)?\s*(?:typeof [\w$.]{1,80} ?=== ?'function' ?&& ?)?[\w$.]{1,80}\s*\((.*)\)\s*;?", re.DOTALL
)
BEHIND_MARKUP = re.compile(r">\s*([{\[])")
MAX_BEGINNINGS = 20  # that are tried behind markup

# A number with decimals goes to the model in its own digits: 19.90 is a price, and 19.9 none.
DECIMALS = "\ue000"
MARKED_NUMBER = re.compile(DECIMALS.join(('"', r'(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"')))
MAX_DIGITS = 4000  # of an integer, which Python takes


def media_type(header: str) -> str:
    """The media type of a Content-Type header, without its parameters; "" where it is invalid."""
    kind = header.partition(";")[0].strip().lower()
    return kind if MEDIA_TYPE.fullmatch(kind) else ""


def result_text(response: outbound.Response, keep: str) -> str:
    """The response for the model: JSON trimmed to the pointers of `keep`, other text as it is, anything else left out."""
    header = response.headers.get("content-type", "")
    text = decoded_answer(response.body, header)
    if not text.strip(PADDING):
        return ""
    try:
        return _trimmed(_json(text, header), keep if response.status < 300 else "")
    except (ValueError, RecursionError):
        pass
    if "json" in header.lower():
        return "(The response is not valid JSON.)"
    kind = media_type(header)
    if not _is_text(text, response.body, kind, header):
        return f"(The response has the type {kind or 'unknown'}, which cannot be read.)"
    if keep.strip() and response.status < 300:
        return _trimmed(None, keep)
    return html.unescape(text) if kind == "text/html" else text


def _trimmed(value: Any, keep: str) -> str:
    wanted = pointers.tree(keep)
    found = pointers.kept(value, wanted)
    if found is None and wanted:
        return "(The response has none of the expected fields.)"
    return MARKED_NUMBER.sub(r"\1", json.dumps(found, ensure_ascii=False, separators=(",", ":")))


def _is_text(text: str, body: bytes, kind: str, header: str) -> bool:
    """By its type, or, as many servers send text under any type or none, by its characters. A whole web page where an
    answer was expected is a login or an error, which says nothing about what was asked."""
    if TEXTUAL.fullmatch(kind):
        return True
    if NEVER_TEXT.match(kind) or CONTROLS.search(text) or MARKUP.search(text) or text.lstrip()[:1] in ("{", "["):
        return False
    return kind == "text/html" or "charset" in header.lower() or _is_utf8(body)


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _json(text: str, header: str) -> Any:
    """The value in `text`, whatever type the server gives it. Raises `ValueError` where it is not JSON."""
    text, kind = text.strip(PADDING), media_type(header)
    named = "json" in header.lower()
    if guard := GUARD.match(text):
        text, named = text[guard.end() :].lstrip(PADDING), True
    if text.startswith("<") and (named or not TEXTUAL.fullmatch(kind)):
        return _first(_within_markup(text))
    if text[:1] in ("{", "["):
        return _first((text, text.partition("<!--")[0], text.rstrip(";")), or_several=True)
    if named or re.fullmatch(SCRIPT, kind):
        call = WRAPPED.fullmatch(text)
        return _first((text, call[1]) if call else (text,))
    raise ValueError("That is no JSON object or list.")


def _within_markup(text: str) -> Iterator[str]:
    """What may be the JSON between the markup of a server's warnings, or of a page that shows it."""
    shown = text.endswith(">")
    for _ in range(MAX_BEGINNINGS):
        if not text.endswith(">") or (start := text.rfind("<")) < 0:
            break
        text = text[:start].rstrip()
    for found in islice(BEHIND_MARKUP.finditer(text), MAX_BEGINNINGS):
        value = text[found.start(1) :]
        yield from (html.unescape(value), value) if shown else (value,)


def _first(candidates: Iterable[str], *, or_several: bool = False) -> Any:
    """The first of the texts that is JSON."""
    text = ""
    for candidate in candidates:
        text = text or candidate
        try:
            return DECODER.decode(candidate)
        except ValueError:
            continue
    if or_several:
        return _several(text)
    raise ValueError("That is no JSON.")


def _several(text: str) -> list[Any]:
    """The objects and lists that follow each other, one per line (NDJSON) or behind separators (RFC 7464)."""
    found: list[Any] = []
    position = 0
    while position < len(text):
        value, position = DECODER.raw_decode(text, position)
        if not isinstance(value, dict | list):
            raise ValueError("Single words behind each other are no JSON.")
        found.append(value)
        while position < len(text) and text[position] in PADDING:
            position += 1
    return found


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < MAX_DIGITS else DECIMALS + digits


# Not strict: servers put line ends into texts as they are.
DECODER = json.JSONDecoder(parse_float=DECIMALS.__add__, parse_int=_integer, strict=False)
