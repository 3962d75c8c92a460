"""Decoding of what other people's servers answer, whatever they say that it is encoded in."""

from __future__ import annotations

import codecs
import json
import re

from assistant.services.knowledge.formats.charsets import decoded, known
from assistant.services.knowledge.formats.result import Unreadable

XML_ENCODING = re.compile(rb"\s*<\?xml\s[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{1,40})", re.IGNORECASE)
CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
SHIFT = b"\x1b$"  # to another alphabet, in what is ASCII otherwise
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decoded_answer(body: bytes, content_type: str) -> str:
    """The response as text: by its byte order mark or its zeros, as UTF-8, by the charset that the server names where that
    can be true, or by its characters. Servers name one charset for all that they send, also for what is in another."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body.decode(encoding, errors="replace")
    guessed = json.detect_encoding(body)  # UTF-16 and UTF-32 show by the zeros in their first letters
    named = CHARSET.search(content_type)
    inside = XML_ENCODING.match(body[:200])
    label = named[1] if named else inside[1].decode() if inside else ""
    try:
        if SHIFT not in body:
            return body.decode(guessed)
    except (LookupError, ValueError):
        pass
    if known(label) == "utf-8" or (not label and "json" in content_type.lower()):
        text = body.decode(errors="replace")
        if _is_mostly_right(text):
            return text
    try:
        return decoded(body, label)
    except Unreadable:
        return body.decode("cp1252", errors="replace")


def _is_mostly_right(text: str) -> bool:
    """Whether what should be UTF-8 is that but for broken letters, such as those that a database has cut: text in another
    encoding has hardly a letter beyond ASCII that is one of UTF-8, too."""
    broken = text.count("\ufffd")
    return sum(char > "\x7f" for char in text) - broken >= broken
