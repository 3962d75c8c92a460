from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import AsyncClient
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from assistant.async_db import in_db
from assistant.models import Usage, VoiceCall
from assistant.services.providers import health
from tests import make

pytestmark = pytest.mark.django_db
TOKEN = "a-token-of-some-length"
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def token(settings):
    settings.METRICS_TOKEN = TOKEN


def used(name: str = 'a "b"\n') -> None:
    home = make.organization()
    for cause, total in (("", 900), ("", 1100), ("timeout", 20_000)):
        Usage.objects.create(
            organization=home, task="reply", provider_name=name, source="platform", health_key=f"platform:{name}:d1g",
            model="m", cause=cause, prompt_tokens=10, completion_tokens=5, micros=2_000_000,
            total_ms=total, first_token_ms=None if cause else 300,
        )  # fmt: skip
    health.failed(f"platform:{name}:d1g", "m", "quota", name=name)


@pytest.mark.parametrize("path", ["/metrics", "/metrics.json"])
async def test_metrics_do_not_exist_without_a_token_in_the_settings(path, settings):
    settings.METRICS_TOKEN = ""
    assert (await AsyncClient().get(path, headers={"authorization": "Bearer "})).status_code == 404


@pytest.mark.parametrize("path", ["/metrics", "/metrics.json"])
@pytest.mark.parametrize("sent", ["", "Bearer", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer ÿ"])
async def test_a_request_without_the_token_learns_nothing(path, sent):
    refused = await AsyncClient().get(path, headers={"authorization": sent} if sent else {})
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert (await AsyncClient().post(path, headers=BEARER)).status_code == 405


async def test_operators_get_the_metrics_in_prometheus_format():
    await in_db(used)()
    answer = await AsyncClient().get("/metrics", headers=BEARER)
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert answer.headers["cache-control"] == "no-store"
    found = {
        (sample.name.removeprefix("interworky_"), *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }
    of = (("health", "d1g"), ("provider", 'a "b"\n'), ("source", "platform"))
    assert found["provider_requests_total", of[0], ("outcome", "answered"), *of[1:]] == 2
    assert found["provider_requests_total", of[0], ("outcome", "timeout"), *of[1:]] == 1
    assert found["provider_tokens_total", ("direction", "prompt"), *of] == 30
    assert found["provider_dollars_total", *of] == 6
    assert found["provider_answer_seconds_bucket", of[0], ("le", "1"), *of[1:]] == 1
    assert found["provider_answer_seconds_bucket", of[0], ("le", "+Inf"), *of[1:]] == 2
    assert found["provider_answer_seconds_sum", *of] == 2
    assert found["provider_first_token_seconds_count", *of] == 2
    assert found["provider_breaker", of[0], ("model", ""), of[1], ("state", "open")] == 1
    assert found["provider_breaker", of[0], ("model", ""), of[1], ("state", "closed")] == 0
    assert found["deliveries_open", ("state", "dead")] == found["tool_calls_open", ("state", "orphaned")] == 0


async def test_operators_get_the_last_day_as_json_by_organization():
    await in_db(used)("a")
    answer = (await AsyncClient().get("/metrics.json", headers=BEARER)).json()
    [one] = answer["providers"]
    assert (one["name"], one["requests"], one["failures"]) == ("a", 3, {"timeout": 1})
    assert one["success_rate"] == pytest.approx(2 / 3)
    assert one["organization_id"]
    [breaker] = answer["breakers"]
    assert (breaker["state"], breaker["cause"]) == ("open", "quota")
    assert answer["waiting"]["turns"] == {"queued": 0, "running": 0}


async def test_voice_calls_are_counted_by_what_ended_them_with_their_seconds():
    def called() -> None:
        talk, now = make.conversation(), timezone.now()
        for reason, seconds in (("visitor", 60), ("visitor", 30), ("limit", 600), ("not_begun", None), ("", 5)):
            VoiceCall.objects.create(
                organization=talk.organization, conversation=talk, model="m", health_key="h", provider_name="p", source="s",
                seconds=600, state="ended" if reason else "active", reason=reason, ended_at=now if reason else None,
                started_at=now - timedelta(seconds=seconds) if seconds else None,
            )  # fmt: skip

    await in_db(called)()
    answer = (await AsyncClient().get("/metrics", headers=BEARER)).content.decode()
    found = {
        (sample.name.removeprefix("interworky_voice_"), *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer)
        for sample in family.samples
    }
    assert [found["calls_total", reason] for reason in ("visitor", "limit", "not_begun")] == [2, 1, 1]
    assert found["seconds_total",] == pytest.approx(690)
    assert (found["calls_open", "offered"], found["calls_open", "active"]) == (0, 1)
    counted = (await AsyncClient().get("/metrics.json", headers=BEARER)).json()["voice_calls"]
    assert {"reason": "visitor", "count": 2, "seconds": 90.0} in counted
