"""What the probe measures of servers that can do much, little or odd things."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from assistant import outbound
from assistant.llm import ToolSpec
from assistant.providers.completions import Capabilities
from assistant.providers.configuration import ProviderSettings
from assistant.providers.probe import curl, listed, probe
from tests.assistant.providers.probe_server import ALL, KEY, Server, outcomes, probed
from tests.assistant.providers.test_probe_failures import Stumbling, check

from .stub import Received, Step, status


async def test_a_server_with_every_capability_but_voice_is_measured():
    report, server = await probed()
    assert outcomes(report) == {**dict.fromkeys(ALL, "yes"), "realtime": "no"}
    assert report.ok
    assert report.why.keys() == report.capabilities.keys()
    assert report.models == ("m", "other")
    assert report.first_token_ms is not None and report.total_ms is not None
    assert report.capabilities == {
        "thinks": False, "token_limit": "max_tokens", "streaming": True, "tools": True, "tools_streaming": True,
        "parallel_calls": True, "usage_in_stream": True, "realtime": False,
    }  # fmt: skip
    assert Capabilities.of(report.capabilities) == Capabilities()
    assert all(request.headers["authorization"] == f"Bearer {KEY}" for request in server.requests)


async def test_the_probe_is_short_and_frugal():
    report, server = await probed()
    assert len(server.requests) <= 9
    assert all(request.json["max_tokens"] <= 256 for request in server.requests if request.body)


async def test_what_is_measured_names_capabilities_that_are_obeyed():
    report, _ = await probed()
    beyond = {"realtime", "thinks"}  # for the report card, the admin and the patience of the router
    assert set(report.capabilities) - beyond <= {field.name for field in dataclasses.fields(Capabilities)}


@pytest.mark.parametrize("code", [404, 405, 501])
async def test_models_need_not_be_listed(code: int):
    report, _ = await probed(models=status(code))
    assert outcomes(report)["models"] == "no" and report.ok
    assert report.models == ()


async def test_models_that_cannot_be_read_do_not_stop_the_probe():
    for answer in (status(200, b"<html>"), status(200, {"surprise": 1}), status(401), status(500)):
        report, _ = await probed(models=answer)
        assert outcomes(report)["models"] == "failed" and report.ok


async def test_a_blank_key_sends_none():
    async with Server() as server:
        report = await probe(ProviderSettings("p", server.url, smart="m"))
    assert report.ok
    assert not any("authorization" in request.headers for request in server.requests)


async def test_a_key_can_travel_in_a_header_of_its_own():
    async with Server() as server:
        await probe(ProviderSettings("p", server.url, KEY, auth="header:X-Api-Key", smart="m"))
    assert {request.headers["x-api-key"] for request in server.requests} == {KEY}


async def test_azure_is_probed_inside_its_deployment():
    async with Server() as server:
        base = server.url.removesuffix("/v1") + "/openai"
        report = await probe(ProviderSettings("p", base, KEY, auth="header:api-key", smart="dep", api_version="2024-10-21"))
    assert report.ok
    assert [request.path for request in server.requests][:2] == [
        "/openai/models?api-version=2024-10-21",
        "/openai/deployments/dep/chat/completions?api-version=2024-10-21",
    ]
    assert "not among" not in report.checks[0].detail


async def test_a_parameter_that_is_refused_is_learnt_and_left_out():
    report, server = await probed(max_tokens=True, stream_options=True)
    assert report.ok and outcomes(report)["stream"] == "yes"
    assert report.capabilities["token_limit"] == "max_completion_tokens"
    assert report.capabilities["usage_in_stream"] is False
    assert "max_completion_tokens" in server.requests[-1].json


async def test_a_server_that_cannot_stream_is_still_used():
    report, _ = await probed(stream=True)
    assert outcomes(report)["stream"] == "no" and report.ok
    assert report.capabilities["streaming"] is False


async def test_an_answer_in_one_piece_is_not_called_a_stream():
    report, _ = await probed(pieces=True)
    assert outcomes(report)["stream"] == "unknown"
    assert report.capabilities["streaming"] is True


def own_tool(**limits: Any) -> ToolSpec:
    return ToolSpec("note", "Note it.", {"type": "object", "properties": {"text": {"type": "string", **limits}}})


class Strict(Server):
    """Takes the probe's own request with tools, and refuses a part of it beside the assistant's."""

    def answer(self, request: Received) -> Iterable[Step]:
        if b"stream_options" in request.body and b"Note it." in request.body:
            return status(400, {"error": {"message": "Unrecognized request argument: stream_options"}})
        return super().answer(request)


async def test_the_assistants_own_tools_are_offered_and_what_they_teach_is_kept():
    async with Strict() as server:
        report = await probe(ProviderSettings("p", server.url, KEY, smart="m"), tools=[own_tool()])
        without = await probe(ProviderSettings("p", server.url, KEY, smart="m"))
    assert outcomes(report)["own_tools"] == "yes" and "own_tools" not in outcomes(without)
    assert report.capabilities["usage_in_stream"] is False
    assert report.why["usage_in_stream"].startswith("refused: bad_request (400)")
    assert "schema" in report.capabilities, "that their schemas were accepted is kept too"


async def test_own_tools_that_stay_refused_are_reported():
    async with Stumbling(99, status(400, {"error": {"message": "grammar"}}), b"Note it.") as server:
        report = await probe(ProviderSettings("p", server.url, KEY, smart="m"), tools=[own_tool(maxLength=2000)])
    assert outcomes(report)["own_tools"] == "failed" and report.capabilities["tools"] is True


async def test_a_model_that_thinks_before_it_says_ok_is_known_to():
    said = {"message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"}
    counted = {"prompt_tokens": 7, "completion_tokens": 180}
    report, _ = await probed(chat=status(200, {"choices": [{"index": 0, **said}], "usage": counted}))
    assert report.capabilities["thinks"] is True


@pytest.mark.parametrize("said", ["ok " * 180, "ok<end_of_turn>\n<start_of_turn>user\n" + "And then? " * 40])
async def test_a_model_that_chatters_does_not_count_as_one_that_thinks(said: str):
    choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "length"}
    counted = {"prompt_tokens": 7, "completion_tokens": 180}
    report, _ = await probed(chat=status(200, {"choices": [choice], "usage": counted}))
    assert report.capabilities["thinks"] is False


async def test_a_model_that_refuses_tools_can_talk_but_not_act():
    report, _ = await probed(tools="refused")
    assert outcomes(report)["tools"] == "no" and report.ok
    assert report.capabilities["tools"] is False
    assert next(check for check in report.checks if check.name == "tools").cause == "tools_unsupported"


async def test_a_model_that_answers_in_words_proves_nothing():
    report, _ = await probed(tools="ignored")
    assert outcomes(report)["tools"] == "unknown"
    assert "tools" not in report.capabilities


async def test_tools_that_get_lost_while_streaming_are_noticed():
    report, _ = await probed(tools_streaming=True)
    assert outcomes(report)["tools"] == "yes" and outcomes(report)["tools_streaming"] == "no"
    assert report.capabilities["tools_streaming"] is False
    assert outcomes(report)["parallel_calls"] == "yes"


async def test_one_call_at_a_time_is_noticed():
    report, _ = await probed(parallel=True)
    assert outcomes(report)["parallel_calls"] == "no"
    assert report.capabilities["parallel_calls"] is False


async def test_tokens_that_are_not_counted_are_estimated():
    report, _ = await probed(usage=True)
    assert outcomes(report)["usage"] == "no"


async def test_a_model_whose_template_opens_its_thinking_is_known_by_its_end():
    said = {"message": {"role": "assistant", "content": "One word.\n</think>\n\nok"}, "finish_reason": "stop"}
    report, _ = await probed(chat=status(200, {"choices": [{"index": 0, **said}]}))
    assert report.capabilities["opens_thinking"] is False


async def test_a_model_that_is_not_listed_is_hinted_at_and_never_refused():
    listing = status(200, {"data": [{"id": "llama3.1:8b"}, {"id": "llama3.2"}]})
    async with Server(models=listing) as server:
        report = await probe(ProviderSettings("p", server.url, smart="llama3.1"))
    assert report.ok and "llama3.1:8b" in report.checks[0].detail


async def test_a_missing_model_of_ollama_points_to_its_list():
    missing = status(404, {"error": {"message": 'model "llama3" not found, try pulling it first'}})
    async with Server(chat=missing, models=status(200, {"data": [{"id": "llama3.2"}]})) as server:
        report = await probe(ProviderSettings("p", server.url, smart="llama3", preset="ollama"))
    cause, remedy = check(report)
    assert cause == "model_not_found" and "ollama list" in remedy and "llama3.2" in remedy


async def test_voice_is_asked_of_openai_itself():
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("client_secrets"):
            return httpx.Response(200, json={"value": "ek_1", "expires_at": 1900000000})
        return httpx.Response(200, json={"choices": [{"message": {"content": "ok"}, "finish_reason": "stop"}]})

    provider = ProviderSettings("p", "https://api.openai.com/v1", KEY, smart="m", realtime="gpt-realtime-2", preset="openai")
    with outbound.transport_for_tests(httpx.MockTransport(answer)):
        report = await probe(provider)
    assert outcomes(report)["realtime"] == "yes" and report.capabilities["realtime"] is True
    assert "ek_1" not in json.dumps(report.as_json())


async def test_models_about_to_be_retired_are_reported():
    listing = status(
        200, {"data": [{"id": "m", "shutdown_date": "2020-01-01"}, {"id": "other", "shutdown_date": "2020-01-01"}]}
    )
    report, _ = await probed(models=listing)
    assert [(notice.model, notice.stage) for notice in report.notices] == [("m", 0)]


def test_a_list_of_models_has_many_shapes():
    assert listed(b'{"data": [{"id": "a"}, {"id": "b"}, {"id": "a"}]}')[0] == ("a", "b")
    assert listed(b'{"models": [{"name": "a"}, {"model": "b"}]}')[0] == ("a", "b")
    assert listed(b'["a", "b", 3, null, {"x": 1}]')[0] == ("a", "b")


def test_the_curl_can_be_copied_and_holds_no_key():
    provider = ProviderSettings("p", "https://api.example.com/v1", KEY, smart="it's", headers=(("X-Team", "secret words"),))
    text = curl(provider, provider.smart)
    assert text.startswith("KEY='the key …1d2c'; curl https://api.example.com/v1/chat/completions ")
    assert '-H "Authorization: Bearer $KEY"' in text
    assert KEY not in text and "secret words" not in text
    assert "KEY" not in curl(replace(provider, key=""), "m")
