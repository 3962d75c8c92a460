"""Searching what an organization's assistants know.

The database's full-text index finds the candidates; what they are worth is reckoned here, by BM25, so that SQLite and
PostgreSQL put them into the same order.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from assistant.models import Assistant, Document, Organization, Passage
from assistant.services.knowledge.words import stems

MAX_WORDS = 16  # of a query: more than any question has
MAX_CANDIDATES = 1000
ENOUGH = 0.3  # of a query's meaning that a passage must share; below, it was found by a word that happens to be in it
SATURATION, LENGTH_WEIGHT = 1.2, 0.75  # BM25's usual k1 and b
TITLE_WEIGHT = 2


@dataclass(frozen=True)
class Found:
    """A passage that says something about a query. `title` is the document's, `heading` the path of headings within."""

    title: str
    heading: str
    text: str
    url: str
    score: float


def search(organization: Organization, assistant: Assistant | None, query: str, limit: int = 4) -> list[Found]:
    """The passages that say most about `query`, best first, of what `assistant` may search; of all where none is named.

    `query` is data: any text of any length.
    """
    wanted = list(dict.fromkeys(stems(query[:2000])))[:MAX_WORDS]
    home = home_word(organization.pk)
    total = Passage.objects.having([], [home]).count() if wanted else 0
    if not total:
        return []
    within = {word: Passage.objects.having([home], [word]).count() for word in wanted}
    # A word that stands nowhere counts like one that stands in one place: it may be chatter, or what all is about.
    rarity = {word: math.log(1 + (total - count + 0.5) / (count + 0.5)) for word, n in within.items() for count in [n or 1]}
    asked: list[str] = []  # the rarest words, as many as keep the candidates few
    for word in sorted(within, key=within.__getitem__):
        if within[word] and (not asked or sum(within[w] for w in asked) + within[word] <= MAX_CANDIDATES):
            asked.append(word)
    if not asked:
        return []
    visible = Document.objects.known_to(assistant) if assistant else Document.objects.filter(organization=organization)
    known = list(visible.order_by().values_list("pk", flat=True))
    rows = Passage.objects.having([home], asked).filter(document__in=known).order_by()
    candidates = dict(rows.values_list("pk", "words")[:MAX_CANDIDATES])
    best = _ranked({pk: Counter(words.split()) for pk, words in candidates.items()}, rarity)[:limit]
    passages = Passage.objects.select_related("document").in_bulk([pk for pk, _ in best])
    return [
        Found(str(row.document), row.title, row.text, row.document.url, round(score, 3))
        for pk, score in best
        if (row := passages.get(pk))
    ]


def home_word(organization_id: int) -> str:
    """A word that no text has: it keeps the organizations apart within the index."""
    return f"o{organization_id}o"


def indexed(organization_id: int, title: str, text: str) -> str:
    """What `Passage.words` holds."""
    return " ".join([home_word(organization_id), *stems(title) * TITLE_WEIGHT, *stems(text)])


def _ranked(candidates: dict[int, Counter[str]], rarity: dict[str, float]) -> list[tuple[int, float]]:
    """Keys and BM25 scores, best first, of those that share enough with the query."""
    mean = sum(map(Counter.total, candidates.values())) / len(candidates) if candidates else 1
    whole = sum(rarity.values())

    def score(words: Counter[str]) -> float:
        weight = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * words.total() / mean)
        return sum(rare * words[word] * (SATURATION + 1) / (words[word] + weight) for word, rare in rarity.items())

    enough = {
        pk: words
        for pk, words in candidates.items()
        if sum(rare for word, rare in rarity.items() if words[word]) >= ENOUGH * whole
    }
    return sorted(((pk, score(words)) for pk, words in enough.items()), key=lambda pair: (-pair[1], pair[0]))
