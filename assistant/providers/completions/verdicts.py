"""Patterns for how calls begin, each with a form for text that is still arriving."""

from __future__ import annotations

import re
from typing import Literal

from assistant.providers.completions.dialects import BEFORE_NAMES

Verdict = Literal["yes", "no", "wait"]

# What is left over after a call: what separates it from the next, and what ends marks that were never opened.
BEHIND_CALL = re.compile(
    r"(?:[\s;,]|</[\w:｜]{1,40}>|<\|(?:eom_id|eot_id|im_end|calls?|end)\|>|<\|close\|>message<\|sep\|>|`(?!\w)"
    r"|\[/[\w ]{1,20}\]|<[|｜]tool[\w▁]{1,20}end[|｜]>)*"
)
BEHIND_CALL_BEGUN = re.compile(
    r"<(?:/[\w:｜]{0,40}|[|｜](?:t(?:ool[\w▁]{0,24}[|｜]?|oo?)?)?|\|[\w|]{0,10}(?:>(?:m\w{0,6})?(?:<[\w|]{0,5})?)?)?\Z"
    r"|\[(?:/[\w ]{0,20})?\Z"
)

# What the prompt of a ReAct agent has in the place of the call, before the call itself.
PLACEHOLDER = re.compile(r"\$[A-Z][A-Z_]{2,30}\b[ \t]*[:=]?\s*(?=[`{\[])")
PLACEHOLDER_BEGUN = re.compile(r"\$(?:[A-Z][A-Z_]{0,30}[ \t]*[:=]?\s*)?\Z")

CALL_FENCES = ("tool_code", "tool_call", "tool_calls", "function_call", "tool", "tool_use")
DATA_FENCES = (
    "", "json", "python", "py", "javascript", "js", "xml", "text", "plaintext", "bash", "sh", "shell", "console",
)  # fmt: skip
NAME_KEYS = (
    "name", "tool_name", "function_name", "function", "tool", "action", "recipient_name", "method", "command", "api",
)  # fmt: skip
OTHER_KEYS = (
    "arguments", "parameters", "args", "input", "action_input", "tool_input", "tool_args", "tool_arguments", "params",
    "kwargs", "id", "type", "tool_calls", "tool_uses", "tool_call", "function_call", "thought", "reasoning",
    "plan", "reason", "explanation", "actions", "calls", "jsonrpc",
)  # fmt: skip
# A call in all but its name.
NAMED_CALL = r'\s*"[\w.:/-]{1,100}"\s*,\s*"(?:arguments|parameters|args|tool_input|action_input|params)"\s*:\s*[{"]'
NAMED_CALL_BEGUN = r'\s*"[\w.:/-]{0,100}(?:"\s*(?:,\s*(?:"[a-z_]{0,15}(?:"\s*(?::\s*)?)?)?)?)?'
NAMED = re.compile(
    r'"(?:name|tool_name|function_name|function|tool|action|recipient_name|method|command|api)"\s*:\s*"([^"\\]*)"'
)
# A name, and what it is called with.
CALLED = (
    r"(?::\d{1,3})?[|`]?(?:\(\s*(?:[)\"'{]|\w+\s*[=:])|[\"']\s*,\s*(?:\w+\s*=\s*)?\{"
    r"|:\s?\{\s*[\"'}]|[ \t]with\b[^\n{]{0,30}\{\s*[\"'}]"
    r"|\s{0,3}\n\s*```(?:python|json)?\s*\n?\s*(?:tool_call\(|\{)"
    r"|\s{0,3}(?:commentary\s)?(?:<\|constrain\|>)?\s?(?:json|code)?\s{0,2}(?:<\|message\|>)?\s?\{\s*(?:[\"'}]|\w+\s*:))"
)
CALLED_BEGUN = (
    r"(?::\d{0,3})?[|`]?(?::\s?(?:\{\s*)?|[ \t](?:w|wi|wit|with\b[^\n{]{0,30}(?:\{\s*)?)"
    r"|\(\s*\w{0,60}\s*|[\"']\s*(?:,\s*(?:\w{0,20}\s*=?\s*)?)?"
    r"|\s{0,3}\n\s*`{0,3}(?:p|py|pyt|pyth|pytho|python|j|js|jso|json)?\s*\n?\s*(?:t\w{0,8}\(?)?"
    r"|\s{0,3}(?:c|co|com|comm|comme|commen|comment|commenta|commentar|commentary)?"
    r"|\s{0,3}(?:commentary\s)?(?:<[|a-z>]{0,12})?\s?(?:j|js|jso|json|c|co|cod|code)?\s{0,2}(?:<[|a-z>]{0,12})?\s?(?:\{\s*\w{0,60}\s*)?)"
)
PYTHON_CALL = r"[a-z]+_\w{1,80}\(\s*\w{1,60}\s*="
PYTHON_CALL_BEGUN = r"[a-z]\w{0,80}(?:\(\s*\w{0,60}\s*)?"
# After a label that says it is a call: the name, and its arguments on the next line or after a bracket.
_GIVEN = r"(?:action[ _]input|tool[ _]input|arguments|parameters|params|args|input)"
LABELLED_CALL = (
    rf"[`*]*[\w.:-]{{1,100}}[`*]*(?:[ \t]+with\b[^\n{{]{{0,30}}\{{"
    rf"|[ \t]*\n+\s*[`*]*{_GIVEN}[`*]*\s*:|[ \t]*\n*```|[ \t]*\[\s*\{{)"
)
LABELLED_CALL_BEGUN = (
    r"[`*]*[\w.:-]{0,100}[`*]*[ \t]*(?:\[\s*|w|wi|wit|with\b[^\n{]{0,30}|`{0,2}|\n+\s*[`*]*[a-z _]{0,14}[`*]*\s*)"
)
BRACKETED_CALL = rf"`?[\w.:-]{{1,100}}`?\s*(?:[({{]|,?\s?(?:with\b|{_GIVEN}\b)[^\]\n{{]{{0,30}}\{{)"
BRACKETED_CALL_BEGUN = r"`?[\w.:-]{0,100}`?\s*(?:,?\s?(?:[a-z _]{0,14}|(?:with|arg|par|inp|act|tool)[^\]\n{]{0,44}))?"
# `[call: name] {…`: the arguments are behind the bracket.
NAME_IN_BRACKETS = re.compile(
    rf"\s*\[?`?(?P<name>[\w.:-]{{1,100}})`?\s*(?:[\])}}*]{{1,2}})\s{{0,9}}(?:[`*]*{_GIVEN}[`*]*\s*:\s{{0,9}})?"
    r"(?:```\w{0,20}\s{0,9}|`)?(?=\{\s*[\"'}])",
    re.IGNORECASE,
)
NAME_IN_BRACKETS_BEGUN = re.compile(
    r"\s*\[?`?(?P<name>[\w.:-]{0,100})`?\s*(?:[\])}*]{1,2}\s{0,9}[`*]*[a-z _]{0,14}[`*]*\s{0,9}:?\s{0,9}"
    r"(?:`{0,3}\w{0,20}\s{0,9})?(?:\{\s*)?)?\Z",
    re.IGNORECASE,
)
# `name --key value`, `name key=value`, and nothing else in the line.
_VALUE = r"(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"'\-][^\s\"']*)"
SHELL_CALL = rf"(?:[ \t]+(?:--[a-z][\w-]*(?:[= ]{_VALUE})?|[a-z]\w*={_VALUE}))+`?[ \t]*(?:\n|\Z)"
SHELL_CALL_BEGUN = r"[ \t]*(?:[ \t](?:-{1,2}|--[a-z].*|[a-z]\w*|[a-z]\w*=.*))?"
_MINIMAX = "]<]minimax[>["  # before each tag of MiniMax M3
BEFORE_NAME = re.compile("|".join(map(re.escape, sorted(filter(None, BEFORE_NAMES), key=len, reverse=True))), re.IGNORECASE)
FIRST_KEY = re.compile(r'(?:\[\s{0,40}+)?\{\s*"([^"\\]{1,40})"\s*:\s*')
FIRST_KEY_BEGUN = re.compile(r'(?:\[\s{0,40}+)?(?:\{\s*(?:"([^"\\]{0,40})(?:"\s*)?)?)?\Z')


def of_certain(head: str) -> Verdict:
    """Whether what follows a certain mark is a call, or prose about the mark."""
    body = head.replace(_MINIMAX, "").lstrip()
    if not body or body in ("`", "``", "<") or _MINIMAX.startswith(body):
        return "wait"
    if body[0] in "{[" or body.startswith("```") or re.match(r"</?[\w|｜]", body):
        return "yes"
    return of_pattern(r"[\w.:-]{1,100}[ \t]*(?:[({\[<｜\"]|\n\s*[({<`])", r"[\w.:-]{1,100}[ \t]*(?:\n\s*)?", body)


def of_pattern(whole: str, begun: str, text: str) -> Verdict:
    if re.match(whole, text):
        return "yes"
    return "wait" if re.fullmatch(begun, text) else "no"
