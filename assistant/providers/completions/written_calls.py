"""Tool calls that a model wrote as text, because its server does not know its dialect: removed and parsed."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from typing import Any

from assistant.providers.completions.call_dialects import read_calls
from assistant.providers.completions.dialects import Dialect, marks
from assistant.providers.completions.json_end import JsonEnd
from assistant.providers.completions.machine_text import end_of_tag, mentions
from assistant.providers.completions.tag_arguments import OpenArgument
from assistant.providers.completions.tool_calls import resolved
from assistant.providers.completions.verdicts import (
    BEFORE_NAME,
    BEHIND_CALL,
    BEHIND_CALL_BEGUN,
    CALLED,
    NAME_IN_BRACKETS,
    Verdict,
)
from assistant.providers.completions.written_verdicts import Judge

MAX_BODY_CHARS = 65_536

_LONGEST_END = 40
# A call that is JSON, or a name and JSON, with marks and a fence around it.
_JSON_BODY = re.compile(
    r"\s*(?:[\w.:-]{0,100}\s*(?:<[|｜][^<>\n]{1,40}[|｜]>|\[ARGS\]|```\w{0,20})?\s*){0,3}[{\[]", re.IGNORECASE
)
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
        self._judge = Judge(tools, self._marks, self._mentions)
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
        self._ended_at = 0  # where the body would have ended, but that the mark stood within an argument
        self._end = JsonEnd()
        self._argument = OpenArgument()
        self._behind: list[tuple[str, str]] = []  # calls of another reader that follow the one we are in

    def feed(self, text: str) -> str:
        return self._scan(self._held + text, final=False)

    def close(self) -> str:
        """What was held back and turned out to be text."""
        shown = self._scan(self._held, final=True)
        while self._dialect:
            behind = self._behind_first_end()
            self._finish()
            shown += self._scan(behind, final=True)
        return shown

    def _behind_first_end(self) -> str:
        """Take what followed the first mark that could have ended the call out of it, since none has ended it better."""
        body = "".join(self._body)
        if not 0 < self._ended_at <= len(body):
            return ""
        self._body, behind = [body[: self._ended_at]], body[self._ended_at :]
        return behind

    def take(self, name: str, body: str) -> None:
        """A call that another reader found behind the text so far: its name, and its arguments as text."""
        if self._dialect and self._closing:
            self._behind.append((name, body))  # its end is here, and has not come through the other filters
            return
        if self._dialect:
            self._finish()
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
            verdict = self._judge.verdict(mark, text, self._line, final=final, after_call=bool(self.calls or self.unread))
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
        self._ended_at, self._argument = 0, OpenArgument()
        self._argument.feed(mark[0])
        self._closing = (
            end_of_tag(text, mark.start(), self._mentions) if dialect.mark == "<" else self._marks.ends[dialect.mark]
        )
        self._to_line_end = dialect.name and re.match(CALLED, text[mark.end() :]) is None
        if (dialect.bracket or dialect.mark == "[") and (named := NAME_IN_BRACKETS.match(text, mark.end())):
            self._body.append(f"{named['name']}\n")
            return named.end()
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
            before = text[at : max(at, at + found.start() - len(self._tail))] if found else ""
            if found and self._is_quoted(before):
                end, searched = -1, ""
            elif found and self._in_argument(before):
                self._ended_at = self._ended_at or sum(map(len, self._body)) + after - at
                end, searched = -1, ""
            elif found is None:
                self._follow(text[at:])
                self._argument.feed(text[at:])
            self._body.append(text[at:after])
            self._tail = searched[-max(_LONGEST_END, self._marks.longest) :]
        self._chars += after - at
        if end >= 0:
            self._finish()
        elif self._chars > MAX_BODY_CHARS:
            self._body = []  # no call is that long: it is hidden, and not kept
        return after

    def _in_argument(self, before: str) -> bool:
        """Whether the mark behind `before` is within an argument that has a tag of its own."""
        self._argument.feed(before)
        return self._argument.open

    def _is_quoted(self, before: str) -> bool:
        """Whether the mark behind `before` is within a string of the call's JSON: then it is an argument's own text."""
        self._follow(before)
        return self._end.in_text and _JSON_BODY.match("".join([*self._body, before])) is not None

    def _follow(self, text: str) -> None:
        """Keep up with where strings begin and end in the call's JSON, of which there may be several values."""
        at = 0
        while 0 <= at < len(text):
            at = self._end.feed(text, at)

    def _finish(self) -> None:
        self._take_up()
        behind, self._behind = self._behind, []
        for name, body in behind:
            self.take(name, body)

    def _take_up(self) -> None:
        assert self._dialect
        body, dialect = "".join(self._body), self._dialect
        self._dialect, self._body, self._tail = None, [], ""
        self._behind_call = True
        if dialect.made_up:
            return
        # The mark that ends it is no part of it, but for tags that belong to the call.
        ends = [end.start() for end in self._closing.finditer(body)] if self._closing and not dialect.part else []
        body = body[: ends[-1]] if ends else body
        if ends and self._argument.open:
            body += "</tool_call>"  # what ends a call ends its last argument, too
        if ends and dialect.certain and resolved(body.strip(), self._tools) in self._tools:
            body += "({})"  # the name alone, as GLM calls what has no arguments
        if dialect.mark == "```":
            language, _, code = body.partition("\n")
            named = resolved(language.strip(), self._tools) in self._tools
            body = code if not named and re.fullmatch(r"[ \t]*[\w+#.-]{0,20}[ \t]*", language) else body
        elif dialect.name:
            before = BEFORE_NAME.match(body)
            body = body[before.end() :] if before else body
            body = body[:-1] if before and before[0].endswith("(") else body
        elif dialect.bracket and body[: len(dialect.mark)].lower() == dialect.mark:
            body = body[len(dialect.mark) : len(body) - {"[": 1, "(": 1, "{": 2}.get(dialect.mark[0], 0)]
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

    def _begun(self, text: str, start: int) -> int:
        """Where a mark may have begun whose end has not come, or the length of `text`. Within a word, hardly any begins with
        a letter: most words end in letters that a tool's name may begin with."""
        marks, first = self._marks, max(start, len(text) - self._marks.longest + 1)
        small = text[first:].lower()
        if len(small) != len(text) - first:
            small = "".join(letter.lower()[0] for letter in text[first:])  # some are two in lower case
        # Few texts end as one of them does, so that hardly any is looked through at each letter.
        start = 0 if small[-3:] in marks.endings else max(0, len(small) - 2)
        for index in [index for index in range(start, len(small)) if small[index : index + 2] in marks.openings]:
            before = text[first + index - 1 : first + index]
            within = small[index].isalpha() and (before.isalnum() or before == "_")
            if small[index:] in (marks.within if within else marks.beginnings):
                return first + index
        return len(text)
