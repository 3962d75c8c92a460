"""Words without which a pattern cannot match, and the table in which the words of a text are looked up.

A sentence is held against some forty patterns of its language, and most match few sentences. To search them all costs a
hundred times as much as to look at its words, and words repeat where sentences do not. So of each pattern is derived, once,
which words every match of it has: of "(?:appointment|table) (?:is|has been) \\w+ed", a word of the first set, one of the
second, and one that ends in "ed". Each set is a bit. The bits of a word are looked up once and remembered, those of a
text are those of its words, and a pattern is searched only in a text that has all the bits that it needs.

What is derived may ask for too little, and then costs time; it never asks for what a match need not have.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache, reduce
from itertools import groupby
from operator import or_
from re import _constants as syntax  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

from assistant.engine.grammars import LEXICONS
from assistant.engine.remembered import Remembered

# Letters that `re.IGNORECASE` takes for others beyond what `str.lower` does, or that lower to more than one.
ODD = re.compile(
    "[\u00b5\u0130\u0131\u017f\u01c4-\u01cc\u01f0-\u01f3\u0345\u0370-\u03ff\u1c80-\u1c8f\u1e96-\u1e9e\u1f00-\u1fff\u2126"
    "\u212a\u212b\ua64a\ua64b\ufb00-\ufb06]"
)
_WORD = re.compile(r"\w+|[^\w\s]")
_COMMON = frozenset(word for lexicon in LEXICONS.values() for word in lexicon.words)
_MOST_RUNS = 600
_MOST_SETS = 3  # of one alternative: the rest rules out little more
_RARE, _USELESS = 0.02, 12.0  # how common the words of a set are: one is enough; it rules nothing out

# Letters of a word, and whether the word begins and ends with them; or a mark, which is a word by itself.
_Piece = tuple[str, bool, bool]
_Set = frozenset[_Piece]
# What a match has had last: letters, none where they are not known, and whether a word begins with them.
_Run = tuple[str, bool]
_Path = tuple[set[_Run], list[_Set]]  # what may have come last, and the sets of which a match has a word each
_Item = tuple[Any, Any]  # of a parsed pattern
_ANYTHING: _Run = ("", False)
_BORDER: _Run = ("", True)
_LOOKS = syntax.AT, syntax.ASSERT, syntax.ASSERT_NOT  # match no letters


class Needs:
    """What words a text must have for a pattern to match in it, however it is cased: those of any of its alternatives."""

    def __init__(self, alternatives: Iterable[tuple[int, ...]]) -> None:
        global _known, _chunks
        self.alternatives = frozenset(alternatives)
        with _registering:
            self.bit = 1 << _known
            for bits in self.alternatives:
                by_bits = _asked.setdefault(bits[0] if bits else 0, {})
                by_bits[sum(bits)] = by_bits.get(sum(bits), 0) | self.bit
            _chunks = _table()  # before `_known`: who has read that finds a table that knows it
            _known += 1  # last: from now on, what was found without it is looked up anew

    @classmethod
    def of(cls, pattern: str) -> Needs:
        alone: set[_Piece] = set()
        together: list[tuple[int, ...]] = []
        for sets in map(_needed, _alternatives(list(parser.parse(pattern)))):
            if sets is None:
                continue
            if len(sets) == 1 or (sets and _commonness(sets[0]) < _RARE):
                alone |= sets[0]
            else:
                together.append(tuple(map(_bit_of, sets)))
        return cls([*together, (_bit_of(frozenset(alone)),)] if alone else together)

    @classmethod
    def of_any(cls, several: Iterable[Needs]) -> Needs:
        """What a text must have for one of several patterns to match."""
        return cls(bits for needs in several for bits in needs.alternatives)

    def met_by(self, text: str) -> bool:
        """Whether `text` has those words; always, where letters of it are equal to others in ways of their own."""
        return self.bit & needs_met_by(text) != 0


# --- The table --------------------------------------------------------------------------------------------------------

_registering = threading.Lock()  # replies are judged on one thread while grammars are compiled on another
_known = 0  # needs, of which each is a bit as well
# By the bit of the rarest set, or 0: by all bits that are needed, the needs that those meet.
_asked: dict[int, dict[int, int]] = {}
_bits: dict[_Set, int] = {}
# By the letters that a word is, begins with, ends with or has anywhere: the bits of the sets that it is in.
_wholes: dict[str, int] = {}
_heads: dict[str, int] = {}
_tails: dict[str, int] = {}
_parts: dict[str, int] = {}
_TABLES = {(True, True): _wholes, (True, False): _heads, (False, True): _tails, (False, False): _parts}
_longest = 0  # letters of an entry
_ALL = -1  # the bits of all needs
_MOST_CHUNKS = 8192  # some 12 MB
# Of a word: the bits of the sets that it is in; the needs that it meets by itself; and those that it meets with other words,
# after all their bits.
_Entry = tuple[int, int, tuple[tuple[int, int], ...]]


def _bit_of(words: _Set) -> int:
    global _longest
    with _registering:
        if words not in _bits:
            bit = 1 << len(_bits)
            for letters, begins, ends in words:
                table = _TABLES[begins, ends]
                table[letters] = table.get(letters, 0) | bit
                _longest = max(_longest, len(letters))
            _bits[words] = bit
        return _bits[words]


def needs_met_by(text: str) -> int:
    """The bits of the needs that the words of `text` meet."""
    return _met_by(text, _known)  # what was found when there were fewer is out of date


def meets_any(bits: int, text: str) -> bool:
    """Whether `text` meets one of these needs; they come first, so that none is looked up before it is known."""
    return bits & needs_met_by(text) != 0


@lru_cache(maxsize=512)
def _met_by(text: str, known: int) -> int:
    small = in_small_letters(text)
    if small is None:
        return _ALL
    found, met, more = 0, _asked.get(0, {}).get(0, 0), list[tuple[int, int]]()
    for bits, alone, with_others in map(_chunks.__getitem__, small.split()):
        if bits:
            found |= bits
            met |= alone
            if with_others:
                more += with_others
    for bits, needs in more:
        if bits & found == bits:
            met |= needs
    return met


def _entry_of(word: str) -> _Entry:
    found, size = _wholes.get(word, 0), len(word)
    for length in range(1, min(size, _longest) + 1):
        found |= _heads.get(word[:length], 0) | _tails.get(word[-length:], 0)
        for start in range(size - length + 1):
            found |= _parts.get(word[start : start + length], 0)
    asked = [one for bit in _each(found) for one in list(_asked.get(bit, {}).items())]
    alone = reduce(or_, (needs for bits, needs in asked if bits & found == bits), 0)
    return found, alone, tuple((bits, needs) for bits, needs in asked if bits & found != bits)


def _table() -> Remembered[_Entry]:
    """Of words, and of what stands between two spaces: the same for all words of it together."""

    def entry(chunk: str) -> _Entry:
        words = _WORD.findall(chunk)
        if words == [chunk]:
            return _entry_of(chunk)
        entries = [known for word in words if (known := table[word])[0]]
        if len(entries) < 2:
            return entries[0] if entries else (0, 0, ())
        found, alone = (reduce(or_, bits) for bits in (*zip(*entries, strict=True),)[:2])
        return found, alone, tuple(one for *_, more in entries for one in more)

    table = Remembered(entry, _MOST_CHUNKS)
    return table


_chunks = _table()


def _each(bits: int) -> Iterator[int]:
    while bits:
        yield (lowest := bits & -bits)
        bits ^= lowest


@lru_cache(maxsize=1024)
def in_small_letters(text: str) -> str | None:
    """None where searching them would not find the same."""
    return text.lower() if text.isascii() or ODD.search(text) is None else None


# --- What a pattern needs ---------------------------------------------------------------------------------------------


def _alternatives(items: list[_Item]) -> list[list[_Item]]:
    """The alternatives of a parsed pattern, each with what stands before and after all of them."""
    for place, (kind, value) in enumerate(items):
        before, after = items[:place], items[place + 1 :]
        if kind is syntax.SUBPATTERN and all(one in _LOOKS for one, _ in after):
            return _alternatives([*before, *value[-1], *after])
        if kind is syntax.BRANCH and all(one in _LOOKS for one, _ in after):
            return [found for branch in value[1] for found in _alternatives([*before, *branch, *after])]
        if kind not in _LOOKS and kind is not syntax.LITERAL:
            break
    return [items]


def _needed(items: list[_Item]) -> list[_Set] | None:
    """Sets of words, in small letters, of each of which every match has one; the rarest first. None if nothing matches."""
    if any(kind is syntax.FAILURE or (kind is syntax.ASSERT_NOT and not value[1]) for kind, value in items):
        return None  # "(?!)"
    runs, found = _walk(items, {_ANYTHING})
    rarest = sorted(dict.fromkeys([*found, *_closed(runs, ends=False)]), key=_commonness)
    return [words for words in rarest if _commonness(words) < _USELESS][:_MOST_SETS]


def _commonness(words: _Set) -> float:
    """About how likely it is that a text has one of these words, which are the rarer the longer."""
    return math.fsum(map(_share, words))  # the same in whatever order they come


@lru_cache(maxsize=4096)
def _share(piece: _Piece) -> float:
    letters, begins, ends = piece
    return 0.3 if letters in _COMMON else (4 >> begins + ends) * 3.0 ** -len(letters)


def _closed(runs: set[_Run], *, ends: bool) -> list[_Set]:
    """The set of the words that `runs` are, or that begin with them: none if they may be any."""
    return [frozenset([(*run, ends) for run in runs])] if all(letters for letters, _ in runs) else []


def _walk(items: Iterable[_Item], runs: set[_Run]) -> _Path:
    """Follow a sequence of a parsed pattern, which comes after `runs`."""
    found: list[_Set] = []
    for spelt, group in groupby(items, _spells):
        if spelt:
            more_letters = "".join(chr(code).lower() for _, code in group)
            runs = {(letters + more_letters, begins) for letters, begins in runs}
            continue
        for kind, value in group:
            runs, more = _step(kind, value, runs)
            found += more
            if len(runs) > _MOST_RUNS:
                found += _closed(runs, ends=False)
                runs = {_ANYTHING}
    return runs, found


def _step(kind: Any, value: Any, runs: set[_Run]) -> _Path:
    match kind:
        case syntax.LITERAL:
            return _character(chr(value), runs)
        case syntax.IN if all(one is syntax.LITERAL for one, _ in value):
            return _either([_character(chr(code), runs) for _, code in value])
        case syntax.IN if all(map(_is_gap, value)):
            return {_BORDER}, _closed(runs, ends=True)
        case syntax.SUBPATTERN:
            return _walk(value[-1], runs)
        case syntax.BRANCH:
            return _either([_walk(branch, runs) for branch in value[1]])
        case syntax.MAX_REPEAT | syntax.MIN_REPEAT:
            return _repeated(value, runs)
        case syntax.AT if value is not syntax.AT_NON_BOUNDARY:
            return {_BORDER}, _closed(runs, ends=True)
        case syntax.ASSERT_NOT if _is_border(value[1]):
            if value[0] > 0:
                return {_BORDER}, _closed(runs, ends=True)
            return {run if run[0] else _BORDER for run in runs}, []
        case syntax.ASSERT_NOT:
            return runs, []
        case syntax.ASSERT:
            seen, found = _walk(value[1], {_ANYTHING})
            return runs, found + _closed(seen, ends=False)
    return {_ANYTHING}, _closed(runs, ends=False)


def _spells(item: _Item) -> bool:
    """Whether an item of a pattern is a letter that `str.lower` treats as `re.IGNORECASE` does."""
    kind, value = item
    return kind is syntax.LITERAL and _is_plain(value)


@cache
def _is_plain(code: int) -> bool:
    letter = chr(code)
    return _is_letter(letter) and len(letter.lower()) == 1 and ODD.match(letter) is None


def _is_letter(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def _character(one: str, runs: set[_Run]) -> _Path:
    if _is_plain(ord(one)):
        return {(letters + one.lower(), begins) for letters, begins in runs}, []
    if _is_letter(one):
        return {_ANYTHING}, _closed(runs, ends=False)
    mark = [frozenset({(one.lower(), True, True)})] if not one.isspace() else []
    return {_BORDER}, _closed(runs, ends=True) + mark


def _is_gap(member: _Item) -> bool:
    kind, value = member
    if kind is syntax.LITERAL:
        return not _is_letter(chr(value))
    return value in (syntax.CATEGORY_SPACE, syntax.CATEGORY_NOT_WORD)


def _is_border(items: Sequence[_Item]) -> bool:
    r"""Whether what a lookaround excludes has all letters, as "(?!\w)" does."""
    return (
        len(items) == 1
        and items[0][0] is syntax.IN
        and items[0][1][0][0] is not syntax.NEGATE
        and (syntax.CATEGORY, syntax.CATEGORY_WORD) in items[0][1]
    )


def _repeated(value: tuple[int, int, Any], runs: set[_Run]) -> _Path:
    fewest, most, items = value
    once, found = _walk(items, runs)
    if most != 1:
        found, once = found + _closed(once, ends=False), {_ANYTHING}
    return (once, found) if fewest else _either([(runs, []), (once, found)])


def _either(paths: list[_Path]) -> _Path:
    """One of several ways: of each, the rarest set that it needs, together."""
    sets = [[*found, *_closed(runs, ends=False)] for runs, found in paths]
    rarest = [min(of_one, key=_commonness) for of_one in sets if of_one]
    together = [frozenset().union(*rarest)] if len(rarest) == len(paths) else []
    return set().union(*(runs for runs, _ in paths)), together
