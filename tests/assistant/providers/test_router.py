"""Which providers serve an assistant, with whose key, and what a request uses up: over real sockets."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest

from assistant.async_db import in_db
from assistant.errors import BudgetExceeded, ProviderUnavailable
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
from assistant.providers import router
from tests import make

from .scene import BOOK, HI, PLATFORM_KEY, TENANT_KEY, at_once, reply
from .stub import HEAD, delta, event, says, status

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
