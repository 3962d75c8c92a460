"""Tool calls that a model wrote as text, because its server does not know its dialect: removed and parsed."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import Any

from assistant.providers.completions.call_dialects import read_calls
from assistant.providers.completions.context import place
from assistant.providers.completions.dialects import NEVER_IN_SENTENCES, Dialect, marks
from assistant.providers.completions.json_end import JsonEnd
from assistant.providers.completions.machine_text import end_of_tag, mentions, of_machine_text
from assistant.providers.completions.tool_calls import resolved
from assistant.providers.completions.verdicts import (
    BEFORE_NAME,
    BEHIND_CALL,
    BEHIND_CALL_BEGUN,
    BRACKETED_CALL,
    BRACKETED_CALL_BEGUN,
    CALL_FENCES,
    CALLED,
    CALLED_BEGUN,
    DATA_FENCES,
    FIRST_KEY,
    FIRST_KEY_BEGUN,
    LABELLED_CALL,
    LABELLED_CALL_BEGUN,
    NAME_KEYS,
    NAMED,
    NAMED_CALL,
    NAMED_CALL_BEGUN,
    OTHER_KEYS,
    PYTHON_CALL,
    PYTHON_CALL_BEGUN,
    SHELL_CALL,
    SHELL_CALL_BEGUN,
    Verdict,
    of_certain,
    of_pattern,
)  # fmt: skip

MAX_BODY_CHARS = 65_536
HEAD_CHARS = 400  # within which it is decided whether something is a call

_LONGEST_END = 40
_CODE_END = re.compile(r"```")
_LINE_END = re.compile(r"\n")
_MAX_LINE = 200


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
        self._marks = marks(tuple(sorted(tools)))
        self._mentions = mentions(tuple(sorted(tools)))
        self._held = ""
        self._in_code = False
        self._behind_call = False
        self._line = ""  # what has been shown of this line, or its end
        self._final = False
        self._to_line_end = False  # the call that we are in ends with its line
        self._dialect: Dialect | None = None  # of the call that we are in
        self._closing: re.Pattern[str] | None = None  # what ends it, where it does not end with a JSON value or the answer
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
        self._held, self._final = "", final
        shown: list[str] = []
        # With what stands before it, since a name within a word is none.
        text, at = self._line[-1:] + text, len(self._line[-1:])
        while at < len(text):
            if self._dialect:
                at = self._go_on(text, at)
                continue
            if self._in_code:
                at = self._code(text, at, shown, final)
                continue
            if self._behind_call:
                behind = BEHIND_CALL.match(text, at)
                at = behind.end() if behind else at
                if at == len(text) or (not final and BEHIND_CALL_BEGUN.match(text, at)):
                    self._held = text[at:]
                    break
                self._behind_call = False
            mark = self._marks.search(text, at)
            until = len(text) if final else self._begun(text, at)
            if mark is None or until < mark.start():  # a longer mark may have begun before the one that is there
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
        self._closing = (
            end_of_tag(text, mark.start(), self._mentions) if dialect.mark == "<" else self._marks.ends[dialect.mark]
        )
        self._to_line_end = dialect.name and re.match(CALLED, text[mark.end() :]) is None
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
        if self._to_line_end:
            found = _LINE_END.search(text, at)
            end = found.end() if found else -1
            after = found.end() if found else len(text)
            self._body.append(text[at:after])
        elif self._dialect.end is None:
            end = self._end.feed(text, at)
            after = end if end >= 0 else len(text)
            self._body.append(text[at:after])
        else:
            searched = self._tail + text[at:]
            found = self._closing.search(searched) if self._closing else None
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
        # The mark that ends it is no part of it, but for tags that belong to the call.
        if self._closing and not dialect.part and (ends := [end.start() for end in self._closing.finditer(body)]):
            body = body[: ends[-1]]
        if dialect.mark == "```":
            language, _, code = body.partition("\n")
            named = resolved(language.strip(), self._tools) in self._tools
            body = code if not named and re.fullmatch(r"[ \t]*[\w+#.-]{0,20}[ \t]*", language) else body
        elif dialect.name:
            before = BEFORE_NAME.match(body)
            body = body[before.end() :] if before else body
            body = body[:-1] if before and before[0].endswith("(") else body
        elif dialect.mark[0] == "[" and dialect.mark[-1] == ":":
            body = body[len(dialect.mark) : -1]
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
            _, newline, line = text.rpartition("\n")
            self._line = (line if newline else self._line + line)[-_MAX_LINE:]

    # --- Is it one? ---------------------------------------------------------------------------------------------------

    def _begun(self, text: str, start: int) -> int:
        """Where a mark may have begun whose end has not come, or the length of `text`. Within a word, hardly any begins with
        a letter: most words end in letters that a tool's name may begin with."""
        first = max(start, len(text) - self._marks.longest + 1)
        before = text[first - 1] if first else ""
        small = text[first:].lower()
        if len(small) != len(text) - first:
            small = "".join(letter.lower()[0] for letter in text[first:])  # some are two in lower case
        for index, letter in enumerate(small):
            within = letter.isalpha() and (before.isalnum() or before == "_")
            if small[index:] in (self._marks.within if within else self._marks.beginnings):
                return first + index
            before = letter
        return len(text)

    def _verdict(self, mark: re.Match[str], text: str, final: bool) -> Verdict:
        if not final and text[mark.start() : mark.start() + self._marks.longest].lower() in self._marks.beginnings:
            return "wait"  # it may become a longer mark
        head = text[mark.end() : mark.end() + HEAD_CHARS]
        dialect = self._marks.by_mark[mark[0].lower()]
        verdict = "no" if dialect.mark == "<" else self._of(dialect, head)
        if verdict == "no" and not (dialect.line and self._line.strip()):
            verdict = of_machine_text(mark[0], head, self._mentions, final=self._final)
        if verdict == "wait" and len(head) == HEAD_CHARS:
            # What follows is not waited for where nothing before it says that it is a sentence.
            return "yes" if dialect.name and re.match(CALLED, head) and not self._line.strip() else "no"
        return verdict

    def _of(self, dialect: Dialect, head: str) -> Verdict:
        if dialect.name:
            return self._of_name(dialect, head)
        if dialect.line:
            return self._of_line(head) if not self._line.strip() else "no"
        if dialect.mark[0] == "[" and dialect.mark[-1] == ":":
            return self._of_bracket(head.lstrip(), unknown=re.search(r"[ _]", dialect.mark) is not None)
        match dialect.mark:
            case "{":
                return self._of_json("{" + head)
            case "[":
                bare = head.lstrip()
                if bare[:1] in ("", "{"):
                    return self._of_json("[" + head) if bare else "wait"
                known = self._of_python(bare)
                unknown = known == "no" and self._tools
                return of_pattern(PYTHON_CALL, PYTHON_CALL_BEGUN, bare) if unknown else known
            case "```":
                return self._of_fence(head)
            case "✿function✿":
                return of_pattern(r"\s*[:：]\s*`?\w", r"\s*(?:[:：]\s*`?)?", head)
            case "assistantcommentary to=":
                return of_pattern(r"[\w.:-]{1,100}[^\w.:-]", r"[\w.:-]{0,100}", head)
            case "<tool_response>":
                return "yes" if self.calls or self.unread else "no"
            case mark if mark[0] == "<" and mark[-1] == " ":
                return of_pattern(r"\s*[\w-]{1,60}\s*=\s*[\"']", r"\s*[\w-]{0,60}\s*(?:=\s*)?", head)
            case mark if mark[-1] == "=":
                attributes = r"(?:\s[^<>{]{0,200}(?:=\s?['\"]\{[^<>]{0,300})?)?"
                return of_pattern(
                    rf"\s*[\"']?[\w.:-]{{1,100}}[\"']?{attributes}\s*/?[>{{]",
                    rf"\s*[\"']?[\w.:-]{{0,100}}[\"']?{attributes}\s*",
                    head,
                )
            case "<|recipient|>" if head.lstrip()[:3] in ("", "a", "al", "all"):
                return "no" if head.lstrip()[:3] == "all" else "wait"
            case "functools[" | "functools [":
                return of_pattern(r"\s*\{", r"\s*", head)
        return of_certain(head)

    def _of_bracket(self, body: str, unknown: bool) -> Verdict:
        """Whether `[tool call: …` is one; `unknown`: also of a tool that there is not."""
        if body[:1] in ("{", "["):
            return self._of_json(body)
        verdict = of_pattern(BRACKETED_CALL, BRACKETED_CALL_BEGUN, body)
        name = re.match(r"`?([\w.:-]+)", body)
        known = name is not None and resolved(name[1], self._tools) in self._tools
        return "no" if verdict == "yes" and not (known or unknown) else verdict

    def _of_name(self, dialect: Dialect, head: str) -> Verdict:
        """Whether the name of a tool is called here, or only named."""
        called = of_pattern(CALLED, CALLED_BEGUN, head)
        if called == "yes":
            before = BEFORE_NAME.match(dialect.mark)
            if before and any(one in before[0].lower() for one in NEVER_IN_SENTENCES):
                return "yes"
            stands = place(self._line, head, self._marks, final=self._final)
            return "wait" if stands == "unknown" else "yes" if stands == "apart" else "no"
        if self._line.strip(" \t-*>$`"):
            return called
        shell = re.match(SHELL_CALL, head)
        if shell and (self._final or shell[0].endswith("\n")):
            return "yes"
        begun = "\n" not in head and re.fullmatch(SHELL_CALL_BEGUN, head) is not None
        return "wait" if called == "wait" or (begun and not self._final) else "no"

    def _of_json(self, text: str) -> Verdict:
        """Whether JSON that begins like this is a call of a tool that was offered."""
        key = FIRST_KEY.match(text)
        if key is None:
            begun = FIRST_KEY_BEGUN.match(text)
            word = (begun[1] or "") if begun else ""
            keys = (*NAME_KEYS, *OTHER_KEYS, *self._tools)
            return "wait" if begun and any(known.startswith(word) for known in keys) else "no"
        rest = text[key.end() :]
        if resolved(key[1], self._tools) in self._tools and rest[:1] in ("", "{"):
            return "yes" if rest else "wait"
        if key[1] not in (*NAME_KEYS, *OTHER_KEYS):
            return "no"
        names = [found[1] for found in NAMED.finditer(text)]
        if any(resolved(name, self._tools) in self._tools for name in names):
            return "yes"
        if key[1] in OTHER_KEYS or rest[:1] in ("", "{"):
            return "wait"
        return of_pattern(NAMED_CALL, NAMED_CALL_BEGUN, rest) if self._tools else "no"

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
        if language and resolved(language, self._tools) in self._tools and newline:
            return "yes"
        if not newline:
            named = any(name.lower().startswith(language) for name in self._tools)
            return "wait" if named or any(one.startswith(language) for one in (*CALL_FENCES, *DATA_FENCES)) else "no"
        body = body.lstrip()
        if language in CALL_FENCES:
            return of_certain(body)
        if language not in DATA_FENCES:
            return "no"
        if not body:
            return "wait"
        if body[0] == "{" or body.startswith("[") and body[1:].lstrip()[:1] in ("", "{"):
            return self._of_json(body)
        if body[0] == "<":
            tags = [one for one in self._marks.by_mark if one[0] == "<" and body.lower().startswith(one)]
            tag = max(tags, key=len)  # one of them is the bracket alone
            if tag != "<":
                return self._of(self._marks.by_mark[tag], body[len(tag) :])
            return "wait" if body.lower() in self._marks.beginnings else "no"
        body = re.sub(r"\A[$>][ \t]*", "", body)
        first = re.match(r"([\w.-]{1,100})[ \t]", body)
        if first and resolved(first[1], self._tools) in self._tools:
            line = body[first.end() - 1 :]
            if re.match(SHELL_CALL, line) and ("\n" in line or self._final):
                return "yes"
            return "wait" if "\n" not in line and not self._final and re.fullmatch(SHELL_CALL_BEGUN, line) else "no"
        return self._of_python(body.lstrip("[")) if body else "wait"

    def _of_line(self, head: str) -> Verdict:
        body = head.lstrip()
        if not body or body in ("`", "``"):
            return "wait"
        if body.startswith("```"):
            return self._of_fence(body[3:])
        if body[0] in "[{":
            return self._of_json(body)
        found = re.match(r"[`*]*([\w.:-]{1,100})[`*]*(\s*)(.?)", body)
        if not found:
            return "no"
        if not found[3]:
            return "wait"
        following = found[3] in "{(" or "\n" in found[2]
        if following and resolved(found[1], self._tools) in self._tools:
            return "yes"
        return of_pattern(LABELLED_CALL, LABELLED_CALL_BEGUN, body.lower()) if self._tools else "no"
