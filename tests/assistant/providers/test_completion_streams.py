"""Completions over real sockets: their time limits, their ends and their failures."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import httpx
import pytest

from assistant import outbound
from assistant.errors import OutboundError, ProviderError
from assistant.providers import completions
from assistant.providers.completions import Capabilities
from tests.assistant.providers.asking import KEY, PROVIDER, asking, collect, meaning

from .stub import HEAD, Stub, calls, delta, event, says, status
from .transcripts import Meaning


async def test_text_is_handed_on_while_the_rest_is_still_to_come() -> None:
    async with Stub() as stub:
        stub.always([HEAD, event(delta(content="Hel")), None])
        async with aclosing(completions.ask(asking(replace(PROVIDER, base_url=stub.url)))) as items:  # type: ignore[type-var]
            assert await anext(items) == "Hel"
        await asyncio.wait_for(stub.requests[0].closed.wait(), 2)


async def test_the_key_goes_into_its_header_and_a_blank_one_nowhere() -> None:
    async with Stub() as stub:
        for auth, key, header, value in [
            ("bearer", KEY, "authorization", f"Bearer {KEY}"),
            ("header:X-Api-Key", KEY, "x-api-key", KEY),
            ("none", KEY, "authorization", None),
            ("bearer", "", "authorization", None),
        ]:
            await collect(asking(replace(PROVIDER, base_url=stub.url, auth=auth, key=key)))
            assert stub.requests[-1].headers.get(header) == value
            assert stub.requests[-1].path == "/v1/chat/completions"


async def test_a_refusal_never_repeats_the_key() -> None:
    async with Stub() as stub:
        for code in (400, 401, 403, 404, 429, 500):
            stub.script(status(code, {"error": {"message": f"The key {KEY} is wrong, model not found"}}))
            with pytest.raises(ProviderError) as raised:
                await collect(asking(replace(PROVIDER, base_url=stub.url)))
            assert KEY not in f"{raised.value!r} {raised.value} {vars(raised.value)}"


async def test_silence_ends_before_and_between_words() -> None:
    async with Stub() as stub:
        request = asking(replace(PROVIDER, base_url=stub.url), silence_seconds=0.5)
        stub.script([None], [HEAD, None], [HEAD, event(delta(content="Hi")), None])
        for partial in (False, False, True):
            with pytest.raises(ProviderError) as raised:
                await collect(request)
            assert raised.value.cause == "timeout"
            assert ("partial" in raised.value.details) is partial


async def test_drops_that_never_end_are_ended_by_the_deadline() -> None:
    async with Stub() as stub:
        stub.always([HEAD, *[b": still thinking\n\n", 0.05] * 100])
        with pytest.raises(ProviderError) as raised:
            await asyncio.wait_for(collect(asking(replace(PROVIDER, base_url=stub.url), deadline_seconds=0.3)), 4)
        assert raised.value.cause == "timeout"


async def test_a_server_that_says_the_end_but_does_not_hang_up_costs_no_reply() -> None:
    async with Stub() as stub:
        stub.script([*says("Hi")[:-2], None], [*calls("book", '{"slot":"a1"}')[:-1], None])
        request = asking(replace(PROVIDER, base_url=stub.url), tail_seconds=0.1)
        assert meaning((await collect(request))[1]) == Meaning("Hi")
        assert meaning((await collect(request))[1]) == Meaning(calls=(("book", {"slot": "a1"}),), finish="tool_calls")


class Pausing(httpx.AsyncByteStream):
    """An answer that pauses between its events for longer than the end of a finished one is waited for."""

    def __init__(self, *events: bytes) -> None:
        self.events = events

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for one in self.events:
            yield one
            await asyncio.sleep(0.05)


EVERY = [event(delta("stop", content=text)) for text in ("We open", " at", " nine.")]

FIRST = [
    event(delta("stop", role="assistant", content="")),
    *(event(delta(content=text)) for text in ("We open", " at nine.")),
]

EMPTY_BETWEEN = [EVERY[0], EVERY[1], event(delta("stop", content="")), EVERY[2]]


@pytest.mark.parametrize("events", [EVERY, FIRST, EMPTY_BETWEEN], ids=["every", "first", "empty"])
async def test_text_behind_a_reason_to_finish_is_waited_for(events: list[bytes]) -> None:
    answer = httpx.Response(200, stream=Pausing(*events, event(b"[DONE]")))
    with outbound.transport_for_tests(httpx.MockTransport(lambda _: answer)):
        assert (await collect(asking(tail_seconds=0.001)))[0] == "We open at nine."


async def test_a_server_that_falls_silent_is_not_taken_at_its_word_when_it_always_says_the_end() -> None:
    async with Stub() as stub:
        request = asking(replace(PROVIDER, base_url=stub.url), silence_seconds=0.3)
        stub.script([HEAD, *EVERY, None], [HEAD, EVERY[0], None])
        with pytest.raises(ProviderError) as raised:
            await collect(request)
        assert (raised.value.cause, raised.value.details["partial"].text) == ("timeout", "We open at nine.")
        assert (await collect(request))[0] == "We open"


async def test_an_answer_that_is_not_streamed_has_until_the_deadline() -> None:
    whole = json.dumps({"choices": [{"message": {"content": "At nine."}, "finish_reason": "stop"}]}).encode()
    head = HEAD.replace(b"text/event-stream", b"application/json")
    async with Stub() as stub:
        stub.always([0.3, head, 0.3, whole])
        for streaming in (True, False):
            request = asking(
                replace(PROVIDER, base_url=stub.url),
                silence_seconds=0.1,
                deadline_seconds=10,
                capabilities=Capabilities(streaming=streaming),
            )
            if streaming:
                with pytest.raises(ProviderError) as raised:
                    await collect(request)
                assert raised.value.cause == "timeout"
            else:
                assert (await collect(request))[0] == "At nine."


@pytest.mark.parametrize(
    ("steps", "cause", "retryable"),
    [
        ([], "cut_off", True),
        ([HEAD], "cut_off", True),
        ([b"SSH-2.0-OpenSSH\r\n"], "cut_off", True),
        ([HEAD, event(delta(content="Hi"))], "cut_off", False),
    ],
)
async def test_a_connection_that_breaks_is_worth_another_try_only_before_the_first_word(
    steps: list[Any], cause: str, retryable: bool
) -> None:
    async with Stub() as stub:
        stub.always(steps)
        with pytest.raises(ProviderError) as raised:
            await collect(asking(replace(PROVIDER, base_url=stub.url)))
        assert (raised.value.cause, raised.value.retryable) == (cause, retryable)


async def test_a_refused_connection_is_classified() -> None:
    async with Stub() as stub:
        gone = stub.url
    with pytest.raises(ProviderError) as raised:
        await collect(asking(replace(PROVIDER, base_url=gone)))
    assert (raised.value.cause, raised.value.retryable) == ("refused", True)


async def test_a_failed_tls_handshake_is_classified() -> None:
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(ProviderError) as raised:
            await collect(asking(replace(PROVIDER, base_url=f"https://127.0.0.1:{port}/v1")))
        assert (raised.value.cause, raised.value.retryable) == ("tls", False)


@pytest.mark.parametrize(
    ("code", "cause", "retryable"),
    [("dns", "dns", True), ("redirect", "bad_response", False), ("too_large", "bad_response", False)],
)
def test_every_outbound_error_has_a_cause(code: str, cause: str, retryable: bool) -> None:
    error = completions.from_outbound(OutboundError("…", code=code), answered=False)
    assert (error.cause, error.retryable) == (cause, retryable)


async def test_times_to_the_first_and_the_last_word_are_measured() -> None:
    async with Stub() as stub:
        stub.always([HEAD, 0.1, event(delta(content="Hi")), 0.1, event(delta("stop")), event(b"[DONE]")])
        _, completion = await collect(asking(replace(PROVIDER, base_url=stub.url)))
        assert completion.first_token_ms is not None and completion.total_ms is not None
        assert 100 <= completion.first_token_ms < 200 <= completion.total_ms < 1000
