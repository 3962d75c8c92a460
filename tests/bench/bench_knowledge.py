"""What a search by meaning costs beside one by words: `python -m tests.bench.bench_knowledge [passages] [--postgresql]`.

One organization's passages with vectors of 1,536 numbers, beside as many of another's. The vectors are noise, which takes
as long as sense; what the server that makes them takes comes on top, 0.8 s at most. Read the ratio: machines are noisy.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from contextlib import nullcontext
from typing import Any

from tests import servers

DIMENSION = 1536
QUERIES = 40
ROUNDS = 3


def main(passages: int, postgresql: bool) -> None:
    with tempfile.TemporaryDirectory() as folder, servers.postgresql() if postgresql else nullcontext("") as server:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "interworky.settings", "DATA_DIR": folder, "NO_BOOTSTRAP": "1"}
        with servers.new_database(server) if postgresql else nullcontext("") as url:
            if url:
                os.environ |= {"DATABASE_URL": url, "SECRET_KEY": "x" * 50, "FIELD_KEYS": "k" * 43 + "="}
            import django
            from django.core.management import call_command
            from django.db import connections

            django.setup()
            call_command("migrate", verbosity=0)
            measure(passages)
            connections.close_all()


def measure(passages: int) -> None:
    import numpy

    from assistant.models import Document, Organization, Passage
    from assistant.services.knowledge import vectors
    from assistant.services.knowledge.search import indexed, search
    from assistant.services.knowledge.vectors import Space, Vector

    chance, noise = random.Random(1), numpy.random.default_rng(1)
    words = ["".join(chance.choices("bcdfgklmnprstvw", k=6)) for _ in range(5000)]
    often = [1 / place for place in range(1, len(words) + 1)]  # as words of a language are
    space = Space("noise", DIMENSION, 0.05)
    homes = [Organization.objects.create(name=name, slug=name) for name in ("ours", "theirs")]
    for home in homes:
        documents = [Document.objects.create(organization=home, title=f"D{n}", state="ready") for n in range(50)]
        rows = []
        for number in range(passages):
            text = " ".join(chance.choices(words, often, k=120))
            document = documents[number % len(documents)]
            rows.append(Passage(document=document, position=number, text=text, words=indexed(home.pk, "", text)))
        Passage.objects.bulk_create(rows, batch_size=500)
        began = time.perf_counter()
        held = vectors.claim(home.pk)
        assert held
        for at in range(0, len(rows), vectors.BATCH):
            batch = rows[at : at + vectors.BATCH]
            made = noise.standard_normal((len(batch), DIMENSION)).tolist()
            vectors.keep(held, space, {row.pk: numbers for row, numbers in zip(batch, made, strict=True)})
        vectors.give_back(held)
        saved = time.perf_counter() - began
    print(f"{passages} passages, saved in batches: {saved / passages * 1000:.2f} ms each")

    asked = [" ".join(chance.choices(words[20:500], k=4)) for _ in range(QUERIES)]
    meant = [Vector(noise.standard_normal(DIMENSION).tolist(), space) for _ in range(QUERIES)]
    began = time.perf_counter()
    search(homes[0], None, asked[0], 4, meant[0])
    print(f"first search, with loading the vectors: {(time.perf_counter() - began) * 1000:.0f} ms")
    by_words, by_both = timed(
        lambda n: search(homes[0], None, asked[n], 4), lambda n: search(homes[0], None, asked[n], 4, meant[n])
    )
    began = time.perf_counter()
    left = vectors.lagging(space).count()
    sweep = time.perf_counter() - began
    print(f"by words {by_words * 1000:.1f} ms, by words and meaning {by_both * 1000:.1f} ms: x {by_both / by_words:.2f}")
    print(f"a sweep that finds {left} organizations to do: {sweep * 1000:.0f} ms")


def timed(*ways: Any) -> list[float]:
    """Seconds that each way takes, the median of all queries; in rounds, so that noise meets all alike."""
    spent: list[list[float]] = [[] for _ in ways]
    for _ in range(ROUNDS):
        for way, times in zip(ways, spent, strict=True):
            for number in range(QUERIES):
                began = time.perf_counter()
                way(number)
                times.append(time.perf_counter() - began)
    return [statistics.median(times) for times in spent]


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdecimal()]
    main(numbers[0] if numbers else 10_000, "--postgresql" in sys.argv)
