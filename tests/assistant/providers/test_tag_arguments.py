"""Arguments in tags: a value ends where its call goes on, and not at a tag that is a part of it."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.llm import ToolSpec
from assistant.providers.completions.reply import Reply

TEXT = {"type": "string"}
NOTE = ToolSpec("note", "Note.", {"type": "object", "properties": {"body": TEXT, "title": TEXT}})
TIMES = ToolSpec("times", "Times.", {"type": "object", "properties": {"people": {"type": "integer"}}})


def read(text: str, size: int) -> tuple[str, list[tuple[str, Any]]]:
    reply = Reply(tools=[NOTE, TIMES])
    shown = "".join(
        reply.add({"choices": [{"delta": {"content": text[at : at + size]}}]}) for at in range(0, len(text), size)
    )
    shown += reply.add({"choices": [{"delta": {}, "finish_reason": "stop"}]}) + reply.close()
    return shown, [(one.name, one.arguments) for one in reply.calls(complete=True)]


@pytest.mark.parametrize("size", [1, 6, 1000])
@pytest.mark.parametrize(
    "value",
    [
        "Write </parameter> at the end",
        "or </param>, if you like",
        "<parameter=colour>red</parameter>",
        "<function=demo>\n</function>\n</tool_call>",
        "a </function> and a </tool_call> in a row",
        "<b>bold</b> and <parameter name='x'>",
    ],
)
@pytest.mark.parametrize("last", ["", "\n<parameter=title>\nTags\n</parameter>"])
def test_a_value_may_hold_the_tags_of_its_own_format(value: str, last: str, size: int) -> None:

    text = f"<tool_call>\n<function=note>\n<parameter=body>\n{value}\n</parameter>{last}\n</function>\n</tool_call>"
    arguments = {"body": value} | ({"title": "Tags"} if last else {})
    assert read(text, size) == ("", [("note", arguments)])


WHOLE = (
    "<tool_call>\n<function=note>\n<parameter=body>\nOne\n</parameter>\n"
    "<parameter=title>\nTwo\n</parameter>\n</function>\n</tool_call>"
)


@pytest.mark.parametrize("size", [1, 6, 1000])
@pytest.mark.parametrize(
    "text",
    [
        WHOLE.replace("One\n</parameter>", "One"),
        WHOLE.replace("Two\n</parameter>", "Two"),
        WHOLE.replace("Two\n</parameter>\n</function>", "Two"),
        WHOLE.replace("</parameter>", "</parameter/>"),
        WHOLE.replace("</parameter>", "</param>"),
        WHOLE.replace("<tool_call>\n", ""),
    ],
    ids=["first not ended", "last not ended", "nor the function", "slash behind", "short", "no tag around"],
)
def test_tags_that_a_model_forgets_or_spells_otherwise_end_a_value_all_the_same(text: str, size: int) -> None:
    assert read(text, size) == ("", [("note", {"body": "One", "title": "Two"})])
    assert read(f"{text}\nOne moment.", size) == ("One moment.", [("note", {"body": "One", "title": "Two"})])


@pytest.mark.parametrize("size", [1, 6, 1000])
def test_the_next_call_is_none_of_a_value_that_has_no_end(size: int) -> None:
    text = "<function=note>\n<parameter=body>\nOne\n<function=times>\n<parameter=people>2</parameter>\n</function>"
    assert read(f"<tool_calls>{text}</tool_calls>", size) == ("", [("note", {"body": "One"}), ("times", {"people": 2})])


@pytest.mark.parametrize("size", [1, 6, 1000])
@pytest.mark.parametrize("behind", ["</arg_value>", "</arg_value> done", ""])
def test_a_value_between_keys_may_hold_what_ends_one(behind: str, size: int) -> None:
    text = "<tool_call>note\n<arg_key>body</arg_key>\n<arg_value>a </arg_value> b</arg_value>\n"
    last = f"<arg_key>title</arg_key><arg_value>One{behind}</tool_call>"
    calls = [("note", {"body": "a </arg_value> b", "title": "One"})] if behind else []
    assert read(text + last, size) == ("", calls)


def test_a_value_that_breaks_off_is_no_argument() -> None:
    assert read("<tool_call>\n<function=note>\n<parameter=body>\nOne and", 6)[1] == []


HARMONY = "<|start|>assistant<|channel|>commentary to=functions.%s <|constrain|>json<|message|>%s<|call|>"
NOTED = ("note", {"body": "One"})
TIMED = ("times", {"people": 2})
ON_CHANNEL = (HARMONY % ("note", '{"body": "One"}'), NOTED)
IN_WORDS = ('\nassistant commentary to=functions.note json{"body": "One"}', NOTED)
IN_JSON = ('{"name": "times", "arguments": {"people": 2}}', TIMED)
IN_TAG = (f"<tool_call>{IN_JSON[0]}</tool_call>", TIMED)


@pytest.mark.parametrize("size", [1, 6, 1000])
@pytest.mark.parametrize(
    "forms", [(ON_CHANNEL, IN_TAG), (ON_CHANNEL, IN_JSON), ((HARMONY % ("times", '{"people": 2}'), TIMED), IN_WORDS)]
)
def test_calls_of_several_forms_are_run_in_their_order(forms: tuple[tuple[str, Any], ...], size: int) -> None:
    for order in (forms, forms[::-1]):
        assert read("".join(text for text, _ in order), size) == ("", [call for _, call in order])
