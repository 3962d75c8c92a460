"""Patterns that are searched without regard to case, at the price of those that have regard to it.

`re.IGNORECASE` costs three times as much where a pattern is a long list of alternatives: only where case counts does `re`
pass over an alternative by its first letter. So a text is put into small letters once, and its patterns search that: those
whose words it has (`needed_words`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from itertools import chain, groupby
from re import _compiler as compiler  # type: ignore[attr-defined]

from assistant.engine.needed_words import ODD, Needs, in_small_letters, needs_met_by
from assistant.engine.word_prefixes import alternatives

_SYNTAX = re.compile(r"\\[^\W\d_]|\(\?P<\w+>")  # what has capitals and stands for no letter
_LONG = 120  # letters of an alternative that is worth looking up by itself
_BOUNDARIES = r"\b", r"(?<!\w)"


class Caseless:
    """A pattern like one with `re.IGNORECASE`, with those methods that are used of it. The text of its matches is in small
    letters; their places are those of the text that was searched.

    Its alternatives are searched one by one, and only those that may match: the match that begins first is the one that the
    whole pattern would have found. One that is used for more than searching is kept `whole`.
    """

    def __init__(self, pattern: str, *, whole: bool = False) -> None:
        self.pattern = pattern
        self._parts = [_Part(pattern)] if whole else list(map(_Part, _taken_apart(pattern)))
        self.needs = Needs.of_any(part.needs for part in self._parts) if len(self._parts) > 1 else self._parts[0].needs
        # A sentence is often its only clause, and is searched for the same from several sides.
        self._last: tuple[str | None, re.Match[str] | None] = None, None

    def search(self, text: str, pos: int = 0, endpos: int | None = None) -> re.Match[str] | None:
        if pos or endpos is not None:  # which may cut a word, and make another of it
            end = len(text) if endpos is None else endpos
            return _first([one.search(searched, pos, end) for one, searched in [part.read(text) for part in self._parts]])
        met = needs_met_by(text)
        if not self.needs.bit & met:
            return None
        last, found = self._last
        if last != text:
            found = None
            for part in self._parts:
                if part.needs.bit & met:
                    one, searched = part.read(text)
                    match = one.search(searched)
                    if match and (found is None or match.start() < found.start()):
                        found = match
            self._last = text, found
        return found

    def match(self, text: str) -> re.Match[str] | None:
        return _first([one.match(searched) for one, searched in self._that_may_match(text)])

    def fullmatch(self, text: str) -> re.Match[str] | None:
        return _first([one.fullmatch(searched) for one, searched in self._that_may_match(text)])

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return chain.from_iterable(one.finditer(searched) for one, searched in self._whole(text))

    def sub(self, replacement: str, text: str) -> str:
        return self._parts[0].any_case.sub(replacement, text) if self._whole(text) else text

    def split(self, text: str) -> list[str]:
        return self._parts[0].any_case.split(text) if self._whole(text) else [text]

    def _whole(self, text: str) -> list[tuple[re.Pattern[str], str]]:
        if len(self._parts) > 1:
            raise TypeError(f"This pattern is not kept whole: {self.pattern[:60]}")
        return self._that_may_match(text)

    def _that_may_match(self, text: str) -> list[tuple[re.Pattern[str], str]]:
        """The alternatives that may match, each with the text in the letters that it is to search."""
        met = needs_met_by(text)
        return [part.read(text) for part in self._parts if part.needs.bit & met] if self.needs.bit & met else []


def _first(matches: list[re.Match[str] | None]) -> re.Match[str] | None:
    """Of matches of alternatives in their order, that which all of them together would find."""
    first = None
    for match in matches:
        if match and (first is None or match.start() < first.start()):
            first = match
    return first


class _Part:
    """Some alternatives of a pattern, which are searched together."""

    def __init__(self, pattern: str) -> None:
        self._pattern = hoisted(pattern)
        bare = _SYNTAX.sub("", pattern)
        self._small = _compiled(self._pattern) if bare == bare.lower() and ODD.search(bare) is None else None
        if self._small is None:
            _ = self.any_case  # every text needs it
        self.needs = Needs.of(pattern)

    def read(self, text: str) -> tuple[re.Pattern[str], str]:
        """What is compiled, and `text` in the letters that it is to search."""
        if self._small and (small := in_small_letters(text)) is not None:
            return self._small, small
        return self.any_case, text

    @cached_property
    def any_case(self) -> re.Pattern[str]:
        """Compiled when a text with odd letters first needs it, or at once where all do."""
        return _compiled(self._pattern, re.IGNORECASE)


def _compiled(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Past the cache of `re`, which has room for 512 patterns and would lose those of everybody else."""
    found: re.Pattern[str] = compiler.compile(pattern, flags)
    return found


def _taken_apart(pattern: str) -> Iterator[str]:
    """The long alternatives of a pattern, each by itself, and the others with their neighbours."""
    for long, group in groupby(alternatives(pattern), lambda one: len(one) > _LONG):
        together = list(group)
        yield from together if long else ["|".join(together)]


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
