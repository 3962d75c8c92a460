"""Who is asked, in which order, how often, and with whose key: over real sockets to servers that misbehave."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import Counter
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest

from assistant.async_db import in_db
from assistant.errors import BudgetExceeded, ProviderError, ProviderUnavailable
from assistant.llm import ChatMessage, ToolCallRequest
from assistant.models import (
    Budget,
    Organization,
    Provider,
    ProviderHealth,
    Spending,
    Usage,
)
from assistant.outbound import AddressRefused
from assistant.providers import configuration, router
from assistant.providers.router import Candidate, ordered
from assistant.services.providers import health
from tests import make

from .scene import BOOK, HI, PLATFORM_KEY, TENANT_KEY, at_once, reply
from .stub import HEAD, Received, Step, Stub, calls, delta, event, says, status

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]

# --- Where a model comes from -----------------------------------------------------------------------------------------


async def test_the_environments_model_answers_and_the_fast_one_does_quick_tasks(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        done = await s.ask()
        assert (done.text, done.provider, done.model) == ("Hello.", "a", "big")
        await s.ask(task="fast")
        assert [request.json["model"] for request in s.a.requests] == ["big", "small"]
        assert s.a.requests[0].json["max_tokens"] == 1024
        assert s.a.requests[0].headers["authorization"] == f"Bearer {PLATFORM_KEY}"


async def test_an_assistant_sets_model_temperature_and_length(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        await s.change(s.assistant, model="other/model/x", fast_model="tiny", temperature=0.3, max_output_tokens=99)
        await s.ask()
        await s.ask(task="fast")
        assert s.a.requests[0].json.items() >= {"model": "other/model/x", "temperature": 0.3, "max_tokens": 99}.items()
        assert s.a.requests[1].json["model"] == "tiny"


async def test_without_a_provider_or_the_demonstration_the_documented_error_is_raised(scene: Any, settings: Any) -> None:
    settings.DEMO_MODEL = False
    async with scene("") as s:
        with pytest.raises(ProviderUnavailable, match="^No available AI providers$"):
            await s.model()


async def test_the_demonstration_answers_only_when_nothing_at_all_is_configured(scene: Any, settings: Any) -> None:
    async with scene("a") as s:
        settings.DEMO_MODEL, settings.DEMO_MODEL_URL = True, s.a.url
        await s.change(s.assistant, model="gpt-4o")
        assert await in_db(router.is_demo)(s.assistant)
        assert (await s.ask()).model == "demo"
        assert "authorization" not in s.a.requests[0].headers
        settings.AI_ENVIRONMENT = {"AI_BASE_URL": "not a url"}
        assert not await in_db(router.is_demo)(s.assistant)
        with pytest.raises(ProviderUnavailable):
            await s.model()


async def test_an_organizations_own_provider_is_used_with_its_own_key_and_settings(scene: Any) -> None:
    async with scene("ab") as s:
        s.pool("a")
        await s.own(
            "b", smart="mine", temperature=0.1, max_output_tokens=77, reasoning_effort="low", headers={"X-Team": "blue"}
        )
        done = await s.ask()
        assert (done.provider, done.model) == ("b", "mine")
        [request] = s.b.requests
        assert request.json.items() >= {"temperature": 0.1, "max_tokens": 77, "reasoning_effort": "low"}.items()
        assert (request.headers["authorization"], request.headers["x-team"]) == (f"Bearer {TENANT_KEY}", "blue")
        usage = await in_db(Usage.objects.get)()
        assert (usage.source, usage.provider_name) == ("organization", "b")


@pytest.mark.parametrize(
    ("rule", "own", "answers"),
    [
        ("alone", False, "a"), ("alone", True, ""), ("fallback", False, "a"), ("fallback", True, "a"),
        ("never", False, ""), ("never", True, ""),
    ],
)  # fmt: skip
async def test_the_platform_serves_an_organization_only_as_far_as_it_wants(
    scene: Any, rule: str, own: bool, answers: str
) -> None:
    async with scene("ab") as s:
        s.pool("a")
        s.b.always(status(401))
        if own:
            await s.own("b")
        await s.change(s.assistant.organization, use_platform_providers=rule)
        if answers:
            assert (await s.ask()).provider == answers
        else:
            with pytest.raises(ProviderUnavailable):
                await s.ask()
            assert not s.a.requests
        assert len(s.b.requests) == own


async def test_a_key_is_never_sent_to_an_address_that_it_was_not_saved_for(scene: Any) -> None:
    async with scene("ab") as s:
        s.pool("a")
        row = await s.own("a")
        await s.change(row, base_url=s.b.url)
        assert (row.sealed_key, row.key_hint, row.key(s.a.url), row.key(s.b.url)) == ("", "", "", "")
        await s.ask()
        await in_db(Provider.objects.filter(pk=row.pk).update)(base_url=s.a.url)
        await s.ask()
        for stub in (s.a, s.b):
            for request in stub.requests:
                assert TENANT_KEY.encode() not in request.raw and PLATFORM_KEY.encode() not in request.raw


async def test_an_address_that_was_changed_without_the_form_gets_no_key_either(scene: Any) -> None:
    async with scene("ab") as s:
        row = await s.own("a")
        await in_db(Provider.objects.filter(pk=row.pk).update)(base_url=s.b.url)
        await s.ask()
        assert "authorization" not in s.b.requests[0].headers


async def test_a_sealed_key_copied_to_another_row_does_not_open(scene: Any) -> None:
    async with scene("a") as s:
        row = await s.own("a")
        other = await in_db(make.organization)("Elsewhere")
        stolen = Provider(
            organization=other, name="a", base_url=row.base_url, sealed_key=row.sealed_key, key_origin=row.key_origin
        )
        assert row.key(row.base_url) == TENANT_KEY
        assert stolen.key(row.base_url) == ""


async def test_a_tenants_address_is_held_to_the_guard_and_the_operators_is_not(scene: Any, settings: Any) -> None:
    async with scene("ab") as s:
        await s.own("b")
        settings.OUTBOUND_ALLOWED_ORIGINS = []
        with pytest.raises(ProviderUnavailable) as raised:
            await s.ask()
        assert isinstance(raised.value.attempts[0].__cause__, AddressRefused)
        assert s.b.connections == 0
        s.pool("a")
        await s.change(s.assistant.organization, use_platform_providers="fallback")
        assert (await s.ask()).provider == "a"


async def test_an_organizations_providers_serve_no_other(scene: Any, settings: Any) -> None:
    settings.DEMO_MODEL = False
    async with scene("a") as s:
        row = await s.own("a")
        stranger = await in_db(make.assistant)(await in_db(make.organization)("Elsewhere"), provider=row)
        with pytest.raises(ProviderUnavailable):
            await router.model_for(stranger)


async def test_a_pinned_assistant_asks_its_provider_and_nobody_else(scene: Any) -> None:
    async with scene("abc") as s:
        await s.own("a")
        pinned = await s.own("b")
        await s.own("c")
        await s.change(s.assistant, provider=pinned)
        for _ in range(4):
            await s.fresh()
            await s.ask()
        assert s.asked() == {"a": 0, "b": 4, "c": 0}


async def test_a_disabled_or_unusable_row_is_passed_over(scene: Any) -> None:
    async with scene("ab") as s:
        await s.own("a", enabled=False)
        await s.own("b")
        await in_db(Provider.objects.create)(organization=s.assistant.organization, name="half", smart="m")
        assert (await s.ask()).provider == "b"
        assert s.a.connections == 0


async def test_a_row_without_the_key_it_needs_silences_nobody(scene: Any) -> None:
    async with scene("ab") as s:
        s.pool("a")
        half = await s.own("b", key="", preset="openai")
        await s.change(half, base_url="")
        assert (await s.ask()).provider == "a", "the platform's serve an organization without one that can be used"
        await s.change(s.assistant, provider=half)
        assert (await s.ask()).provider == "a"
        await s.own("b2", at="b")
        assert (await s.ask()).provider == "b2", "and a pinned one that cannot be used hides no other"
        await s.change(s.assistant.organization, use_platform_providers="never")
        assert (await s.ask()).provider == "b2"


async def test_it_is_no_demonstration_while_an_own_provider_answers(scene: Any, settings: Any) -> None:
    async with scene("ab") as s:
        settings.DEMO_MODEL, settings.DEMO_MODEL_URL = True, s.b.url
        await s.change(s.assistant.organization, use_platform_providers="fallback")
        assert await in_db(router.is_demo)(s.assistant)
        row = await s.own("a")
        assert not await in_db(router.is_demo)(s.assistant), "it is the reserve and no more"
        await s.change(row, enabled=False)
        assert await in_db(router.is_demo)(s.assistant)


# --- In which order ---------------------------------------------------------------------------------------------------


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


# --- How often --------------------------------------------------------------------------------------------------------


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


# --- What is learnt ---------------------------------------------------------------------------------------------------


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


# --- Who is left alone ------------------------------------------------------------------------------------------------


async def test_a_dead_provider_is_left_alone_and_comes_back_without_a_restart(scene: Any) -> None:
    async with scene("ab") as s:
        s.pool("a", "b")
        s.a.always(at_once(500))
        for _ in range(12):
            await s.fresh()
            assert (await s.ask()).provider == "b"
        assert s.asked()["a"] == 5
        s.clock = timedelta(seconds=31)
        for _ in range(3):
            await s.fresh()
            await s.ask()
        assert s.asked()["a"] == 6, "one probe in a cool-down"
        s.clock += timedelta(seconds=61)
        s.a.always(says("Back."))
        for _ in range(3):
            await s.fresh()
            assert (await s.ask()).text == "Back."
        assert (await in_db(ProviderHealth.objects.get)(model="")).state == "closed"


async def test_the_only_provider_is_tried_now_and_then_even_while_it_is_left_alone(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        s.a.always(at_once(401))
        with pytest.raises(ProviderUnavailable, match="^Request failed"):
            await s.ask()
        for _ in range(3):
            with pytest.raises(ProviderUnavailable):
                await s.ask()
        assert s.asked() == {"a": 2}, "then not before five seconds have passed"
        s.a.always(says("Back."))
        s.clock = timedelta(seconds=6)
        assert (await s.ask()).text == "Back."
        assert (await s.ask()).text == "Back."


async def test_a_new_key_is_tried_at_once(scene: Any) -> None:
    async with scene("ab") as s:
        row = await s.own("a")
        await s.own("b", weight=0)
        s.a.always(at_once(401))
        assert (await s.ask()).provider == "b"
        s.a.always(says("Now."))
        await in_db(row.refresh_from_db)()
        row.set_key("sk-another-key-000000", row.base_url)
        await in_db(row.save)()
        await s.fresh()
        assert (await s.ask()).text == "Now."


async def test_a_model_one_assistant_misspelt_closes_nothing_for_others(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        other = await in_db(make.assistant)(s.assistant.organization, model="gpt-typo")
        s.a.script(at_once(404, code="model_not_found"))
        with pytest.raises(ProviderUnavailable):
            await reply(await router.model_for(other))
        assert (await s.ask()).text == "Hello."


async def test_a_request_that_one_server_refuses_is_given_to_the_next(scene: Any) -> None:
    async with scene("ab") as s:
        s.pool("a", "b")
        s.a.always(at_once(400, message="no"))
        for _ in range(6):
            await s.fresh()
            assert (await s.ask()).provider == "b"


async def test_a_polite_refusal_is_an_answer(scene: Any) -> None:
    async with scene("ab") as s:
        s.pool("a", "b")
        s.a.script(at_once(400, code="content_filter"), says("I may", finish="content_filter"))
        for text in ("", "I may"):
            done = await s.ask()
            assert (done.text, done.finish) == (text, "content_filter")
        assert s.asked() == {"a": 2, "b": 0}


# --- What it takes ----------------------------------------------------------------------------------------------------


async def test_a_spent_budget_stops_the_request_before_it_is_sent(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        budget = await in_db(Budget.objects.create)(
            organization=s.assistant.organization, day_tokens=1000, sentence="Back tomorrow."
        )
        with pytest.raises(BudgetExceeded) as raised:
            await s.ask()
        assert (raised.value.whose, raised.value.details["sentence"]) == ("organization", "Back tomorrow.")
        assert s.a.connections == 0
        await s.change(budget, day_tokens=2000)
        await s.ask()
        spent = await in_db(Spending.objects.get)(scope="organization", period__regex=r"^\d+-\d+-\d+$")
        assert spent.tokens == 10


async def test_a_stopped_reply_is_settled_and_the_provider_let_go(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        s.a.always([HEAD, event(delta(content="Once upon a time ")), None])
        model = await s.model()
        async with aclosing(model.stream(HI, [])) as items:  # type: ignore[type-var]
            assert await anext(items) == "Once upon a time "
        await asyncio.wait_for(s.a.requests[0].closed.wait(), 2)
        usage = await in_db(Usage.objects.get)()
        assert (usage.cause, usage.reserved, usage.tokens_are) == ("stopped", False, "estimated")
        assert 4 <= usage.completion_tokens <= 5
        assert (await in_db(Spending.objects.first)()).tokens == usage.prompt_tokens + usage.completion_tokens


async def test_a_turn_that_is_cancelled_before_the_first_word_is_settled_too(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        s.a.always([HEAD, None])
        asking = asyncio.ensure_future(s.ask())
        while not s.a.requests:
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert (await in_db(Usage.objects.get)()).cause == "stopped"


async def test_a_turn_that_is_cancelled_while_it_probes_leaves_the_probe_to_the_next(scene: Any) -> None:
    async with scene("ab") as s:
        s.pool("a", "b")
        s.a.always(at_once(500))
        for _ in range(6):
            await s.fresh()
            await s.ask()
        s.clock = timedelta(seconds=31)
        s.a.always([HEAD, None])
        await s.fresh()
        probing = asyncio.ensure_future(s.ask())
        while s.asked()["a"] < 6:
            await asyncio.sleep(0.01)
        probing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probing
        s.a.always(says("Back."))
        await s.fresh()
        assert (await s.ask()).text == "Back."


async def test_no_log_holds_a_key_or_a_word_of_the_conversation(scene: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="assistant")
    async with scene("abc") as s:
        s.pool("a", "b")
        await s.own("c")
        await s.change(s.assistant.organization, use_platform_providers="fallback")
        secret = f"{TENANT_KEY} {PLATFORM_KEY} Tuesday?"
        for failure in (at_once(401, message=secret), at_once(500, message=secret), [], status(200, b"<html>")):
            s.c.script(failure)
            s.a.script(failure)
            await s.fresh()
            await s.ask()
        said = caplog.text
        assert "asking c/big" in said and "unauthorized" in said
        for canary in (TENANT_KEY, PLATFORM_KEY, "Tuesday", "Hello."):
            assert canary not in said
        stored = await in_db(
            lambda: str([*ProviderHealth.objects.values(), *Usage.objects.values(), *Provider.objects.values()])
        )()
        assert TENANT_KEY not in stored and PLATFORM_KEY not in stored


async def test_a_tool_result_of_an_earlier_round_reaches_the_one_that_answers(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        history = [
            *HI,
            ChatMessage("assistant", "", calls=(ToolCallRequest("c", "book", {}),)),
            ChatMessage("tool", "Done.", call_id="c"),
        ]
        await reply(await s.model(), [BOOK], history)
        made, result = s.a.requests[0].json["messages"][-2:]
        assert result == {"role": "tool", "tool_call_id": made["tool_calls"][0]["id"], "content": "Done."}


def test_organizations_may_say_when_the_platform_serves_them() -> None:
    assert Organization().use_platform_providers == "alone"
