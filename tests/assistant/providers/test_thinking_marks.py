"""Thinking that a model writes into its answer: hidden, whatever the mark, and however the text is cut."""

from __future__ import annotations

import pytest

from .test_written_forms import reply_to

NINE = "The café opens at nine."
SECRET = "They want the hours, SECRETLY."
TAGS = [
    *(
        "reason",
        "reflect",
        "rationale",
        "scratch_pad",
        "inner_monologue",
        "thought_process",
        "chain-of-thought",
        "deep_think",
    ),
    *("longcat_think", "model.reasoning", "seed:cot_budget_reflect", "planning", "internal"),
]
MARKS = [
    *((f"<{tag}>", f"</{tag}>") for tag in TAGS),
    ("< think >", "</ think >"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<|thought_start|>", "<|thought_end|>"),
    ("<|think:begin|>", "<|think:end|>"),
    ("<｜begin▁of▁reasoning｜>", "<｜end▁of▁reasoning｜>"),
    ("<unused94>thought\n", "<unused95>"),
    ("[thought]", "[/thought]"),
    ("[BEGIN OF THINKING]", "[END OF THINKING]"),
    ("{reasoning}", "{/reasoning}"),
    ("&lt;think&gt;", "&lt;/think&gt;"),
    ("＜thinking＞", "＜/thinking＞"),
    ("<!--", "-->"),
    ("```thinking\n", "\n```"),
    ("~~~thinking\n", "\n~~~"),
    ("~~~~ thoughts {.small}\n~~~\n", "\n~~~\n~~~~"),
    ("```` reasoning\n```\n", "\n```\n````"),
    ("> 💭 Well.\n> ", "\n"),
    ("> 💭 **Thinking**\n>\n> Well.\n\n> ", "\n\n"),
    ("> **Thinking**\n> ", "\n"),
    ("> *Thought for 12 seconds*\n> ", "\n"),
    ("> [!THINKING]\n> ", "\n\n"),
    ("*Thinking...*\n\n> ", "\n\n"),
    ("🤔 *Thinking: ", "*\n\n"),
    ("<details>\n<summary>💭 My reasoning</summary>\n", "\n</details>"),
    ('<details type="reasoning" done="true"><summary>2 s</summary>', "</details>"),
    ("<think><think>", "</think></think>"),
    ("<thinking>", "</think>"),
    ("<|think|>", "<|end|><|begin|>assistant<|content|>"),
    ("Reasoning: ", "\n\n**Answer:** "),
    ("**Thinking process:** ", "\nFinal answer: "),
    ("Here's my thought process:\n", "\nHere is my response:\n"),
    ("Here is my thought process: ", " Here is my response: "),
    ("<hidden>", "</hidden>"),
    ("<brainstorming>", "</brainstorming>"),
    ("<needs_analysis>", "</needs_analysis>"),
    ("<思考>", "</思考>"),
    ("<reasoning_begin>", "<reasoning_end>"),
    ("<think_never_used_0123456789abcdef0123456789abcdef>", "</think_never_used_0123456789abcdef0123456789abcdef>"),
    ("<|cot_begin|>", "<|cot_end|>"),
    ("<ctrl94>thought\n", "<ctrl95>"),
    ("⟨think⟩", "⟨/think⟩"),
    ("\\<thinking\\>", "\\</thinking\\>"),
    ("\\u003cthink\\u003e", "\\u003c/think\\u003e"),
    ("<think>One <think>of two</think> or ", "</think>"),
    ("### Reasoning\n", "\n\n### Answer\n"),
    ("## Thinking:\n", "\n## Final answer\n"),
    ("**Überlegung:**\n", "\n**Antwort:** "),
    ("Réflexion : ", "\nRéponse : "),
    ("**Razonamiento:** ", "\n**Respuesta:**\n"),
    ("التفكير: ", "\nالجواب: "),
    ("思考：", "\n回答："),
    ("【思考】", "【/思考】"),
    ("Thinking...\n", "\n...done thinking.\n"),
    ("analysis<|message|>", "<|end|><|channel|>final<|message|>"),
]
CALL = '<tool_call>{"name": "find_times", "arguments": {"people": 2}}</tool_call>'


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(("begin", "end"), MARKS, ids=[begin for begin, _ in MARKS])
def test_what_stands_between_marks_of_thinking_is_hidden(begin: str, end: str, size: int) -> None:
    shown, _ = reply_to(f"{begin}{SECRET}{end}\n{NINE}", size)
    assert shown.strip() == NINE


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<output>", "</output>"),
        ("<final_answer>\n", "\n</final_answer>"),
        ("<|im_assistant|>assistant<|im_middle|>", "<|im_end|>"),
        ("<|start_of_role|>assistant<|end_of_role|>", "<|end_of_text|>"),
        ("<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>", "<|END_OF_TURN_TOKEN|>"),
        ("<|begin_of_box|>", "<|end_of_box|>"),
        ("[|assistant|]", "[|endofturn|]"),
        ("[/INST] ", "<|user|>And on Sunday?"),
        ("", "<reserved_107>"),
        ("", "<[end▁of▁sentence]>And now?"),
    ],
)
def test_what_a_template_or_a_prompt_puts_around_an_answer_is_not_shown(before: str, after: str, size: int) -> None:
    shown, _ = reply_to(f"{before}{NINE}{after}", size)
    assert shown.strip() == NINE


def test_a_token_within_an_answer_loses_nothing_of_it() -> None:
    assert reply_to("Room<|begin_of_box|> 12<|end_of_box|>", 5)[0] == "Room 12"


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    "text",
    [
        "<planning>\nWe meet on Monday.",
        "{reasoning} is a word in braces.",
        "[Thought] is a club, and [reasoning] another; a < b, c > d.",
        "Reasoning: nothing is better than tea.\nCome in.",
        "Tokens such as <|user|> and `<|im_middle|>` begin a turn, and <!-- a comment.",
        "A `<reflection>` and a <table>: two tags. {x} and ```html\n<plan>\n```",
        "## Reasoning\nThat is a chapter of ours.",
        "Thinking...\nWe will call you.",
        "> 💡 Ask for the soup.\n\nIt is good.",
        "> Thinking of you, she said.\n\nA song.",
        "We sell dreams.\n> 💭 is our sign.",
        "*Thinking...*",
        "~~~\nopen 9\n~~~\nand\n~~~text\nthinking\n~~~",
        "🧠 Brain food is on the menu.\n\nFish, for one.",
        "Razonamiento: ninguno.\nVenga.",
        "<hidden> gems of the town",
        "A part ends with <|end|>, and <|channel|> begins one.",
    ],
)
def test_text_that_only_has_such_words_in_it_is_shown(text: str, size: int) -> None:
    assert reply_to(text, size)[0] == text


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    "begin", ["<think>", "[THINK]", "<longcat_think>", "<|START_THINKING|>", "<details type='reasoning'>"]
)
def test_a_call_that_ends_a_thought_without_end_is_run(begin: str, size: int) -> None:
    shown, reply = reply_to(f"{begin}{SECRET}\n{CALL}", size)
    assert (shown, [(call.name, call.arguments) for call in reply.calls(complete=True)]) == (
        "",
        [("find_times", {"people": 2})],
    )


def test_an_answer_that_is_quoted_thought_alone_shows_nothing() -> None:
    assert reply_to(f"> 💭 {SECRET}\n> Or not?", 7)[0] == ""


@pytest.mark.parametrize("thought", [f"{SECRET} {CALL} Or not?", f"{SECRET} {CALL[11:-12]}", SECRET])
def test_a_call_that_a_thought_only_mentions_is_not_run(thought: str) -> None:
    shown, reply = reply_to(f"<think>{thought}", 7)
    assert (shown, reply.calls(complete=True)) == ("", ())
    shown, reply = reply_to(f"<think>{SECRET} {CALL}</think>{NINE}", 7)
    assert (shown, reply.calls(complete=True)) == (NINE, ())


def test_a_thought_that_names_its_own_mark_ends_all_the_same() -> None:
    assert reply_to(f"<think>I write `<think>` first.</think>{NINE}", 7)[0] == NINE
    assert reply_to(f"<think>I write <think> first.</think>{NINE}", 7)[0] == NINE


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_what_stands_before_the_end_of_a_part_without_beginning_hides_no_answer(size: int) -> None:
    shown, reply = reply_to(f"{SECRET}<|end|><|start|>assistant<|channel|>final<|message|>{NINE}", size)
    assert shown.endswith(NINE)
    assert reply.met_unopened
