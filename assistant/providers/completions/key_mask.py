"""Masking of a provider's key in the provider's own output, wherever chunks divide it."""

from __future__ import annotations

import re
import string
from bisect import bisect_left
from functools import lru_cache
from typing import NamedTuple

from assistant.redaction import MASK, secret_forms

MIN_KEY_CHARS = 12  # shorter ones are words such as "ollama", which local servers take for a key and replies hold
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class KeyMask:
    """Text without the key, in any form of `secret_forms`. Text is held back only as long as it may yet become one."""

    def __init__(self, key: str) -> None:
        self._key = _forms_of(key) if len(key) >= MIN_KEY_CHARS else None
        self._held = ""

    def feed(self, text: str) -> str:
        if not self._key or not text:
            return text
        text, self._held = self._key.pattern.sub(MASK, self._held + text), ""
        until = self._key.begun(text)
        self._held = text[until:]
        return text[:until]

    def close(self) -> str:
        held, self._held = self._held, ""
        return held


class _Forms(NamedTuple):
    """The forms of one key, in small letters and sorted."""

    all: tuple[str, ...]
    pattern: re.Pattern[str]
    first: frozenset[str]  # letters
    endings: frozenset[str]  # the last three letters of their beginnings
    longest: int

    def begun(self, text: str) -> int:
        """Where a form of the key may have begun whose end has not come, or the length of `text`."""
        near = max(0, len(text) - self.longest)
        tail = text[near:].translate(_LOWER)
        # Few texts end as a beginning of the key does: the others need not be looked through at each letter.
        start = 0 if tail[-3:] in self.endings else max(0, len(tail) - 2)
        for at in range(start, len(tail)):
            if tail[at] in self.first:
                rest = tail[at:]
                place = bisect_left(self.all, rest)
                if place < len(self.all) and self.all[place].startswith(rest):
                    return near + at
        return len(text)


@lru_cache(maxsize=64)
def _forms_of(key: str) -> _Forms:
    """Remembered for the next answer of this provider: a pattern of many forms takes milliseconds to make."""
    forms = tuple(sorted(form.translate(_LOWER) for form in secret_forms(key)))
    return _Forms(
        forms,
        re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True))), re.IGNORECASE),
        frozenset(form[0] for form in forms),
        frozenset(form[end - 3 : end] for form in forms for end in range(3, len(form) + 1)),
        max(map(len, forms)),
    )
