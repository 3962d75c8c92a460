"""Random texts that a pattern is made to match, read off the pattern itself."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from re import _constants as syntax  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_OF_CATEGORY = {
    syntax.CATEGORY_DIGIT: "0159",
    syntax.CATEGORY_SPACE: " ",
    syntax.CATEGORY_WORD: "abeinrstzäé0",
    syntax.CATEGORY_NOT_WORD: " .,-",
    syntax.CATEGORY_NOT_SPACE: "abeinrst",
    syntax.CATEGORY_NOT_DIGIT: "abe ",
}
_OTHERS = " xzqé.,"  # of which one is in any class that excludes some characters
_MOST_REPEATS = 3  # beyond the fewest


def matches_of(pattern: str, number: int, seed: int = 0) -> Iterator[str]:
    """At most `number` texts in which `pattern` is found, letters in any case; what its lookarounds exclude is left out."""
    chance, tree, found = random.Random(seed), list(parser.parse(pattern)), re.compile(pattern, re.IGNORECASE)
    for _ in range(number):
        text = _text(tree, chance)
        if found.search(text):
            yield text


def _text(items: Iterable[tuple[Any, Any]], chance: random.Random) -> str:
    return "".join(_piece(kind, value, chance) for kind, value in items)


def _piece(kind: Any, value: Any, chance: random.Random) -> str:
    match kind:
        case syntax.LITERAL:
            return chr(value)
        case syntax.IN:
            return _of_class(value, chance)
        case syntax.ANY | syntax.NOT_LITERAL:
            return chance.choice([other for other in _OTHERS if kind is syntax.ANY or ord(other) != value])
        case syntax.SUBPATTERN:
            return _text(value[-1], chance)
        case syntax.BRANCH:
            return _text(chance.choice(value[1]), chance)
        case syntax.MAX_REPEAT | syntax.MIN_REPEAT:
            fewest, most, repeated = value
            times = chance.randint(fewest, min(most, fewest + _MOST_REPEATS))
            return "".join(_text(repeated, chance) for _ in range(times))
        case syntax.ASSERT:
            return _text(value[1], chance)
    return ""


def _of_class(members: list[tuple[Any, Any]], chance: random.Random) -> str:
    if members[0][0] is syntax.NEGATE:
        allowed = [other for other in _OTHERS if not any(_has(member, other) for member in members[1:])]
        return " " if " " in allowed else chance.choice(allowed)
    kind, value = chance.choice(members)
    if kind is syntax.LITERAL:
        return chr(value)
    return chr(chance.randint(*value)) if kind is syntax.RANGE else chance.choice(_OF_CATEGORY[value])


def _has(member: tuple[Any, Any], letter: str) -> bool:
    kind, value = member
    if kind is syntax.LITERAL:
        return ord(letter) == value
    return value[0] <= ord(letter) <= value[1] if kind is syntax.RANGE else letter in _OF_CATEGORY[value]
