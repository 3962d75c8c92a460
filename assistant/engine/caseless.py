"""Patterns that are searched without regard to case, at the price of those that have regard to it.

`re.IGNORECASE` costs three times as much where a pattern is a long list of alternatives: only where case counts does `re`
pass over an alternative by its first letter. So a text is put into small letters once, and its patterns search that: those
of which it has the words that they need (`needed_words`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import groupby

from assistant.engine.needed_words import ODD, Needs, in_small_letters
from assistant.engine.word_prefixes import alternatives

_SYNTAX = re.compile(r"\\[^\W\d_]|\(\?P<\w+>")  # what has capitals and stands for no letter
_BOUNDARIES = r"\b", r"(?<!\w)"


class Caseless:
    """A pattern like one with `re.IGNORECASE`, with those methods that are used of it. The text of its matches is in small
    letters; their places are those of the text that was searched."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        bare = _SYNTAX.sub("", pattern)
        self._small = re.compile(hoisted(pattern)) if bare == bare.lower() and ODD.search(bare) is None else None
        if self._small is None:
            _ = self._any_case  # every text needs it
        self.needs = Needs.of(pattern)
        # A sentence is often its only clause, and is searched for the same from several sides.
        self._last: tuple[str | None, re.Match[str] | None] = None, None

    def search(self, text: str, pos: int = 0, endpos: int | None = None) -> re.Match[str] | None:
        if pos or endpos is not None:  # which may cut a word, and make another of it
            pattern, searched = self._for(text)
            return pattern.search(searched, pos, len(text) if endpos is None else endpos)
        if not self.needs.met_by(text):
            return None
        last, found = self._last
        if last != text:
            pattern, searched = self._for(text)
            found = pattern.search(searched)
            self._last = text, found
        return found

    def match(self, text: str) -> re.Match[str] | None:
        if not self.needs.met_by(text):
            return None
        pattern, searched = self._for(text)
        return pattern.match(searched)

    def fullmatch(self, text: str) -> re.Match[str] | None:
        if not self.needs.met_by(text):
            return None
        pattern, searched = self._for(text)
        return pattern.fullmatch(searched)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        if not self.needs.met_by(text):
            return iter(())
        pattern, searched = self._for(text)
        return pattern.finditer(searched)

    def sub(self, replacement: str, text: str) -> str:
        return self._any_case.sub(replacement, text) if self.needs.met_by(text) else text

    def split(self, text: str) -> list[str]:
        return self._any_case.split(text) if self.needs.met_by(text) else [text]

    def _for(self, text: str) -> tuple[re.Pattern[str], str]:
        if self._small and (small := in_small_letters(text)) is not None:
            return self._small, small
        return self._any_case, text

    @cached_property
    def _any_case(self) -> re.Pattern[str]:
        """Compiled when a text with odd letters first needs it, or at once where all do."""
        return re.compile(hoisted(self.pattern), re.IGNORECASE)


def hoisted(pattern: str) -> str:
    r"""`pattern` with the boundary that several alternatives begin with in front of them: "\b(?:a|b)" for "\ba|\bb".

    `re` passes over an alternative by its first letter only where that is what it begins with. This way each place in a text
    is looked at once for its boundary instead of once for each alternative: the longest patterns take a third of the time.
    Neighbours alone are put together, so that alternatives are tried in the order in which they were written.
    """
    parts = []
    for boundary, group in groupby(alternatives(pattern), _boundary):
        parts.append("|".join(found := list(group)))
        if boundary and len(found) > 1:
            parts[-1] = f"{boundary}(?:{'|'.join(one.removeprefix(boundary) for one in found)})"
    return "|".join(parts)


def _boundary(alternative: str) -> str:
    return next((one for one in _BOUNDARIES if alternative.startswith(one)), "")
