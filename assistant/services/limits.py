"""How fast one may knock: our own limits, shared by all processes where Redis is, each process's own where it is not."""

from __future__ import annotations

import time
from functools import cache

from django.conf import settings
from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from assistant.errors import TooMuch

# A person types a few messages a minute; an office shares one address.
LIMITS = {
    "session": ("30/minute", "300/hour"),  # per address
    "message.visitor": ("15/minute", "120/hour"),
    "message.address": ("60/minute", "600/hour"),
    "answer": ("30/minute",),  # clicks on cards, per visitor
    "session_key": ("3/minute", "10/hour"),  # per visitor
}


@cache
def _limiter() -> MovingWindowRateLimiter:
    if settings.REDIS_URL:
        return MovingWindowRateLimiter(storage_from_string(settings.REDIS_URL, socket_timeout=2))
    return MovingWindowRateLimiter(storage_from_string("memory://"))


@cache
def _items(kind: str) -> tuple[RateLimitItem, ...]:
    return tuple(parse(text) for text in LIMITS[kind])


def hit(kind: str, key: str) -> None:
    """Count one. Raises `TooMuch` with the seconds to wait when that is one too many."""
    if not settings.RATE_LIMITS:
        return
    for item in _items(kind):
        if not _limiter().hit(item, kind, key):
            reset = _limiter().get_window_stats(item, kind, key).reset_time
            raise TooMuch(f"{kind} by {key}", retry_after_seconds=max(1, round(reset - time.time())))
