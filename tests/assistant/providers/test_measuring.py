"""What is measured again by the clock, and with which tools."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assistant import jobs
from assistant.async_db import in_db
from assistant.models import Method, ProviderHealth
from assistant.providers import measuring, router
from assistant.services.providers import health
from assistant.tools.offered import tools_offered
from tests import make

from .probe_server import KEY as SERVER_KEY
from .probe_server import Server

pytestmark = pytest.mark.django_db


def method(of: Any, name: str, **fields: Any) -> Method:
    config = {"verb": "GET", "url": "https://api.example.com/orders", "auth": "none", "timeout_seconds": 5, "max_kb": 64}
    made = {"kind": "http", "description": "Look.", "config": config}
    return Method.objects.create(organization=of, name=name, **{**made, **fields})


def test_the_tools_of_a_probe_are_the_organizations_own_and_no_others() -> None:
    home, other = make.organization(), make.organization("Elsewhere")
    away = make.organization("Away", use_platform_providers="never")
    for place in (home, other, away):
        method(place, f"look_{place.slug.replace('-', '_')}")
    method(home, "off", enabled=False)
    method(home, "gone", kind="no such kind")
    assert [tool.name for tool in tools_offered(home)] == ["look_bright_smile"]
    everybody = {tool.name for tool in tools_offered(None)}
    assert everybody == {"look_bright_smile", "look_elsewhere"}, "what never goes to the platform's servers is not theirs"


async def test_a_model_that_was_misjudged_is_measured_anew_and_put_right(scene: Any) -> None:
    async with scene("") as s, Server() as server:
        s.stubs["a"] = server
        row = await s.own("a", key=SERVER_KEY, smart="m")
        [[one], _] = await in_db(router.candidates)(s.assistant)
        long_ago = timezone.now() - health.REMEASURED_AFTER - timedelta(hours=1)
        about = {"name": "a", "provider_id": row.pk, "now": long_ago}
        await in_db(health.measured)(*one.place, {"streaming": False, "tools_streaming": False}, **about)
        await in_db(method)(s.assistant.organization, "orders")
        await in_db(jobs.measure_due)()
        standing = await in_db(ProviderHealth.objects.get)(model="m")
        assert (standing.capabilities["streaming"], standing.capabilities["tools_streaming"]) == (True, True)
        assert any(b'"orders"' in request.body for request in server.requests), "with the organization's own tools"
        asked = len(server.requests)
        await in_db(jobs.measure_due)()
        assert len(server.requests) == asked, "once is enough"


async def test_a_changed_or_disabled_provider_is_not_measured_again(scene: Any) -> None:
    async with scene("") as s, Server() as server:
        s.stubs["a"] = server
        row = await s.own("a", smart="m")
        [[one], _] = await in_db(router.candidates)(s.assistant)
        long_ago = timezone.now() - health.REMEASURED_AFTER - timedelta(hours=1)
        about = {"name": "a", "provider_id": row.pk, "now": long_ago}
        await in_db(health.measured)("another key", "m", {"streaming": False}, **about)
        await in_db(health.measured)(*one.place, {"streaming": False}, **about)
        await s.change(row, enabled=False)
        await in_db(jobs.measure_due)()
        assert not server.requests


def test_what_was_measured_before_anybody_noted_why_is_still_obeyed() -> None:
    standing = ProviderHealth.objects.create(key="k", model="m", name="a", capabilities={"tools": False})
    [fact] = health.learnt(standing)
    assert (fact.name, fact.value, fact.why, fact.shown) == ("tools", False, "", "no")
    assert health.standings({("k", "m")})["k", "m"].capabilities == {"tools": False}


def test_a_measurement_without_a_result_is_repeated_after_a_day() -> None:
    now = timezone.now()
    health.measured("k", "m", {"streaming": False}, name="a", now=now - timedelta(days=8))
    assert len(health.due_for_measuring(9, now)) == 1
    assert health.due_for_measuring(9, now + timedelta(hours=23)) == []
    assert len(health.due_for_measuring(9, now + timedelta(hours=25))) == 1
    assert measuring.asked_of(ProviderHealth.objects.get()) is None
