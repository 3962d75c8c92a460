"""Objects of a stream in shapes that are not quite the format's, and the calls and text that they can only mean."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistant.llm import ToolSpec
from assistant.providers.completions.reply import Reply

from .stub import delta

TEXT = {"type": "string"}
ORDER = ToolSpec("order", "Order.", {"type": "object", "properties": {"dish": TEXT}})
OPEN_NOW = ToolSpec("open_now", "Whether we are open.", {"type": "object", "properties": {}})
SOUP = '{"dish": "soup"}'


def read(*events: dict[str, Any]) -> tuple[str, list[tuple[str, Any]]]:
    reply = Reply(tools=[ORDER, OPEN_NOW])
    text = "".join(map(reply.add, events)) + reply.add(delta("stop")) + reply.close()
    return text, [(one.name, one.arguments) for one in reply.calls(complete=True)]


def piece(index: int | None, id: str | None, name: str | None, arguments: Any) -> dict[str, Any]:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    given = {key: value for key, value in (("index", index), ("id", id)) if value is not None}
    return delta(tool_calls=[{**given, "function": function}])


@pytest.mark.parametrize(
    "item",
    [
        {"type": "tool_use", "name": "order", "input": {"dish": "soup"}},
        {"type": "custom", "custom": {"name": "order", "input": SOUP}},
        {"type": "function", "function": {"name": "order", "parameters": {"dish": "soup"}}},
        {"id": "functions.order:0", "type": "function", "function": {"arguments": SOUP}},
        {"function": {"name": "mcp__kitchen__order", "arguments": SOUP}},
    ],
)
def test_a_call_is_read_wherever_its_name_and_arguments_stand(item: dict[str, Any]) -> None:
    assert read(delta(tool_calls=[item])) == ("", [("order", {"dish": "soup"})])


def test_an_id_names_a_tool_only_where_that_was_offered() -> None:
    assert read(delta(tool_calls=[{"id": "functions.pay:0", "function": {"arguments": SOUP}}])) == ("", [])


def test_a_call_that_begins_under_the_index_of_the_one_before_gets_what_comes_under_its_own() -> None:
    pieces = [piece(0, "a", "order", ""), piece(0, None, None, SOUP), piece(0, "b", "order", "")]
    assert read(*pieces, piece(1, None, None, '{"dish":'), piece(1, None, None, '"tea"}')) == (
        "",
        [("order", {"dish": "soup"}), ("order", {"dish": "tea"})],
    )


def test_pieces_that_each_say_all_so_far_are_not_put_together() -> None:
    assert read(*(piece(0, "a", "order", SOUP[:until]) for until in (4, 9, len(SOUP)))) == (
        "",
        [("order", {"dish": "soup"})],
    )
    # One after the other, they may look the same.
    nested = [piece(0, "a", "order", '{"dish": '), piece(0, None, None, '{"dish": "soup"}}')]
    assert read(*nested) == ("", [("order", {"dish": {"dish": "soup"}})])


def test_a_call_that_makes_several_is_those() -> None:
    uses = [
        {"recipient_name": "functions.order", "parameters": {"dish": "soup"}},
        {"recipient_name": "functions.open_now", "parameters": {}},
    ]
    both = ("", [("order", {"dish": "soup"}), ("open_now", {})])
    assert read(piece(0, "a", "multi_tool_use.parallel", json.dumps({"tool_uses": uses}))) == both
    calls = read(piece(0, "a", "multi_tool_use.parallel", json.dumps({"tool_uses": [*uses, {"recipient_name": 1}]})))[1]
    assert [name for name, _ in calls] == ["multi_tool_use.parallel"]


@pytest.mark.parametrize(
    "events",
    [
        [{"choices": [{"index": 0, "text": "We open"}]}, {"choices": [{"index": 0, "text": " at 9."}]}],
        [{"choices": {"index": 0, "delta": {"content": "We open at 9."}}}],
        [delta(content="We open at "), delta(content=9), delta(content=".")],
        [delta(role="tool", content="Hours: 9-5"), delta(role="assistant", content="We open at 9.")],
        [
            {"choices": [{"index": 0, "delta": {"content": "We open"}}, {"index": 1, "delta": {"content": "Nine"}}]},
            {"choices": [{"index": 1, "delta": {"content": " o'clock."}}]},
            delta(content=" at 9."),
        ],
        [{"choices": [{"index": 1, "delta": {"content": text}}]} for text in ("We open", " at 9.")],
    ],
    ids=["older format", "one choice", "a number", "a tool's result", "two answers", "counted from one"],
)
def test_text_is_read_wherever_it_stands(events: list[dict[str, Any]]) -> None:
    assert read(*events) == ("We open at 9.", [])


def test_a_call_within_the_choice_itself_is_run() -> None:
    call = {"id": "a", "function": {"name": "order", "arguments": SOUP}}
    assert read({"choices": [{"index": 0, "delta": {}, "tool_calls": [call]}]}) == ("", [("order", {"dish": "soup"})])


@pytest.mark.parametrize(
    ("said", "finish"),
    [("<|im_end|>", "stop"), ("FINISH_REASON_STOP", "stop"), ("repetition_truncation", "length"), ("unknown", None)],
)
def test_what_servers_call_the_end_is_known(said: str, finish: str | None) -> None:
    reply = Reply()
    reply.add(delta(said, content="Nine."))
    assert (reply.finish, reply.unknown_finish) == (finish, "")
