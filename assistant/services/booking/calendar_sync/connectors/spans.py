"""Busy times from events that a provider has expanded already."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from assistant.services.booking.calendar_sync.busy_expansion import Expansion, Span, joined


def expanded_of(
    events: Iterable[Mapping[str, Any]],
    span_of: Callable[[Mapping[str, Any]], Span | None],
    since: datetime,
    until: datetime,
) -> Expansion:
    """As `busy_expansion.expand` gives it: overlapping times joined, those of our own appointments kept apart."""
    found, unreadable = [], 0
    for event in events:
        try:
            span = span_of(event)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            unreadable += 1
            continue
        if span and span.start < span.end and since < span.end and span.start < until:
            found.append(Span(max(span.start, since), min(span.end, until), span.uid))
    own = [span for span in found if span.uid]
    return Expansion(tuple([*joined([span for span in found if not span.uid]), *own]), unreadable)
