"""A voice call over HTTP, from its session key to its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from assistant import outbound
from assistant.async_db import in_db
from assistant.models import Assistant, Message, Provider, Usage, VoiceCall
from assistant.services.organizations import rate_limits
from tests import make
from tests.widget.views.visitor_page import Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("openai")]
OPENAI = "https://api.openai.com/v1"
OFFER, ANSWER = "v=0\r\nthe browser's", "v=0\r\nthe provider's"


@pytest.fixture(autouse=True)
def fresh_limits() -> None:
    rate_limits.reset()


@pytest.fixture
def openai() -> Iterator[None]:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path != "/v1/realtime/calls":
            return httpx.Response(200, json={"value": "ek_1", "expires_at": 1900000000})
        status = 400 if "refuse" in request.content.decode() else 201
        return httpx.Response(status, text=ANSWER, headers={"Location": "/v1/realtime/calls/rtc_1"})

    with outbound.transport_for_tests(httpx.MockTransport(answer)):
        yield


@in_db
def speaking() -> Assistant:
    assistant = make.assistant()
    own = Provider(organization=assistant.organization, name="OpenAI", base_url=OPENAI, smart="m", realtime="gpt-realtime-2")
    own.set_key("sk-test", OPENAI)
    own.save()
    return assistant


async def calling() -> tuple[Page, dict[str, Any]]:
    page = Page()
    await page.open(await speaking())
    return page, (await page.post("session-key")).json()


async def test_a_call_is_reported_from_its_beginning_to_its_end() -> None:
    page, key = await calling()
    assert sorted(key) == ["call", "expires_at", "model", "seconds", "value"] and key["seconds"] == 600
    path = f"voice-calls/{key['call']}/"
    assert (await page.post(path + "start", {"key": key["value"], "sdp": OFFER})).json() == {"sdp": ANSWER}
    line = {"id": "item_1", "role": "visitor", "text": "Are you open?"}
    assert (await page.post(path + "lines", line)).json() == {}
    claim = {"id": "item_2", "role": "assistant", "text": "I have booked you in for Monday."}
    assert "not been done" in (await page.post(path + "lines", claim)).json()["correction"]
    ended = await page.post(path + "end", {"reason": "visitor", "input_tokens": 5000, "output_tokens": 70})
    assert ended.status_code == 204
    call = await in_db(VoiceCall.objects.select_related("usage").get)()
    assert (call.state, call.reason, call.provider_call) == ("ended", "visitor", "rtc_1")
    assert call.usage is not None and (call.usage.prompt_tokens, call.usage.completion_tokens) == (5000, 70)
    events = (await page.get("events?after=0")).json()["events"]
    assert [event["message"].get("spoken") for event in events] == [True, True, None]


async def test_what_is_no_report_is_refused_by_name_and_changes_nothing() -> None:
    page, key = await calling()
    path = f"voice-calls/{key['call']}/"
    bad = [
        ("start", {}), ("start", {"key": "ek_1", "sdp": OFFER}), ("start", {"key": key["value"], "sdp": 1}),
        ("lines", {"id": "i", "role": "visitor"}),
        ("lines", {"id": "i", "role": "system", "text": "Hi"}), ("lines", {"id": "a b", "role": "visitor", "text": "Hi"}),
        ("lines", {"id": "i", "role": "visitor", "text": "Hi", "stopped": "yes"}), ("end", {"reason": "replaced"}),
        ("end", {"reason": "visitor", "input_tokens": -1}), ("end", {"reason": "visitor", "input_tokens": True}),
    ]  # fmt: skip
    await page.post(path + "start", {"key": key["value"], "sdp": OFFER})
    for action, body in bad:
        refused = await page.post(path + action, body)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_input"), (action, body)
    long = await page.post(path + "lines", {"id": "i", "role": "visitor", "text": "a" * 5000})
    assert (long.status_code, long.json()["code"]) == (413, "message_too_long")
    assert await in_db(Message.objects.count)() == 0
    assert (await in_db(VoiceCall.objects.get)()).state == "active"


async def test_a_second_key_ends_the_first_call() -> None:
    page, first = await calling()
    second = (await page.post("session-key")).json()
    for key, status in ((first, 409), (second, 200)):
        begun = await page.post(f"voice-calls/{key['call']}/start", {"key": key["value"], "sdp": OFFER})
        assert begun.status_code == status
    assert await in_db(Usage.objects.filter(reserved=True).count)() == 2


async def test_an_offer_that_the_provider_refuses_ends_the_call_with_the_reason_and_no_charge() -> None:
    page, key = await calling()
    refused = await page.post(f"voice-calls/{key['call']}/start", {"key": key["value"], "sdp": "v=0 refuse"})
    assert (refused.status_code, refused.json()["error"]) == (502, "Bad gateway")
    assert (await in_db(VoiceCall.objects.get)()).state == "ended" and await in_db(Usage.objects.count)() == 0
