"""The probe against servers that can much, little and nothing; each a real socket."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import socket
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from assistant import outbound
from assistant.llm import ToolSpec
from assistant.outbound import OutboundError, Reach
from assistant.providers.completions import Capabilities
from assistant.providers.configuration import ProviderSettings
from assistant.providers.probe import Report, curl, listed, probe
from assistant.providers.probe.run import REQUEST_SECONDS, seconds_for_a_request

from .stub import HEAD, Received, Step, Stub, delta, event, says, status

KEY = "sk-canary-key-1d2c"
ALL = ("models", "chat", "stream", "tools", "tools_streaming", "parallel_calls", "usage", "realtime")


class Server(Stub):
    """A model server that answers by what it is asked. Each switch takes one ability away."""

    def __init__(self, **lacks: Any) -> None:
        super().__init__()
        self.lacks = lacks

    def answer(self, request: Received) -> Iterable[Step]:
        lacks = self.lacks
        if "/models" in request.path:
            return lacks.get("models") or status(200, {"object": "list", "data": [{"id": "m"}, {"id": "other"}]})
        if "chat" in lacks:
            return lacks["chat"]
        body = request.json
        for parameter, replacement in (("max_tokens", "max_completion_tokens"), ("stream_options", "")):
            if lacks.get(parameter) and parameter in body:
                return status(
                    400, {"error": {"message": f"Unsupported parameter: '{parameter}'. Use '{replacement}' instead."}}
                )
        streamed = body["stream"]
        if "tools" in body:
            if lacks.get("tools") == "refused":
                return status(400, {"error": {"message": "m does not support tools"}})
            silent = lacks.get("tools") == "ignored" or (streamed and lacks.get("tools_streaming"))
            wanted = 2 if "twice" in body["messages"][0]["content"] and not lacks.get("parallel") else 1
            if silent:
                return says("I would rather talk.") if streamed else self.whole("I would rather talk.")
            colours = ("blue", "green")[:wanted]
            functions = [{"name": "note_colour", "arguments": json.dumps({"colour": colour})} for colour in colours]
            calls = [{"index": n, "id": f"c{n}", "type": "function", "function": f} for n, f in enumerate(functions)]
            if streamed:
                return [HEAD, event(delta(tool_calls=calls)), event(delta("tool_calls")), event(b"[DONE]")]
            return self.whole(None, tool_calls=calls)
        if not streamed:
            return self.whole("ok")
        if lacks.get("stream"):
            return status(400, {"error": {"message": "no streaming here"}})
        if lacks.get("pieces"):
            return self.whole("one, two, three")
        return says("one", ", two", ", three", tokens=None if lacks.get("usage") else (7, 3))

    @staticmethod
    def whole(content: str | None, **fields: Any) -> list[Step]:
        choice = {
            "message": {"role": "assistant", "content": content, **fields},
            "finish_reason": "tool_calls" if fields else "stop",
        }
        return status(200, {"choices": [choice], "usage": {"prompt_tokens": 7, "completion_tokens": 3}})


async def probed(**lacks: Any) -> tuple[Report, Server]:
    async with Server(**lacks) as server:
        report = await probe(ProviderSettings("p", server.url, KEY, smart="m"))
    return report, server


def outcomes(report: Report) -> dict[str, str]:
    return {check.name: check.outcome for check in report.checks}


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


class Stumbling(Server):
    """Fails the first requests of a kind, and is well from then on."""

    def __init__(self, times: int, failure: list[Step], part: bytes) -> None:
        super().__init__()
        self.times, self.failure, self.part = times, failure, part

    def answer(self, request: Received) -> Iterable[Step]:
        if self.times and self.part in request.body:
            self.times -= 1
            return self.failure
        return super().answer(request)


STRAY = [status(500), status(502, b"<html>"), status(400, {"error": {"message": "no"}}), [], [HEAD]]


@pytest.mark.parametrize("failure", STRAY, ids=["500", "502", "400", "reset", "empty stream"])
@pytest.mark.parametrize("part", [b'"stream":true', b'"tools":'], ids=["streamed", "tools"])
async def test_one_stray_failure_decides_nothing(failure: list[Step], part: bytes):
    async with Stumbling(1, failure, part) as server:
        report = await probe(ProviderSettings("p", server.url, KEY, smart="m"))
    assert Capabilities.of(report.capabilities) == Capabilities()


@pytest.mark.parametrize("failure", STRAY[:2], ids=["500", "502"])
async def test_failures_with_tools_are_not_measured_however_often_they_come(failure: list[Step]):
    async with Stumbling(99, failure, b'"tools":') as server:
        report = await probe(ProviderSettings("p", server.url, KEY, smart="m"))
    assert outcomes(report)["tools"] == "failed"
    assert "tools" not in report.capabilities and "tools_streaming" not in report.capabilities


async def test_a_server_that_fails_whenever_it_is_to_stream_is_asked_for_whole_answers():
    async with Stumbling(99, status(500), b'"stream":true') as server:
        report = await probe(ProviderSettings("p", server.url, KEY, smart="m"))
    assert report.capabilities["streaming"] is False
    assert "3 times while streaming, and answered without" in report.why["streaming"]


async def test_a_server_that_fails_altogether_meanwhile_is_not_taken_to_lack_streams():
    async with Stumbling(99, status(500), b"Count from one") as server:
        report = await probe(ProviderSettings("p", server.url, KEY, smart="m"))
    assert outcomes(report)["stream"] == "failed" and "streaming" not in report.capabilities


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


def check(report: Report, name: str = "chat") -> tuple[str, str]:
    found = next(check for check in report.checks if check.name == name)
    assert found.outcome == "failed"
    return found.cause, found.remedy


@pytest.mark.parametrize(
    ("answer", "cause", "words"),
    [
        (status(401, {"error": {"message": f"bad key {KEY}"}}), "unauthorized", "key was refused"),
        (status(403), "forbidden", "its permissions"),
        (status(404, {"detail": "Not Found"}), "not_found", "/v1"),
        (status(200, b"<html>Sign in</html>"), "bad_response", "login page"),
        (status(200, {"hello": "world"}), "bad_response", "login page"),
        (
            status(404, {"error": {"message": "The model `m` does not exist", "code": "model_not_found"}}),
            "model_not_found",
            "exactly",
        ),
        (
            status(429, {"error": {"code": "insufficient_quota", "message": "You exceeded your current quota"}}),
            "quota",
            "billing",
        ),
        (status(429, {"error": {"message": "slow down"}}), "rate_limited", "rate limit"),
        (status(500), "server_error", "log"),
        (Server.whole(""), "empty", "name is right"),
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"], "cut_off", "proxy"),
    ],
    ids=["401", "403", "404", "html", "other-json", "model", "quota", "rate", "500", "empty", "cut"],
)
async def test_each_failure_is_told_apart_with_its_remedy(answer: list[Step], cause: str, words: str):
    report, _ = await probed(chat=answer)
    assert not report.ok
    found, remedy = check(report)
    assert found == cause
    assert words in remedy
    assert outcomes(report)["stream"] == outcomes(report)["tools"] == "skipped"
    assert KEY not in json.dumps(report.as_json())


async def test_a_closed_port_says_how_to_look():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        report = await probe(ProviderSettings("p", url, smart="m"))
    cause, remedy = check(report, "models")
    assert cause == "refused" and f"curl {url}/models" in remedy
    assert outcomes(report)["chat"] == "skipped"


async def test_a_host_that_does_not_exist_and_a_broken_handshake_are_told_apart():
    def unknown(request: httpx.Request) -> httpx.Response:
        raise OutboundError("The host name is not known.", code="dns", sent=False)

    with outbound.transport_for_tests(httpx.MockTransport(unknown)):
        report = await probe(ProviderSettings("p", "http://nothing.invalid/v1", smart="m"))
    assert check(report, "models")[0] == "dns"

    async def speak_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(speak_plainly, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        report = await probe(ProviderSettings("p", f"https://127.0.0.1:{port}/v1", smart="m"))
    assert check(report, "models")[0] == "tls"


async def test_an_address_that_a_tenant_may_not_reach_is_not_reached():
    async with Server() as server:
        report = await probe(ProviderSettings("p", server.url, KEY, smart="m", reach=Reach.TENANT))
        assert server.connections == 0 and server.requests == []
    cause, remedy = check(report, "models")
    assert cause == "address_refused" and "OUTBOUND_ALLOWED_ORIGINS" in remedy


async def test_a_server_that_hangs_is_given_up():
    async with Server(chat=[None], models=[None]) as server:
        report = await probe(ProviderSettings("p", server.url, smart="m"), request_seconds=0.2)
    assert check(report, "models")[0] == "timeout" and check(report)[0] == "timeout"


def test_a_model_on_ones_own_machine_may_take_longer_and_one_that_is_known_to_be_slow_as_long_as_it_is_given():
    def seconds(url: str, **fields: Any) -> float:
        return seconds_for_a_request(ProviderSettings("p", url, smart="m", **fields))

    assert seconds("https://api.example.com/v1") == REQUEST_SECONDS
    assert seconds("http://localhost:8080/v1") == seconds("http://10.0.0.5/v1") == 3 * REQUEST_SECONDS
    assert seconds("https://api.example.com/v1", silence_seconds=240.0) == 240


async def test_the_whole_probe_has_an_end():
    began = time.monotonic()
    async with Server(chat=[None]) as server:
        report = await probe(ProviderSettings("p", server.url, smart="m"), deadline_seconds=1)
    assert time.monotonic() - began < 10
    assert report.checks[1].name == "deadline" and report.checks[1].cause == "timeout"
    assert "Not answered by then: chat, stream, tools, tools streaming" in report.checks[1].detail
    assert report.capabilities == {}


async def test_a_model_that_thinks_too_long_for_us_works():
    thinking = {"choices": [{"index": 0, "message": {"role": "assistant", "content": ""}, "finish_reason": "length"}]}
    report, _ = await probed(chat=status(200, thinking))
    assert outcomes(report)["chat"] == "yes"


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
