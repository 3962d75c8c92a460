from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from assistant import outbound
from assistant.errors import OutboundError, ProviderError
from assistant.llm import ChatMessage, Completion, ToolCallRequest, ToolSpec
from assistant.providers import completions
from assistant.providers.completions import Capabilities, Request
from assistant.providers.configuration import ProviderSettings

from .stub import HEAD, Stub, calls, delta, event, says, status
from .transcripts import PLAIN, TRANSCRIPTS, Meaning, call, stream, tools

KEY = "sk-canary-0123456789"
PROVIDER = ProviderSettings("there", "http://127.0.0.1:9/v1", key=KEY, smart="m")
BOOK = ToolSpec("book", "Book a slot.", {"type": "object", "properties": {"slot": {"type": "string"}}})


def asking(provider: ProviderSettings = PROVIDER, **fields: Any) -> Request:
    return Request(provider, "m", [ChatMessage("user", "Tuesday?")], **fields)


async def collect(request: Request) -> tuple[str, Completion]:
    text = ""
    async with aclosing(completions.ask(request)) as items:  # type: ignore[type-var]
        async for item in items:
            if isinstance(item, Completion):
                return text, item
            assert item, "an empty piece is no piece"
            text += item
    raise AssertionError("no completion")


class Chunks(httpx.AsyncByteStream):
    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk


def heard(chunks: Iterable[bytes], request: Request | None = None) -> Completion:
    """What a client makes of an answer whose body comes in these chunks. Raises `ProviderError`."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Chunks(chunks)))
    with outbound.transport_for_tests(transport):
        text, completion = asyncio.run(collect(request or asking()))
    assert text == completion.text
    return completion


def meaning(completion: Completion) -> Meaning:
    usage = completion.usage
    return Meaning(
        completion.text,
        tuple((call.name, call.arguments) for call in completion.calls),
        completion.finish,
        (usage.prompt_tokens, usage.completion_tokens) if usage.exact else None,
    )


def cut(body: bytes, places: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted({place % (len(body) + 1) for place in places}), len(body)]
    return [body[a:b] for a, b in zip(edges, edges[1:], strict=False) if a != b]


# --- What servers send ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", TRANSCRIPTS)
def test_a_transcript_means_the_same_whole_and_byte_by_byte(what: str) -> None:
    body, expected = TRANSCRIPTS[what]
    assert meaning(heard([body])) == expected
    assert meaning(heard([body[at : at + 1] for at in range(len(body))])) == expected


@examples(max_examples=300, deadline=None)
@given(what=st.sampled_from(sorted(TRANSCRIPTS)), places=st.lists(st.integers(0, 100_000), max_size=12))
def test_a_transcript_means_the_same_wherever_the_bytes_are_cut(what: str, places: list[int]) -> None:
    body, expected = TRANSCRIPTS[what]
    assert meaning(heard(cut(body, places))) == expected


UNOPENED = asking(capabilities=Capabilities(opens_thinking=False))


@pytest.mark.parametrize(
    ("said", "end", "text"),
    [
        ("Hm. They want\n</think>\n\nHi </think>!", "stop", "Hi </think>!"),
        ("<think>Hm.</think>Hi", "stop", "Hi"),
        ("\nHi, nothing to think about.", "stop", "Hi, nothing to think about."),
        ("Hm. They want\n</think>\n\nHi", "length", "Hi"),
    ],
)
def test_thinking_that_the_template_opened_is_not_shown_once_that_is_known(said: str, end: str, text: str) -> None:
    body = stream(*(delta(content=letter) for letter in said), delta(end))
    assert heard([body], UNOPENED).text == text


def test_thinking_that_did_not_come_to_its_end_is_no_reply() -> None:
    with pytest.raises(ProviderError) as raised:
        heard([stream(delta(content="Hm. They want"), delta("length"))], UNOPENED)
    assert raised.value.cause == "empty"


def test_where_it_is_not_known_what_was_shown_stays_and_it_is_learnt() -> None:
    shown = [stream(delta(content=text), done=False) for text in ("Hm.", "\n</thi")]
    completion = heard([*shown, stream(delta(content="nk>\n\nHi"), delta("stop"))])
    assert (completion.text, completion.learnt) == ("Hm.\nHi", {"opens_thinking": False})
    assert heard([stream(delta(content="<think>Hm.</think>Hi"), delta("stop"))]).learnt == {}


def test_every_call_has_an_id_of_its_own() -> None:
    body, _ = TRANSCRIPTS["one id for two calls"]
    assert len({call.id for call in heard([body]).calls}) == 2


@pytest.mark.parametrize("ending", ["length", "stop", "tool_calls", None])
def test_arguments_that_were_cut_off_anywhere_are_no_arguments(ending: str | None) -> None:
    whole = {"slot": "a1", "name": 'Zoë "Z" 👋', "people": 2}
    for text in (json.dumps(whole), json.dumps(whole, ensure_ascii=False)):
        for length in range(1, len(text) + 1):
            end = [delta(ending)] if ending else []
            body = stream(tools(call(0, "c", "book", text[:length])), *end, done=ending is not None)
            try:
                [made] = heard([body]).calls
            except ProviderError as error:
                assert ending is None and error.cause == "cut_off"
                continue
            complete = length == len(text) and ending in ("stop", "tool_calls")
            assert made.arguments == (whole if complete else None)


def test_an_answer_that_was_cut_off_anywhere_is_never_taken_for_whole() -> None:
    end = PLAIN.index(b'"stop"') + len(b'"stop"}]}')  # from here on the answer has said that it is whole
    for length in range(len(PLAIN)):
        try:
            heard([PLAIN[:length]])
            assert length >= end
        except ProviderError as error:
            assert length < end
            assert error.cause == "cut_off"
            if partial := error.details.get("partial"):
                assert partial.finish == "cut_off" and PLAIN_TEXT.startswith(partial.text)


PLAIN_TEXT = TRANSCRIPTS["as OpenAI sends it"][1].text


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"<!doctype html><title>Log in</title>", "bad_response"),
        (b"\xef\xbb\xbf  <html>", "bad_response"),
        (b"", "cut_off"),
        (b"{", "cut_off"),
        (b'{"hello": 1}', "bad_response"),
        (b"data: {\n\n", "bad_response"),
        (stream(delta(content=""), delta("stop")), "empty"),
        (stream(delta(content=" \n\t"), delta("stop")), "empty"),
        (stream(delta(content="<think>for ever"), delta("stop")), "empty"),
        (stream(delta(content="<think>for ever"), delta("length")), "empty"),
        (b"data: " + b"x" * completions.MAX_EVENT_BYTES, "bad_response"),
        (stream(*[tools(call(n, f"c{n}", "book", "{}")) for n in range(99)]), "bad_response"),
        (stream(tools(call(0, "c", "book", '{"a":"' + "x" * 70_000))), "bad_response"),
        (b'[{"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}}]', "rate_limited"),
        (stream({"error": {"code": 502, "message": "upstream"}}), "server_error"),
        (stream({"error": {"type": "insufficient_quota", "message": "pay"}}), "quota"),
        (stream({"error": {"type": "invalid_request_error", "code": "context_length_exceeded"}}), "context_too_long"),
        (b'event: error\ndata: {"type": "error", "error": {"type": "overloaded_error"}}\n\n', "rate_limited"),
        (b": ok\n" + b'{"error": "model m not found"}\n', "server_error"),
        (stream(delta("error")), "server_error"),
    ],
)
def test_what_is_no_answer_has_a_cause(body: bytes, cause: str) -> None:
    with pytest.raises(ProviderError) as raised:
        heard([body])
    assert raised.value.cause == cause


def test_an_error_after_some_text_keeps_the_text() -> None:
    failing = stream(delta(content=" there"), {"error": {"code": 429}}, done=False)
    with pytest.raises(ProviderError) as raised:
        heard([stream(delta(content="Hello"), done=False), failing])
    assert raised.value.cause == "rate_limited"
    partial = raised.value.details["partial"]
    assert (partial.text, partial.finish, partial.usage.exact) == ("Hello there", "cut_off", False)
    with pytest.raises(ProviderError) as raised:
        heard([failing])
    assert "partial" not in raised.value.details, "nobody has seen it: another provider may answer"


def test_a_reply_without_end_is_cut_and_the_provider_left() -> None:
    taken = 0

    def endless() -> Iterable[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield event(delta(content="x" * 1000))

    completion = heard(endless())
    assert completion.finish == "length"
    assert len(completion.text) == completions.MAX_TEXT_CHARS
    assert taken == -(-completions.MAX_TEXT_CHARS // 1000)


# --- What we send -----------------------------------------------------------------------------------------------------


def sent(**fields: Any) -> dict[str, Any]:
    return json.loads(completions.body(asking(**fields)))


def test_a_request_says_no_more_than_it_must() -> None:
    assert sent() == {
        "model": "m",
        "messages": [{"role": "user", "content": "Tuesday?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 1024,
    }
    assert sent(temperature=0.2, reasoning_effort="low").items() >= {"temperature": 0.2, "reasoning_effort": "low"}.items()


def test_what_a_server_was_measured_to_lack_is_left_out() -> None:
    lacking = Capabilities(usage_in_stream=False, temperature=False, token_limit="max_completion_tokens")
    body = sent(tools=[BOOK], temperature=1.0, reasoning_effort="low", capabilities=lacking)
    assert body.keys() == {"model", "messages", "stream", "max_completion_tokens", "reasoning_effort", "tools"}
    assert sent(tools=[BOOK], capabilities=Capabilities(tools_streaming=False))["stream"] is False
    assert sent(capabilities=Capabilities(tools_streaming=False))["stream"] is True


def test_a_description_that_is_too_long_for_openai_goes_on_in_the_instructions() -> None:
    rule = "Ask for the day first. "
    told = sent(tools=[replace(BOOK, description=rule * 60), replace(BOOK, name="mail", description="Send a mail.")])
    short = told["tools"][0]["function"]["description"]
    assert len(short) <= 1024 and short.startswith(rule) and short.endswith("(More in your instructions.)")
    more = told["messages"][0]["content"]
    assert told["messages"][0]["role"] == "system" and "mail" not in more
    assert short.count("Ask for the day first.") + more.count("Ask for the day first.") == 60


def test_capabilities_are_read_from_whatever_was_stored() -> None:
    stored = {"tools": False, "token_limit": "max_completion_tokens", "streaming": "no", "parallel_calls": True}
    assert Capabilities.of(stored) == Capabilities(tools=False, token_limit="max_completion_tokens")


@pytest.mark.parametrize("stored", [{"additional_properties": False}, {"additional_properties": True}, {"schema": "odd"}])
def test_what_was_measured_of_schemas_before_is_still_read(stored: dict[str, Any]) -> None:
    assert Capabilities.of(stored) == Capabilities(schema="plain")
    assert Capabilities.of({**stored, "schema": "bare"}).schema == "bare"


# --- What servers refuse ----------------------------------------------------------------------------------------------

CALLED = [
    ChatMessage("user", "?"),
    ChatMessage("assistant", "", (ToolCallRequest("c", "book", {}),)),
    ChatMessage("tool", "Ok.", call_id="c"),
]
WITH_ALL = completions.body(replace(asking(tools=[BOOK], temperature=1.0), messages=CALLED))


@pytest.mark.parametrize(
    ("code", "error", "cause", "retryable", "next_provider"),
    [
        (401, {"error": {"message": "Incorrect API key provided"}}, "unauthorized", False, True),
        (400, {"error": {"message": "API key not valid. Please pass a valid API key."}}, "unauthorized", False, True),
        (403, "Forbidden", "forbidden", False, True),
        (404, {"error": {"code": "model_not_found", "message": "no"}}, "model_not_found", False, True),
        (404, {"error": {"message": 'model "m" not found, try pulling it first'}}, "model_not_found", False, True),
        (400, {"error": {"message": "m is not a valid model ID", "code": 400}}, "model_not_found", False, True),
        (400, {"error": {"code": "model_decommissioned", "message": "The model m"}}, "model_not_found", False, True),
        (404, {"detail": "Not Found"}, "not_found", False, True),
        (404, "", "not_found", False, True),
        (405, "", "not_found", False, True),
        (402, "", "quota", False, True),
        (429, {"error": {"code": "insufficient_quota"}}, "quota", False, True),
        (429, {"error": {"type": "credit_balance_exhausted"}}, "quota", False, True),
        (400, {"error": {"message": "Your credit balance is too low"}}, "quota", False, True),
        (429, {"error": {"message": "Rate limit reached"}}, "rate_limited", True, True),
        (503, "", "server_error", True, True),
        (529, "", "rate_limited", True, True),
        (500, {"error": "boom"}, "server_error", True, True),
        (408, "", "server_error", True, True),
        (502, "<html>", "server_error", True, True),
        (504, "", "server_error", True, True),
        (522, "", "server_error", True, True),
        (400, {"error": {"code": "context_length_exceeded"}}, "context_too_long", False, False),
        (
            400,
            {"object": "error", "message": "maximum context length is 4096", "code": 40303},
            "context_too_long",
            False,
            False,
        ),
        (413, "", "context_too_long", False, False),
        (400, {"error": {"code": "content_filter", "message": "content management policy"}}, "content_filter", False, False),
        (400, {"error": {"message": "Bad request"}}, "bad_request", False, True),
        (422, {"detail": [{"loc": ["body", "messages"], "msg": "Field required"}]}, "bad_request", False, True),
        (418, "", "bad_request", False, True),
        (301, "", "bad_response", False, True),
    ],
)
def test_a_refusal_is_classified(code: int, error: Any, cause: str, retryable: bool, next_provider: bool) -> None:
    refusal = completions.classified(code, error, sent=WITH_ALL)
    assert (refusal.cause, refusal.retryable, refusal.next_provider) == (cause, retryable, next_provider)
    assert refusal.status == code


@pytest.mark.parametrize(
    ("code", "message", "lacks"),
    [
        (400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
         {"token_limit": "max_completion_tokens"}),
        (400, '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set', {"tools": False}),
        (400, "registry.ollama.ai/library/m does not support tools", {"tools": False}),
        (404, "No endpoints found that support tool use", {"tools": False}),
        (400, "Unrecognized request argument supplied: stream_options", {"usage_in_stream": False}),
        (400, "Invalid JSON payload received. Unknown name \"additionalProperties\"", {"schema": "bare"}),
        (400, "Failed to initialize samplers: failed to parse grammar", {"schema": "bare"}),
        (400, "Function call is missing a thought_signature in functionCall parts.", {"unsigned_calls": False}),
        (400, "The reasoning_content in the thinking mode must be passed back to the API.", {"unsigned_calls": False}),
        (400, "Conversation roles must alternate user/assistant/user/assistant/...", {"parallel_calls": False}),
        (400, "Unsupported value: 'temperature' does not support 1.0 with this model.", {"temperature": False}),
        (422, [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted", "type": "extra_forbidden"}],
         {"usage_in_stream": False}),
    ],
)  # fmt: skip
def test_what_a_refusal_says_is_missing_can_be_left_out(code: int, message: Any, lacks: dict[str, Any]) -> None:
    error = {"error": {"message": message}} if isinstance(message, str) else {"detail": message}
    assert completions.classified(code, error, sent=WITH_ALL, schema="plain").details["lacks"] == lacks
    bare = completions.body(asking(capabilities=Capabilities(usage_in_stream=False, token_limit="")))
    assert "lacks" not in completions.classified(code, error, sent=bare).details


def test_what_a_visitor_wrote_does_not_teach_us_anything() -> None:
    repeated = [{"loc": ["body", "messages", 0], "msg": "Input should be shorter", "input": "it does not support tools"}]
    assert "lacks" not in completions.classified(422, {"detail": repeated}, sent=WITH_ALL).details


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "86400"}, 60),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({}, None),
        ({"retry-after": format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)}, 0),
        ({"retry-after": format_datetime(datetime.now(UTC) + timedelta(days=400), usegmt=True)}, 60),
    ],
)
def test_retry_after_is_read_in_either_form_and_never_believed_beyond_a_minute(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert completions.classified(429, "", headers).retry_after_seconds == seconds


# --- Over real sockets ------------------------------------------------------------------------------------------------


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
