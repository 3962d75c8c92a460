"""Documents, and what is found in them."""

from __future__ import annotations

from typing import Any

from assistant import tasks
from assistant.models import Assistant, Document
from assistant.services.knowledge import documents
from assistant.services.knowledge.search import search

PRACTICE = """# Parking
You can park behind the house. Two places are for wheelchair users.

# After an extraction
Do not rinse for a day. Coffee and cigarettes must wait until the evening.

# Whitening
Whitening costs £290 and takes an hour.

# Insurance
You pay us, and your insurer pays you back. Bupa and Cigna ask for the codes on the invoice.

# Öffnungszeiten
Montags bis freitags von neun bis achtzehn Uhr.

# 料金
大人は千円、子供は五百円です。
"""


def text(of: Assistant, body: str = PRACTICE, title: str = "Practice", **fields: Any) -> Document:
    document = Document(organization=of.organization, title=title, text=body, **fields)
    documents.queue(document)
    return document


def page(of: Assistant, url: str = "https://www.example.com/prices", **fields: Any) -> Document:
    document = Document(organization=of.organization, kind="page", url=url, **fields)
    documents.queue(document)
    return document


def file(of: Assistant, name: str, data: bytes, **fields: Any) -> Document:
    document = Document(organization=of.organization, kind="file", title="A file", **fields)
    documents.queue(document, file=(name, data))
    return document


def after(document: Document) -> Document:
    """As it is once a worker has had it."""
    tasks.read_document(str(document.pk))
    document.refresh_from_db()
    return document


def found(of: Assistant, query: str) -> list[str]:
    return [one.heading for one in search(of.organization, of, query)]
