"""Builders: the fewest words for a row that a test needs."""

from __future__ import annotations

from typing import Any

from assistant.models import Assistant, Conversation, Organization, Visitor

ORIGIN = "https://www.example.com"


def organization(name: str = "Bright Smile", **fields: Any) -> Organization:
    slug = name.lower().replace(" ", "-")
    return Organization.objects.create(name=name, slug=slug, **{"allowed_origins": ORIGIN, **fields})


def assistant(of: Organization | None = None, **fields: Any) -> Assistant:
    return Assistant.objects.create(organization=of or organization(), **{"name": "Mia", **fields})


def conversation(of: Assistant | None = None, **fields: Any) -> Conversation:
    of = of or assistant()
    visitor = fields.pop("visitor", None) or Visitor.objects.create(organization=of.organization)
    return Conversation.objects.create(
        organization=of.organization, assistant=of, visitor=visitor, **{"origin": ORIGIN, **fields}
    )
