"""Calls as text in whatever form a model gives them: run where they name a tool that was offered, and shown in no case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.llm import ChatMessage, ToolCallRequest, ToolSpec
from assistant.providers.completions.reply import Reply
from assistant.providers.configuration import ProviderSettings

from .asking import asking, collect
from .stub import Stub, says

FIND = ToolSpec(
    "find_times",
    "Find.",
    {"type": "object", "properties": {"part_of_day": {"type": "string"}, "people": {"type": "integer"}}},
)
ARGUMENTS = '{"part_of_day": "evening", "people": 2}'
PLAIN = 'part_of_day="evening", people=2'
TAGS = "<part_of_day>evening</part_of_day><people>2</people>"


def reply_to(text: str, size: int, offered: bool = True) -> tuple[str, Reply]:
    reply = Reply(tools=[FIND] if offered else [], withheld=["find_times"])
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    shown = "".join(reply.add({"choices": [{"delta": {"content": piece}}]}) for piece in pieces)
    shown += reply.add({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    return shown + reply.close(), reply


DSML_ARGUMENTS = (
    '<%sDSML%sparameter name="part_of_day" string="true">evening</%sDSML%sparameter>'
    '<%sDSML%sparameter name="people" string="false">2</%sDSML%sparameter>'
)


CALLS = [
    # The name alone, as a function or as a tag
    f"find_times({PLAIN})",
    f"find_times({ARGUMENTS})",
    'find_times({part_of_day: "evening", people: 2})',
    f"`find_times({PLAIN})`",
    f"find_times {ARGUMENTS}",
    f"find_times\n{ARGUMENTS}",
    f"functions.find_times:0{ARGUMENTS}",
    f"|functions.find_times:0|{ARGUMENTS}",
    f"to=functions.find_times json {ARGUMENTS}",
    f"assistantcommentary to=functions.find_times <|constrain|>json<|message|>{ARGUMENTS}",
    f"Tool call: find_times({ARGUMENTS})",
    f"<find_times>{ARGUMENTS}</find_times>",
    f"<find_times>\n{TAGS}\n</find_times>",
    f"```xml\n<find_times>{TAGS}</find_times>\n```",
    f"```js\nfind_times({ARGUMENTS})\n```",
    # JSON around it
    f'{{"find_times": {ARGUMENTS}}}',
    f'{{"tool_call": {{"name": "find_times", "arguments": {ARGUMENTS}}}}}',
    f'{{"function_call": {{"name": "find_times", "arguments": {ARGUMENTS}}}}}',
    f'{{"thought": "I look.", "action": "find_times", "action_input": {ARGUMENTS}}}',
    f'{{"tool": "find_times", "tool_input": {ARGUMENTS}}}',
    f'{{"function": "find_times", "params": {ARGUMENTS}}}',
    # Tags around it
    f'<tools>\n{{"name": "find_times", "arguments": {ARGUMENTS}}}\n</tools>',
    f'<tool_call name="find_times">{ARGUMENTS}</tool_call>',
    f'<function_call name="find_times">{ARGUMENTS}</function_call>',
    f"<function>find_times</function>\n<parameters>{ARGUMENTS}</parameters>",
    f"<tool_name>find_times</tool_name><arguments>{ARGUMENTS}</arguments>".replace("tool_name", "function_name"),
    f"<use_mcp_tool><tool_name>find_times</tool_name><arguments>{ARGUMENTS}</arguments></use_mcp_tool>",
    f"<|tool_calls_begin|><|tool_call_begin|>find_times<|tool_sep|>{ARGUMENTS}<|tool_call_end|><|tool_calls_end|>",
    f'[unused11][{{"name": "find_times", "arguments": {ARGUMENTS}}}][unused12]',
    # Labels, and what is written before a call
    f"**Tool call:** `find_times`\n```json\n{ARGUMENTS}\n```",
    f'### Tool call\n```json\n{{"name": "find_times", "arguments": {ARGUMENTS}}}\n```',
    f"**Function call:** `find_times({PLAIN})`",
    f"Function: find_times\nParameters: {ARGUMENTS}",
    f"[Tool call: find_times {ARGUMENTS}]",
    f"[calling tool: find_times with args {ARGUMENTS}]",
    f"await find_times({PLAIN})",
    f"- `find_times({PLAIN})`",
    f"print(find_times({PLAIN}))",
    f"find_times {PLAIN.replace(',', '')}",
    "/find_times --part_of_day evening --people=2",
    f"Thought: I should look.\nAction: find_times[{ARGUMENTS}]\nObservation: none",
    f"<|python_start|>[find_times({PLAIN})]<|python_end|>",
    f'-> tool/function_call\n[{{"name": "find_times", "arguments": {ARGUMENTS}}}]<|im_end|>',
    f"find_times\n```python\ntool_call({PLAIN})\n```",
    f'client.call_tool("find_times", {ARGUMENTS})',
    f'use_tool("find_times", {ARGUMENTS})',
    f"tools.find_times({PLAIN})",
    f"Using tool: find_times with {ARGUMENTS}",
    f"find\\_times({ARGUMENTS})",
    f'&lt;tool_call&gt;{{"name": "find_times", "arguments": {ARGUMENTS}}}&lt;/tool_call&gt;',
    f'＜tool_call＞{{"name": "find_times", "arguments": {ARGUMENTS}}}＜/tool_call＞',
]
DSML = f'<%sDSML%sinvoke name="find_times">{DSML_ARGUMENTS}</%sDSML%sinvoke>'
CALLS += [
    # With other bars, or without what is around it
    *(
        f"<{bar}DSML{bar}tool_calls>\n{DSML.replace('%s', bar)}\n</{bar}DSML{bar}tool_calls>"
        for bar in ("｜", "‖", "｜｜", "||")
    ),
    DSML.replace("%s", "‖"),
    # Half of its tokens lost
    '<|open|>toolscall tool="find_times" index="1"<|sep|><|open|>argument key="part_of_day" type="string"<|sep|>evening'
    'argument<|sep|><|open|>argument key="people" type="number"<|sep|>2<|close|>argument<|sep|><|close|>call<|sep|>'
    "<|close|>toolsmessage<|sep|>",
    f"assistant to=functions.find_times commentary json\n{ARGUMENTS}",
    f"assistant commentary to=functions.find_times json{ARGUMENTS}",
    f'function call<|role_sep|>\n{{"name": "find_times", "arguments": {ARGUMENTS}}}',
    # With what the prompt has in the place of the call
    *(
        form.replace("@", f'{{"action": "find_times", "action_input": {ARGUMENTS}}}')
        for form in (
            "Action:\n```\n$JSON_BLOB = @\n```",
            "Thought: I look.\nAction:\n```\n$JSON_BLOB\n@\n```\nObservation: ",
            "Action:\n```$JSON_BLOB\n@\n```",
            "Action: $JSON_BLOB\n```json\n@\n```",
            "Action:\n```json\n$JSON_BLOB\n@\n```",
            "Action:\n$JSON_BLOB\n@",
            "JSON_BLOB:\n@",
            "$TOOL_INPUT\n@",
            "$JSON_BLOB: @",
            "$JSON_BLOB\n@",
            "$TOOL_CALL: @",
        )
    ),
]
# In forms that no row of the table knows: something that no sentence begins with, and the name within it
CALLS += [
    f"<look_up>find_times({PLAIN})</look_up>",
    f'<plugin_run id="7" name="find_times">{ARGUMENTS}</plugin_run>',
    f"<skill>find_times</skill><skill_input>{ARGUMENTS}</skill_input>",
    f"<do name='find_times' input='{ARGUMENTS}'/>",
    f'<|skills|>{{"name": "find_times", "arguments": {ARGUMENTS}}}<|/skills|>',
    f"<<run>>find_times({PLAIN})",
    f"<% find_times({PLAIN}) %>",
    f"{{{{find_times({PLAIN})}}}}",
    f'["find_times", {ARGUMENTS}]',
    f'{{"reply": "One moment.", "tool_calls": [{{"name": "find_times", "arguments": {ARGUMENTS}}}]}}',
    f'{{"toolUse": {{"toolUseId": "t", "name": "find_times", "input": {ARGUMENTS}}}}}',
    f'{{"functionName": "find_times", "toolInput": {ARGUMENTS}}}',
    "{'name': 'find_times', 'arguments': {'part_of_day': 'evening', 'people': 2}}",
    '{"name": "find_times", "arguments": {"part_of_day": "evening", "people": 2,},}',
    f'{{"function": "find_times({PLAIN.replace(chr(34), chr(39))})"}}',
    "```typescript\nconst found = await find_times({part_of_day: 'evening', people: 2});\n```",
    "```yaml\ntool: find_times\narguments:\n  part_of_day: evening\n  people: 2\n```",
    f"[tool: find_times | {ARGUMENTS}]",
]


@pytest.mark.parametrize("written", CALLS)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_call_of_an_offered_tool_is_run_in_whatever_form_it_is_written(written: str, size: int) -> None:
    shown, reply = reply_to(written, size)
    [call] = reply.calls(complete=True)
    assert (shown.strip(), call.name, call.arguments) == ("", "find_times", {"part_of_day": "evening", "people": 2})


UNKNOWN = [
    '{"name": "get_weather", "parameters": {"city": "Rome"}}',
    '```json\n{"name": "get_weather", "arguments": {"city": "Rome"}}\n```',
    '[{"name": "get_weather", "arguments": {"city": "Rome"}}]',
    '[get_weather(city="Rome")]',
    'Action: get_weather\nAction Input: {"city": "Rome"}',
]


@pytest.mark.parametrize("written", UNKNOWN)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_call_of_a_tool_that_there_is_not_is_hidden_and_said_to_be_unread(written: str, size: int) -> None:
    shown, reply = reply_to(written, size)
    assert (shown.strip(), reply.calls(complete=True), reply.unread_call) == ("", (), True)


@pytest.mark.parametrize("written", [*CALLS[:6], *CALLS[15:17], *UNKNOWN[:2]])
def test_a_call_is_hidden_where_the_tools_are_withheld(written: str) -> None:
    shown, reply = reply_to(written, 4, offered=False)
    assert (shown.strip(), reply.calls(complete=True), reply.unread_call) == ("", (), True)


async def test_a_call_is_hidden_in_the_last_round_in_which_nothing_is_offered() -> None:
    called = [
        ChatMessage("user", "Tonight?"),
        ChatMessage("assistant", "", (ToolCallRequest("c", "find_times", {}),)),
        ChatMessage("tool", "None.", call_id="c"),
    ]
    async with Stub() as stub:
        stub.script(says(CALLS[15]))
        request = asking(ProviderSettings("there", stub.url, smart="m"))
        text, completion = await collect(replace(request, messages=called))
    assert (text, completion.calls, completion.unread_call) == ("", (), True)


@pytest.mark.parametrize(
    "text",
    [
        "You can find_times yourself, or call (020) 7946.",
        "The parameter is called find_times (a list).",
        'For your developer: {"name": "Rome", "open": true}, [a_list] and [get_weather].',
        "Action: get_weather\nThen call us.",
        "A <tool> is a tool, and a <function> is a function.",
        f"You can type find_times({PLAIN}) for that.",
        f"`find_times({PLAIN})` looks for free times.",
        f"Ich rufe find_times({PLAIN}) auf.",
        f"See https://shop.example/find_times({PLAIN}) and prefind_times({PLAIN}).",
        "Call find_times --help, and find_times people=2 is how.",
        "[call: us] or [tool: a mirror (round)].\nTool: a mirror (round).\nThought: rest a day.\nanalysis follows.",
        "<ul><li>find times</li></ul>\n<note>We open at nine.</note> a < b, {find}, {{name}} and [a list, of find_times].",
        f"```js\nrender(rows);\nfind_times({PLAIN});\n```\nis how it begins; &lt;b&gt; is bold.",
        '{"name": "Rome", "find": "times"} and {"open": "find_times"}',
    ],
)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_text_that_only_looks_like_a_call_is_shown(text: str, size: int) -> None:
    assert reply_to(text, size)[0] == text


# --- Answers whose parts are named in plain words ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Thought: simple.\nFinal Answer: We open at nine.", "We open at nine."),
        ("Sure.\n**Thought:** simple.\n\n**Final Answer:** Nine.", "Sure.\nNine."),
        ("Thought: no tool.\nAction: None\nFinal Answer: Nine.", "Nine."),
        ("Final Answer: Nine.", "Nine."),
        ("analysisThey greet.assistantanalysisI answer.assistantfinalHello!", "Hello!"),
        ("analysisThey greet, and I never", ""),
        ("assistantfinalHello!", "Hello!"),
        ("Thought: a day of rest helps.\nThat is all.", "Thought: a day of rest helps.\nThat is all."),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_what_a_part_named_as_thinking_says_is_hidden(text: str, shown: str, size: int) -> None:
    assert reply_to(text, size)[0] == shown


def test_what_is_held_back_as_thinking_has_a_limit() -> None:
    text = "Thought: " + "rest " * 5000
    shown, reply = reply_to(text, 1000)
    assert shown == text == reply.text
    assert len(reply_to("analysisWe " + "think " * 20_000 + "assistantfinalHello!", 1000)[0]) == len("Hello!")


# --- The end of an answer, written out ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "end",
    [
        *("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|endoftext|>", "</s>", "<｜end▁of▁sentence｜>"),
        *("<|im_start|>user", "<|start_header_id|>user<|end_header_id|>"),
    ],
)
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_what_a_model_goes_on_with_behind_its_templates_end_is_not_shown(end: str, size: int) -> None:
    assert reply_to(f"We open at nine.{end}\n<|im_start|>user\nAnd on Sunday?", size)[0] == "We open at nine."
    assert reply_to(f"<|start_header_id|>assistant<|end_header_id|>\n\nWe open at nine.{end}", size)[0] == "We open at nine."


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_marks_of_a_template_before_an_answer_are_not_shown(size: int) -> None:
    assert (
        reply_to("<|im_start|>\n<|im_end|>\n<|im_start|>assistant\nWe open at nine.<|im_start|>", size)[0]
        == "We open at nine."
    )
    assert reply_to("<start_of_turn>model\nWe open at nine.<end_of_turn>", size)[0] == "We open at nine."
    assert reply_to("<|im_start|>\n<|im_start|>\n", size)[0] == ""


def test_text_about_the_end_of_a_template_is_shown() -> None:
    text = "Models end with `<|im_end|>`; in code:\n```\nWe open.</s>\n```\nThat is all."
    assert reply_to(text, 5)[0] == text
