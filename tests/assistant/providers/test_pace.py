"""Text that comes within a moment is read together, and answers are read less often while the event loop is late."""

from collections.abc import AsyncIterator

import httpx
import pytest

from assistant import llm, outbound
from assistant.providers.completions import Request, ask
from assistant.providers.completions.pace import GATHER_SECONDS, LONGEST_SECONDS, Pace
from tests.assistant.providers.asking import asking
from tests.assistant.providers.stub import delta, event


class Arriving(httpx.AsyncByteStream):
    """A body of which each chunk arrives when it is read; `arrived` says that all of it is here."""

    def __init__(self, arrived: bool) -> None:
        self.arrived = arrived

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for one in (delta(content="One"), delta(content=" two"), delta(content=" three"), delta("stop"), b"[DONE]"):
            yield event(one)


class Counted(Pace):
    def __init__(self) -> None:
        super().__init__()
        self.pauses = 0

    async def pause(self, since: float) -> None:
        self.pauses += 1


async def pauses(request: Request, *, arrived: bool) -> int:
    pace = Counted()
    with outbound.transport_for_tests(httpx.MockTransport(lambda _: httpx.Response(200, stream=Arriving(arrived)))):
        pieces = [piece async for piece in ask(request, pace)]
    assert isinstance(pieces[-1], llm.Completion) and pieces[-1].text == "One two three"
    return pace.pauses


async def test_after_each_text_an_answer_is_left_to_gather_before_it_is_read_again():
    assert await pauses(asking(), arrived=False) == 3


async def test_what_is_here_already_is_read_at_once():
    assert await pauses(asking(), arrived=True) == 0


def test_the_later_the_loop_is_the_longer_text_is_gathered_up_to_a_limit():
    pace = Pace()
    assert pace.seconds == GATHER_SECONDS
    pace.note(0.1)
    soon = pace.seconds
    for _ in range(200):
        pace.note(1.0)
    assert GATHER_SECONDS < soon < pace.seconds == LONGEST_SECONDS
    for _ in range(200):
        pace.note(0.0)
    assert pace.seconds == pytest.approx(GATHER_SECONDS, abs=0.001)
