"""Marks of a model's format that it wrote in other signs: `&lt;think&gt;`, `＜tool_call＞`, `\\<think\\>`, `⟨think⟩`.

They are spelled as all the other filters know them. Other tags stay as they are.
"""

from __future__ import annotations

import re

_WORDS = r"think|thought|reason|reflect|scratch|monologue|analysis|tool|function|call|invoke|action|channel|answer|response"
_OPENS = r"(?:&lt;|&\#60;|＜|\\<|⟨|\\u003c)"
_ATTRIBUTES = r"(?:\s[^<>&＜＞⟨⟩\\\n]{0,80})?"
_MARK = re.compile(
    rf"{_OPENS}(?P<inside>/?[|｜]?(?=[\w:.\\-]{{0,40}}(?:{_WORDS}))[\w:.\\-]{{1,60}}?[|｜]?{_ATTRIBUTES})"
    r"(?:&gt;|&\#62;|＞|\\?>|⟩|\\u003e)",
    re.IGNORECASE,
)
_BEGUN = re.compile(
    rf"(?:&(?:l(?:t)?|\#(?:6(?:0)?)?)?|\\(?:u(?:0(?:0(?:3)?)?)?)?"
    rf"|{_OPENS}/?[|｜]?[\w:.\\-]{{0,60}}[|｜]?{_ATTRIBUTES}(?:&[gt\#62]{{0,3}}|\\(?:u[03e]{{0,4}})?)?"
    r"|</?[|‖｜]{0,2}(?:D(?:S(?:M(?:L[|‖｜]?)?)?)?)?|<｜(?:tool[a-z \\_]{0,24}｜?|to{0,2})?)\Z",
    re.IGNORECASE,
)
# DeepSeek's tokens with spaces or Markdown's "\_" for their own sign, and with other bars.
_SPACED = re.compile(r"<｜tool(?: |\\_)[a-z \\_]{1,20}｜>")
_DSML = re.compile(r"<(/?)[|‖｜]{1,2}DSML[|‖｜]{1,2}")
_SIGNS = re.compile(r"[&＜⟨<]|\\(?=[<u]|\Z)")
_LONGEST = 170


class EscapedMarks:
    """A filter for one answer; text is fed to it in pieces."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        text, self._held = self._held + text, ""
        if not _SIGNS.search(text):
            return text
        text = _MARK.sub(lambda mark: "<" + mark["inside"].replace("\\", "") + ">", text)
        if "<" in text:
            text = _SPACED.sub(lambda token: re.sub(r" |\\_", "▁", token[0]), _DSML.sub(r"<\1｜DSML｜", text))
        for sign in _SIGNS.finditer(text, max(0, len(text) - _LONGEST)):
            if _BEGUN.match(text, sign.start()):
                text, self._held = text[: sign.start()], text[sign.start() :]
                break
        return text

    def close(self) -> str:
        """What was held back and turned out to be text."""
        held, self._held = self._held, ""
        return held
