"""Tool calls that a model wrote as text, because its server does not know its dialect: taken out, and read."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import Any, Literal

from assistant.providers.completions.call_dialects import read_calls
from assistant.providers.completions.dialects import Dialect, marks
from assistant.providers.completions.json_end import JsonEnd
from assistant.providers.completions.tool_calls import resolved

MAX_BODY_CHARS = 65_536
HEAD_CHARS = 400  # within which it is decided whether something is a call

Verdict = Literal["yes", "no", "wait"]


_LONGEST_END = 40
_CODE_END = re.compile(r"```")
# What is left over behind a call: what separates it from the next, and what ends marks that were never opened.
_BEHIND_CALL = re.compile(r"(?:[\s;,]|</[\w:｜]{1,40}>|<\|(?:eom_id|eot_id|im_end|call|end)\|>|`(?!\w))*")
_BEHIND_CALL_BEGUN = re.compile(r"<(?:/[\w:｜]{0,40}|\|[\w|]{0,10})?\Z")

CALL_FENCES = ("tool_code", "tool_call", "tool_calls", "function_call", "tool", "tool_use")
DATA_FENCES = ("", "json", "python", "py", "javascript", "js", "xml", "text", "plaintext")
NAME_KEYS = ("name", "tool_name", "function_name", "function", "tool", "action", "recipient_name")
OTHER_KEYS = (
    "arguments", "parameters", "args", "input", "action_input", "tool_input", "tool_args", "tool_arguments", "params",
    "kwargs", "id", "type", "tool_calls", "tool_uses", "tool_call", "function_call", "thought", "reasoning",
)  # fmt: skip
# A call in all but its name.
_NAMED_CALL = r'\s*"[\w.:/-]{1,100}"\s*,\s*"(?:arguments|parameters|args|tool_input|action_input|params)"\s*:\s*[{"]'
_NAMED_CALL_BEGUN = r'\s*"[\w.:/-]{0,100}(?:"\s*(?:,\s*(?:"[a-z_]{0,15}(?:"\s*(?::\s*)?)?)?)?)?'
_NAMED = re.compile(r'"(?:name|tool_name|function_name|function|tool|action|recipient_name)"\s*:\s*"([^"\\]*)"')
# A name, and what it is called with.
_CALLED = (
    r"(?::\d{1,3})?[|`]?(?:\(\s*(?:[)\"'{]|\w+\s*[=:])"
    r"|\s{0,3}(?:<\|constrain\|>)?\s?(?:json|code)?\s{0,2}(?:<\|message\|>)?\s?\{\s*(?:[\"'}]|\w+\s*:))"
)
_CALLED_BEGUN = (
    r"(?::\d{0,3})?[|`]?(?:\(\s*\w{0,60}\s*"
    r"|\s{0,3}(?:<[|a-z>]{0,12})?\s?(?:j|js|jso|json|c|co|cod|code)?\s{0,2}(?:<[|a-z>]{0,12})?\s?(?:\{\s*\w{0,60}\s*)?)"
)
_PYTHON_CALL = r"[a-z]+_\w{1,80}\(\s*\w{1,60}\s*="
_PYTHON_CALL_BEGUN = r"[a-z]\w{0,80}(?:\(\s*\w{0,60}\s*)?"
_REACT_CALL = r"[\w.:-]{1,100}[ \t]*\n\s*action[ _]input\s*:"
_REACT_CALL_BEGUN = r"[\w.:-]{0,100}[ \t]*(?:\n\s*[a-z _]{0,14})?"
_FIRST_KEY = re.compile(r'(?:\[\s{0,40}+)?\{\s*"([^"\\]{1,40})"\s*:\s*')
_FIRST_KEY_BEGUN = re.compile(r'(?:\[\s{0,40}+)?(?:\{\s*(?:"([^"\\]{0,40})(?:"\s*)?)?)?\Z')


class WrittenCalls:
    """Text without the calls in it. `tools` are the parameters' schemas of the assistant's tools, by name; `offered` those
    of them that may be called now, by itself all.

    Text is held back only as long as it may yet become a call. `calls` are those that can be run; `unread` says that
    there was one that cannot: it names no tool that was offered, or its arguments are not readable.
    """

    def __init__(self, tools: Mapping[str, Mapping[str, Any]], offered: Container[str] | None = None) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.unread = False
        self._tools = tools
        self._offered = tools if offered is None else offered
        self._marks = marks(tuple(tools))
        self._held = ""
        self._in_code = False
        self._behind_call = False
        self._line_begins = True
        self._last_shown = ""
        self._dialect: Dialect | None = None  # of the call that we are in
        self._body: list[str] = []
        self._chars = 0
        self._tail = ""  # the end of the body, where its closing mark may have begun
        self._end = JsonEnd()

    def feed(self, text: str) -> str:
        return self._scan(self._held + text, final=False)

    def close(self) -> str:
        """What was held back and turned out to be text."""
        shown = self._scan(self._held, final=True)
        if self._dialect:
            self._finish()
        return shown

    def take(self, name: str, body: str) -> None:
        """A call that another reader found: its name, and its arguments as text."""
        self._read(f"{name}\n{body}")

    def _scan(self, text: str, final: bool) -> str:
        self._held = ""
        shown: list[str] = []
        at = 0
        while at < len(text):
            if self._dialect:
                at = self._go_on(text, at)
                continue
            if self._in_code:
                at = self._code(text, at, shown, final)
                continue
            if self._behind_call:
                behind = _BEHIND_CALL.match(text, at)
                at = behind.end() if behind else at
                if at == len(text) or (not final and _BEHIND_CALL_BEGUN.match(text, at)):
                    self._held = text[at:]
                    break
                self._behind_call = False
            mark = self._marks.search(text, at)
            if mark is None:
                until = len(text) if final else self._begun(text, at)
                self._show(text[at:until], shown)
                self._held = text[until:]
                break
            self._show(text[at : mark.start()], shown)
            at = mark.start()
            verdict = self._verdict(mark, text, final)
            if verdict == "wait" and not final:
                self._held = text[at:]
                break
            at = self._decide(mark, text, verdict, shown)
        return "".join(shown)

    def _decide(self, mark: re.Match[str], text: str, verdict: Verdict, shown: list[str]) -> int:
        """Go into a call, or on with the text; returns where."""
        dialect = self._marks.by_mark[mark[0].lower()]
        if verdict == "no" or (verdict == "wait" and not dialect.certain):
            self._show(mark[0], shown)
            self._in_code = dialect.mark == "```"
            return mark.end()
        self._dialect, self._body, self._chars, self._tail, self._end = dialect, [], 0, "", JsonEnd()
        if dialect.end is None or dialect.part:
            self._body.append(mark[0] if dialect.end is not None else "")
            return mark.start() if dialect.end is None else mark.end()
        return mark.end()

    def _code(self, text: str, at: int, shown: list[str], final: bool) -> int:
        """Code that is shown: nothing in it is a call."""
        end = _CODE_END.search(text, at)
        until = end.end() if end else len(text) if final else at + len(text[at:].rstrip("`"))
        self._show(text[at:until], shown)
        self._in_code = end is None
        self._held = "" if end else text[until:]
        return until if end else len(text)

    def _go_on(self, text: str, at: int) -> int:
        """Within a call: up to its end, or the end of `text`."""
        assert self._dialect
        if self._dialect.end is None:
            end = self._end.feed(text, at)
            after = end if end >= 0 else len(text)
            self._body.append(text[at:after])
        else:
            searched = self._tail + text[at:]
            pattern = self._marks.ends[self._dialect.mark]
            found = pattern.search(searched) if pattern else None
            end = at + found.end() - len(self._tail) if found else -1
            after = end if found else len(text)
            self._body.append(text[at:after])
            self._tail = searched[-max(_LONGEST_END, self._marks.longest) :]
        self._chars += after - at
        if end >= 0:
            self._finish()
        elif self._chars > MAX_BODY_CHARS:
            self._body = []  # no call is that long: it is hidden, and not kept
        return after

    def _finish(self) -> None:
        assert self._dialect
        body, dialect = "".join(self._body), self._dialect
        self._dialect, self._body, self._tail = None, [], ""
        self._behind_call = True
        if dialect.mark == "<tool_response>":
            return
        if pattern := self._marks.ends[dialect.mark]:
            # The mark that ends it is no part of it, but for tags that belong to the call.
            ends = [end.start() for end in pattern.finditer(body)]
            if ends and not dialect.part:
                body = body[: ends[-1]]
        if dialect.mark == "```":
            body = re.sub(r"\A[ \t]*[a-z_]*[ \t]*\n", "", body, flags=re.IGNORECASE)
        self._read(body if self._chars <= MAX_BODY_CHARS else "")

    def _read(self, body: str) -> None:
        calls = read_calls(body, self._tools)
        self.unread = self.unread or not calls
        for name, arguments in calls:
            known = resolved(name, self._tools)
            if known in self._tools and known in self._offered and arguments is not None:
                self.calls.append((known, arguments))
            else:
                self.unread = True

    def _show(self, text: str, shown: list[str]) -> None:
        if text:
            shown.append(text)
            self._last_shown = text[-1]
            line = text.rpartition("\n")
            self._line_begins = not line[2].strip() and (bool(line[1]) or self._line_begins)

    # --- Is it one? ---------------------------------------------------------------------------------------------------

    def _begun(self, text: str, start: int) -> int:
        """Where a mark may have begun whose end has not come, or the length of `text`. Within a word, none begins with a
        letter: most words end in letters that a tool's name may begin with."""
        first = max(start, len(text) - self._marks.longest + 1)
        before = text[first - 1] if first else self._last_shown
        small = text[first:].lower()
        if len(small) != len(text) - first:
            small = "".join(letter.lower()[0] for letter in text[first:])  # some are two in lower case
        for place, letter in enumerate(small):
            within = letter.isalpha() and (before.isalnum() or before == "_")
            if not within and small[place:] in self._marks.beginnings:
                return first + place
            before = letter
        return len(text)

    def _verdict(self, mark: re.Match[str], text: str, final: bool) -> Verdict:
        if not final and text[mark.start() : mark.start() + self._marks.longest].lower() in self._marks.beginnings:
            return "wait"  # it may become a longer mark
        head = text[mark.end() : mark.end() + HEAD_CHARS]
        dialect = self._marks.by_mark[mark[0].lower()]
        verdict = self._of(dialect, head)
        if verdict == "wait" and len(head) == HEAD_CHARS:
            return "no"
        return verdict

    def _of(self, dialect: Dialect, head: str) -> Verdict:
        if dialect.name:
            return _of_pattern(_CALLED, _CALLED_BEGUN, head)
        match dialect.mark:
            case "{":
                return self._of_json("{" + head)
            case "[":
                bare = head.lstrip()
                if bare[:1] in ("", "{"):
                    return self._of_json("[" + head) if bare else "wait"
                known = self._of_python(bare)
                unknown = known == "no" and self._tools
                return _of_pattern(_PYTHON_CALL, _PYTHON_CALL_BEGUN, bare) if unknown else known
            case "```":
                return self._of_fence(head)
            case ">>>" | "action:" | "tool call:" | "function call:":
                return self._of_line(head, dialect) if self._line_begins else "no"
            case "<tool_response>":
                return "yes" if self.calls or self.unread else "no"
            case mark if mark[-1] == "=":
                return _of_pattern(r'\s*["\']?[\w.:-]{1,100}["\']?\s*[>{]', r'\s*["\']?[\w.:-]{0,100}["\']?\s*', head)
            case "<|recipient|>" if head.lstrip()[:3] in ("", "a", "al", "all"):
                return "no" if head.lstrip()[:3] == "all" else "wait"
            case "functools[":
                return _of_pattern(r"\s*\{", r"\s*", head)
        return _of_certain(head)

    def _of_json(self, text: str) -> Verdict:
        """Whether JSON that begins like this is a call of a tool that was offered."""
        key = _FIRST_KEY.match(text)
        if key is None:
            begun = _FIRST_KEY_BEGUN.match(text)
            word = (begun[1] or "") if begun else ""
            keys = (*NAME_KEYS, *OTHER_KEYS, *self._tools)
            return "wait" if begun and any(known.startswith(word) for known in keys) else "no"
        rest = text[key.end() :]
        if resolved(key[1], self._tools) in self._tools and rest[:1] in ("", "{"):
            return "yes" if rest else "wait"
        if key[1] not in (*NAME_KEYS, *OTHER_KEYS):
            return "no"
        names = [found[1] for found in _NAMED.finditer(text)]
        if any(resolved(name, self._tools) in self._tools for name in names):
            return "yes"
        if key[1] in OTHER_KEYS or rest[:1] in ("", "{"):
            return "wait"
        return _of_pattern(_NAMED_CALL, _NAMED_CALL_BEGUN, rest) if self._tools else "no"

    def _of_python(self, text: str) -> Verdict:
        """Whether `text` begins with a call of a tool that was offered, as Python writes it."""
        found = re.match(r"(?:print\(\s*)?([\w.]{1,100})(\s*\(?)", text)
        if not found:
            return "no"
        if found[2].endswith("("):
            return "yes" if resolved(found[1].removesuffix(".call"), self._tools) in self._tools else "no"
        if found.end() < len(text):
            return "no"
        last = found[1].rpartition(".")[2]
        begun = any(
            name.casefold().startswith(last.casefold()) for name in (*self._tools, "default_api", "functions", "print")
        )
        return "wait" if begun else "no"

    def _of_fence(self, head: str) -> Verdict:
        language, newline, body = head.partition("\n")
        if language.lstrip()[:1] in ("{", "["):
            language, newline, body = "", "\n", head
        language = language.strip().lower()
        if not newline:
            return "wait" if any(one.startswith(language) for one in (*CALL_FENCES, *DATA_FENCES)) else "no"
        body = body.lstrip()
        if language in CALL_FENCES:
            return _of_certain(body)
        if language not in DATA_FENCES:
            return "no"
        if not body:
            return "wait"
        if body[0] == "{" or body.startswith("[") and body[1:].lstrip()[:1] in ("", "{"):
            return self._of_json(body)
        if body[0] == "<":
            tag = next((one for one in self._marks.by_mark if one[0] == "<" and body.lower().startswith(one)), "")
            if tag:
                return self._of(self._marks.by_mark[tag], body[len(tag) :])
            return "wait" if body.lower() in self._marks.beginnings else "no"
        return self._of_python(body.lstrip("["))

    def _of_line(self, head: str, dialect: Dialect) -> Verdict:
        body = head.lstrip()
        if not body or body in ("`", "``"):
            return "wait"
        if body.startswith("```"):
            return self._of_fence(body[3:])
        if body[0] in "[{":
            return self._of_json(body)
        found = re.match(r"([\w.:-]{1,100})(\s*)(.?)", body)
        if not found:
            return "no"
        if not found[3]:
            return "wait"
        following = found[3] in "{(" or "\n" in found[2]
        if following and resolved(found[1], self._tools) in self._tools:
            return "yes"
        return _of_pattern(_REACT_CALL, _REACT_CALL_BEGUN, body.lower()) if self._tools else "no"


def _of_certain(head: str) -> Verdict:
    """Whether what follows a certain mark is a call, or prose about the mark."""
    body = head.lstrip()
    if not body or body in ("`", "``", "<"):
        return "wait"
    if body[0] in "{[" or body.startswith("```") or re.match(r"</?[\w|｜]", body):
        return "yes"
    return _of_pattern(r"[\w.:-]{1,100}[ \t]*(?:[({\[<｜\"]|\n\s*[({<`])", r"[\w.:-]{1,100}[ \t]*(?:\n\s*)?", body)


def _of_pattern(whole: str, begun: str, text: str) -> Verdict:
    if re.match(whole, text):
        return "yes"
    return "wait" if re.fullmatch(begun, text) else "no"
