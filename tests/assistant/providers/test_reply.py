"""An answer's text and calls, piece by piece: what is held back, for how long, and what is never shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistant.llm import ToolCallRequest, ToolSpec
from assistant.providers.completions import Reply
from assistant.providers.completions.reply import MAX_OPAQUE_BYTES
from assistant.providers.completions.tool_calls import MAX_EXTRA_BYTES, read_arguments, resolved

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
        ('{"a": 1}}', None),
        ('{"a": 1', None),
        ('{}{"a": NaN}', None),
        ("[1]", None),
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
