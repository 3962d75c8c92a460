"""Two processes and two providers, one of which fails in every possible way: no turn is lost, no server is flooded.

`TURNS` sets how many each process asks for each failure.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from assistant.providers.completions import CONNECT_SECONDS
from tests.assistant.providers.stub import HEAD, Step, Stub, delta, event, says, status
from tests.sampling import is_thorough

from . import callers
from .conftest import Databases
from .crew import Crew

PROCESSES = 2
TURNS = int(os.environ.get("TURNS", 100 if is_thorough() else 12))
CHI_SQUARED_P_001 = 6.635  # one degree of freedom, p = 0.01
Run = Callable[..., Awaitable[list[Any]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def run(request: pytest.FixtureRequest, new_database: Databases, tmp_path: Path) -> Iterator[Run]:
    """`await run(callers.…, processes, …)`: that function in so many processes, and what each gave."""
    with Crew(new_database(request.param), tmp_path / "log") as crew:
        yield partial(asyncio.to_thread, crew.run)


def pool(a: Stub, b: Stub, **more: str) -> dict[str, str]:
    return {"AI_A_URL": a.url, "AI_A_SMART": "m", "AI_B_URL": b.url, "AI_B_SMART": "m", **more}


async def test_weights_hold_across_processes(run: Run) -> None:
    turns = 50
    async with Stub() as a, Stub() as b:
        await run(callers.prepare)
        scenario = pool(a, b, AI_ROTATION="weighted", AI_A_WEIGHT="60", AI_B_WEIGHT="40")
        done = await run(callers.turns, PROCESSES, scenarios=[scenario], count=turns, at_once=4)
        took = Counter(outcome for [each] in done for outcome, _ in each)
        assert took == {"a": len(a.requests), "b": len(b.requests)}
        expected = {"a": 0.6 * turns * PROCESSES, "b": 0.4 * turns * PROCESSES}
        chi_squared = sum((took[name] - share) ** 2 / share for name, share in expected.items())
        print(f"{dict(took)}, chi squared {chi_squared:.3f}")  # noqa: T201 - the figures, shown with -s
        assert chi_squared < CHI_SQUARED_P_001


DEAD: dict[str, list[Step]] = {
    "500": status(500),
    "429": status(429, headers={"Retry-After": "60"}),
    "401": status(401),
    "quota": status(429, {"error": {"code": "insufficient_quota"}}),
    "model missing": status(404, {"error": {"code": "model_not_found"}}),
    "hangs up": [],
    "hangs": [None],
    "hangs after its headers": [HEAD, None],
    "cuts off": [HEAD, event(delta(role="assistant", content=""))],
    "an error in the stream": [HEAD, event({"error": {"code": 502}})],
    "a web page": status(200, b"<html>"),
}


@pytest.mark.parametrize("run", ["sqlite"], indirect=True)
async def test_with_one_of_two_dead_every_turn_is_answered_and_with_both_nobody_is_flooded(run: Run) -> None:
    turns, at_once = TURNS, 4
    total, under_way = turns * PROCESSES, PROCESSES * at_once
    async with AsyncExitStack() as stack:
        pairs: list[tuple[str, Stub, Stub]] = []
        for failure in ("none", *DEAD, "refused", "both", "late"):
            a, b = await stack.enter_async_context(Stub()), await stack.enter_async_context(Stub())
            pairs.append((failure, a, b))
            match failure:
                case "none":
                    pass
                case "refused":
                    a._server.close()
                case "both":
                    a.always(status(500))
                    b.always(status(500))
                case "late":
                    a.always([0.2, *says("Late, but well.")])
                case _:
                    a.always(DEAD[failure])
        await run(callers.prepare)
        scenarios = [pool(a, b) for _, a, b in pairs]
        found = await run(callers.turns, PROCESSES, scenarios=scenarios, count=turns, at_once=at_once, silence_seconds=2)
        usual = 0.0
        for (failure, a, b), *done in zip(pairs, *found, strict=True):
            outcomes = Counter(outcome for each in done for outcome, _ in each)
            slow = sorted(ms for each in done for _, ms in each)[int(total * 0.95)]
            usual = usual or slow
            print(f"{failure}: {dict(outcomes)}, p95 {slow} ms, asked {len(a.requests)} + {len(b.requests)}")  # noqa: T201
            if failure == "both":
                assert outcomes == {"not_available": total}
                assert max(ms for each in done for _, ms in each) < 10_000
                assert len(a.requests) + len(b.requests) <= 2 * 5 + 3 * under_way
            elif failure == "late":
                assert set(outcomes) == {"a", "b"} and outcomes["a"] == total / 2
            elif failure == "none":
                assert set(outcomes) == {"a", "b"}
            else:
                assert outcomes == {"b": total}, failure
                assert slow - usual <= CONNECT_SECONDS * 1000, failure
                # Five failures open it, beside what was under way; then there is one probe for each cool-down, of which only
                # a longer run sees any.
                assert len(a.requests) <= 5 + under_way + TURNS // 100, failure
                assert len(b.requests) == total
        assert await run(callers.most_attempts) == [3]


async def test_a_limit_holds_however_many_ask_at_once_and_outlives_a_kill(run: Run) -> None:
    await run(callers.prepare, day_tokens=10_000)
    [killed] = await run(callers.reservations, count=3, tokens=1000, die=True)
    granted = await run(callers.reservations, 3, count=20, tokens=1000, die=False)
    assert (killed, sum(granted)) == (3, 7)
    [tokens] = await run(callers.spent)
    assert max(tokens) == 10_000
