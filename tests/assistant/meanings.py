"""A server of vectors that knows what a few words mean in two languages. Real ones know more; none would be as quick."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from assistant import outbound
from assistant.providers.embeddings import MEASURED_ON

KEY = "sk-vectors-canary-12345678"
ENVIRONMENT = {
    "EMBEDDING_MODEL": "meanings-1",
    "EMBEDDING_BASE_URL": "https://vectors.example.com/v1",
    "EMBEDDING_API_KEY": KEY,
}
WORDS = [
    {"park", "parking", "car", "parken", "auto", "wagen"},
    {"price", "cost", "costs", "preis", "kostet", "teuer"},
    {"open", "hours", "morning", "offen", "geöffnet", "uhrzeit"},
    {"pain", "hurt", "hurts", "schmerzen", "weh"},
]
PAIRS = {text: place for place, pair in enumerate(MEASURED_ON) for text in pair}


def meaning(text: str, dimension: int = 32) -> list[float]:
    """One number for each line of `WORDS`, one for each of `MEASURED_ON`, and a little that all texts share."""
    numbers = [0.05] * dimension
    said = set(re.findall(r"\w+", text.lower()))
    for place, words in enumerate(WORDS):
        numbers[place] += len(words & said)
    if text in PAIRS:
        numbers[len(WORDS) + PAIRS[text]] += 1
    return numbers


class Meanings:
    """`asked` is what it was sent, request by request; `answers` are given first, one per request."""

    def __init__(self, *answers: httpx.Response, dimension: int = 32) -> None:
        self.answers = list(answers)
        self.dimension = dimension
        self.asked: list[list[str]] = []
        self.requests: list[httpx.Request] = []
        self.refuses: re.Pattern[str] | None = None  # texts that it takes for a bad request
        self.late = False

    @property
    def texts(self) -> list[str]:
        """All that it was sent, without what a model is measured on."""
        return [text for texts in self.asked for text in texts if text not in PAIRS]

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        self.requests.append(request)
        self.asked.append(body["input"])
        if self.late:
            await asyncio.sleep(30)
        if self.answers:
            return self.answers.pop(0)
        if self.refuses and any(self.refuses.search(text) for text in body["input"]):
            return httpx.Response(400, json={"error": {"message": "Invalid input."}})
        rows: list[dict[str, Any]] = [
            {"object": "embedding", "index": place, "embedding": meaning(text, self.dimension)}
            for place, text in enumerate(body["input"])
        ]
        usage = {"prompt_tokens": 7, "total_tokens": 7}
        return httpx.Response(200, json={"object": "list", "data": rows[::-1], "model": body["model"], "usage": usage})

    @contextmanager
    def serving(self) -> Iterator[Meanings]:
        with outbound.transport_for_tests(httpx.MockTransport(self)):
            yield self
