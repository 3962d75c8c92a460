"""Harmony, gpt-oss's own format, where a server passes it on as text: channels, and calls to `functions.name`.

    <|channel|>analysis<|message|>thinking<|end|><|start|>assistant<|channel|>final<|message|>the answer<|return|>
    <|start|>assistant<|channel|>commentary to=functions.name <|constrain|>json<|message|>{"its": "arguments"}<|call|>

Source: https://cookbook.openai.com/articles/openai-harmony
"""

from __future__ import annotations

import re

UNOPENED_END = "</think>"  # as the filter for thinking knows it
MAX_HEADER_CHARS = 300
MAX_CALL_CHARS = 65_536

_CHANNEL = r"(?:analysis|commentary|final)\b"
# An end of a part whose beginning the server took away; what stands before it was thought, or said before a call.
_BEGIN = re.compile(
    rf"<\|end\|>(?=\s*<\|(?:start|channel)\|>)|<\|channel\|>\s*{_CHANNEL}|<\|start\|>\s*(?:assistant|functions|tool|user|system|developer)\b"
)
_MESSAGE = re.compile(r"<\|message\|>")
_END = re.compile(r"<\|(?:end|return|call|start|channel)\|>")
_LONGEST = 32
_BEGUN = re.compile(r"<\|end\|>\s{0,3}<[|a-z]{0,10}\Z|<(?:\|(?:[a-z]{0,10}(?:\|(?:>\s{0,3}[a-z]{0,12})?)?)?)?\Z")
# Where the server took away what stands before it, an answer begins with the recipient of a call.
_TO = re.compile(r"\s*to=[\w.:/-]+\s*\Z")
_TO_BEGUN = re.compile(r"\s*(?:t|to|to=[\w.:/-]*\s*)(?:<(?:\|\w*\|?)?)?\Z")
# Where it took away no more than the first mark, with a part's name or without.
_NAMED = re.compile(r"\s*(?P<name>analysis|commentary|final)<\|message\|>")
_NAMED_BEGUN = re.compile(
    r"\s*(?:a(?:n(?:a(?:l(?:y(?:s(?:is?)?)?)?)?)?)?|c(?:o(?:m(?:m(?:e(?:n(?:t(?:a(?:ry?)?)?)?)?)?)?)?)?|f(?:i(?:n(?:al?)?)?)?)"
    r"(?:<(?:\|\w{0,7}\|?)?)?\Z"
)
_RECIPIENT = re.compile(r"\bto=([\w.:/-]+)")


class Harmony:
    """Lets the text of the final channel through, and all text that has nothing of this format.

    `calls` are those that the last piece ended: recipients, what was sent to them, and how many letters of the text that
    the piece let through came before.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, int]] = []
        self._held = ""
        self._mode = "text"  # text · header · show · hide · call
        self._shown = False  # something has been let through
        self._recipient = ""
        self._parts: list[str] = []
        self._chars = 0

    def feed(self, text: str) -> str:
        if not self._shown and self._mode == "text":
            begun = self._held + text
            if _TO_BEGUN.match(begun) or _NAMED_BEGUN.match(begun):
                self._held = begun
                return ""
        if not self._held and self._mode == "text" and "<" not in text:
            self._shown = self._shown or bool(text.strip())
            return text
        return self._scan(self._held + text, final=False)

    def close(self) -> str:
        """What was held back and turned out to be text. A call's own end is often not sent."""
        text = self._scan(self._held, final=True)
        self._finish([text])
        return text

    def take_calls(self) -> list[tuple[str, str, int]]:
        calls, self.calls = self.calls, []
        return calls

    def _scan(self, text: str, final: bool) -> str:
        self._held = ""
        shown: list[str] = []
        at = 0
        if not self._shown and self._mode == "text" and (named := _NAMED.match(text)):
            self._mode, at = "hide" if named["name"] == "analysis" else "show", named.end()
        while at < len(text):
            if self._mode == "header":
                end = _MESSAGE.search(text, at)
                if end is None:
                    if len(text) - at > MAX_HEADER_CHARS:
                        # No header is that long: it is text about one.
                        self._mode = "text"
                        self._take(text[at : at + 1], shown)
                        at += 1
                        continue
                    self._held = "" if final else text[at:]
                    break
                self._begin(text[at : end.start()], shown)
                at = end.end()
                continue
            mark = (_BEGIN if self._mode == "text" else _END).search(text, at)
            until = mark.start() if mark else len(text) if final else _begun(text, at)
            if mark and mark[0].startswith("<|channel|>") and not self._shown and _TO.match(text[at:until]):
                self._mode = "header"
                continue
            if not final and mark is None and until < len(text) and not self._shown and _TO.match(text[at:until]):
                self._held = text[at:]
                break
            self._take(text[at:until], shown)
            if mark is None:
                self._held = text[until:]
                break
            at = mark.end()
            if mark[0] == "<|end|>" and self._mode == "text":
                shown.append(UNOPENED_END)
                continue
            if self._mode == "text" or mark[0] in ("<|start|>", "<|channel|>"):
                self._finish(shown)
                self._mode, at = "header", mark.start()
            else:
                self._finish(shown)
        return "".join(shown)

    def _begin(self, header: str, shown: list[str]) -> None:
        recipient = _RECIPIENT.search(header)
        channels = re.findall(rf"<\|channel\|>\s*({_CHANNEL})", header)
        self._parts, self._chars = [], 0
        if recipient and recipient[1] not in ("user", "assistant", "all"):
            self._mode, self._recipient = "call", recipient[1]
        elif (channels and channels[-1] == "analysis") or not re.search(r"<\|channel\|>|assistant", header):
            self._mode = "hide"  # thinking, or a tool's answer that the model made up
        else:
            self._mode = "show"
            if self._shown:
                shown.append("\n\n")  # what is said before a call and after it are two paragraphs

    def _take(self, text: str, shown: list[str]) -> None:
        if self._mode == "call":
            self._chars += len(text)
            if self._chars <= MAX_CALL_CHARS:
                self._parts.append(text)
        elif self._mode != "hide" and text:
            shown.append(text)
            self._shown = True

    def _finish(self, shown: list[str]) -> None:
        if self._mode == "call":
            body = "".join(self._parts) if self._chars <= MAX_CALL_CHARS else ""
            self.calls.append((self._recipient, body, sum(map(len, shown))))
        self._mode = "text"


def _begun(text: str, start: int) -> int:
    near = max(start, len(text) - _LONGEST)
    at = text.find("<", near)
    while at >= 0 and not _BEGUN.match(text, at):
        at = text.find("<", at + 1)
    return at if at >= 0 else len(text)
