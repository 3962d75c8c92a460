"""How often providers are asked for one turn, and when another one takes over."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from assistant.async_db import in_db
from assistant.errors import ProviderError, ProviderUnavailable
from assistant.llm import ChatMessage
from assistant.models import (
    Usage,
)

from .scene import BOOK, HI, PLATFORM_KEY, at_once, reply
from .stub import HEAD, Step, calls, delta, event, says, status

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]


@pytest.mark.parametrize(
    ("failure", "cause"),
    [
        (at_once(401), "unauthorized"),
        (at_once(403), "forbidden"),
        (at_once(404, code="model_not_found"), "model_not_found"),
        (at_once(404), "not_found"),
        (at_once(402), "quota"),
        (at_once(429, code="insufficient_quota"), "quota"),
        (at_once(429), "rate_limited"),
        (at_once(500), "server_error"),
        (at_once(503), "server_error"),
        ([], "cut_off"),
        ([HEAD], "cut_off"),
        ([HEAD, event(delta(role="assistant", content="")), event(delta(content="<think>hm"))], "cut_off"),
        ([HEAD, event({"error": {"code": 502}})], "server_error"),
        (status(200, b"<html>log in</html>"), "bad_response"),
        (says("", finish="stop"), "empty"),
    ],
)
async def test_the_next_provider_answers_before_anything_was_seen(scene: Any, failure: list[Step], cause: str) -> None:
    async with scene("ab") as s:
        s.pool("a", "b")
        s.a.always(failure)
        assert (await s.ask()).provider == "b"
        assert s.asked() == {"a": 1, "b": 1}
        rows = await in_db(lambda: list(Usage.objects.order_by("pk").values_list("provider_name", "cause")))()
        assert rows == [("a", cause), ("b", "")]


@pytest.mark.parametrize(
    ("failure", "attempts"),
    [
        (at_once(400, message="no"), 1),
        (at_once(401), 1),
        (at_once(402), 1),
        (at_once(404), 1),
        (at_once(500), 2),
        (at_once(503), 2),
        (at_once(429), 3),
        ([], 2),
        ([HEAD], 2),
        (says("", finish="stop"), 2),
        (says("", finish="length"), 1),
    ],
)
async def test_the_only_provider_is_asked_again_where_that_may_help(scene: Any, failure: list[Step], attempts: int) -> None:
    async with scene("a") as s:
        s.pool("a")
        s.a.always(failure)
        with pytest.raises(ProviderError):
            await s.ask()
        assert s.asked() == {"a": attempts}


async def test_when_every_provider_fails_the_documented_error_carries_every_cause(scene: Any) -> None:
    async with scene("abc") as s:
        s.pool("a", "b", "c")
        s.a.always(at_once(401, message=PLATFORM_KEY))
        s.b.always(at_once(500, message="kaput"))
        s.c.always([])
        with pytest.raises(ProviderUnavailable, match="^Request failed after all retry attempts") as raised:
            await s.ask()
        error = raised.value
        assert [one.cause for one in error.attempts] == ["unauthorized", "server_error", "cut_off"]
        chain, link = [], error.__cause__
        while link is not None:
            chain.append(link)
            link = link.__cause__
        assert [one for one in chain if isinstance(one, ProviderError)] == list(reversed(error.attempts))
        assert (error.code, PLATFORM_KEY in str(error)) == ("not_available", False)


async def test_a_model_that_no_provider_has_raises_the_documented_error(scene: Any) -> None:
    async with scene("ab") as s:
        s.pool("a", "b")
        for stub in (s.a, s.b):
            stub.always(at_once(404, code="model_not_found"))
        with pytest.raises(ProviderUnavailable, match="^Model not found"):
            await s.ask()
        assert s.asked() == {"a": 1, "b": 1}


@pytest.mark.parametrize(
    ("variables", "attempts"),
    [
        ({}, 3), ({"AI_MAX_RETRIES": "1"}, 2), ({"AI_MAX_RETRIES": "9"}, 3), ({"AI_MAX_RETRIES": "0"}, 1),
        ({"AI_RETRY_FAILED": "false"}, 1),
    ],
)  # fmt: skip
async def test_three_attempts_are_the_most_and_the_environment_may_say_fewer(
    scene: Any, variables: dict[str, str], attempts: int
) -> None:
    async with scene("abcd") as s:
        s.pool(*"abcd", **variables)
        for stub in s.stubs.values():
            stub.always(at_once(500))
        with pytest.raises(ProviderUnavailable):
            await s.ask()
        assert sum(s.asked().values()) == attempts


async def test_a_turns_rounds_share_its_attempts(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        s.a.script(at_once(500), calls("book", "{}"), at_once(500), calls("book", "{}"), at_once(500))
        model = await s.model()
        await reply(model, [BOOK])
        await reply(model, [BOOK])
        with pytest.raises(ProviderUnavailable):
            await reply(model, [BOOK])
        assert s.asked() == {"a": 5}


async def test_after_the_first_visible_word_nobody_else_is_asked(scene: Any) -> None:
    async with scene("ab") as s:
        s.pool("a", "b")
        for ending in ([], [event({"error": {"code": 500}})]):
            s.a.script([HEAD, event(delta(content="Your slot ")), 0.05, *ending])
            done = await s.ask()
            assert (done.text, done.finish, done.provider) == ("Your slot ", "cut_off", "a")
        assert s.asked() == {"a": 2, "b": 0}
        rows = await in_db(
            lambda: list(Usage.objects.order_by("pk").values_list("cause", "completion_tokens", "tokens_are"))
        )()
        assert rows == [("cut_off", 3, "estimated"), ("server_error", 3, "estimated")]


async def test_two_models_never_share_a_reply_however_many_rounds_it_has(scene: Any) -> None:
    async with scene("ab") as s:
        s.pool("a", "b")
        wanted = {"tool_calls": [{"index": 0, "id": "c", "function": {"name": "book", "arguments": "{}"}}]}
        s.a.script([HEAD, event(delta(content="One moment.")), event(delta("tool_calls", **wanted)), event(b"[DONE]")])
        s.a.always(at_once(500))
        model = await s.model()
        assert (await reply(model, [BOOK])).text == "One moment."
        with pytest.raises(ProviderUnavailable):
            await reply(model, [BOOK])
        assert s.asked() == {"a": 3, "b": 0}


async def test_rounds_without_words_may_go_on_elsewhere(scene: Any) -> None:
    async with scene("ab") as s:
        s.pool("a", "b")
        s.a.script(calls("book", "{}"))
        s.a.always(at_once(500))
        model = await s.model()
        done = await reply(model, [BOOK])
        history = [
            *HI,
            ChatMessage("assistant", "", calls=done.calls),
            ChatMessage("tool", "Done.", call_id=done.calls[0].id),
        ]
        assert (await reply(model, [BOOK], history)).provider == "b"
        assert s.b.requests[0].json["messages"][2]["content"] == "Done."


async def test_a_provider_that_asks_for_a_moment_gets_it_if_nobody_else_is_there(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        s.a.script(status(429, headers={"Retry-After": "0.3"}))
        began = asyncio.get_running_loop().time()
        assert (await s.ask()).text == "Hello."
        assert asyncio.get_running_loop().time() - began >= 0.3
        s.a.script(status(429, headers={"Retry-After": "30"}))
        with pytest.raises(ProviderUnavailable):
            await asyncio.wait_for(s.ask(), 2)


async def test_the_turns_deadline_holds_for_all_attempts_together(scene: Any) -> None:
    async with scene("abc") as s:
        s.pool("a", "b", "c")
        for stub in s.stubs.values():
            stub.always([HEAD, *[b": wait\n\n", 0.05] * 200])
        began = asyncio.get_running_loop().time()
        with pytest.raises(ProviderUnavailable):
            await s.ask(turn=await s.turn(seconds=0.5))
        assert asyncio.get_running_loop().time() - began < 1.5
        assert s.asked() == {"a": 1, "b": 0, "c": 0}


async def test_a_fallback_model_is_asked_when_the_first_fails_but_not_where_the_whole_provider_is_down(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        await s.change(s.assistant, fallback_model="spare")
        s.a.script(at_once(404, code="model_not_found"))
        assert (await s.ask()).model == "spare"
        await s.change(s.assistant, model="other")
        s.a.script(at_once(401))
        with pytest.raises(ProviderUnavailable):
            await s.ask()
        assert [request.json["model"] for request in s.a.requests] == ["big", "spare", "other"]
