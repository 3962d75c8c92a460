"""Long lists of examples are run in part by default, and wholly when that is asked for."""

from __future__ import annotations

from itertools import product

import pytest

from tests.sampling import is_thorough, part, sample

CASES = [{"text": text, "size": size, "kind": kind} for text, size, kind in product(range(25), range(2), range(3))]


def test_a_sample_shows_every_value_of_every_parameter_in_as_few_sets_as_it_can() -> None:
    places = sample(CASES)
    assert len(places) == 25
    for name, values in {"text": 25, "size": 2, "kind": 3}.items():
        assert len({CASES[place][name] for place in places}) == values


def test_a_sample_of_a_number_has_that_many_and_is_always_the_same_one() -> None:
    assert len(set(sample(CASES, 40))) == 40
    assert sample(CASES, 40) == sample(CASES, 40) == sorted(sample(CASES, 40))
    assert len({CASES[place]["text"] for place in sample(CASES, 25)}) == 25


def test_a_list_that_is_no_longer_than_its_sample_is_run_wholly() -> None:
    assert sample(CASES[:7], 20) == list(range(7))
    assert sample([], 20) == []


def test_the_parts_of_several_names_make_the_whole() -> None:
    parts = [part(range(30), 3, name) for name in (0, 1, 5)]
    assert set().union(*parts) == set(range(30))
    assert is_thorough() or all(len(one) == 10 for one in parts)
    assert {len(part(range(30), 3, name)) for name in ("a page", "a feed")} == {len(parts[0])}


@pytest.mark.sampled
@pytest.mark.parametrize("width", range(4))
@pytest.mark.parametrize("look", range(4))
def test_of_combined_parameters_each_value_is_tried_once(look: int, width: int, request: pytest.FixtureRequest) -> None:
    tried = [item for item in request.session.items if item.location[2].startswith(request.node.originalname)]
    assert len(tried) == (16 if is_thorough() else 4)
