"""What the suite runs of its longest lists by default: a fixed sample. With `--thorough`, everything, and more examples.

`@pytest.mark.sampled` on a parametrized test keeps so few parameter sets that each value of each parameter occurs;
`@pytest.mark.sampled(20)` keeps twenty. `part` is for a list that a test goes through itself. Chosen are the same ones in
each run, in each process, and on each machine.
"""

from __future__ import annotations

import random
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import pytest
from hypothesis import settings

T = TypeVar("T")

OPTION = "--thorough"


def configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"sampled(count): by default, only a sample of its parameter sets; all with {OPTION}")
    # A test whose examples are dear names a number of its own: `settings(max_examples=examples(20))`.
    settings.register_profile("default", deadline=None, max_examples=50)
    settings.register_profile("thorough", deadline=None, max_examples=1000)
    settings.load_profile("thorough" if config.getoption(OPTION) else "default")


def is_thorough() -> bool:
    return settings.get_current_profile_name() == "thorough"


def examples(by_default: int) -> int:
    """How many examples Hypothesis tries of a test that cannot have as many as others."""
    return by_default * 10 if is_thorough() else by_default


def part(values: Iterable[T], share: int, of: str | int) -> list[T]:
    """One in `share` of `values`: others for another name or number `of`, so that all have their turn. All, if thorough."""
    number = of if isinstance(of, int) else zlib.crc32(of.encode())
    return list(values) if is_thorough() else list(values)[number % share :: share]


def sample(cases: Sequence[Mapping[str, object]], count: int | None = None) -> list[int]:
    """Places in `cases`, in order: of `count` that together show the most values, or of as few as show every value.

    A case is its value, or what stands for it, for each parameter.
    """
    waiting = list(range(len(cases)))
    random.Random(len(cases)).shuffle(waiting)
    unseen = {value for case in cases for value in case.items()}
    chosen: list[int] = []
    while waiting and (unseen if count is None else len(chosen) < count):
        best = max(waiting, key=lambda place: len(unseen & cases[place].items()))
        waiting.remove(best)
        chosen.append(best)
        unseen -= cases[best].items()
    return sorted(chosen)


def select(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out of `items` what no sample has."""
    if config.getoption(OPTION):
        return
    tests: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if item.get_closest_marker("sampled"):
            tests[item.nodeid.partition("[")[0]].append(item)
    left: set[pytest.Item] = set()
    for sets in tests.values():
        mark = sets[0].get_closest_marker("sampled")
        assert mark
        # `callspec.indices` would number the sets, where several parameters are combined.
        given = [item.callspec.params for item in sets]  # type: ignore[attr-defined]
        values = [{name: repr(value) for name, value in parameters.items()} for parameters in given]
        kept = sample(values, *mark.args)
        left |= set(sets) - {sets[place] for place in kept}
    if left:
        items[:] = [item for item in items if item not in left]
        config.hook.pytest_deselected(items=sorted(left, key=lambda item: item.nodeid))
