"""Weighing of a sentence as a whole, where patterns alone would doubt too much or too little.

Every sign that tells a claim from other sentences adds to a sum: the forms of a statement, what the claims' patterns find,
the words, and the beginnings and ends of words. What each adds is learned from the texts that have been read, by logistic
regression (`tests/bench/train_claims.py`). A sum answers at once, and can be read sign by sign in `weights/`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache, partial, reduce
from itertools import pairwise
from operator import or_
from pathlib import Path
from typing import NamedTuple

from assistant.engine.caseless import Caseless
from assistant.engine.grammars import GRAMMARS, STATEMENTS
from assistant.engine.moments import UNSPACED, stated
from assistant.engine.needed_words import needs_met_by
from assistant.engine.patterns import patterns_of
from assistant.engine.remembered import Remembered
from assistant.engine.statements import POLITE, PRICE, forms_of, is_question

WEIGHTS = Path(__file__).parent / "weights"
_FORMS = ("own", "bids", "episode", "always", "theirs", "now", "excused", "house")
_WITH_OWN = ("always", "theirs", "now", "episode")  # count more beside "own"
_PATTERNS = ("forms", "weak", "addressed", "nouns", "denied", "later", "again")
_TOKEN = re.compile(r"[^\W\d_]+'?|\d+|[?؟!.:;,…✅✓✔☑|]")
_LETTER = re.compile(r"[a-z]+|[^\W\d_]|\d+|[?？!！。、，.:;,…✅✓✔☑|]")  # of a language that is written without spaces
_AFFIXES = (3, 4, 5), (2, 3, 4)  # letters of the beginnings and the ends of a word that are signs
_OFFERED = "offered"  # is looked for in what stands above a sentence, too
_MOST_CHUNKS = 4096  # of a language
_NONE = frozenset[str]()
_ROUNDING = 1e-9  # more than is lost where weights are added up in any order
_LENGTHS = 4, 6  # words in a step of the length, and the last step
_LENGTH_SIGNS = [f"length:{step}" for step in range(_LENGTHS[1] + 1)]


def prepare() -> None:
    """Read and compile what the first sentence would wait for."""
    for name in STATEMENTS:
        forms_of(name)
    for name in GRAMMARS:
        _weighed_searches(name)


def signs(name: str, plain: str, context: str = "") -> frozenset[str]:
    """What tells a claim from other sentences in a folded sentence of the language `name`, read below `context`."""
    tokens = ["^", *(_token(word) for word in _words_of(name, plain)), "$"]
    found = _plain_signs(plain)
    found += [one.sign for one in _searches(name) if one.found_in(plain if one.sign != _OFFERED else _below(context, plain))]
    for token in tokens[1:]:
        found += of_word(token)
    return frozenset([*found, *_of_neighbours(name, tokens)])


def _below(context: str, plain: str) -> str:
    return f"{context} {plain}".lstrip() if context else plain


def _plain_signs(plain: str) -> list[str]:
    """The signs that are neither words nor found by patterns: times, and the length."""
    moment = stated(plain)
    found = []
    if moment.day or moment.clock:
        found += ["day"] * moment.day + ["clock"] * moment.clock + ["whole"] * moment.whole
        found += ["days"] * (len(moment.weekdays) > 1) + ["clocks"] * (len(moment.clocks) > 1)
    if is_question(plain):
        found.append("asks")
    step, last = _LENGTHS
    found.append(_LENGTH_SIGNS[min(plain.count(" ") // step, last)])
    return found


# --- Signs that patterns find -----------------------------------------------------------------------------------------


class Search(NamedTuple):
    """A sign that patterns find, what it weighs, and the bits of what those patterns need."""

    sign: str
    weight: float
    bits: int
    found_in: Callable[[str], object]


@cache
def _searches(name: str) -> tuple[Search, ...]:
    """The signs of the language `name` that patterns find."""
    language, own = patterns_of(name), forms_of(name).own if name in STATEMENTS else None
    patterns = {f"pattern:{part}": getattr(language, part) for part in _PATTERNS}
    patterns |= {"price": PRICE, _OFFERED: language.free}
    found: list[tuple[str, int, Callable[[str], object]]] = []
    if own:
        patterns |= {form: getattr(forms_of(name), form) for form in _FORMS}
        for form in _WITH_OWN:
            found.append((f"own+{form}", own.needs.bit | patterns[form].needs.bit, _both(own.search, patterns[form].search)))
        found.append(("own+asks", own.needs.bit, lambda plain: own.search(plain) and is_question(plain)))
    found += [(sign, pattern.needs.bit, pattern.search) for sign, pattern in patterns.items()]
    found.append(("pattern:condition", language.condition.needs.bit, partial(_under_condition, language.condition)))
    return tuple(Search(sign, _weights(name).get(sign, 0.0), bits, found_in) for sign, bits, found_in in found)


def _both(one: Callable[[str], object], other: Callable[[str], object]) -> Callable[[str], object]:
    return lambda plain: one(plain) is not None and other(plain) is not None


def _under_condition(condition: Caseless, plain: str) -> bool:
    match = condition.search(plain)
    return match is not None and not POLITE.search(plain, match.end())


@cache
def _weighed_searches(name: str) -> tuple[tuple[Search, ...], int, frozenset[str]]:
    """Those that have a weight, the heaviest first, with the bits of all that they need, and their signs."""
    found = sorted((one for one in _searches(name) if one.weight), key=lambda one: -abs(one.weight))
    return tuple(found), reduce(or_, (one.bits for one in found), 0), frozenset(one.sign for one in found)


@lru_cache(maxsize=1024)
def _open(name: str, met: int, but: frozenset[str]) -> tuple[tuple[Search, ...], float, float]:
    """The searches that may find something where these needs are met, `but` for some signs; and the most that they can add,
    and take off. Remembered: the needs that are met repeat, sentences do not."""
    found = tuple(one for one in _weighed_searches(name)[0] if met & one.bits == one.bits and one.sign not in but)
    return found, sum(max(0.0, one.weight) for one in found), sum(min(0.0, one.weight) for one in found)


# --- Words ------------------------------------------------------------------------------------------------------------


def _words_of(name: str, plain: str) -> list[str]:
    return (_LETTER if name in UNSPACED else _TOKEN).findall(plain.lower())


def _token(word: str) -> str:
    return "0" if word.isdigit() else word


def _of_neighbours(name: str, tokens: list[str]) -> list[str]:
    found = [f"{before} {token}" for before, token in pairwise(tokens)]
    if name in UNSPACED:
        found += ["".join(three) for three in zip(tokens, tokens[1:], tokens[2:], strict=False)]
    return found


def of_word(word: str) -> tuple[str, ...]:
    """A word, its beginnings and its ends."""
    if not word[0].isalpha():
        return (word,)
    heads, tails = _AFFIXES
    return (
        word,
        *(f"{word[:size]}-" for size in heads if size < len(word)),
        *(f"-{word[-size:]}" for size in tails if size < len(word)),
    )


@cache
def _entries(name: str) -> Remembered[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Of what stands between two spaces: its tokens, and those of their signs that have a weight."""

    def entry(chunk: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        tokens = tuple(map(_token, _words_of(name, chunk)))
        weighed = dict.fromkeys(sign for token in tokens for sign in of_word(token) if sign in _weights(name))
        return tokens, tuple(weighed)

    return Remembered(entry, _MOST_CHUNKS)


@cache
def _pairs(name: str) -> dict[tuple[str, ...], str]:
    """The signs with a weight that are two words, by those."""
    return {tuple(sign.split(" ")): sign for sign in _weights(name) if " " in sign}


def _of_words(name: str, plain: str) -> set[str]:
    """The signs of the words that have a weight."""
    table = _entries(name)
    entries = list(map(table.__getitem__, plain.lower().split()))
    tokens = ["^", *[token for of_chunk, _ in entries for token in of_chunk], "$"]
    found = set[str]().union(*[weighed for _, weighed in entries])
    if name in UNSPACED:
        return found.union(_of_neighbours(name, tokens) & _weights(name).keys())
    pairs = _pairs(name)
    found.update(map(pairs.__getitem__, pairs.keys() & zip(tokens, tokens[1:], strict=False)))
    return found


# --- The sum ----------------------------------------------------------------------------------------------------------


class Weight:
    """How much speaks for a claim in a sentence of the language `name`, in logits; below 0, more speaks against it.

    The words are weighed at once. Patterns are searched only until it is known on which side of a bound the sum is: one
    whose words the sentence has not adds nothing, and the others add no more than what their signs weigh.
    """

    def __init__(self, name: str, plain: str, context: str = "") -> None:
        self._plain, weights = plain, _weights(name)
        found = _of_words(name, plain)
        found.update(["", "$", *_plain_signs(plain)] & weights.keys())
        _, bits, searched = _weighed_searches(name)
        if context and patterns_of(name).free.search(_below(context, plain)) and _OFFERED in weights:
            found.add(_OFFERED)
        # "Now" is a sign as a word, and as what a pattern finds; it counts once.
        but = _NONE if not context and found.isdisjoint(searched) else found & searched | ({_OFFERED} if context else _NONE)
        self._summands = list(map(weights.__getitem__, found))
        self._searches, self._most_more, self._most_less = _open(name, needs_met_by(plain) & bits, frozenset(but))
        self._place, self._sum = 0, math.fsum(self._summands)

    def reaches(self, enough: float, sure: float = 0.0) -> bool:
        """Whether the weight and what is `sure` besides are `enough`."""
        lacking = enough - sure
        while self._place < len(self._searches):
            if self._sum + self._most_more + _ROUNDING < lacking:
                return False
            if self._sum + self._most_less - _ROUNDING >= lacking:
                return True
            self._search(self._searches[self._place])
        return math.fsum(self._summands) + sure >= enough  # exact, so that the order of the searches changes nothing

    def _search(self, one: Search) -> None:
        self._place += 1
        self._most_more -= max(0.0, one.weight)
        self._most_less -= min(0.0, one.weight)
        if one.found_in(self._plain):
            self._summands.append(one.weight)
            self._sum += one.weight


@cache
def _weights(name: str) -> dict[str, float]:
    """By sign, what it adds; under "", what all sentences begin with."""
    return dict(parse((WEIGHTS / f"{name}.txt").read_text(encoding="utf-8")))


def parse(text: str) -> Iterator[tuple[str, float]]:
    """Of a file of weights, each sign with what it adds."""
    for line in text.splitlines():
        if not line.startswith("#"):
            weight, _, sign = line.partition(" ")
            yield sign, int(weight) / 100
