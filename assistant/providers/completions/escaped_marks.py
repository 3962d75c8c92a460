"""Marks of a model's format that it wrote with entities or in full width: `&lt;think&gt;`, `＜tool_call＞`.

They are spelled as all the other filters know them. Other tags stay as they are.
"""

from __future__ import annotations

import re

_WORDS = r"think|thought|reason|reflect|scratch|monologue|analysis|tool|function|call|invoke|action|channel|answer|response"
_MARK = re.compile(
    rf"(?:&lt;|&\#60;|＜)(?P<inside>/?[|｜]?(?=[\w:.-]{{0,40}}(?:{_WORDS}))[\w:.-]{{1,60}}[|｜]?(?:\s[^<>&＜＞\n]{{0,80}})?)"
    r"(?:&gt;|&\#62;|＞)",
    re.IGNORECASE,
)
_BEGUN = re.compile(
    r"(?:&(?:l(?:t)?|\#(?:6(?:0)?)?)?|(?:&lt;|&\#60;|＜)/?[|｜]?[\w:.-]{0,60}[|｜]?(?:\s[^<>&＜＞\n]{0,80})?(?:&[gt\#62]{0,3})?)\Z"
)
_SIGNS = re.compile(r"[&＜]")
_LONGEST = 170


class EscapedMarks:
    """A filter for one answer; text is fed to it in pieces."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        text, self._held = self._held + text, ""
        if not _SIGNS.search(text):
            return text
        text = _MARK.sub(lambda mark: f"<{mark['inside']}>", text)
        for sign in _SIGNS.finditer(text, max(0, len(text) - _LONGEST)):
            if _BEGUN.match(text, sign.start()):
                text, self._held = text[: sign.start()], text[sign.start() :]
                break
        return text

    def close(self) -> str:
        """What was held back and turned out to be text."""
        held, self._held = self._held, ""
        return held
