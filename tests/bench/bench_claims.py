"""What the claims gate costs: microseconds a token, and how much of a reply waits for its sentence to end.

Run: python -m tests.bench.bench_claims
"""

from __future__ import annotations

import re
import time

from assistant.engine.claims import Gate
from tests.assistant.engine.claims_corpus import CORPUS

REPEATS = 20


def tokens(text: str) -> list[str]:
    """About the pieces a model streams: a word with the space before it, long words in two."""
    return re.findall(r"\s*\S{1,6}", text) + re.findall(r"\s+\Z", text)


def main() -> None:
    replies = {
        "replies that claim nothing": [e.text for e in CORPUS if not e.acts],
        "replies that claim something backed": [e.text for e in CORPUS if e.acts],
    }
    for name, texts in replies.items():
        achieved = frozenset({"booked", "cancelled", "rescheduled", "sent", "done"})
        pieces = [tokens(text) for text in texts]
        delayed = sum(_delayed(reply, achieved) for reply in pieces)
        slowest, began = 0.0, time.perf_counter()
        for _ in range(REPEATS):
            for reply in pieces:
                gate = Gate(achieved)
                for piece in reply:
                    before = time.perf_counter()
                    gate.push(piece)
                    slowest = max(slowest, time.perf_counter() - before)
                gate.close()
        count = sum(map(len, pieces))
        spent = (time.perf_counter() - began) / (REPEATS * count)
        print(
            f"{name}: {spent * 1e6:.1f} µs a token, slowest {slowest * 1e3:.2f} ms; "
            f"{100 * delayed / count:.0f} % of the tokens wait for their sentence"
        )


def _delayed(reply: list[str], achieved: frozenset[str]) -> int:
    """How many pieces brought nothing to the screen, the half word at the end apart."""
    gate, waiting = Gate(achieved), 0
    for piece in reply:
        gate.push(piece)
        waiting += gate._armed
    return waiting


if __name__ == "__main__":
    main()
