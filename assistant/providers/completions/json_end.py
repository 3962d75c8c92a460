"""The end of a JSON value in text that is still arriving."""

from __future__ import annotations

import re

_IN_TEXT = re.compile(r'["\\]')
_OUTSIDE = re.compile(r'["{}\[\]()]')


class JsonEnd:
    """Finds the end of one object, array, string or call that comes in pieces, looking at each character once."""

    def __init__(self) -> None:
        self._depth = 0
        self._in_text = False
        self._escaped = False

    @property
    def in_text(self) -> bool:
        """Whether the value has come to within a string."""
        return self._in_text

    def feed(self, piece: str, start: int = 0) -> int:
        """The place in `piece` after the value's end, or -1 when that has not come."""
        at = start
        while at < len(piece):
            if self._escaped:
                self._escaped = False
                at += 1
                continue
            found = (_IN_TEXT if self._in_text else _OUTSIDE).search(piece, at)
            if found is None:
                return -1
            at = found.end()
            match found[0]:
                case "\\":
                    self._escaped = True
                case '"':
                    self._in_text = not self._in_text
                case "{" | "[" | "(":
                    self._depth += 1
                case _:
                    self._depth -= 1
            if self._depth <= 0 and not self._in_text:
                return at
        return -1
