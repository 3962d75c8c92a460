"""What the claims gate lets through, stops and doubts, by language; and what it costs.

Run: python -m tests.bench.bench_claims [--misses] [--judge] [folder of <language>.txt …]

`--judge` puts what the gate doubts to the second judge: the fast model of the first provider that the environment sets up
(`AI_…`), with the prompt, the time limit and the reading of its answer that a visitor's reply meets.
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

from assistant import llm
from assistant.engine import judge
from assistant.engine.claims import Gate
from tests.assistant.engine.claims_corpus import CORPUS
from tests.assistant.engine.corpus import BLIND, DEVELOPMENT, FRESH, HELD_OUT, HERE, OPENED, Case, read

REPEATS = 20


def judged(text: str) -> Gate:
    gate = Gate(frozenset(), idle=True)
    gate.push(text)
    gate.close()
    return gate


def verdict(text: str) -> str:
    """caught · doubted (the second judge is asked, or the line about what was done is added) · shown"""
    gate = judged(text)
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
    every = frozenset({"booked", "cancelled", "rescheduled", "sent", "done"})
    silent = replies["replies that claim nothing"]
    for name, texts, effects, idle in (
        *((name, texts, every, False) for name, texts in replies.items()),
        ("replies that claim nothing, while nothing was done", silent, frozenset[str](), True),
    ):
        pieces = [tokens(text) for text in texts]
        late = sum(_late(reply, effects, idle) for reply in pieces)
        slowest, began = 0.0, time.perf_counter()
        for _ in range(REPEATS):
            for reply in pieces:
                gate = Gate(effects, idle=idle)
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


def _late(reply: list[str], effects: frozenset[str], idle: bool) -> int:
    """How many pieces were not on the screen, but for a full stop at their end, as soon as they had come."""
    gate, fed, late = Gate(effects, idle=idle), 0, 0
    for piece in reply:
        gate.push(piece)
        fed += len(piece)
        late += len(gate.text) < fed - (len(piece) - len(piece.rstrip(".!?…")))
    return late


class FastModel:
    """The fast model of the first provider that the environment sets up."""

    def __init__(self) -> None:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interworky.settings")
        import django

        django.setup()
        from assistant.providers import completions
        from assistant.providers.router.candidates import MAX_OUTPUT_TOKENS, platform

        self._provider = platform().usable[0]
        self.name = self._provider.fast or self._provider.smart
        self._completions, self._most = completions, self._provider.max_output_tokens or MAX_OUTPUT_TOKENS

    async def stream(
        self, messages: list[llm.ChatMessage], tools: list[llm.ToolSpec]
    ) -> AsyncIterator[str | llm.Completion]:
        request = self._completions.Request(self._provider, self.name, messages, tools, max_output_tokens=self._most)
        async with aclosing(self._completions.ask(request)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                yield piece


async def ask_judge(cases: list[Case], model: llm.Model) -> str:
    """How `model` judges what the gate doubts: one request for each text, one after another, as for one visitor."""
    answers: Counter[tuple[bool, bool | None]] = Counter()
    seconds: list[float] = []
    for case in cases:
        gate = judged(case.text)
        if gate.withheld:
            began = time.perf_counter()
            answers[case.claims, await judge.ask(model, gate.doubtful, [], [])] += 1
            seconds.append(time.perf_counter() - began)
    lines = []
    for claims, name in ((True, "claims"), (False, "others")):
        count = sum(number for (kind, _), number in answers.items() if kind == claims)
        yes, no, silent = answers[claims, True], answers[claims, False], answers[claims, None]
        lines.append(f"of {count} {name} that the gate doubts: {yes} judged claims, {no} not, {silent} without an answer")
    if seconds:
        lines.append(f"seconds for an answer: median {statistics.median(seconds):.2f}, slowest {max(seconds):.2f}")
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    folders = [Path(name) for name in arguments if not name.startswith("-")]
    model = FastModel() if "--judge" in arguments else None
    for folder in folders or [DEVELOPMENT, BLIND, OPENED, FRESH, HERE]:
        cases = read(folder)
        sys.stdout.write(f"{folder}\n{table(rates(cases))}\n\n")
        if model:
            sys.stdout.write(f"{model.name}: {asyncio.run(ask_judge(cases, model))}\n\n")
        if "--misses" in arguments and folder.resolve() not in (HELD_OUT, FRESH):
            for case in cases:
                came = verdict(case.text)
                if (case.claims and came == "shown") or (not case.claims and came != "shown"):
                    sys.stdout.write(f"  {case.language} {came} {'+' if case.claims else '-'} {case.text!r}\n")
    if not folders and not model:
        cost()


if __name__ == "__main__":
    main(sys.argv[1:])
