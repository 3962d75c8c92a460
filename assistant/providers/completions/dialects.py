"""Dialects: every known way of writing a tool call into the text, with the models it was seen with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

# What models write before a tool's name where their server takes the marks away, or nobody taught them any.
BEFORE_NAMES = (
    "", "`", "functions.", "`functions.", "default_api.", "call:", "|functions.", "to=functions.", "to=",
    "commentary to=functions.", "commentary to=", "assistantcommentary to=functions.", "assistantcommentary to=",
    "assistant commentary to=functions.", "assistant commentary to=", "assistant to=functions.", "assistant to=", ">>>",
    "call `", "calling `",
    "await ", "print(", "result = ", "response = ", "call ", "calling ", "calling function ", "calling tool ", "call: ",
    "- ", "* ", "> ", "$ ", "/", "@", "#", "- `", "* `", "🔧 ", "🛠️ ", "tools.", "self.", "client.", "api.",
    'call_tool("', "call_tool('", 'call_tool(name="', 'use_tool("', "use_tool('", 'client.call_tool("',
    'await client.call_tool("', 'session.call_tool("', 'await session.call_tool("', 'invoke("', 'call_function("',
)  # fmt: skip
# Marks that occur in no sentence. A name after any other mark is a call only if its line says nothing else: see `context`.
NEVER_IN_SENTENCES = ("functions.", "default_api.", "to=")
# What models without a format of their own write before a call, and how they set it off.
LABELS = (
    "tool call", "tool_call", "tool calls", "tool_calls", "tool use", "tool_use", "tool", "function call", "function_call",
    "function", "action", "calling tool", "calling function", "calling", "using tool", "using function", "using", "call",
    "api call", "api", "json_blob",
)  # fmt: skip
BRACKETED = (
    "tool call", "tool_call", "tool use", "tool_use", "function call", "function_call", "calling tool", "calling function",
    "used tool", "using tool", "use tool", "tool", "call", "calling", "function", "action", "invoke",
)  # fmt: skip


@dataclass(frozen=True)
class Dialect:
    """How calls in one way of writing begin and end. `end` is a pattern; empty: with the answer; None: with the JSON value.

    Where the mark is `certain`, nothing but a call begins like this, and one that cannot be read is hidden all the same.
    Otherwise it is one only if it names a tool of ours. `part`: the mark and the end belong to the call.
    """

    mark: str
    end: str | None
    seen: str
    certain: bool = True
    part: bool = False
    name: bool = False  # the mark is a tool's name
    line: bool = False  # the mark counts only where a line begins
    within: bool = False  # the mark may follow a letter without a space
    bracket: bool = False  # the mark is a bracket and a label: the name within it, the arguments too or behind it
    made_up: bool = False  # what a model makes up as the answer to its call


DIALECTS = (
    Dialect("<tool_call>", r"</tool_call>", "Qwen, Hermes; GLM 4.5 with <arg_key>; Granite 3"),
    Dialect("<tool_call name=", r"</tool_call>", "prompted models", part=True),
    Dialect("<tool_calls>", r"</tool_calls>", "Jamba, Hunyuan"),
    Dialect("<tools>", r"</tools>", "Qwen2.5-Coder"),
    Dialect("<tool>", r"</(?:arguments|parameters|args|params|input)>", "prompted models"),
    Dialect("<tool name=", r"</tool>", "prompted models", part=True),
    Dialect("<execute_tool>", r"</execute_tool>", "prompted models"),
    Dialect("<use_mcp_tool>", r"</use_mcp_tool>", "MiroThinker, and models trained on Cline's format"),
    Dialect("<longcat_tool_call>", r"</longcat_tool_call>", "LongCat"),
    Dialect("<toolcall>", r"</toolcall>", "Nemotron"),
    Dialect("<function_call>", r"</function_call>", "Hermes' forerunners, EXAONE"),
    Dialect("<function_call name=", r"</function_call>", "Jan, prompted models", part=True),
    Dialect("<xai:function_call name=", r"</xai:function_call>", "Grok", part=True),
    Dialect("<function_name>", r"</(?:arguments|parameters|args|params|input)>", "prompted models", part=True),
    Dialect("<function>", r"</(?:arguments|parameters|args|params|input)>", "prompted models"),
    Dialect("<functioncall>", r"</functioncall>|<\|endoftext\|>", "Glaive"),
    Dialect("<function_calls>", r"</function_calls>", "Anthropic's, OLMo 3"),
    Dialect("<tool_use>", r"</tool_use>", "prompted models"),
    Dialect("<tool_code>", r"</tool_code>", "Gemma"),
    Dialect("<invoke name=", r"</invoke>", "Anthropic's, without what is around it", part=True),
    Dialect("<steptml:invoke name=", r"</steptml:invoke>", "Step 3, without what is around it", part=True),
    Dialect("<antml:function_calls>", r"</antml:function_calls>", "Claude"),
    Dialect("<antml:invoke name=", r"</antml:invoke>", "Claude, without what is around it", part=True),
    Dialect("<function=", r"</function>", "Llama 3.1, Functionary 3.1, Qwen3-Coder, Groq's failed_generation", part=True),
    Dialect("<function name=", r"</function>", "MiniCPM", part=True),
    Dialect("<minimax:tool_call>", r"</minimax:tool_call>", "MiniMax M2"),
    Dialect("<seed:tool_call>", r"</seed:tool_call>", "ByteDance Seed"),
    Dialect("<｜dsml｜function_calls>", r"</｜dsml｜function_calls>", "DeepSeek 3.2"),
    Dialect("<｜dsml｜tool_calls>", r"</｜dsml｜tool_calls>", "DeepSeek 4"),
    Dialect("<｜dsml｜invoke name=", r"</｜dsml｜invoke>", "DeepSeek 3.2 and 4, without what is around it", part=True),
    Dialect("]<]minimax[>[<tool_call>", r"\]<\]minimax\[>\[</tool_call>", "MiniMax M3"),
    Dialect("<|open|>tools<|sep|>", r"<\|close\|>tools(?:message)?<\|sep\|>", "Kimi K3"),
    Dialect("<|open|>toolscall ", r"<\|close\|>tools(?:message)?<\|sep\|>", "Kimi K3, half of its tokens lost", part=True),
    Dialect("<tool-call>", r"</tool-call>", "prompted models"),
    Dialect("<call>", r"</call>", "prompted models"),
    Dialect("<functions>", r"</functions>", "prompted models"),
    Dialect("<action>", r"</action_input>", "prompted models"),
    Dialect("<|functioncallbegin|>", r"<\|functioncallend\|>", "Doubao"),
    Dialect("<|function_call_begin|>", r"<\|function_call_end\|>", "copies of Kimi"),
    Dialect("<|message_sep|>\n\nfunction call<|role_sep|>", "", "GigaChat 3"),
    Dialect("function call<|role_sep|>", "", "GigaChat 3, without the mark before"),
    Dialect("assistantcommentary to=", "", "gpt-oss, without its tokens", within=True),
    Dialect("✿function✿", "", "Qwen through Qwen-Agent", part=True),
    Dialect("[toolcall]", r"\[/toolcall\]", "prompted models"),
    Dialect("[function_call]", r"\[/function_call\]", "prompted models"),
    Dialect("[function call]", r"\[/function call\]", "prompted models"),
    Dialect("[tool call]", r"\[/tool call\]", "prompted models"),
    Dialect("[use_tool]", "", "prompted models"),
    Dialect("<|tool_call|>", r"<\|/tool_call\|>|</\|tool_call\|>", "Granite 3, Phi 4"),
    Dialect("<|tool_call>", r"<tool_call\|>", "Gemma 4"),
    Dialect("<start_function_call>", r"<end_function_call>", "FunctionGemma"),
    Dialect("<|tool_calls_section_begin|>", r"<\|tool_calls_section_end\|>", "Kimi K2"),
    Dialect("<|tool_call_section_begin|>", r"<\|tool_call_section_end\|>", "Kimi K2"),
    Dialect("<|tool_call_begin|>", r"<\|tool_call_end\|>", "Kimi K2"),
    Dialect("<|tool_calls_begin|>", r"<\|tool_calls_end\|>", "Step 3, and DeepSeek's in plain letters"),
    Dialect("<|tool▁calls▁begin|>", r"<\|tool▁calls▁end\|>", "copies of DeepSeek"),
    Dialect("<|tool▁call▁begin|>", r"<\|tool▁call▁end\|>", "copies of DeepSeek"),
    Dialect("<｜tool▁calls▁begin｜>", r"<｜tool▁calls▁end｜>", "DeepSeek 3 and R1"),
    Dialect("<｜tool▁call▁begin｜>", r"<｜tool▁call▁end｜>", "DeepSeek 3 and R1"),
    Dialect("function<｜tool▁sep｜>", r"<｜tool▁call▁end｜>", "DeepSeek 3, without the marks before"),
    Dialect("<|tool_call_start|>", r"<\|tool_call_end\|>", "LFM2"),
    Dialect("<|tools_prefix|>", r"<\|tools_suffix\|>", "Apertus"),
    Dialect("<|start_action|>", r"<\|end_action\|>", "Command R7B and A"),
    Dialect("<|action_start|>", r"<\|action_end\|>", "InternLM"),
    Dialect("<|plugin|>", r"<\|action_end\|>", "InternLM"),
    Dialect("<|function_call|>", r"<\|/function_call\|>", "GigaChat"),
    Dialect("<|tool_calls|>", r"<\|calls\|>", "Solar"),
    Dialect("<|tool_call:begin|>", r"<\|tool_call:end\|>", "Solar"),
    Dialect("<|python_start|>", r"<\|python_end\|>", "Llama 4"),
    Dialect("-> tool/function_call", r"<\|im_end\|>", "HyperCLOVA X"),
    Dialect("[unused11]", r"\[unused12\]", "openPangu"),
    Dialect("[tool_call]", r"\[/tool_call\]", "MiniMax M1"),
    Dialect("<|python_tag|>", r"<\|eom_id\|>|<\|eot_id\|>", "Llama 3"),
    Dialect("<|recipient|>", "", "Functionary 2"),
    Dialect("[tool_calls]", r"</s>", "Mistral"),
    Dialect("[tool_request]", r"\[end_tool_request\]", "LM Studio"),
    Dialect("functools[", "", "Phi 4 mini, Firefunction", part=True),
    Dialect("functools [", "", "Phi 4 mini", part=True),
    Dialect(">>>", "", "Functionary 3", certain=False, line=True),
    *(
        Dialect(mark, "", "prompted models; Command R and ReAct with `action`", certain=False, line=True)
        for label in LABELS
        for mark in (f"{label}:", f"**{label}:**", f"**{label}**:", f"### {label}\n", f"### {label}:")
    ),
    Dialect("$", None, "ReAct, with what its prompt has in the call's place", certain=False, line=True),
    *(
        Dialect(mark, None, "prompted models", certain=False, line=mark[0] != "[", bracket=True)
        for label in BRACKETED
        for mark in (f"[{label}:", f"[{label} ", f"({label}:", f"**{label}: ", f"{{{{{label}:")
    ),
    Dialect("```", r"```", "any", certain=False),
    Dialect("<", "", "any that there is no row for", certain=False, part=True, line=True),
    Dialect("{", None, "Llama 3, and any", certain=False),
    Dialect("[", None, "xLAM; [name(argument=…)] of Llama 4 and others", certain=False),
    Dialect("<tool_response>", r"</tool_response>", "Qwen", made_up=True),
    Dialect("<tool_result>", r"</tool_result>", "prompted models", made_up=True),
    Dialect("<function_results>", r"</function_results>", "Claude", made_up=True),
    Dialect("<start_function_response>", r"<end_function_response>", "FunctionGemma", made_up=True),
    Dialect("<｜tool▁outputs▁begin｜>", r"<｜tool▁outputs▁end｜>", "DeepSeek 3", made_up=True),
    Dialect("[tool_results]", r"\[/tool_results\]", "Mistral", made_up=True),
)


@dataclass(frozen=True)
class Marks:
    """What may begin a call where tools of certain names exist."""

    names: tuple[str, ...]
    by_mark: dict[str, Dialect] = field(init=False)
    pattern: re.Pattern[str] = field(init=False)
    longest: int = field(init=False)
    beginnings: frozenset[str] = field(init=False)
    openings: frozenset[str] = field(init=False)  # the first two letters of those beginnings, or their only one
    endings: frozenset[str] = field(init=False)  # the last three of those that have so many
    ends: dict[str, re.Pattern[str] | None] = field(init=False)
    within: frozenset[str] = field(init=False)  # the beginnings of those that may begin within a word
    _signs: re.Pattern[str] = field(init=False)  # the characters that marks begin with, other than letters
    _spelt: re.Pattern[str] = field(init=False)  # of those that begin with a letter, what all of them hold

    def search(self, text: str, at: int) -> re.Match[str] | None:
        """The first mark from `at` on. A token hardly ever has one, and trying all of them at every letter is slow."""
        if text.isascii() and not self._signs.search(text, at) and not self._spelt.search(text.lower()):
            return None
        return self.pattern.search(text, at)

    def __post_init__(self) -> None:
        fixed = [*DIALECTS, *(tag for name in self.names for tag in _tags(name))]
        spelt_names = [*self.names, *(name.replace("_", "\\_") for name in self.names if "_" in name)]  # as in Markdown
        named = [_called(before, name) for name in spelt_names for before in BEFORE_NAMES]
        by_mark = {dialect.mark: dialect for dialect in (*fixed, *named)}
        literal = _one_of(fixed)
        # A name within a word, or after the bracket of a tag, is not a call. What precedes names is tried once for all of
        # them: written out, they are hundreds of marks.
        names = "|".join(map(re.escape, sorted(spelt_names, key=len, reverse=True)))
        before = "|".join(map(re.escape, sorted(BEFORE_NAMES, key=len, reverse=True)))
        spelled = rf"(?:{_APART}|(?=[`|]))(?:{before})(?:{names})"
        spelt = [mark for mark in by_mark if mark[0].isalpha()]
        signs = {re.escape(mark[0]) for mark in by_mark if not mark[0].isalpha()}
        beginnings = frozenset(mark[:length] for mark in by_mark for length in range(1, len(mark)))
        for name, value in (
            ("by_mark", by_mark),
            ("pattern", re.compile(f"{literal}|{spelled}" if self.names else literal, re.IGNORECASE)),
            ("longest", max(map(len, by_mark))),
            ("beginnings", beginnings),
            ("openings", frozenset(beginning[:2] for beginning in beginnings)),
            ("endings", frozenset(beginning[-3:] for beginning in beginnings if len(beginning) > 2)),
            ("ends", {mark: re.compile(one.end, re.IGNORECASE) if one.end else None for mark, one in by_mark.items()}),
            ("within", frozenset(mark[:n] for mark, one in by_mark.items() if one.within for n in range(1, len(mark)))),
            ("_signs", re.compile("|".join(signs))),
            ("_spelt", re.compile("|".join(re.escape(mark) for mark in spelt if not _holds_another(mark, spelt)))),
        ):
            object.__setattr__(self, name, value)


def _holds_another(mark: str, marks: list[str]) -> bool:
    return any(other in mark for other in marks if other != mark)


_APART = r"(?<![\w</])"


def _one_of(dialects: Iterable[Dialect]) -> str:
    """A pattern for their marks, the longest first. A mark that begins with a letter begins a word."""
    by_length = sorted(dialects, key=lambda one: len(one.mark), reverse=True)
    return "|".join((_APART if one.mark[0].isalpha() and not one.within else "") + re.escape(one.mark) for one in by_length)


def _tags(name: str) -> tuple[Dialect, Dialect]:
    end, seen = rf"</{re.escape(name)}>", "models trained on Cline's format"
    return (
        Dialect(f"<{name}>".lower(), end, seen, part=True),
        Dialect(f"<{name} ".lower(), rf"/>|{end}", seen, certain=False, part=True),
    )


def _called(before: str, name: str) -> Dialect:
    return Dialect(f"{before}{name}".lower(), None, "gpt-oss, Kimi and others without marks", certain=False, name=True)


@lru_cache(maxsize=64)
def marks(names: tuple[str, ...]) -> Marks:
    """Those of all dialects, and the names themselves: as a tag, and as the function that is called."""
    # A model may have made one up.
    return Marks(tuple(name for name in names if re.fullmatch(r"[A-Za-z_][\w.-]{2,99}", name)))
