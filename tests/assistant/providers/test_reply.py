"""An answer's text and calls, piece by piece: what is held back, for how long, and what is never shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistant.errors import ProviderError
from assistant.llm import ToolCallRequest, ToolSpec
from assistant.providers.completions import Reply
from assistant.providers.completions.argument_json import read_arguments
from assistant.providers.completions.reply import MAX_OPAQUE_BYTES
from assistant.providers.completions.tool_calls import MAX_EXTRA_BYTES, resolved

from .stub import delta
from .test_server_transcripts import BOOK, FIND, TRANSCRIPTS, Transcript

SIZES = [1, 2, 3, 7, 40, 1000]
KEY = "sk-canary-0123456789abcdef"


def content_of(one: Transcript) -> str:
    """All text of a streamed transcript's pieces."""
    events = [json.loads(line[6:]) for line in one.body.decode().splitlines() if line.startswith("data: {")]
    return "".join(event["choices"][0]["delta"].get("content") or "" for event in events)


def reply_to(pieces: list[str], end: str = "stop", **options: Any) -> tuple[list[str], Reply]:
    """What became visible with each piece, and the reply."""
    reply = Reply(tools=[BOOK, FIND], **options)
    shown = [reply.add(delta(content=piece)) for piece in pieces]
    reply.add(delta(end))
    return [*shown, reply.close()], reply


def cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


# Of an end that nothing opened, what was shown before it stays shown: it depends on the pieces.
WRITTEN = sorted(
    name
    for name in TRANSCRIPTS
    if name.startswith(("written-", "plain-", "thinking-")) and name not in ("thinking-unopened", "thinking-details")
)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_shown_and_called_does_not_depend_on_how_the_text_is_cut(name: str, size: int) -> None:
    want = TRANSCRIPTS[name].want
    shown, reply = reply_to(cut(content_of(TRANSCRIPTS[name]), size))
    assert "".join(shown) == reply.text == want["text"]
    assert [[call.name, call.arguments] for call in reply.calls(complete=True)] == want["calls"]
    assert reply.unread_call is want.get("unread", False)


@pytest.mark.parametrize("name", [name for name in WRITTEN if name.startswith("plain-")])
def test_ordinary_text_is_held_back_for_a_few_letters_only(name: str) -> None:
    text = content_of(TRANSCRIPTS[name])
    shown, _ = reply_to(list(text))
    seen = 0
    for fed, piece in enumerate(shown[:-1], 1):
        seen += len(piece)
        assert fed - seen < 32, text[:fed]


def test_a_word_is_not_held_back_for_ending_like_the_beginning_of_a_tools_name() -> None:
    shown, reply = [], Reply(tools=[ToolSpec("find_times", "", {}), ToolSpec("send_note", "", {})])
    for piece in ["Of", " cour", "se", " f", "ree", " rooms find", "_times("]:
        shown.append(reply.add({"choices": [{"delta": {"content": piece}}]}))
    assert shown[:5] == ["Of", " cour", "se", " ", "free"]
    assert "find" not in "".join(shown)


def test_json_that_is_no_call_is_shown_as_soon_as_that_is_certain() -> None:
    shown, _ = reply_to(['```json\n{"name', '": "Bri', 'ght Smile", "open"', ": true}\n```"])
    assert shown[:2] == ["", ""] and shown[2].endswith('"open"')


def test_a_call_in_text_is_none_where_the_answer_is_cut_short() -> None:
    _, reply = reply_to(['<tool_call>{"name": "book", "arguments": {"slot": "a1"}}</tool_call>'], "length")
    [call] = reply.calls(complete=False)
    assert (call.name, call.arguments) == ("book", None)


def test_a_model_without_our_tools_runs_none_of_them() -> None:
    reply = Reply()
    reply.add(delta(content='<tool_call>{"name": "book", "arguments": {"slot": "a1"}}</tool_call>'))
    assert (reply.close(), reply.calls(complete=True), reply.unread_call) == ("", (), True)
    reply = Reply()
    shown = reply.add(delta(content='{"name": "book", "arguments": {"slot": "a1"}}')) + reply.close()
    assert shown.startswith('{"name"'), "nothing was offered, so that it is JSON like any other"


def test_a_call_longer_than_anybody_needs_is_hidden_and_not_run() -> None:
    pieces = ['<tool_call>{"name": "book", "arguments": {"slot": "', *["x" * 1000] * 70, '"}}</tool_call> Done.']
    shown, reply = reply_to(pieces)
    assert "".join(shown) == "Done."
    assert (reply.calls(complete=True), reply.unread_call) == ((), True)


# --- Names and arguments ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("book", "book"),
        (" book\n", "book"),
        ("functions.book", "book"),
        ("functions.book:0", "book"),
        ("default_api:book", "book"),
        ("tool:book", "book"),
        ("tool: book", "book"),
        ("mcp/shop/book", "book"),
        ("Book", "book"),
        ("`book`", "book"),
        ("book<|channel|>json", "book"),
        ("book-table", "book_table"),
        ("shop.cancel", "shop.cancel"),
        ("x.cancel", "x.cancel"),
        ("bo", "bo"),
        ("bookings", "bookings"),
        ("book()", "book"),
        ("bookTable", "book_table"),
        ("BOOK_TABLE", "book_table"),
        ("", ""),
    ],
)
def test_a_name_is_understood_where_it_can_only_mean_one_tool(written: str, meant: str) -> None:
    assert resolved(written, ["book", "book_table", "shop.cancel", "shop_cancel"]) == meant


def test_a_name_that_may_mean_two_tools_means_neither() -> None:
    assert resolved("functions.Send-Mail", ["send_mail", "send-mail"]) == "functions.Send-Mail"
    assert resolved("send_mail", ["send_mail", "send-mail"]) == "send_mail"


@pytest.mark.parametrize(
    ("raw", "arguments"),
    [
        ("", {}),
        (" null ", {}),
        ('""', {}),
        ('{"a": 1}', {"a": 1}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        (json.dumps(json.dumps(json.dumps({"a": 1}))), {"a": 1}),
        ('{}{"a": 1}', {"a": 1}),
        ('{"a": 1}\n{"a": 1}', {"a": 1}),
        ("{}{}", {}),
        ('{"a": 1}{"a": 2}', None),
        ('{"a": 1}}', {"a": 1}),
        ('{"a": 1', None),
        ('{}{"a": NaN}', None),
        ("[1]", None),
        ('[{"a": 1}]', {"a": 1}),
        ('[{"a": 1}, {"a": 1}]', None),
        ("None", {}),
        # With what is not JSON's
        ('{"a": 1,}', {"a": 1}),
        ("{'a': 'it is', 'b': None, 'c': True}", {"a": "it is", "b": None, "c": True}),
        ('{a: "b: c,}", d: [1, 2,]}', {"a": "b: c,}", "d": [1, 2]}),
        ('{"a": "two\nlines\tand"}', {"a": "two\nlines\tand"}),
        ('{"a": "it\\\'s"}', {"a": "it's"}),
        ('{"a": \\"b\\"}', {"a": "b"}),
        ('{\\"a\\": \\"b\\"}', {"a": "b"}),
        ('{"a": "she said: \\"b}', None),
        ("{&quot;a&quot;: &quot;b&quot;}", {"a": "b"}),
        ("{“a”: “b”}", {"a": "b"}),
        ('{a: <|"|>b<|"|>}', {"a": "b"}),
        ('{{"a": {"b": 1}}}', {"a": {"b": 1}}),
        ('{{{"a": 1}}}', {"a": 1}),
        ("[]", {}),
        (json.dumps([json.dumps({"a": 1})]), {"a": 1}),
        ("{'a': 1", None),
        ("{'a': 1} {'a': 2}", None),
        ("{'a': 'x\\x00'}", None),
        # With something around it
        ('\ufeff{"a": 1}', {"a": 1}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('<|message|>{"a": 1}<|call|>', {"a": 1}),
        ('json{"a": 1}', {"a": 1}),
        ('{"a": "<|end|>"}\n</tool_call>', {"a": "<|end|>"}),
        ('See: {"a": 1}', None),
        ('{"a": 1} is what I mean', {"a": 1}),
        ('{"a": 1} or {"b": 1}', None),
        ('{"a": 1} or "b": 1}', None),
        ("```json", None),
        ('"tomorrow"', None),
        ("7", None),
        ("{}" + "[" * 5000, None),
        ('{"a": "\\u0000"}', None),
    ],
)
def test_arguments_are_read_where_they_can_only_mean_one_object(raw: str, arguments: Any) -> None:
    assert read_arguments(raw) == arguments


# --- What is the server's own -----------------------------------------------------------------------------------------


def call(**fields: Any) -> dict[str, Any]:
    return delta(tool_calls=[{"index": 0, "id": "a", "function": {"name": "book", "arguments": "{}"}, **fields}])


def calls_of(*events: dict[str, Any], **options: Any) -> tuple[ToolCallRequest, ...]:
    reply = Reply(tools=[BOOK], **options)
    for event in events:
        reply.add(event)
    return reply.calls(complete=True)


def test_what_a_server_hangs_on_a_call_is_kept_with_it_over_all_its_pieces() -> None:
    later = delta(tool_calls=[{"index": 0, "extra_content": {"b": 2}, "signature": None, "more": "x"}])
    [made] = calls_of(call(extra_content={"a": 1}), later)
    assert made.extra == {"extra_content": {"a": 1, "b": 2}, "more": "x"}


def test_more_than_anybody_keeps_is_dropped_whole() -> None:
    assert calls_of(call(signature="x" * MAX_EXTRA_BYTES))[0].extra == {}
    reply = Reply()
    for _ in range(3):
        reply.add(delta(reasoning_content="x" * (MAX_OPAQUE_BYTES // 2)))
    assert reply.opaque == {}


def test_thinking_in_halves_of_characters_is_put_together() -> None:
    reply = Reply()
    reply.add(delta(reasoning_content="Hm \ud83d"))
    reply.add(delta(reasoning_content="\udc4b"))
    assert reply.opaque == {"reasoning_content": "Hm 👋"}


# --- The key ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("form", [KEY, KEY.upper(), KEY.encode().hex(), "c2stY2FuYXJ5LTAxMjM0NTY3ODlhYmNkZWY="])
def test_a_key_that_its_provider_repeats_reaches_no_visitor(form: str, size: int) -> None:
    shown, _ = reply_to(cut(f"Use sk-can or {form} there, sk-canary", size), key=KEY)
    text = "".join(shown)
    assert text.startswith("Use sk-can or ••••") and text.endswith(" there, sk-canary")
    assert not any(form[at : at + 12] in text for at in range(len(form) - 11))


def test_a_key_reaches_neither_ledger_nor_history() -> None:
    named = delta(tool_calls=[{"index": 0, "function": {"name": f"x{KEY}", "arguments": json.dumps({"slot": KEY})}}])
    [made] = calls_of({**named}, key=KEY)
    assert made.arguments == {"slot": "••••"} and KEY not in repr(made)
    [made] = calls_of(call(signature=f"of {KEY}"), key=KEY)
    assert made.extra == {}
    reply = Reply(key=KEY)
    reply.add(delta(reasoning=f"The key is {KEY}.", reasoning_content="Hm."))
    assert reply.opaque == {"reasoning_content": "Hm."}


def test_a_word_that_a_local_server_takes_for_a_key_may_be_said() -> None:
    shown, reply = reply_to(["We run ollama."], key="ollama")
    assert reply.text == "We run ollama."


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "text", "text": "We open "}, {"type": "text", "text": "at nine."}],
        [{"type": "output_text", "text": "We open at nine.", "annotations": []}],
        [{"text": "We open at nine."}],
        [{"type": "text", "text": {"value": "We open at nine.", "annotations": []}}],
        {"type": "text", "text": "We open at nine."},
        ["We open ", "at nine."],
        [{"type": "reasoning", "summary": [{"text": "hm"}]}, {"type": "text", "text": "We open at nine."}],
        [{"type": "text", "text": "hm", "thought": True}, {"type": "text", "text": "We open at nine."}],
        [None, 7, {"type": "image_url"}, {"type": "text", "text": None}, {"type": "text", "text": "We open at nine."}],
    ],
)  # fmt: skip
def test_an_answer_in_parts_is_read_whatever_their_shape(content: Any) -> None:
    assert "".join(reply_to([content])[0]) == "We open at nine."
    assert Reply().add({"choices": [{"message": {"content": content}}]}) == "We open at nine."


@pytest.mark.parametrize("mark", [{"channel": "analysis"}, {"extra_content": {"google": {"thought": True}}}])
def test_text_that_is_marked_as_thought_beside_it_is_not_shown(mark: dict[str, Any]) -> None:
    reply = Reply()
    assert reply.add(delta(content="They want the hours.", **mark)) == ""
    assert (
        reply.add(delta(content="Nine.", extra_content={"google": {"thought_signature": "x"}}, channel="final")) == "Nine."
    )


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_a_call_that_came_as_the_end_of_what_was_thought_is_run(field: str) -> None:
    call = '<tool_call>{"name": "book", "arguments": {"slot": "a1"}}</tool_call>'
    for answer, calls in (("", [("book", {"slot": "a1"})]), ("Nine.", [])):
        reply = Reply(tools=[BOOK])
        for piece in cut(f"I book it.\n{call}", 5):
            reply.add(delta(**{field: piece}))
        reply.add(delta("stop", content=answer))
        reply.close()
        assert (reply.text, [(one.name, one.arguments) for one in reply.calls(complete=True)]) == (answer, calls)


@pytest.mark.parametrize(
    "pieces",
    [
        [{"index": 0, "id": "a", "function": {"name": "book"}}, {"index": 1, "id": "a", "function": {"arguments": "{}"}}],
        [{"index": 0, "id": "a", "name": "book", "arguments": "{}"}],
        [{"index": 0, "id": "a", "function": {"name": "bo"}}, {"index": 0, "function": {"name": "book", "arguments": "{}"}}],
        [{"index": 0, "id": "a", "function": {"name": "book", "arguments": [{}]}}],
    ],
)  # fmt: skip
def test_a_call_is_put_together_whatever_its_server_counts_and_repeats(pieces: list[dict[str, Any]]) -> None:
    assert [(one.name, one.arguments) for one in calls_of(*(delta(tool_calls=[piece]) for piece in pieces))] == [
        ("book", {})
    ]


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        ({"detail": "Internal Server Error"}, "server_error"),
        ({"internalServerException": {"message": "x"}}, "server_error"),
        ({"throttlingException": {"message": "Slow down."}}, "rate_limited"),
        ({"errors": [{"code": 3040, "message": "Try again."}], "success": False}, "server_error"),
        ({"code": "Throttling", "message": "Too many", "request_id": "r"}, "rate_limited"),
        ({"status": 503, "title": "Unavailable", "detail": "x"}, "server_error"),
    ],
)
def test_an_error_that_does_not_say_so_ends_a_stream_all_the_same(event: dict[str, Any], cause: str) -> None:
    reply = Reply()
    reply.add(delta(content="We open "))
    with pytest.raises(ProviderError) as error:
        reply.add(event)
    assert error.value.cause == cause


def test_what_a_server_says_beside_its_answer_is_no_error() -> None:
    reply = Reply()
    for event in (
        {"type": "ping"},
        {"id": "g", "usage": {"prompt_tokens": 1}, "message": None, "errors": []},
        {"message": {"role": "assistant"}, "done": False},
        {**delta(content="Nine."), "message": "ok", "detail": "fast"},
        {"choices": [{"delta": {}, "finish_reason": {"type": "stop"}}]},
    ):
        reply.add(event)
    assert (reply.text + reply.close(), reply.finish) == ("Nine.", "stop")


@pytest.mark.parametrize("name", ["result", "data"])
def test_an_answer_that_a_gateway_wrapped_once_more_is_read(name: str) -> None:
    message = {"role": "assistant", "content": "Nine."}
    assert Reply().add({"code": 200, name: {"choices": [{"message": message, "finish_reason": "stop"}]}}) == "Nine."
