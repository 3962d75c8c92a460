"""Masking of a provider's key in the provider's own output, wherever chunks divide it."""

from __future__ import annotations

import re
import string
from bisect import bisect_left

from assistant.redaction import MASK, secret_forms

MIN_KEY_CHARS = 12  # shorter ones are words such as "ollama", which local servers take for a key and replies hold
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


class KeyMask:
    """Text without the key, in any form of `secret_forms`. Text is held back only as long as it may yet become one."""

    def __init__(self, key: str) -> None:
        self._key = key if len(key) >= MIN_KEY_CHARS else ""
        self._forms = sorted(form.translate(_LOWER) for form in secret_forms(self._key)) if self._key else []
        # A pattern of a hundred forms takes milliseconds to make; `re` keeps it for the next answer of this provider.
        self._pattern = re.compile("|".join(map(re.escape, sorted(self._forms, key=len, reverse=True))), re.IGNORECASE)
        self._first = {form[0] for form in self._forms}
        self._longest = max(map(len, self._forms), default=0)
        self._held = ""

    def feed(self, text: str) -> str:
        if not self._key or not text:
            return text
        text, self._held = self._pattern.sub(MASK, self._held + text), ""
        until = self._begun(text)
        self._held = text[until:]
        return text[:until]

    def close(self) -> str:
        held, self._held = self._held, ""
        return held

    def _begun(self, text: str) -> int:
        """Where a form of the key may have begun whose end has not come, or the length of `text`."""
        near = max(0, len(text) - self._longest)
        tail = text[near:].translate(_LOWER)
        for at, char in enumerate(tail):
            if char in self._first:
                rest = tail[at:]
                place = bisect_left(self._forms, rest)
                if place < len(self._forms) and self._forms[place].startswith(rest):
                    return near + at
        return len(text)
