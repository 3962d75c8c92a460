"""Splitting of a text into passages that can be read on their own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

GOOD_CHARS = 800  # a passage is closed once it has so many: a few paragraphs, which answer one question
MAX_CHARS = 1200  # a paragraph that is longer is cut
OVERLAP_CHARS = 150  # said again at such a cut, which may go through the middle of a thought
MAX_TITLE_CHARS = 300

_HEADING = re.compile(r"(#{1,6})[ \t]+(.*)")
_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])[\s]+|(?<=[。！？])|\n")


@dataclass(frozen=True)
class Part:
    """`title` is the headings above it, the outermost first."""

    title: str
    text: str


def passages(text: str, title: str = "") -> list[Part]:
    """Paragraphs under the same heading together, up to about `GOOD_CHARS`; `title` is the text's own."""
    found: list[Part] = []
    for path, blocks in _sections(text, title):
        gathered: list[str] = []
        for block in (piece for whole in blocks for piece in _pieces(whole)):
            if gathered and sum(map(len, gathered)) + len(block) > GOOD_CHARS:
                found.append(Part(path, "\n\n".join(gathered)))
                gathered = []
            gathered.append(block)
        if gathered:
            found.append(Part(path, "\n\n".join(gathered)))
    return found


def _sections(text: str, title: str) -> Iterator[tuple[str, list[str]]]:
    """The blocks between two headings, with the path of headings above them."""
    path = [(0, title)] if title else []
    lines: list[str] = []
    in_code = False
    for line in text.splitlines():
        in_code ^= _FENCE.match(line) is not None
        heading = None if in_code else _HEADING.fullmatch(line)
        if heading is None:
            lines.append(line)
            continue
        yield _joined(path), _blocks(lines)
        lines = []
        level, name = len(heading[1]), heading[2].rstrip(" \t#")
        path = [step for step in path if step[0] < level]
        if name and name.casefold() not in {step.casefold() for _, step in path}:
            path.append((level, name[:MAX_TITLE_CHARS]))
    yield _joined(path), _blocks(lines)


def _joined(path: list[tuple[int, str]]) -> str:
    return " › ".join(name for _, name in path)[:MAX_TITLE_CHARS]


def _blocks(lines: list[str]) -> list[str]:
    return [block.strip() for block in re.split(r"\n[ \t]*\n", "\n".join(lines)) if block.strip()]


def _pieces(block: str) -> Iterator[str]:
    """A block that is too long, cut between sentences where there are any; each piece begins with the end of the last."""
    if len(block) <= MAX_CHARS:
        yield block
        return
    piece = ""
    for sentence in _SENTENCE_END.split(block):
        sentence = sentence.strip()
        while len(sentence) > MAX_CHARS:  # no sentence at all
            at = sentence.rfind(" ", GOOD_CHARS // 2, GOOD_CHARS)
            at = at if at > 0 else GOOD_CHARS
            if piece:
                yield piece
                piece = ""
            yield sentence[:at]
            sentence = sentence[at:].lstrip()
        if piece and len(piece) + len(sentence) > GOOD_CHARS:
            yield piece
            last = piece[-OVERLAP_CHARS:]
            piece = last[last.find(" ") + 1 :] if " " in last else ""
        piece = f"{piece} {sentence}".strip()
    if piece:
        yield piece
