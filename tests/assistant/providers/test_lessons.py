"""What a server's refusals teach, and how long that is remembered."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.async_db import in_db
from assistant.errors import ProviderError
from assistant.models import (
    ProviderHealth,
)
from assistant.providers import router
from assistant.services.providers import health

from .scene import BOOK, at_once
from .stub import HEAD, Received, Stub, delta, event, says, status

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]


class Picky(Stub):
    """A server that refuses requests which contain what it does not know."""

    refuses: dict[str, str] = {}

    def answer(self, request: Received) -> Any:
        for part, message in self.refuses.items():
            if part.encode() in request.body:
                return status(400, {"error": {"message": message}})
        return says("Hello.")


@pytest.mark.parametrize(
    ("part", "message", "learnt"),
    [
        (
            '"max_tokens"',
            "'max_tokens' is not supported. Use 'max_completion_tokens'",
            ("token_limit", "max_completion_tokens"),
        ),
        ('"tools"', '"auto" tool choice requires --enable-auto-tool-choice', ("tools", False)),
        ('"enum"', "function_declarations[0].parameters.properties[0].value.enum[0]", ("schema", "bare")),
        ("stream_options", "Unrecognized request argument: stream_options", ("usage_in_stream", False)),
        ('"temperature"', "'temperature' is not supported with this model", ("temperature", False)),
    ],
)
async def test_what_a_server_refuses_is_learnt_once_and_for_all(
    scene: Any, part: str, message: str, learnt: tuple[str, Any]
) -> None:
    async with scene("") as s, Picky() as picky:
        picky.refuses = {part: message}
        s.stubs["a"] = picky
        s.pool("a", AI_RETRY_FAILED="false")
        await s.change(s.assistant, temperature=0.5)
        assert (await s.ask(tools=[BOOK])).text == "Hello."
        await s.fresh()
        assert (await s.ask(tools=[BOOK])).text == "Hello."
        assert s.asked() == {"a": 3}
        row = await in_db(ProviderHealth.objects.get)(model="big")
        assert row.capabilities == dict([learnt])


async def test_thinking_that_a_template_opens_is_shown_at_most_once(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        s.a.always(
            [
                HEAD,
                event(delta(content="Hm.")),
                event(delta(content="\n</think>\nHi")),
                event(delta("stop")),
                event(b"[DONE]"),
            ]
        )
        assert (await s.ask()).text in ("Hm.Hi", "Hi")  # as it was read: in two pieces, or in one
        await s.fresh()
        assert (await s.ask()).text == "Hi"


async def test_a_server_that_refuses_everything_is_asked_once_per_lesson_and_no_more(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        s.a.always(at_once(400, message="tools are not supported; stream_options unknown; whatever"))
        with pytest.raises(ProviderError):
            await s.ask(tools=[BOOK])
        assert s.asked()["a"] == 3, "with tools and stream_options, without tools, without either"


async def test_what_was_measured_of_one_model_says_nothing_of_another(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        [own, [one]] = await in_db(router.candidates)(s.assistant)
        assert own == []
        await in_db(health.measured)(one.health_key, "big", {"tools": False}, name="a")
        await s.ask(tools=[BOOK])
        await s.ask(tools=[BOOK], task="fast")
        assert ["tools" in request.json for request in s.a.requests] == [False, True]
