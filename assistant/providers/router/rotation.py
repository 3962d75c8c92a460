"""Rotation of candidates: round-robin, random, weighted, failover."""

from __future__ import annotations

import random
from collections.abc import Sequence

from assistant.providers.configuration import Rotation
from assistant.providers.router.candidates import Candidate

GOLDEN = 0.6180339887498949


def ordered(found: Sequence[Candidate], rotation: Rotation, number: int, chance: random.Random) -> list[Candidate]:
    """The order in which to ask; `number` counts this rotation's turns. Weight 0 and fallbacks come last."""
    proper = [one for one in found if not one.fallback and one.provider.weight]
    rest = sorted((one for one in found if one not in proper), key=lambda one: one.fallback)
    by_weight = sorted(proper, key=lambda one: -one.provider.weight)
    if rotation == "random":
        chance.shuffle(proper)
    elif rotation == "round-robin" and proper:
        first = number % len(proper)
        proper = proper[first:] + proper[:first]
    elif rotation == "weighted" and proper:
        first_one = _drawn(proper, number)
        proper = [first_one, *(other for other in by_weight if other is not first_one)]
    elif rotation == "failover":
        proper = by_weight
    return proper + rest


def _drawn(proper: Sequence[Candidate], number: int) -> Candidate:
    """The candidate that turn `number` of a weighted rotation falls to."""
    # Multiples of the golden ratio fall evenly: the shares hold for every few turns, not only for thousands.
    point = number * GOLDEN % 1 * sum(one.provider.weight for one in proper)
    for one in proper:
        point -= one.provider.weight
        if point < 0:
            break
    return one
