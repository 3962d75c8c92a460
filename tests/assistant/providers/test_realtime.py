"""Voice: who may have it, what is asked for, and how refusals read."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
from openai import AsyncOpenAI
from openai.types.realtime import RealtimeSessionCreateRequest

from assistant import outbound
from assistant.llm import ToolSpec
from assistant.providers import realtime
from assistant.providers.configuration import ProviderSettings, load
from assistant.providers.realtime import Refused, session_key

from .stub import Stub, status

KEY = "sk-canary-platform-key"
SECRET = "ek_canary_ephemeral"
OPENAI = ProviderSettings("openai", "https://api.openai.com/v1", KEY, smart="m", realtime="gpt-realtime-2", preset="openai")
AZURE = replace(OPENAI, base_url="https://acme.openai.azure.com/openai", auth="header:api-key", realtime="my-voice")
BOOK = ToolSpec("book", "Book a time.", {"type": "object", "properties": {}})


class Recorder:
    """Answers every request in the process, whatever the host."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response] | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.answer = answer or (
            lambda request: httpx.Response(200, json={"value": SECRET, "expires_at": 1900000000, "session": {}})
        )

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer(request)


async def refused(recorder: Recorder, provider: ProviderSettings = OPENAI) -> Refused:
    with outbound.transport_for_tests(httpx.MockTransport(recorder.handle)), pytest.raises(Refused) as caught:
        await session_key(provider, instructions="Be kind.")
    return caught.value


async def test_a_session_key_is_asked_for_with_everything_fixed_on_the_server():
    recorder = Recorder()
    with outbound.transport_for_tests(httpx.MockTransport(recorder.handle)):
        key = await session_key(OPENAI, instructions="Be kind.", tools=[BOOK])
    (request,) = recorder.requests
    assert str(request.url) == "https://api.openai.com/v1/realtime/client_secrets"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    wish = json.loads(request.content)
    assert wish["expires_after"] == {"anchor": "created_at", "seconds": 10}
    assert wish["session"]["instructions"] == "Be kind."
    assert wish["session"]["model"] == "gpt-realtime-2"
    assert wish["session"]["tools"] == [
        {
            "type": "function",
            "name": "book",
            "description": "Book a time.",
            "parameters": {"type": "object", "properties": {}},
        }
    ]
    RealtimeSessionCreateRequest.model_validate(wish["session"])  # the official SDK's reading of the wire
    assert (key.value, key.expires_at, key.model) == (SECRET, 1900000000, "gpt-realtime-2")


async def test_the_official_sdk_would_send_the_same():
    recorder = Recorder()
    with outbound.transport_for_tests(httpx.MockTransport(recorder.handle)):
        await session_key(OPENAI, instructions="Be kind.", tools=[BOOK])
    ours = json.loads(recorder.requests[0].content)
    async with Stub() as stub, AsyncOpenAI(api_key=KEY, base_url=stub.url, max_retries=0) as sdk:
        stub.always(status(200, {"value": SECRET, "expires_at": 1900000000, "session": {"type": "realtime"}}))
        answer = await sdk.realtime.client_secrets.create(**ours)
    assert stub.requests[0].path == recorder.requests[0].url.path
    assert stub.requests[0].json == ours
    assert (answer.value, answer.expires_at) == (SECRET, 1900000000)


async def test_the_answer_holds_nothing_of_the_providers_key():
    recorder = Recorder()
    with outbound.transport_for_tests(httpx.MockTransport(recorder.handle)):
        key = await session_key(OPENAI, instructions="Be kind.")
    assert KEY not in repr(key) + key.value and SECRET not in repr(key)


async def test_a_call_is_begun_with_the_key_and_never_with_the_accounts_own():
    answer = httpx.Response(201, text="v=0 answer", headers={"Location": "https://api.openai.com/v1/realtime/calls/rtc_u0"})
    recorder = Recorder(lambda request: answer)
    with outbound.transport_for_tests(httpx.MockTransport(recorder.handle)):
        connected = await realtime.connect(OPENAI, SECRET, "v=0 offer")
    (request,) = recorder.requests
    assert str(request.url) == "https://api.openai.com/v1/realtime/calls" and request.content == b"v=0 offer"
    assert request.headers["authorization"] == f"Bearer {SECRET}" and KEY not in str(request.headers.raw)
    assert (connected.sdp, connected.call) == ("v=0 answer", "rtc_u0")


@pytest.mark.parametrize(
    ("status", "body", "location"),
    [
        (201, "v=0", ""), (201, "v=0", "/v1/realtime/calls/a b"), (201, "<html>", "/v1/realtime/calls/rtc_1"),
        (401, "upstream words", ""), (500, "upstream words", "/v1/realtime/calls/rtc_1"),
    ],
)  # fmt: skip
async def test_what_is_no_call_is_a_refusal_without_the_providers_words(status: int, body: str, location: str, caplog):
    recorder = Recorder(lambda request: httpx.Response(status, text=body, headers={"Location": location}))
    with outbound.transport_for_tests(httpx.MockTransport(recorder.handle)), pytest.raises(Refused) as caught:
        await realtime.connect(OPENAI, SECRET, "v=0 offer")
    assert caught.value.status == 502
    assert not any(word in json.dumps(caught.value.body) + caplog.text for word in ("upstream", SECRET, KEY))


@pytest.mark.parametrize(
    "base_url",
    [
        "http://localhost:11434/v1", "http://127.0.0.1:8000/demo-llm/v1", "https://api.together.xyz/v1", "https://openrouter.ai/api/v1",
        "https://api.openai.com.evil.example/v1", "https://evil.example/api.openai.com/v1", "https://xapi.openai.com/v1",
        "https://api.openai.com@evil.example/v1", "https://api-openai.com/v1", "http://api.openai.com/v1", "",
        "https://acme.openai.azure.com/openai", "https://acme.openai.azure.com/openai/v1",
        "https://acme.openai.azure.com.evil.example/openai/v1",
    ],
)  # fmt: skip
async def test_no_other_address_gets_voice_nor_a_single_request(base_url: str):
    recorder = Recorder()
    error = await refused(recorder, replace(OPENAI, base_url=base_url))
    assert recorder.requests == []
    assert error.status == 503
    assert error.body["error"] == "Realtime not available"
    assert error.body["message"].startswith("Realtime sessions not available")


async def test_another_server_sees_no_connection_at_all():
    async with Stub() as stub:
        with pytest.raises(Refused):
            await session_key(replace(OPENAI, base_url=stub.url), instructions="")
        assert stub.connections == 0


@pytest.mark.parametrize(
    "base_url",
    ["https://api.openai.com", "https://api.openai.com/v1", "https://api.openai.com/v1/", "HTTPS://API.OPENAI.COM/v1",
     "https://api.openai.com:443/v1", "https://api.openai.com./v1"],
)  # fmt: skip
async def test_every_spelling_of_openais_address_has_voice(base_url: str):
    (provider,) = load({"AI_API_KEY": KEY, "AI_BASE_URL": base_url}).usable
    recorder = Recorder()
    with outbound.transport_for_tests(httpx.MockTransport(recorder.handle)):
        await session_key(provider, instructions="")
    assert str(recorder.requests[0].url) == "https://api.openai.com/v1/realtime/client_secrets"


async def test_azure_has_voice_only_where_the_operator_says_so():
    assert realtime.available(AZURE) == (False, "Realtime sessions not available: voice through Azure OpenAI is off.")
    recorder = Recorder()
    with outbound.transport_for_tests(httpx.MockTransport(recorder.handle)):
        await session_key(AZURE, instructions="", azure=True)
    (request,) = recorder.requests
    assert str(request.url) == "https://acme.openai.azure.com/openai/v1/realtime/client_secrets"
    assert request.headers["api-key"] == KEY and "authorization" not in request.headers
    assert load({"AI_REALTIME_AZURE": "true"}).realtime_azure and not load({}).realtime_azure


@pytest.mark.parametrize("missing", [{"key": ""}, {"realtime": ""}, {"enabled": False}])
async def test_what_is_not_set_up_has_no_voice(missing: dict):
    recorder = Recorder()
    assert (await refused(recorder, replace(OPENAI, **missing))).status == 503
    assert recorder.requests == []


async def test_no_provider_at_all_is_the_same_refusal():
    with pytest.raises(Refused) as caught:
        await session_key(None, instructions="")
    assert caught.value.status == 503


def test_the_first_provider_that_can_speak_is_chosen():
    groq = ProviderSettings("groq", "https://api.groq.com/openai/v1", "k", smart="m")
    assert realtime.choose([groq, OPENAI]) == (OPENAI, "")
    none, reason = realtime.choose([groq])
    assert none is None and reason.startswith("Realtime sessions not available")
    assert realtime.choose([])[0] is None


@pytest.mark.parametrize(
    ("status", "answer", "ours"),
    [
        (401, {"error": {"message": f"Incorrect API key provided: {KEY}", "code": "invalid_api_key"}}, 502),
        (403, {"error": {"message": "upstream words"}}, 502),
        (400, {"error": {"message": "upstream words"}}, 502),
        (404, {"error": {"message": "upstream words"}}, 503),
        (405, {"error": {"message": "upstream words"}}, 503),
        (429, {"error": {"message": "upstream words", "code": "insufficient_quota"}}, 503),
        (429, {"error": {"message": "upstream words"}}, 503),
        (500, {"error": {"message": "upstream words"}}, 502),
        (200, {"unexpected": "upstream words"}, 502),
        (200, "upstream words, no object", 502),
        (302, {}, 502),
    ],
)
async def test_a_refusal_upstream_becomes_ours_without_its_words(status: int, answer: object, ours: int, caplog):
    caplog.set_level(logging.DEBUG)
    error = await refused(Recorder(lambda request: httpx.Response(status, json=answer)))
    assert error.status == ours
    everything = json.dumps(error.body) + caplog.text + repr(error)
    assert "upstream words" not in everything and KEY not in everything and "Traceback" not in everything


async def test_a_retired_voice_model_names_the_variable_to_set():
    answer = {
        "error": {"message": "The model `gpt-4o-realtime-preview-2024-12-17` does not exist", "code": "model_not_found"}
    }
    for code in (400, 404):
        error = await refused(Recorder(lambda request, code=code: httpx.Response(code, json=answer)))
        assert error.status == 503
        assert "AI_REALTIME_MODEL" in error.body["message"]


async def test_a_time_out_upstream_is_a_gateway_time_out():
    def hang(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow")

    error = await refused(Recorder(hang))
    assert error.status == 504
    assert error.body["error"] == "Gateway timeout" and error.body["message"] == "AI API request timed out"


async def test_a_server_that_cannot_be_reached_is_no_fault_of_ours():
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    assert (await refused(Recorder(refuse))).status == 503


async def test_the_secret_is_never_logged(caplog):
    caplog.set_level(logging.DEBUG)
    with outbound.transport_for_tests(httpx.MockTransport(Recorder().handle)):
        await session_key(OPENAI, instructions="A secret instruction.")
    assert SECRET not in caplog.text and KEY not in caplog.text and "secret instruction" not in caplog.text


async def test_a_server_without_voice_is_logged_as_information_and_not_as_an_error(caplog):
    caplog.set_level(logging.DEBUG)
    await refused(Recorder(), replace(OPENAI, base_url="http://localhost:11434/v1"))
    assert [(record.levelname, record.message) for record in caplog.records if record.name.startswith("assistant")] == [
        ("INFO", "Realtime sessions not available")
    ]
