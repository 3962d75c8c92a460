"""How fast one may knock: our own limits, shared by all processes while Redis is there, each process's own while not."""

from __future__ import annotations

import logging
import time
from functools import cache
from typing import Any

from django.conf import settings
from limits import RateLimitItem, parse
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from assistant.errors import TooMuch

log = logging.getLogger(__name__)

AWAY_SECONDS = 5.0  # that a Redis which did not answer is left alone: a visitor waits for it once

# A person types a few messages a minute; an office shares one address.
LIMITS = {
    "session": ("30/minute", "300/hour"),  # per address
    "message.visitor": ("15/minute", "120/hour"),
    "message.address": ("60/minute", "600/hour"),
    "answer": ("30/minute",),  # clicks on cards, per visitor
    # Sites that may not show an assistant and are kept for staff to read: anybody can name any site.
    "refused_origin.network": ("3/hour", "10/day"),
    "refused_origin.assistant": ("20/hour",),
    "session_key": ("3/minute", "10/hour"),  # per visitor
}


_away_until = 0.0  # on the monotonic clock


@cache
def _shared() -> MovingWindowRateLimiter:
    patience: dict[str, Any] = {"socket_connect_timeout": 1, "socket_timeout": 1, "retry": Retry(NoBackoff(), 0)}
    return MovingWindowRateLimiter(storage_from_string(settings.REDIS_URL, **patience))


@cache
def _own() -> MovingWindowRateLimiter:
    return MovingWindowRateLimiter(storage_from_string("memory://"))


@cache
def _items(kind: str) -> tuple[RateLimitItem, ...]:
    return tuple(parse(text) for text in LIMITS[kind])


def hit(kind: str, key: str) -> None:
    """Count one. Raises `TooMuch` with the seconds to wait when that is one too many."""
    global _away_until
    if not settings.RATE_LIMITS:
        return
    if settings.REDIS_URL and time.monotonic() >= _away_until:
        try:
            return _hit(_shared(), kind, key)
        except RedisError:
            _away_until = time.monotonic() + AWAY_SECONDS
            log.warning("Redis is away: this process counts for itself.")
    _hit(_own(), kind, key)


def _hit(limiter: MovingWindowRateLimiter, kind: str, key: str) -> None:
    for item in _items(kind):
        if not limiter.hit(item, kind, key):
            reset = limiter.get_window_stats(item, kind, key).reset_time
            raise TooMuch(f"{kind} by {key}", retry_after_seconds=max(1, round(reset - time.time())))
