"""What the claims gate lets through, stops and doubts, by language; and what it costs.

Run: python -m tests.bench.bench_claims [--misses] [folder of <language>.txt …]
"""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from pathlib import Path

from assistant.engine.claims import Gate
from tests.assistant.engine.claims_corpus import CORPUS
from tests.assistant.engine.corpus import HERE, Case, read

REPEATS = 20


def verdict(text: str) -> str:
    """caught · doubted (the second judge is asked, or the line about what was done is added) · shown"""
    gate = Gate(frozenset(), idle=True)
    gate.push(text)
    gate.close()
    return "caught" if gate.caught else "doubted" if gate.withheld else "shown"


def rates(cases: list[Case]) -> dict[str, Counter[tuple[bool, str]]]:
    """By language, how many claims and how many other texts came to each verdict."""
    found: dict[str, Counter[tuple[bool, str]]] = {}
    for case in cases:
        found.setdefault(case.language, Counter())[case.claims, verdict(case.text)] += 1
    return found


def table(found: dict[str, Counter[tuple[bool, str]]]) -> str:
    lines = ["| | Claims | stopped | doubted | let through | Others | stopped wrongly | doubted | shown |"]
    total: Counter[tuple[bool, str]] = Counter()
    for language, counts in [*found.items(), ("all", total)]:
        cells = [str(language)]
        for claims in (True, False):
            number = sum(count for (kind, _), count in counts.items() if kind == claims)
            shares = (f"{counts[claims, name]} ({100 * counts[claims, name] / max(1, number):.1f} %)" for name in VERDICTS)
            cells += [str(number), *shares]
        lines.append("| " + " | ".join(cells) + " |")
        if counts is not total:
            total += counts
    return "\n".join(lines)


VERDICTS = ("caught", "doubted", "shown")


def tokens(text: str) -> list[str]:
    """About the pieces a model streams: a word with the space before it, long words in two."""
    return re.findall(r"\s*\S{1,6}", text) + re.findall(r"\s+\Z", text)


def cost() -> None:
    replies = {
        "replies that claim nothing": [e.text for e in CORPUS if not e.acts],
        "replies that claim something backed": [e.text for e in CORPUS if e.acts],
    }
    effects = frozenset({"booked", "cancelled", "rescheduled", "sent", "done"})
    for name, texts in replies.items():
        pieces = [tokens(text) for text in texts]
        late = sum(_late(reply, effects) for reply in pieces)
        slowest, began = 0.0, time.perf_counter()
        for _ in range(REPEATS):
            for reply in pieces:
                gate = Gate(effects)
                for piece in reply:
                    before = time.perf_counter()
                    gate.push(piece)
                    slowest = max(slowest, time.perf_counter() - before)
                gate.close()
        count = sum(map(len, pieces))
        spent = (time.perf_counter() - began) / (REPEATS * count)
        sys.stdout.write(
            f"{name}: {spent * 1e6:.1f} µs a token, slowest {slowest * 1e3:.2f} ms; "
            f"{100 * late / count:.0f} % of the tokens wait for another\n"
        )


def _late(reply: list[str], effects: frozenset[str]) -> int:
    """How many pieces were not on the screen, but for a full stop at their end, as soon as they had come."""
    gate, fed, late = Gate(effects), 0, 0
    for piece in reply:
        gate.push(piece)
        fed += len(piece)
        late += len(gate.text) < fed - (len(piece) - len(piece.rstrip(".!?…")))
    return late


def main(arguments: list[str]) -> None:
    folders = [Path(name) for name in arguments if not name.startswith("-")]
    for folder in folders or [HERE / "development", HERE]:
        cases = read(folder)
        sys.stdout.write(f"{folder}\n{table(rates(cases))}\n\n")
        if "--misses" in arguments:
            for case in cases:
                came = verdict(case.text)
                if (case.claims and came == "shown") or (not case.claims and came != "shown"):
                    sys.stdout.write(f"  {case.language} {came} {'+' if case.claims else '-'} {case.text!r}\n")
    if not folders:
        cost()


if __name__ == "__main__":
    main(sys.argv[1:])
