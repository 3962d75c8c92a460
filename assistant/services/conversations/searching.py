"""Search in a conversation: whatever is written alike is found, whatever its case, its accents and the forms of its letters.

A conversation is searched in Python, newest first and within bounds, so that both databases find the same in every language.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

from assistant.errors import InputError
from assistant.models import Card, Conversation, Event, Message
from assistant.services.conversations.events import format_instant
from assistant.services.knowledge import words

MAX_QUERY_CHARS = 100
MOST_WORDS = 8
MOST_FOUND = 50
MOST_LINES = 5_000  # messages and cards that are looked at, the newest
MOST_CHARS = 200_000  # of their texts: folding them takes 0.1 s, and marking what was found twice as long at the most
LINE_CHARS = 20_000  # of each: of a longer one, the beginning is searched
BEFORE_CHARS, EXCERPT_CHARS = 40, 140
_plain = lru_cache(4096)(words.plain)  # of single characters, of which a text has few different ones
_EMPHASIS = re.compile(r"\*\*|__|`+|^#{1,6} ", re.MULTILINE)  # Markdown that a reader does not see


@dataclass(frozen=True)
class Line:
    """What is searched: a message, or a card."""

    seq: int
    kind: str
    id: str
    role: str
    at: datetime
    text: str


@dataclass(frozen=True)
class Results:
    found: list[dict[str, Any]]  # the newest first
    more: bool  # not everything was looked at, or shown

    def as_json(self) -> dict[str, Any]:
        return {"found": self.found, "more": self.more}


def search(conversation: Conversation, query: str, *, most: int = MOST_FOUND) -> Results:
    """The lines of the conversation that contain all words of `query`, in any order and as parts of words too.

    A line is `{kind, id, seq, role?, at, text, marks}`: `text` is the part around the first word that was found, and `marks`
    are the places of the words in it, `[start, end]` in code points. Raises `InputError`.
    """
    if len(query) > MAX_QUERY_CHARS:
        raise InputError(f"A search has at most {MAX_QUERY_CHARS} characters.")
    wanted = list(dict.fromkeys(words.plain(query).split()))[:MOST_WORDS]
    found: list[dict[str, Any]] = []
    chars = 0
    cut = False
    for number, whole in enumerate(_lines(conversation) if wanted else ()):
        line = replace(whole, text=whole.text[:LINE_CHARS])
        chars, cut = chars + len(line.text), cut or line.text != whole.text
        if number >= MOST_LINES or chars > MOST_CHARS:
            return Results(found, more=True)
        plain = words.plain(line.text)
        if all(word in plain for word in wanted):
            if len(found) == most:
                return Results(found, more=True)
            found.append(_shown(line, wanted))
    return Results(found, more=cut)


def _lines(conversation: Conversation) -> Iterator[Line]:
    """The newest first."""
    messages = conversation.messages.order_by("-seq")[: MOST_LINES + 1]
    lines = [Line(one.seq, "message", str(one.pk), one.role, one.at, _said(one)) for one in messages]
    cards = conversation.events.filter(type="card.added", card__isnull=False).select_related("card").order_by("-seq")
    lines += [_card(event, event.card) for event in cards[: MOST_LINES + 1] if event.card]
    yield from sorted(lines, key=attrgetter("seq"), reverse=True)


def _said(message: Message) -> str:
    text = message.text if message.role == Message.Role.VISITOR else _EMPHASIS.sub("", message.text)
    return "\n".join(filter(None, [text, *(str(file["name"]) for file in message.files)]))


def _card(event: Event, card: Card) -> Line:
    content = card.content
    facts = [f"{name}: {value}" for name, value in card.lines]
    said = [content.get("title"), content.get("text"), content.get("reference"), *facts]
    return Line(event.seq, "card", str(card.pk), "", card.created_at, "\n".join(str(one) for one in said if one))


def _shown(line: Line, wanted: list[str]) -> dict[str, Any]:
    marks = list(_marks(line.text, wanted))
    start = max(0, marks[0][0] - BEFORE_CHARS) if marks else 0
    if start:  # not in the middle of a word, where words have spaces between them
        start = next((at + 1 for at in range(start, marks[0][0]) if line.text[at].isspace()), start)
    end = min(len(line.text), start + EXCERPT_CHARS)
    before, after = "…" if start else "", "…" if end < len(line.text) else ""
    shift = len(before) - start
    shown = {
        "kind": line.kind,
        "id": line.id,
        "seq": line.seq,
        "role": line.role or None,
        "at": format_instant(line.at),
        "text": before + line.text[start:end] + after,
        "marks": [[first + shift, last + shift] for first, last in marks if last <= end],
    }
    return {name: value for name, value in shown.items() if value is not None}


def _marks(text: str, wanted: list[str]) -> list[tuple[int, int]]:
    """Where the words are in `text`, in order and without overlaps, the longest of those at one place."""
    letters: list[str] = []
    places: list[int] = []
    for at, char in enumerate(text):
        plain = _plain(char)
        letters += plain
        places += [at] * len(plain)
    pattern = "|".join(re.escape(word) for word in sorted(wanted, key=len, reverse=True))
    found = re.finditer(pattern, "".join(letters))
    return [(places[one.start()], _end_of(text, places[one.end() - 1])) for one in found]


def _end_of(text: str, last: int) -> int:
    """After the letter at `last` and the marks on it."""
    end = last + 1
    while end < len(text) and not words.plain(text[end]):
        end += 1
    return end
