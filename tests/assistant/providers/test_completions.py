"""What model servers send, and what it means, however it is cut."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assistant.errors import ProviderError
from assistant.providers import completions
from assistant.providers.completions import Capabilities
from tests.assistant.providers.asking import asking, cut, heard, meaning
from tests.sampling import examples

from .stub import delta, event
from .transcripts import PLAIN, TRANSCRIPTS, call, stream, tools


@pytest.mark.parametrize("what", TRANSCRIPTS)
def test_a_transcript_means_the_same_whole_and_byte_by_byte(what: str) -> None:
    body, expected = TRANSCRIPTS[what]
    assert meaning(heard([body])) == expected
    assert meaning(heard([body[at : at + 1] for at in range(len(body))])) == expected


@hypothesis_settings(max_examples=examples(100), deadline=None)
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
