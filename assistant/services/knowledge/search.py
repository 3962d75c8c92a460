"""Search in an organization's documents: by words, and by meaning where there are vectors.

By words, the database's full-text index finds the candidates; what they are worth is reckoned here, by BM25, so that
SQLite and PostgreSQL put them into the same order. The two ways are joined by rank, since their figures do not compare.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from assistant.models import Assistant, Document, Organization, Passage
from assistant.services.knowledge import vectors
from assistant.services.knowledge.passages import passages as cut
from assistant.services.knowledge.vectors import Vector
from assistant.services.knowledge.words import stems
from assistant.services.organizations import prompt_versions

MAX_WORDS = 16  # of a query: more than any question has
MAX_CANDIDATES = 1000
ENOUGH = 0.3  # of a query's meaning that a passage must share; below, it was found by a word that happens to be in it
SATURATION, LENGTH_WEIGHT = 1.2, 0.75  # BM25's usual k1 and b
TITLE_WEIGHT = 2
RANKS_SMOOTHED = 60  # usual for reciprocal ranks: the tenth place of one way says nearly as much as the first
SPARE = 4  # times as many are looked up as are wanted: a passage may have gone since its vector was loaded


@dataclass(frozen=True)
class FoundPassage:
    """A passage that says something about a query. `title` is the document's, `heading` the path of headings within.

    `score` compares it with the best one, from 0 to 1; `ways` are those by which it was found, "words" and "meaning".
    """

    title: str
    heading: str
    text: str
    url: str
    score: float
    ways: tuple[str, ...]


def search(
    organization: Organization, assistant: Assistant | None, query: str, limit: int = 4, vector: Vector | None = None
) -> list[FoundPassage]:
    """The passages that say most about `query`, best first, of what `assistant` may search; of all where none is named.

    `query` is data: any text of any length; `vector` is what it means, where that is known.
    """
    visible = Document.objects.known_to(assistant) if assistant else Document.objects.filter(organization=organization)
    known = list(visible.order_by().values_list("pk", flat=True))
    by_words = dict(_by_words(organization, known, query))
    by_meaning = dict(vectors.nearest(organization, known, vector)) if vector else {}
    shares = {"words": _shares(by_words), "meaning": _shares(by_meaning, vector.space.floor if vector else 0)}
    best = fused(by_words, by_meaning)[: limit * SPARE]
    rows = Passage.objects.filter(document__in=known).select_related("document").defer("document__text", "words")
    passages = rows.in_bulk(best)
    found = []
    for row in (passages[pk] for pk in best if pk in passages):
        ways = tuple(way for way, share in shares.items() if row.pk in share)
        score = max(shares[way][row.pk] for way in ways)
        found.append(FoundPassage(str(row.document), row.title, row.text, row.document.url, round(score, 3), ways))
    return found[:limit]


def fused(*rankings: Iterable[int]) -> list[int]:
    """Several rankings as one, by reciprocal ranks. Of two that are worth the same, the one of the earlier ranking."""
    worth: dict[int, float] = defaultdict(float)
    for ranking in rankings:
        for place, pk in enumerate(ranking, 1):
            worth[pk] += 1 / (RANKS_SMOOTHED + place)
    return sorted(worth, key=worth.__getitem__, reverse=True)


def _shares(ranking: dict[int, float], zero: float = 0) -> dict[int, float]:
    """What each is worth beside the best."""
    best = max(ranking.values(), default=0) - zero
    return {pk: (worth - zero) / best if best > 0 else 1.0 for pk, worth in ranking.items()}


def home_word(organization_id: int) -> str:
    """A word that no text has: it keeps the organizations apart within the index."""
    return f"o{organization_id}o"


def indexed(organization_id: int, title: str, text: str) -> str:
    """What `Passage.words` holds."""
    return " ".join([home_word(organization_id), *stems(title) * TITLE_WEIGHT, *stems(text)])


def _by_words(organization: Organization, known: Sequence[UUID], query: str) -> list[tuple[int, float]]:
    """Keys and scores of the passages in `known` documents that share enough words with `query`, best first."""
    wanted = list(dict.fromkeys(stems(query[:2000], asked=True)))[:MAX_WORDS]
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
    rows = Passage.objects.having([home], asked).filter(document__in=known).order_by()
    candidates = dict(rows.values_list("pk", "words")[:MAX_CANDIDATES])
    return _ranked({pk: Counter(words.split()) for pk, words in candidates.items()}, rarity)


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


def in_prompt(assistant: Assistant, query: str, limit: int = 4) -> list[FoundPassage]:
    """The parts that say most about `query`, best first, of what `assistant` is told with every message: its short
    knowledge and its instructions. For staff: a model reads all of it, whatever is asked.
    """
    texts = {"Its short knowledge": assistant.knowledge, "Its instructions": prompt_versions.instructions(assistant)}
    parts = [(title, part) for title, text in texts.items() for part in cut(text)]
    words = {number: Counter(stems(f"{part.title} {part.text}")) for number, (_, part) in enumerate(parts)}
    rarity = {}
    for word in list(dict.fromkeys(stems(query[:2000])))[:MAX_WORDS]:
        within = sum(1 for counted in words.values() if counted[word]) or 1
        rarity[word] = math.log(1 + (len(parts) - within + 0.5) / (within + 0.5))
    by_words = dict(_ranked(words, rarity)) if rarity else {}
    shares = _shares(by_words)
    best = list(by_words)[:limit]
    return [
        FoundPassage(parts[n][0], parts[n][1].title, parts[n][1].text, "", round(shares[n], 3), ("words",)) for n in best
    ]
