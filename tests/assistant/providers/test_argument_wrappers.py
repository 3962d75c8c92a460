"""Arguments that a model wrapped once more: taken out where the tool's schema says that the wrapper is none of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistant.llm import ToolSpec
from assistant.providers.completions.argument_wrappers import unwrapped
from assistant.providers.completions.reply import Reply

from .stub import delta

TEXT = {"type": "string"}
ORDER = {
    "type": "object",
    "properties": {
        "dish": TEXT,
        "extras": {"type": "array", "items": {"type": "object", "properties": {"sizes": {"type": "array"}}}},
        "address": {"type": "object", "properties": {"floors": {"type": "array"}, "street": TEXT}},
        "either": {"type": ["array", "string"]},
    },
}
SOUP = {"dish": "soup"}


@pytest.mark.parametrize(
    "written",
    [
        {"arguments": SOUP},
        {"parameters": SOUP},
        {"input": SOUP},
        {"params": SOUP},
        {"order": SOUP},
        {"type": "object", "properties": SOUP},
        {"name": "order", "arguments": SOUP},
        {"type": "function", "function": "order", "parameters": SOUP},
        {"arguments": json.dumps(SOUP)},
        {"tool_input": {"arguments": json.dumps({"input": SOUP})}},
        {"arguments": [SOUP]},
        {"function": {"name": "order", "arguments": SOUP}},
        {"requestBody": SOUP},
        {"toolInput": json.dumps(SOUP)},
        {"": SOUP},
    ],
)
def test_what_is_wrapped_around_the_arguments_is_taken_off(written: dict[str, Any]) -> None:
    assert unwrapped("order", written, ORDER) == SOUP


@pytest.mark.parametrize(
    ("written", "properties"),
    [
        ({"input": {"dish": "soup"}}, {"input": {"type": "object"}}),  # its own
        ({"dish": "soup", "arguments": {"dish": "tea"}}, {"dish": TEXT}),
        ({"arguments": {"dish": "soup"}, "input": {"dish": "tea"}}, {"dish": TEXT}),  # two of them
        ({"arguments": {"dish": "soup"}, "note": "x"}, {"dish": TEXT}),
        ({"arguments": {"table": 4}}, {"dish": TEXT}),
        ({"data": {"dish": "soup", "table": 4}}, {"dish": TEXT}),
        ({"data": {"dish": "soup"}, "more": {"dish": "tea"}}, {"dish": TEXT}),
        ({"arguments": "soup"}, {"dish": TEXT}),
        ({"order": "soup"}, {"dish": TEXT}),
    ],
)
def test_what_may_be_the_tools_own_is_left_as_it_is(written: dict[str, Any], properties: dict[str, Any]) -> None:
    assert unwrapped("order", written, {"type": "object", "properties": properties}) == written


def test_a_tool_that_has_a_parameter_called_name_may_be_named_beside_its_arguments() -> None:
    schema = {"type": "object", "properties": {"name": TEXT}}
    assert unwrapped("greet", {"name": "greet", "arguments": {"name": "Ada"}}, schema) == {"name": "Ada"}
    assert unwrapped("greet", {"name": "Ada", "arguments": {}}, schema) == {"name": "Ada", "arguments": {}}


def test_a_tool_without_parameters_gets_none() -> None:
    for written in ({"arguments": {}}, {"arguments": None}, {"input": ""}, {}):
        assert unwrapped("now", written, {"type": "object", "properties": {}}) == {}


def test_a_list_or_an_object_in_a_string_is_read_where_the_schema_wants_nothing_else() -> None:
    written = {
        "extras": json.dumps([{"sizes": json.dumps(["small"])}]),
        "address": {"floors": "[1, 2]", "street": '["a"]'},
        "dish": "[1]",
        "either": "[1]",
        "unknown": "[1]",
    }
    assert unwrapped("order", written, ORDER) == {
        "extras": [{"sizes": ["small"]}],
        "address": {"floors": [1, 2], "street": '["a"]'},
        "dish": "[1]",
        "either": "[1]",
        "unknown": "[1]",
    }
    assert unwrapped("order", {"extras": "none", "address": "[1]"}, ORDER) == {"extras": "none", "address": "[1]"}


def test_arguments_that_are_wrapped_without_end_are_left_as_they_are() -> None:
    written: dict[str, Any] = SOUP
    for _ in range(3000):
        written = {"x": written}
    assert unwrapped("order", written, ORDER)["x"] is written["x"]


TOOL = ToolSpec("order", "Order.", ORDER)


@pytest.mark.parametrize(
    "event",
    [
        delta(tool_calls=[{"index": 0, "function": {"name": "order", "arguments": json.dumps({"arguments": SOUP})}}]),
        delta(content=f'<tool_call>{{"name": "order", "arguments": {{"input": {json.dumps(SOUP)}}}}}</tool_call>'),
        delta(content=f'{{"tool": "order", "input": {{"parameters": {json.dumps(SOUP)}}}}}'),
    ],
    ids=["as a call", "in a tag", "as JSON"],
)
def test_a_wrapper_is_taken_off_however_the_call_came(event: dict[str, Any]) -> None:
    reply = Reply(tools=[TOOL])
    reply.add(event)
    reply.add(delta("stop"))
    reply.close()
    assert [(one.name, one.arguments) for one in reply.calls(complete=True)] == [("order", SOUP)]
