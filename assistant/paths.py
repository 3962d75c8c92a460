"""Checks of path values, read as the most permissive server reads them.

Servers decode a path once, twice, or after a proxy has done so; some fold full-width characters, drop invisible ones or
take a backslash for a slash. What may stand in a path is therefore judged in each of those readings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

MAX_READINGS = 6  # encodings within encodings; more of them is nothing that anybody wrote by hand

# Never part of UTF-8, but read as "." or "/" by decoders that take over-long forms.
_OVERLONG = re.compile(r"%(?:c[01]|e0%80|f0%80%80)%", re.IGNORECASE)
_SLASHES = re.compile(r"[/\\]")
BLANKS = " \t\xa0\u2800"  # the space, and symbols that look like it
# No letters, but format characters to the eye: U+034F, the Hangul fillers, variation selectors.
_INVISIBLE = set("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | {chr(code) for code in range(0xFE00, 0xFE10)}


def why_unsafe(text: str, *, slashes: bool = False) -> str:
    """Why `text` may not stand in a path, as the end of "it may not hold …"; "" where it may.

    With `slashes` it may reach over several segments, but still not out of them.
    """
    for reading in _readings(text):
        if reading is None:
            return "text that is URL-encoded many times over"
        if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in reading):
            return "line breaks or other control characters"
        if _OVERLONG.search(reading):
            return "malformed encodings"
        parts = _SLASHES.split(reading)
        if len(parts) > 1 and not slashes:
            return "/ or \\"
        if any(_is_dots(part) for part in parts):
            return "a path segment of dots alone"
    return ""


def is_blank(text: str) -> bool:
    """Whether a segment of `text` would be an empty one to a server that drops what cannot be seen."""
    return not _visible(text).strip(BLANKS)


def _readings(text: str) -> Iterator[str | None]:
    """`text` as it is, folded, and decoded until nothing changes; None where it never ends."""
    seen = text
    yield seen
    for _ in range(MAX_READINGS):
        folded = unicodedata.normalize("NFKC", _visible(seen))
        if folded != seen:
            yield folded
        decoded = unquote(folded)
        if decoded in (seen, folded):
            return
        seen = decoded
        yield seen
    yield None


def _visible(text: str) -> str:
    return "".join(char for char in text if unicodedata.category(char) != "Cf" and char not in _INVISIBLE)


def _is_dots(part: str) -> bool:
    """Whether it is dots; Java's servers cut a segment at its first semicolon before they look."""
    shown = _visible(part).partition(";")[0].strip(BLANKS)
    return bool(shown) and not shown.strip("." + BLANKS)
