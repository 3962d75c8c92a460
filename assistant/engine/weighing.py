"""Weighing of a sentence as a whole, where patterns alone would doubt too much or too little.

Every sign that tells a claim from other sentences adds to a sum: the forms of a statement, what the claims' patterns find,
the words, and the beginnings and ends of words. What each adds is learned from the texts that have been read, by logistic
regression (`tests/bench/train_claims.py`). A sum answers at once, and can be read sign by sign in `weights/`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

from assistant.engine.caseless import Caseless
from assistant.engine.grammars import GRAMMARS, STATEMENTS
from assistant.engine.moments import UNSPACED, stated
from assistant.engine.needed_words import needs_met_by
from assistant.engine.patterns import patterns_of
from assistant.engine.statements import ASKS, POLITE, PRICE, forms_of

WEIGHTS = Path(__file__).parent / "weights"
_FORMS = ("own", "bids", "episode", "always", "theirs", "now", "excused", "house")
_PATTERNS = ("forms", "weak", "addressed", "nouns", "denied", "later", "again")
_TOKEN = re.compile(r"[^\W\d_]+'?|\d+|[?؟!.:;,…✅✓✔☑|]")
_LETTER = re.compile(r"[a-z]+|[^\W\d_]|\d+|[?？!！。、，.:;,…✅✓✔☑|]")  # of a language that is written without spaces
_AFFIXES = (3, 4, 5), (2, 3, 4)  # letters of the beginnings and the ends of a word that are signs
_LENGTHS = 4, 6  # words in a step of the length, and the last step


def prepare() -> None:
    """Read and compile what the first sentence would wait for."""
    for name in GRAMMARS:
        _weights(name)
    for name in STATEMENTS:
        forms_of(name)


def signs(name: str, plain: str, context: str = "") -> frozenset[str]:
    """What tells a claim from other sentences in a folded sentence of the language `name`, read below `context`."""
    tokens = _tokens(name, plain)
    found = _of_sentence(name, plain, context)
    for token in tokens[1:]:
        found += of_word(token)
    return frozenset([*found, *_of_neighbours(name, tokens)])


def _of_sentence(name: str, plain: str, context: str) -> list[str]:
    """The signs that are no words: forms, patterns, times and length."""
    moment = stated(plain)
    asks = ASKS.search(plain) is not None
    offered = patterns_of(name).free.search(f"{context} {plain}".lstrip()) is not None
    met = needs_met_by(plain)
    found = [sign for sign, pattern in _searched(name) if pattern.needs.bit & met and pattern.search(plain)]
    if "own" in found:
        found += [f"own+{form}" for form in ("always", "theirs", "now", "episode") if form in found]
        found += ["own+asks"] * asks
    condition = patterns_of(name).condition.search(plain)
    found += ["pattern:condition"] * (condition is not None and not POLITE.search(plain, condition.end()))
    found += ["asks"] * asks + ["offered"] * offered + ["price"] * (PRICE.search(plain) is not None)
    found += ["day"] * moment.day + ["clock"] * moment.clock + ["whole"] * moment.whole
    found += ["days"] * (len(moment.weekdays) > 1) + ["clocks"] * (len(moment.clocks) > 1)
    step, last = _LENGTHS
    found.append(f"length:{min(plain.count(' ') // step, last)}")
    return found


@cache
def _searched(name: str) -> list[tuple[str, Caseless]]:
    """The signs that patterns of the language `name` find, with those patterns."""
    forms = [(form, getattr(forms_of(name), form)) for form in _FORMS] if name in STATEMENTS else []
    return forms + [(f"pattern:{part}", getattr(patterns_of(name), part)) for part in _PATTERNS]


def _tokens(name: str, plain: str) -> list[str]:
    token_of = _LETTER if name in UNSPACED else _TOKEN
    return ["^", *("0" if token.isdigit() else token for token in token_of.findall(plain.lower())), "$"]


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


def likelihood(name: str, plain: str, context: str = "") -> float:
    """How much speaks for a claim in a sentence of the language `name`, in logits; below 0, more speaks against it."""
    weights, tokens = _weights(name), _tokens(name, plain)
    found = {"", *_of_sentence(name, plain, context), *_of_neighbours(name, tokens)}
    found.update(*[_weighed(name, token) for token in tokens[1:]])
    return math.fsum(map(weights.__getitem__, found & weights.keys()))  # exact, so that the order of a set changes nothing


@lru_cache(maxsize=16_384)
def _weighed(name: str, word: str) -> tuple[str, ...]:
    """Of a word, its beginnings and its ends, those that have a weight. Remembered: words repeat, sentences do not."""
    return tuple(sign for sign in of_word(word) if sign in _weights(name))


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
