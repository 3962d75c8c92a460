from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from assistant import outbound
from tests.assistant.providers.stub import says

HI_THERE = b"".join(step for step in says("Hi", " there.")[1:] if isinstance(step, bytes))


@pytest.fixture
def answered() -> Iterator[None]:
    """Every model server answers "Hi there." in two pieces."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=HI_THERE)

    with outbound.transport_for_tests(httpx.MockTransport(answer)):
        yield
