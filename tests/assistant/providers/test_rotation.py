"""In which order providers are asked."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from assistant.models import (
    Usage,
)
from assistant.providers import configuration
from assistant.providers.router import Candidate, ordered

from .stub import says, status

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]


def candidate(name: str, weight: int = 1, fallback: bool = False) -> Candidate:
    provider = configuration.ProviderSettings(name, "http://x/v1", smart="m", weight=weight)
    return Candidate(provider, "m", Usage.Source.PLATFORM, name, fallback=fallback)


def firsts(found: list[Candidate], rotation: Any, turns: int, seed: int = 7) -> Counter[str]:
    chance = random.Random(seed)
    return Counter(ordered(found, rotation, number, chance)[0].provider.name for number in range(turns))


def test_round_robin_asks_each_provider_in_turn() -> None:
    found = [candidate(name) for name in "abc"]
    order = [ordered(found, "round-robin", number, random.Random())[0].provider.name for number in range(6)]
    assert order == ["a", "b", "c", "a", "b", "c"]


def test_weights_hold_within_every_few_turns() -> None:
    found = [candidate("a", 60), candidate("b", 40)]
    assert firsts(found, "weighted", 10) == {"a": 6, "b": 4}
    many = firsts(found, "weighted", 5000)
    assert abs(many["a"] - 3000) <= 5


def test_random_is_even_and_repeatable_with_a_seed() -> None:
    found = [candidate(name) for name in "abc"]
    assert min(firsts(found, "random", 3000).values()) > 900
    assert firsts(found, "random", 50, seed=3) == firsts(found, "random", 50, seed=3)


def test_failover_starts_with_the_heaviest_every_time() -> None:
    assert firsts([candidate("a", 1), candidate("b", 9)], "failover", 20) == {"b": 20}


@pytest.mark.parametrize("rotation", configuration.ROTATIONS)
def test_backups_and_fallback_models_come_last_and_nobody_is_lost(rotation: Any) -> None:
    found = [candidate("backup", 0), candidate("a", fallback=True), candidate("a"), candidate("b", 3)]
    for number in range(12):
        order = ordered(found, rotation, number, random.Random(number))
        assert sorted(map(str, order)) == sorted(map(str, found))
        assert [one.provider.name for one in order[2:]] == ["backup", "a"] and order[3].fallback


async def test_turns_are_counted_across_conversations(scene: Any) -> None:
    async with scene("ab") as s:
        s.pool("a", "b", AI_ROTATION="round-robin")
        for _ in range(6):
            await s.fresh()
            await s.ask()
        assert s.asked() == {"a": 3, "b": 3}


async def test_a_conversation_stays_with_who_answered_it_while_that_one_is_well(scene: Any) -> None:
    async with scene("ab") as s:
        s.pool("a", "b", AI_ROTATION="round-robin")
        first = (await s.ask()).provider
        for _ in range(3):
            assert (await s.ask()).provider == first
        s.stubs[first].always(status(401))
        second = (await s.ask()).provider
        assert second != first
        s.stubs[first].always(says("Back."))
        assert (await s.ask()).provider == second
