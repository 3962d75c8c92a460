"""Text as a visitor may see it: without the model's thinking, and without calls written as text."""

from __future__ import annotations

import re
from collections.abc import Container

MAX_TEXT_CHARS = 65_536

THINKING_TAGS = ("think", "thinking", "thought")
TAGS = tuple(f"<{slash}{tag}>" for tag in THINKING_TAGS for slash in ("", "/"))
UNOPENED_END = re.compile("|".join(f"</{tag}>" for tag in THINKING_TAGS))


class Visible:
    """Text as a visitor may see it: without white space at its start, and without the model's thinking.

    A `<think>` counts as one only where a line starts, so that a reply about the tag is still a reply. Text is held back
    only as long as it may yet become a tag.

    Where a model's template opens the thinking, only its end is seen: all before the first `</think>` is thought. A reply
    that is known to begin so (`unopened`) is held back until then. Of one that is not, what was shown before stays
    shown, and `met_unopened` says that it is known now.
    """

    def __init__(self, unopened: bool = False) -> None:
        self.met_unopened = False
        self._held = ""
        self._unopened = unopened
        self._opened = False  # a tag that opens has been seen: one that closes has its own
        self._closing = ""  # the tag that ends the thinking we are in
        self._blank_line = True  # nothing but white space since the last line began
        self._skip_space = True

    def feed(self, text: str) -> str:
        searched = len(self._held)
        self._held += text
        shown: list[str] = []
        while self._held:
            if self._unopened:
                end = UNOPENED_END.search(self._held, max(0, searched - len("</thinking>")))
                if end is None:
                    self._held = self._held[-MAX_TEXT_CHARS:]
                    break
                self._held, self._unopened, self._opened = self._held[end.end() :], False, True
            elif self._closing:
                before, tag, after = self._held.partition(self._closing)
                if not tag:
                    self._held = self._held[-(len(self._closing) - 1) :]
                    break
                self._held, self._closing, self._skip_space, self._blank_line = after, "", True, True
            elif not self._take(shown):
                break
        return "".join(shown)

    def close(self, whole: bool = True) -> str:
        """What was held back and turned out to be text; `whole` is False where the answer was cut short."""
        held, self._held = self._held, ""
        if self._unopened:
            return held.lstrip() if whole else ""  # it thought nothing this time, or it did not get to its end
        return "" if self._closing or (self._skip_space and not held.strip()) else held

    def _take(self, shown: list[str]) -> bool:
        """Move what is certain from held to shown; False when the rest must wait."""
        if self._skip_space:
            self._held = self._held.lstrip()
            if not self._held:
                return False
        at = -1
        while (at := self._held.find("<", at + 1)) >= 0:
            tag = next((tag for tag in TAGS if self._held.startswith(tag, at)), "")
            rest = "" if tag else self._held[at : at + 12]
            if not tag and not any(tag.startswith(rest) for tag in TAGS):
                continue
            before, newline, line = self._held[:at].rpartition("\n")
            if line.strip() or not (newline or self._blank_line) or (tag.startswith("</") and self._opened):
                continue
            if tag.startswith("</"):
                shown.clear()
                self.met_unopened, self._skip_space, self._blank_line = True, True, True
            else:
                self._show(self._held[:at], shown)
                self._closing = tag.replace("<", "</")
            self._opened = self._opened or bool(tag)
            self._held = self._held[at + len(tag) :] if tag else rest
            return bool(tag)
        self._show(self._held, shown)
        self._held = ""
        return False

    def _show(self, text: str, shown: list[str]) -> None:
        if not text:
            return
        shown.append(text)
        self._skip_space = False
        _, newline, line = text.rpartition("\n")
        self._blank_line = not line.strip() and (bool(newline) or self._blank_line)


class Spoken:
    """Takes `[[name]]` out of a text: how a model asks for a tool that cannot call one. `asked` are the names, in order.

    Text is held back only as long as it may yet become such a word.
    """

    LONGEST = 80

    def __init__(self, names: Container[str]) -> None:
        self.asked: dict[str, None] = {}
        self._names = names
        self._held = ""

    def feed(self, text: str) -> str:
        self._held += text
        shown = ""
        while (at := self._held.find("[")) >= 0:
            shown, self._held = shown + self._held[:at], self._held[at:]
            word, end, rest = self._held.partition("]]")
            if self._held[:2] not in ("[", "[[") or "\n" in word or len(word) > self.LONGEST:
                shown, self._held = shown + "[", self._held[1:]
            elif not end:
                return shown
            elif (name := word[2:].strip()) in self._names:
                self.asked[name] = None
                self._held = rest
            else:
                shown, self._held = shown + word + end, rest
        shown, self._held = shown + self._held, ""
        return shown

    def close(self) -> str:
        """What was held back and turned out to be text."""
        held, self._held = self._held, ""
        return held
