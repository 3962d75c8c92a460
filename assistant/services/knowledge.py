"""Searching what an organization has told its assistants."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.models import Assistant, Organization

HEADING = re.compile(r"#{1,6}\s+(.*)")
MAX_PASSAGE_CHARS = 1200
SATURATION, LENGTH_WEIGHT = 1.2, 0.75  # BM25's usual k1 and b


@dataclass(frozen=True)
class Passage:
    """A part of the knowledge that can be read by itself, under the heading that it stands beneath."""

    title: str
    text: str
    url: str = ""


def search(organization: Organization, assistant: Assistant | None, query: str, limit: int = 4) -> list[Passage]:
    """The passages that say most about `query`, best first; from all assistants where none is named."""
    told = [assistant] if assistant else list(organization.assistants.all())
    return ranked([passage for one in told for passage in passages(one.knowledge)], query)[:limit]


def passages(text: str) -> list[Passage]:
    """Paragraphs, each with the last heading before it; a long one in parts."""
    title, found = "", []
    for block in re.split(r"\n\s*\n", text):
        lines = block.strip().splitlines()
        while lines and (heading := HEADING.fullmatch(lines[0].strip())):
            title = heading[1].strip()
            lines = lines[1:]
        body = "\n".join(lines).strip()
        found += [Passage(title, body[at : at + MAX_PASSAGE_CHARS]) for at in range(0, len(body), MAX_PASSAGE_CHARS)]
    return found


def ranked(found: list[Passage], query: str) -> list[Passage]:
    """BM25 over word stems; passages that share no word with the query are left out."""
    counts = [Counter(_stems(f"{passage.title} {passage.title} {passage.text}")) for passage in found]
    mean = sum(map(Counter.total, counts)) / len(counts) if counts else 1
    rarity = {
        stem: math.log(1 + (len(counts) - within + 0.5) / (within + 0.5))
        for stem in set(_stems(query))
        if (within := sum(stem in count for count in counts))
    }

    def score(count: Counter[str]) -> float:
        weight = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * count.total() / mean)
        return sum(rare * count[stem] * (SATURATION + 1) / (count[stem] + weight) for stem, rare in rarity.items())

    scored = sorted(((score(count), -at) for at, count in enumerate(counts)), reverse=True)
    return [found[-at] for points, at in scored if points > 0]


def _stems(text: str) -> Iterable[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    # Cutting words short is a crude stem, but one that serves every language that writes with spaces.
    return (word[:6] for word in re.findall(r"\w+", plain) if len(word) > 2)
