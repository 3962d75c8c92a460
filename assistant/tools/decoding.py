"""Decoding of what other people's servers answer, whatever they say that it is encoded in."""

from __future__ import annotations

import codecs
import json
import re

from assistant.services.knowledge.formats.charsets import decoded
from assistant.services.knowledge.formats.result import Unreadable

CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
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
    try:
        return body.decode(guessed)
    except (LookupError, ValueError):
        pass
    try:
        return decoded(body, named[1] if named else "")
    except Unreadable:
        return body.decode("cp1252", errors="replace")
