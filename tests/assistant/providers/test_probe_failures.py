"""What the probe makes of failures, of slow servers and of unreachable ones."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterable
from typing import Any

import httpx
import pytest

from assistant import outbound
from assistant.outbound import OutboundError, Reach
from assistant.providers.completions import Capabilities
from assistant.providers.configuration import ProviderSettings
from assistant.providers.probe import Report, probe
from assistant.providers.probe.run import REQUEST_SECONDS, seconds_for_a_request
from tests.assistant.providers.probe_server import KEY, Server, outcomes, probed

from .stub import HEAD, Received, Step, status


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
