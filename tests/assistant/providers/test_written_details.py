"""Calls as text in their details: marks within arguments, values that break off, spellings, labels and what is left over."""

from __future__ import annotations

import json

import pytest

from .test_written_forms import ARGUMENTS, PLAIN, reply_to

MEANT = ("find_times", {"part_of_day": "evening", "people": 2})
GLM = "<arg_key>part_of_day</arg_key><arg_value>evening"
TAGS = "<parameter=part_of_day>evening</parameter><parameter=people>2</parameter>"


def calls_of(text: str, size: int) -> tuple[str, list[tuple[str, object]], bool]:
    shown, reply = reply_to(text, size)
    return shown.strip(), [(call.name, call.arguments) for call in reply.calls(complete=True)], reply.unread_call


@pytest.mark.parametrize("size", [1, 6, 1000])
@pytest.mark.parametrize(
    "written",
    [
        # The name in a bracket, the arguments behind it
        f"[CALL: find_times] {ARGUMENTS}",
        f"[tool: find_times]\nArguments: {ARGUMENTS}",
        f"[invoke: find_times]\n```json\n{ARGUMENTS}\n```",
        f"[action: `find_times`]{ARGUMENTS}[/action]",
        f"(call: find_times) {ARGUMENTS}",
        f"**Call: find_times** {ARGUMENTS}",
        f"{{{{call: find_times}}}} {ARGUMENTS}",
        f"[find_times] {ARGUMENTS}",
        f"[[find_times]] {ARGUMENTS}",
        # All within it
        f"[call find_times {ARGUMENTS}]",
        f"[calling find_times with {ARGUMENTS}]",
        f"[tool_call: find_times, arguments: {ARGUMENTS}]",
        f"[function call] find_times({ARGUMENTS})",
        f"find_times: {ARGUMENTS}",
        f"Calling `find_times` with the arguments `{ARGUMENTS}`",
        f"assistant to=functions.find_times json\n{ARGUMENTS}",
        # Signs of another kind
        f'\\<tool_call\\>{{"name": "find\\_times", "arguments": {ARGUMENTS}}}\\</tool_call\\>',
        f"&lt;tool_call&gt;find_times\n{ARGUMENTS.replace(chr(34), '&quot;')}&lt;/tool_call&gt;",
        f"<｜tool calls begin｜><｜tool call begin｜>find_times<｜tool sep｜>{ARGUMENTS}<｜tool call end｜>",
        f"<｜tool\\_calls\\_begin｜><｜tool\\_call\\_begin｜>find_times<｜tool\\_sep｜>{ARGUMENTS}<｜tool\\_call\\_end｜>",
        f"function<｜tool▁sep｜>find_times\n```json\n{ARGUMENTS}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        f"<|DSML|function_calls><|DSML|invoke name='find_times'>{TAGS}</|DSML|invoke></|DSML|function_calls>",
        # Tags that are not closed, where the next one says where they end
        f"<tool_call><function=find_times>{TAGS.replace('</parameter>', chr(10))}</function></tool_call>",
        f"<tool_call>find_times{GLM}<arg_key>people</arg_key><arg_value>2</arg_value></tool_call>",
        f"<function=find_times,{ARGUMENTS}</function>",
        f"<function=find_times({ARGUMENTS})</function>",
        f"<function=find_times[]{ARGUMENTS}</function>",
        # What is left over of marks and turns
        f"<|tool_call_section_begin|><|tool_call_begin|>find_times:0{ARGUMENTS}<|tool_call_end|><|tool_call_section_end|>",
        f"<|tool_calls|><|tool_call:begin|>a1<|tool_call:name|>find_times<|tool_call:args|>{ARGUMENTS}<|tool_call:end|><|calls|>",
        f"<tool_call>find_times\n{ARGUMENTS}</tool_call>\n<|observation|>",
        f"<tool_call>find_times\n```json\n{ARGUMENTS}\n```</tool_call><｜end▁of▁sentence｜>",
        f"<tool_call>find_times\n{ARGUMENTS}</tool_call><tool_result>None.</tool_result>",
        f"<｜tool▁call▁begin｜>find_times<｜tool▁sep｜>{ARGUMENTS}<｜tool▁call▁end｜><｜tool▁outputs▁begin｜>7<｜tool▁outputs▁end｜>",
    ],
)
def test_a_call_is_read_in_all_its_spellings_and_leaves_nothing_behind(written: str, size: int) -> None:
    shown, calls, unread = calls_of(written, size)
    assert (calls, unread) == ([MEANT], False)
    assert shown in ("", "Calling")


@pytest.mark.parametrize("size", [1, 6, 1000])
def test_two_calls_of_one_form_are_two(size: int) -> None:
    for written in (
        f"[CALL: find_times] {ARGUMENTS}\n[CALL: find_times] {{}}",
        f"<<function>> find_times({PLAIN})\n<<function>> find_times()",
    ):
        assert calls_of(written, size) == ("", [MEANT, ("find_times", {})], False)


@pytest.mark.parametrize("size", [1, 6, 1000])
@pytest.mark.parametrize("mark", ["</tool_call>", "```", "[/TOOL_CALLS]", "<tool_call>", "</function_calls>"])
def test_a_mark_within_an_argument_ends_no_call(mark: str, size: int) -> None:
    arguments = {"part_of_day": f'a "{mark}" b }}', "people": 2}
    call = json.dumps({"name": "find_times", "arguments": arguments})
    for written in (f"<tool_call>{call}</tool_call>", f"```json\n{call}\n```", f"[TOOL_CALLS][{call}]"):
        assert calls_of(written + "\nOne moment.", size)[:2] in (
            ("One moment.", [("find_times", arguments)]),
            ("", [("find_times", arguments)]),  # Mistral's ends with the answer
        )


@pytest.mark.parametrize("size", [1, 6, 1000])
@pytest.mark.parametrize(
    "written",
    [
        "<tool_call><function=find_times><parameter=part_of_day>even",
        "<function_calls><invoke name='find_times'><parameter name='part_of_day'>even",
        f"<tool_call>find_times{GLM}",
        "<seed:tool_call><function=find_times><parameter=part_of_day>evening</parameter><parameter=people>",
        '[CALL: find_times] {"part_of_day": "even',
    ],
)
def test_a_call_that_breaks_off_within_a_value_is_not_run(written: str, size: int) -> None:
    assert calls_of(written, size) == ("", [], True)


@pytest.mark.parametrize("size", [1, 6, 1000])
def test_a_name_alone_between_the_marks_of_a_call_is_one_without_arguments(size: int) -> None:
    assert calls_of("<tool_call>find_times\n</tool_call>", size) == ("", [("find_times", {})], False)
    assert calls_of("<tool_call>find_times", size) == ("", [], True)


def test_values_are_read_in_the_constants_of_python_and_of_json() -> None:
    assert calls_of("[find_times(part_of_day=null, people=true)]", 9)[1] == [
        ("find_times", {"part_of_day": None, "people": True})
    ]
    written = "<function=find_times><parameter=people>{'a': True, 'b': None}</parameter></function>"
    assert calls_of(written, 9)[1] == [("find_times", {"people": {"a": True, "b": None}})]


@pytest.mark.parametrize("size", [1, 6, 1000])
@pytest.mark.parametrize(
    "text",
    [
        "[call us] {and ask}, or (call: the shop) {now}.",
        "[Call the shop (020) 7946] or [calling hours: nine to five].",
        "**Call: today** and {save}.",
        "[invoke: the muse] and [action: none].",
        "[find_times] is a tool; [[find_times]] too.",
        ">>> is a prompt, and a >>> b.",
        "A \\<b\\> and ⟨x⟩ in \\u003c, <｜ and <| stay; so does a \\",
    ],
)
def test_brackets_in_a_sentence_are_shown(text: str, size: int) -> None:
    assert calls_of(text, size) == (text, [], False)
