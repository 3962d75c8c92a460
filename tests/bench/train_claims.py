"""Learn what the signs of a claim weigh (`engine/weighing.py`) from the texts that have been read.

Run: python -m tests.bench.train_claims   (about a minute; the result is the same on every machine)

A text is one case, and a sentence is what is weighed: of a claim of several sentences, the likeliest is taken for the one
that claims, and the rest are left out. Logistic regression with a quadratic penalty, by coordinate descent.
"""

from __future__ import annotations

import math
import sys
import zlib
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from assistant.engine import blocks, claims, weighing
from assistant.engine.folding import fold
from assistant.engine.grammars import GRAMMARS
from tests.assistant.engine.corpus import BLIND, DEVELOPMENT, OPENED, Case, read

FEWEST = 3  # texts in which a sign is met before it counts
PENALTY = 3.0
SMALLEST = 0.05  # weight that is written down
ROUNDS, PASSES = 3, 12
Row = frozenset[str]
Weights = dict[str, float]


def cases(language: str) -> list[Case]:
    """What is learned from."""
    return [case for folder in (DEVELOPMENT, BLIND, OPENED) for case in read(folder) if case.language == language]


def checksum(language: str) -> str:
    """Of the texts, to see whether weights are of these."""
    return f"{zlib.crc32(repr([(case.claims, case.text) for case in cases(language)]).encode()):08x}"


def rows_of(language: str, text: str) -> list[Row]:
    """The signs of each sentence of a text, as the gate takes it apart."""
    rows = [row for sentence in sentences(text) for row in blocks.look(fold(sentence).text).rows]
    return [weighing.signs(language, " ".join(row.split())) for row in rows]


def sentences(text: str) -> list[str]:
    ends = [0, *(found.end() for found in claims.SENTENCE_END.finditer(text)), len(text)]
    return [text[begin:end] for begin, end in pairwise(ends) if text[begin:end].strip()]


def learn(language: str, texts: Iterable[Case]) -> Weights:
    """The weights, by sign; the one that all sentences begin with under ""."""
    parts = [(case.claims, rows_of(language, case.text)) for case in texts]
    met = Counter(sign for _, rows in parts for sign in set().union(*rows))
    parts = [
        (claim, [frozenset({""}.union(sign for sign in row if met[sign] >= FEWEST)) for row in rows])
        for claim, rows in parts
        if rows
    ]
    weights: Weights = {}
    for _ in range(ROUNDS):
        taken = []
        for claim, rows in parts:
            picked = [max(rows, key=lambda row: weigh(weights, row))] if claim and weights else rows
            taken += [(claim, row) for row in picked]
        weights = fit(taken, weights)
    return {sign: weight for sign, weight in weights.items() if abs(weight) >= SMALLEST or not sign}


def weigh(weights: Weights, row: Row) -> float:
    return sum(weights.get(sign, 0.0) for sign in sorted(row))


def fit(rows: list[tuple[bool, Row]], start: Weights) -> Weights:
    """Coordinate descent: one Newton step for each sign after another."""
    weights = dict(start)
    margins = [weigh(weights, row) for _, row in rows]
    columns: dict[str, list[int]] = {}
    for place, (_, row) in enumerate(rows):
        for sign in row:
            columns.setdefault(sign, []).append(place)
    for _ in range(PASSES):
        for sign in sorted(columns):
            old = weights.get(sign, 0.0)
            penalty = PENALTY if sign else 0.01
            slope, bend = penalty * old, penalty
            for place in columns[sign]:
                chance = 1 / (1 + math.exp(-max(-30.0, min(30.0, margins[place]))))
                slope += chance - rows[place][0]
                bend += chance * (1 - chance)
            step = -slope / bend
            weights[sign] = old + step
            for place in columns[sign]:
                margins[place] += step
    return weights


def written(language: str, weights: Weights) -> str:
    """The file of a language: hundredths of a logit and the sign, the first line for all sentences."""
    listed = sorted(weights.items(), key=lambda item: (item[0] != "", -abs(round(100 * item[1])), item[0]))
    lines = [f"# What signs weigh, in hundredths of a logit. By tests/bench/train_claims.py, of texts {checksum(language)}."]
    return "\n".join([*lines, *(f"{round(100 * weight)} {sign}" for sign, weight in listed)]) + "\n"


def main() -> None:
    for language in GRAMMARS:
        weights = learn(language, cases(language))
        (weighing.WEIGHTS / f"{language}.txt").write_text(written(language, weights), encoding="utf-8")
        sys.stdout.write(f"{language}: {len(weights)} signs\n")


if __name__ == "__main__":
    main()
