"""List numbers of a Word document, which Word computes and does not store in the text."""

from __future__ import annotations

import re
from typing import Any

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MAX_LEVELS = 9
_ROMAN: tuple[tuple[int, str], ...]
_ROMAN = (
    (1000, "m"),
    (900, "cm"),
    (500, "d"),
    (400, "cd"),
    (100, "c"),
    (90, "xc"),
    (50, "l"),
    (40, "xl"),
    (10, "x"),
)
_ROMAN += ((9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


class Numbering:
    """Counts the lists of a document in the order of its paragraphs."""

    def __init__(self, root: Any, styles: dict[str, Any]) -> None:
        self._styles = styles
        self._kinds: dict[str, dict[int, Any]] = {}  # by list: its levels
        self._counts: dict[str, list[int]] = {}
        if root is None:
            return
        abstract = {one.get(W + "abstractNumId"): one for one in root.iterfind(W + "abstractNum")}
        for one in root.iterfind(W + "num"):
            named = one.find(W + "abstractNumId")
            kind = abstract.get(named.get(W + "val")) if named is not None else None
            if kind is not None:
                self._kinds[one.get(W + "numId", "")] = {
                    int(level.get(W + "ilvl", "0")): level for level in kind.iterfind(W + "lvl")
                }

    def marker(self, properties: Any) -> str:
        """What stands before this paragraph, such as "2.1. " or "- "; "" where it is in no list."""
        number, level, style = self._place(properties)
        kinds = self._kinds.get(number)
        if number == "0" or (not number and not style):
            return ""
        if kinds is None:
            return "- " if style else ""
        counts = self._counts.setdefault(number, [-1] * MAX_LEVELS)
        if counts[level] < 0:
            counts[level] = _value(kinds.get(level), "start", 1) - 1
        counts[level] += 1
        counts[level + 1 :] = [-1] * (MAX_LEVELS - level - 1)
        form = _text(kinds.get(level), "numFmt")
        if form in ("bullet", "none", ""):
            return "- " if form == "bullet" else ""

        def shown(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            count = counts[at] if counts[at] >= 0 else _value(kinds.get(at), "start", 1)
            return _written(count, _text(kinds.get(at), "numFmt"))

        return re.sub(r"%([1-9])", shown, _text(kinds.get(level), "lvlText")).strip()[:40] + " "

    def _place(self, properties: Any) -> tuple[str, int, bool]:
        """The list and level of a paragraph, its own or its style's, and whether its style is called a list."""
        number, level, listed = "", "", False
        style_id = _text(properties, "pStyle")
        for _ in range(10):
            place = properties.find(W + "numPr") if properties is not None else None
            number = number or _text(place, "numId")
            level = level or _text(place, "ilvl")
            style = self._styles.get(style_id)
            if style is None:
                break
            listed |= re.fullmatch(r"list( bullet| number)?( \d)?", _text(style, "name").lower()) is not None
            properties, style_id = style.find(W + "pPr"), _text(style, "basedOn")
        return number, min(int(level), MAX_LEVELS - 1) if level.isdecimal() else 0, listed


def _text(element: Any, name: str) -> str:
    found = element.find(W + name) if element is not None else None
    return "" if found is None else found.get(W + "val", "")


def _value(element: Any, name: str, otherwise: int) -> int:
    text = _text(element, name)
    return int(text) if text.isdecimal() and len(text) < 9 else otherwise


def _written(count: int, form: str) -> str:
    if form in ("lowerLetter", "upperLetter") and count > 0:
        letters = chr(97 + (count - 1) % 26) * min((count - 1) // 26 + 1, 9)
        return letters if form == "lowerLetter" else letters.upper()
    if form in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        roman, rest = "", count
        for value, sign in _ROMAN:
            roman += sign * (rest // value)
            rest %= value
        return roman if form == "lowerRoman" else roman.upper()
    return str(count)
