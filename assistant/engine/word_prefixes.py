"""Prefixes of words in patterns, to rule out at once most words that no pattern can match.

A pattern of a hundred alternatives is tried at every letter of a text. A word is looked up once, and nearly none of an
ordinary reply begins like any of them.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

_RUN = re.compile(r"\w+")
_ACCENTS = re.compile("[\u0300-\u036f]")
_LOOSE = str.maketrans("ıſ", "is")  # equal to these where case is ignored
_MORE, _ENDED, _OPEN = "more", "ended", "open"  # the word may go on with what follows; it ends here; with any letters
_Runs = set[tuple[str, str]]


@lru_cache(maxsize=16_384)
def skeleton(word: str) -> str:
    """A word in small letters without accents: what grows into another word by accents alone begins like it."""
    small = word.lower()
    if small.isascii():
        return small
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", small))).translate(_LOOSE)


class WordPrefixes:
    """How the words of `patterns` begin, each of which matches at the start of a word and up to the end of one.

    Whole words and open heads are told apart: "sunday", and "sobot" with any ending. A pattern that may begin with anything
    makes every answer True; unless all are not needed, and heads shorter than `fewest` letters are left out.
    """

    def __init__(self, patterns: Iterable[str], fewest: int = 0) -> None:
        runs: _Runs = set().union(*map(_of_alternatives, patterns))
        runs = {(skeleton(run), state) for run, state in runs if len(run) >= fewest}
        self._anything = any(not run for run, _ in runs)
        self._whole = frozenset(run for run, state in runs if state != _OPEN)
        self._open = tuple(sorted({run for run, state in runs if state == _OPEN}))
        self._sorted = sorted(self._whole.union(self._open))
        self._begins_word = lru_cache(maxsize=4096)(self._begin_word)

    def begin(self, word: str) -> bool:
        """Whether `word`, a whole one, may be the first of a match."""
        return self._anything or self._begins_word(word)

    def may_become(self, begun: str) -> bool:
        """Whether `begun` may grow into the first word of a match."""
        return self._anything or is_beginning(skeleton(begun), self._sorted) or skeleton(begun).startswith(self._open)

    def _begin_word(self, word: str) -> bool:
        plain = skeleton(word)
        return plain in self._whole or plain.startswith(self._open)


def is_beginning(begun: str, ordered: list[str]) -> bool:
    """Whether any of `ordered`, which is sorted, begins with `begun`."""
    place = bisect_left(ordered, begun)
    return place < len(ordered) and ordered[place].startswith(begun)


# --- Reading patterns: only as far as the first word of a match goes --------------------------------------------------


def _of_alternatives(body: str) -> _Runs:
    return set().union(*map(_of_sequence, alternatives(body)))


def alternatives(body: str) -> list[str]:
    """The alternatives of a pattern."""
    bars = [at for at, sign, depth in _signs(body) if sign == "|" and not depth]
    return [body[start + 1 : end] for start, end in pairwise([-1, *bars, len(body)])]


def _of_sequence(body: str) -> _Runs:
    found: _Runs = {("", _MORE)}
    at = 0
    while at < len(body) and any(state == _MORE for _, state in found):
        options, at = _item(body, at)
        quantifier = re.compile(r"[?*+]|\{\d*,?\d*\}").match(body, at)
        if quantifier:
            at = quantifier.end() + (body[quantifier.end() : quantifier.end() + 1] == "?")
            if quantifier[0] != "?":
                options = {(run, _OPEN if state == _MORE and run else state) for run, state in options}
            if quantifier[0] in "?*" or quantifier[0].startswith(("{0", "{,")):
                options = options | {("", _MORE)}
        ended = {(run, state) for run, state in found if state != _MORE}
        found = ended | {(run + more, then) for run, state in found if state == _MORE for more, then in options}
    return found


def _item(body: str, at: int) -> tuple[_Runs, int]:
    """What one item of a sequence may be, and where the next begins."""
    match body[at]:
        case "(":
            end = _closing(body, at)
            inner = body[at + 1 : end]
            if inner.startswith(("?=", "?!", "?<=", "?<!")):
                return {("", _MORE)}, end + 1
            return _of_alternatives(re.sub(r"\A\?(?::|P<\w+>)", "", inner)), end + 1
        case "[":
            end = body.index("]", at + 2)
            return _of_class(body[at + 1 : end]), end + 1
        case "\\":
            return {("", {"b": _MORE, "A": _MORE, "Z": _MORE, "W": _ENDED, "s": _ENDED}.get(body[at + 1], _OPEN))}, at + 2
        case "^" | "$":
            return {("", _MORE)}, at + 1
        case ".":
            return {("", _OPEN)}, at + 1
        case letter if _RUN.match(letter):
            return {(letter, _MORE)}, at + 1
    return {("", _ENDED)}, at + 1


def _of_class(members: str) -> _Runs:
    if members.startswith("^") or "\\" in members or "-" in members[1:-1]:
        return {("", _OPEN)}
    return {(letter, _MORE) if _RUN.match(letter) else ("", _ENDED) for letter in members}


def _closing(body: str, opening: int) -> int:
    """Where the group that begins at `opening` ends."""
    return next(at for at, sign, depth in _signs(body, opening) if sign == ")" and not depth)


def _signs(body: str, at: int = 0) -> Iterator[tuple[int, str, int]]:
    """Each character of a pattern that is neither escaped nor in a class: its place, itself, and the depth of groups after
    it, counted from `at`."""
    depth = 0
    while at < len(body):
        match body[at]:
            case "\\":
                at += 1
            case "[":
                at = body.index("]", at + 2)
            case sign:
                depth += (sign == "(") - (sign == ")")
                yield at, sign, depth
        at += 1
