"""Whether the mark of a dialect begins a call, where it stands and with what follows it."""

from __future__ import annotations

import re

from assistant.providers.completions.call_arguments import Tools
from assistant.providers.completions.context import place
from assistant.providers.completions.dialects import NEVER_IN_SENTENCES, Dialect, Marks
from assistant.providers.completions.machine_text import Mentions, of_machine_text
from assistant.providers.completions.tool_calls import resolved
from assistant.providers.completions.verdicts import (
    BEFORE_NAME,
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
    NAME_IN_BRACKETS,
    NAME_IN_BRACKETS_BEGUN,
    NAME_KEYS,
    NAMED,
    NAMED_CALL,
    NAMED_CALL_BEGUN,
    OTHER_KEYS,
    PLACEHOLDER,
    PLACEHOLDER_BEGUN,
    PYTHON_CALL,
    PYTHON_CALL_BEGUN,
    SHELL_CALL,
    SHELL_CALL_BEGUN,
    Verdict,
    of_certain,
    of_pattern,
)  # fmt: skip

HEAD_CHARS = 400  # within which it is decided


class Judge:
    """Of one answer. `tools` are the assistant's, whether they are offered now or not."""

    def __init__(self, tools: Tools, marks: Marks, mentions: Mentions) -> None:
        self._tools = tools
        self._marks = marks
        self._mentions = mentions
        self._line = ""
        self._final = False
        self._after_call = False

    def verdict(self, mark: re.Match[str], text: str, line: str, *, final: bool, after_call: bool) -> Verdict:
        """What the mark begins: `line` is what stands before it there, `final` says that `text` goes on no more."""
        self._line, self._final, self._after_call = line, final, after_call
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
        if dialect.line and self._line.strip():
            functionary = dialect.mark == ">>>" and self._tools
            return of_pattern(r"\w{1,100}\n\s*\{", r"\w{0,100}(?:\n\s*)?", head) if functionary else "no"
        if dialect.bracket:
            return self._of_bracket(
                head.lstrip(), unknown=re.search(r"[ _]|\Acall", dialect.mark.strip("[({* :")) is not None
            )
        if dialect.made_up:
            return "yes" if self._after_call else "no"
        if dialect.mark == "$":
            filled = PLACEHOLDER.match("$" + head)
            begun = not self._final and PLACEHOLDER_BEGUN.fullmatch("$" + head)
            return self._of_line(head[filled.end() - 1 :]) if filled else "wait" if begun else "no"
        if dialect.line:
            return self._of_line(head)
        match dialect.mark:
            case "{":
                return self._of_json("{" + head)
            case "[":
                bare = head.lstrip()
                if bare[:1] in ("", "{"):
                    return self._of_json("[" + head) if bare else "wait"
                if (verdict := self._of_name_in_brackets(bare)) != "no":
                    return verdict
                known = self._of_python(bare)
                unknown = known == "no" and self._tools
                return of_pattern(PYTHON_CALL, PYTHON_CALL_BEGUN, bare) if unknown else known
            case "```":
                return self._of_fence(head)
            case "✿function✿":
                return of_pattern(r"\s*[:：]\s*`?\w", r"\s*(?:[:：]\s*`?)?", head)
            case "assistantcommentary to=":
                return of_pattern(r"[\w.:-]{1,100}[^\w.:-]", r"[\w.:-]{0,100}", head)
            case mark if mark[0] == "<" and mark[-1] == " ":
                return of_pattern(r"\s*[\w-]{1,60}\s*=\s*[\"']", r"\s*[\w-]{0,60}\s*(?:=\s*)?", head)
            case mark if mark[-1] == "=":
                attributes = r"(?:\s[^<>{]{0,200}(?:=\s?['\"]\{[^<>]{0,300})?)?"
                return of_pattern(
                    rf"\s*[\"']?[\w.:-]{{1,100}}[\"']?(?:{attributes}\s*/?[>{{]|[,(\[\]]{{1,3}}\{{)",
                    rf"\s*[\"']?[\w.:-]{{0,100}}[\"']?(?:{attributes}\s*|[,(\[\]]{{1,3}})",
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
        verdict = of_pattern(BRACKETED_CALL, BRACKETED_CALL_BEGUN, body.lower())
        if NAME_IN_BRACKETS.match(body):
            verdict = "yes"
        elif verdict == "no" and NAME_IN_BRACKETS_BEGUN.match(body):
            verdict = "wait"
        name = re.match(r"`?([\w.:-]+)", body)
        known = name is not None and resolved(name[1], self._tools) in self._tools
        return "no" if verdict == "yes" and not (known or unknown) else verdict

    def _of_name_in_brackets(self, bare: str) -> Verdict:
        """Whether `[name] {…` calls one of the tools."""
        if named := NAME_IN_BRACKETS.match(bare):
            return "yes" if resolved(named["name"], self._tools) in self._tools else "no"
        begun = NAME_IN_BRACKETS_BEGUN.match(bare)
        name = begun["name"].casefold() if begun else ""
        known = any(tool.casefold().startswith(name) for tool in self._tools)
        return "wait" if begun and known and not self._final else "no"

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
        language, newline, body = PLACEHOLDER.sub("", head).partition("\n")
        if not self._final and PLACEHOLDER_BEGUN.fullmatch(head[re.match(r"\w*\s*", head).end() :]):  # type: ignore[union-attr]
            return "wait"
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
        body = PLACEHOLDER.sub("", head.lstrip())
        if not body or body in ("`", "``") or (not self._final and PLACEHOLDER_BEGUN.fullmatch(body)):
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
