"""Providers that fail are left alone for a while, and no longer than that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from assistant.async_db import in_db
from assistant.errors import ProviderUnavailable
from assistant.models import (
    ProviderHealth,
)
from assistant.providers import router
from tests import make

from .scene import at_once, reply
from .stub import says

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick")]


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
