"""Builders: the fewest words for a row that a test needs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import time
from typing import Any

from assistant.models import Assistant, Calendar, Conversation, Organization, Visitor

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


def calendar(
    of: Organization | None = None,
    *,
    opens: str = "09:00",
    closes: str = "17:00",
    weekdays: Iterable[int] = range(7),
    **fields: Any,
) -> Calendar:
    """Open the same hours on each of `weekdays` (0 is Monday), bookable up to the very minute."""
    made = Calendar.objects.create(
        organization=of or organization(), **{"name": "Dr. Moss", "notice_minutes": 0, "horizon_days": 60, **fields}
    )
    for weekday in weekdays:
        made.hours.create(weekday=weekday, opens=time.fromisoformat(opens), closes=time.fromisoformat(closes))
    return made
