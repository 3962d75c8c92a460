"""Text that comes within a moment is read together, and answers are read less often while the event loop is late."""

from collections.abc import AsyncIterator, Callable, Sequence

import httpx
import pytest

from assistant import llm, outbound
from assistant.providers.completions import Request, ask
from assistant.providers.completions.pace import (
    GATHER_SECONDS,
    KNOWN_SECONDS,
    LATE_SECONDS,
    LONGEST_SECONDS,
    OPENING_CHARS,
    SHARE,
    Pace,
)
from tests.assistant.providers.asking import asking
from tests.assistant.providers.stub import delta, event

OPENING, TEXTS = "One".ljust(OPENING_CHARS, "."), (" two", " three")


class Arriving(httpx.AsyncByteStream):
    """A body of which each chunk arrives when it is read; `arrived` says that all of it is here, `holds` how often it was
    held back."""

    def __init__(self, arrived: bool, texts: Sequence[str]) -> None:
        self.arrived, self.texts, self.holds = arrived, texts, 0

    def hold(self, seconds: float, then: Callable[[], None]) -> None:
        self.holds += 1

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for text in self.texts:
            yield event(delta(content=text))
        for one in (delta("stop"), b"[DONE]"):
            yield event(one)


def late_by(seconds: float) -> Pace:
    pace = Pace(lambda: 0.0)
    for _ in range(200):
        pace.note(seconds)
    return pace


async def holds(
    request: Request, *, arrived: bool = False, texts: Sequence[str] = (OPENING, *TEXTS), late: float = 0
) -> int:
    """How often an answer was held back, so that what comes meanwhile is received at once."""
    stream = Arriving(arrived, texts)
    with outbound.transport_for_tests(httpx.MockTransport(lambda _: httpx.Response(200, stream=stream))):
        pieces = [piece async for piece in ask(request, late_by(late))]
    assert isinstance(pieces[-1], llm.Completion) and pieces[-1].text == "".join(texts)
    return stream.holds


async def test_after_each_text_an_answer_is_left_to_gather_before_it_is_read_again():
    assert await holds(asking()) == 3


async def test_the_first_words_of_an_answer_are_read_as_they_come_unless_the_loop_is_late():
    first = [OPENING[:1]] * (OPENING_CHARS - 1)
    assert await holds(asking(), texts=first) == 0
    assert await holds(asking(), texts=[*first, *TEXTS]) == 2
    assert await holds(asking(), texts=first, late=2 * LATE_SECONDS) == len(first)


async def test_what_is_here_already_is_read_at_once():
    assert await holds(asking(), arrived=True) == 0


def test_an_answer_that_takes_longer_is_read_less_often_up_to_a_limit():
    pace, (least, most) = Pace(lambda: 0.0), GATHER_SECONDS
    assert pace.seconds(0.0) == pace.seconds(least) == least
    assert pace.seconds(0.9) == pytest.approx(0.9 * SHARE)
    assert pace.seconds(60.0) == most


def test_the_later_the_loop_is_the_longer_text_is_gathered_up_to_a_limit():
    pace = Pace(lambda: 0.0)
    on_time = pace.seconds(0.0)
    pace.note(0.1)
    soon = pace.seconds(0.0)
    for _ in range(200):
        pace.note(1.0)
    assert on_time < soon < pace.seconds(0.0) == pace.seconds(60.0) == LONGEST_SECONDS
    for _ in range(200):
        pace.note(0.0)
    assert pace.seconds(0.0) == pytest.approx(on_time, abs=0.001)


def test_how_late_the_loop_was_is_forgotten_once_nothing_has_paused_for_a_while():
    now = [10.0]
    pace = Pace(lambda: now[0])
    on_time = pace.seconds(0.0)
    for _ in range(200):
        pace.note(1.0)
    assert pace.gathers(0) and pace.seconds(0.0) == LONGEST_SECONDS
    now[0] += KNOWN_SECONDS
    assert not pace.gathers(0) and pace.seconds(0.0) == on_time
    pace.note(0.0)
    assert pace.late == 0.0
