"""A house whose rooms are described, and the vectors of their passages."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync

from assistant import tasks
from assistant.models import Assistant, Document, Embedding, PassageVector
from assistant.providers import embeddings
from assistant.services.knowledge import documents
from assistant.services.knowledge.search import FoundPassage, search
from assistant.services.knowledge.vectors import Vector

HOUSE = """# Parking
Free behind the house.

# Prices
Whitening is 290.

# Hours
We open at nine.
"""

LONG = "\n".join(f"# Room {number}\nWhere it is." for number in range(1, 36))  # more than a batch
PARKEN = "Wo kann mein Wagen stehen?"


def told(of: Assistant, body: str = HOUSE, title: str = "House", **fields: Any) -> Document:
    document = Document(organization=of.organization, title=title, text=body, **fields)
    documents.queue(document)
    return document


def embed(of: Assistant, **options: Any) -> Embedding:
    tasks.embed_passages(str(of.organization_id), **options)
    return Embedding.objects.get(organization=of.organization)


def vector_of(of: Assistant, query: str) -> Vector | None:
    return async_to_sync(embeddings.of_query)(of.organization, query)


def found(of: Assistant, query: str) -> list[FoundPassage]:
    return search(of.organization, of, query, 4, vector_of(of, query))


def headings(of: Assistant, query: str) -> list[str]:
    return [one.heading for one in found(of, query)]


def with_vectors(model: str = "meanings-1") -> int:
    return PassageVector.objects.filter(model=model, dimension=32).count()
