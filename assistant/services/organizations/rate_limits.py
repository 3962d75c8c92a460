"""Rate limits, per visitor and per network, shared through Redis; each process's own without it.

Every frame and every endpoint has a row in `LIMITS`; tests/attacks/test_limits.py fails for one without.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from django.conf import settings
from limits import RateLimitItem, parse
from limits.storage import Storage, storage_from_string
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter, RateLimiter
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from assistant.errors import TooMuch
from assistant.services.windows import Windows

log = logging.getLogger(__name__)

REDIS_PAUSE_SECONDS = 5.0  # that a Redis which did not answer is left alone: a visitor waits for it once


@dataclass(frozen=True)
class Limit:
    """How often in which time, at most. Without `shared` each process counts for itself and asks nobody, in windows that
    do not move: for what costs less to answer than to count in Redis."""

    visitor: tuple[str, ...] = ()
    network: tuple[str, ...] = ()
    shared: bool = True
    always: bool = False  # also where settings.RATE_LIMITS leaves counting to something in front of us


# A person types a few messages a minute; an office shares one address. Frames by their type, other endpoints by name.
LIMITS = {
    "session": Limit(("20/minute", "120/hour"), ("30/minute", "300/hour")),
    "session.new": Limit(network=("30/minute", "200/hour", "1000/day")),  # rows of visitors and conversations
    "identity": Limit(("20/minute", "120/hour"), ("60/minute", "600/hour")),  # a signature is checked
    "session.open": Limit(("60/minute", "600/hour"), ("600/minute", "6000/hour")),
    "message.send": Limit(("15/minute", "120/hour"), ("60/minute", "600/hour")),
    "file.upload": Limit(("20/minute", "120/hour"), ("60/minute", "600/hour")),
    "file": Limit(("60/minute", "600/hour"), ("240/minute", "2400/hour")),
    "file.download": Limit(("30/minute",), ("240/minute", "2400/hour")),  # visitor: a link
    "turn.stop": Limit(("30/minute",), ("240/minute",)),
    "turn.retry": Limit(("10/minute", "60/hour"), ("40/minute", "400/hour")),
    "card.answer": Limit(("30/minute", "300/hour"), ("120/minute", "1200/hour")),
    "slots.browse": Limit(("60/minute", "600/hour"), ("240/minute", "2400/hour")),
    "message.rate": Limit(("30/minute", "300/hour"), ("120/minute", "1200/hour")),
    "human.request": Limit(("6/minute", "20/hour"), ("20/minute", "100/hour")),
    "consent.give": Limit(("10/minute", "60/hour"), ("60/minute", "600/hour")),
    "visitor.update": Limit(("20/minute", "120/hour"), ("120/minute", "1200/hour")),
    "conversation.close": Limit(("10/minute", "60/hour"), ("60/minute", "600/hour")),
    "conversation.rate": Limit(("10/minute", "60/hour"), ("60/minute", "600/hour")),
    "transcript": Limit(("3/minute", "6/hour", "12/day"), ("10/minute", "30/hour", "100/day")),  # an e-mail to any address
    "code": Limit(network=("20/day",)),  # e-mails with a code, beside the outbox' rows: erasure takes the network from those
    "data": Limit(("20/minute", "120/hour"), ("120/minute", "1200/hour")),  # what a visitor's own export would cover
    "data.export": Limit(("2/minute", "6/hour", "12/day"), ("10/minute", "60/hour")),  # everything of theirs, with files
    "data.erase": Limit(("3/minute", "12/hour"), ("10/minute", "30/hour", "40/day")),  # each leaves a new visitor, uncounted
    "data.server": Limit(("120/minute", "1200/hour"), ("240/minute", "2400/hour")),  # visitor: an identity key
    "conversation.new": Limit(("10/minute", "60/hour"), ("60/minute", "600/hour")),
    "session-key": Limit(("3/minute", "10/hour"), ("10/minute", "60/hour")),
    "tool-call": Limit(("30/minute", "300/hour"), ("120/minute", "1200/hour")),
    "voice.start": Limit(("6/minute", "30/hour"), ("30/minute", "240/hour")),
    "voice.line": Limit(("120/minute", "1800/hour"), ("600/minute", "7200/hour")),
    "voice.end": Limit(("12/minute", "60/hour"), ("60/minute", "480/hour")),
    "events": Limit(("600/minute",), ("6000/minute",)),
    "search": Limit(("20/minute", "200/hour"), ("60/minute", "600/hour")),
    "conversation.seen": Limit(("60/minute",), ("1200/minute",), shared=False),
    "typing": Limit(("120/minute",), ("1200/minute",), shared=False),
    "ping": Limit(("60/minute",), ("1200/minute",), shared=False),
    "inbound-mail": Limit(("20/minute", "120/hour"), ("600/minute",)),  # visitor: a conversation that is answered by e-mail
    "inbox": Limit(("240/minute",), shared=False),  # visitor: a member of staff, whose page says what they look at
    "push": Limit(("20/minute", "100/hour"), shared=False),  # visitor: a member of staff, who adds or tests a browser
    "socket": Limit(network=("600/minute",), shared=False),
    "config": Limit(network=("600/minute",), shared=False),
    "picture": Limit(network=("600/minute",), shared=False),  # browsers keep them: once for each visitor
    "hosted": Limit(network=("300/minute",), shared=False),
    "appointment": Limit(("60/minute",), ("120/minute",)),
    "login": Limit(("5/5minute", "20/hour"), ("30/5minute", "200/hour"), always=True),  # visitor: a user, from this network
    "login.first": Limit(visitor=("3/hour",), always=True),  # likewise; what login.user does not count
    "login.user": Limit(visitor=("20/15minute",), always=True),  # a user, from anywhere
    # Links in e-mails to staff, such as an invitation: opened with any token, by any network.
    "staff-link": Limit(network=("20/minute", "100/hour"), always=True),
    "password-reset": Limit(("3/hour",), ("20/hour",), always=True),  # visitor: an address that was typed
    "lockout-notice": Limit(visitor=("1/day",), always=True),  # visitor: a user
    "invitation": Limit(visitor=("30/hour", "100/day"), always=True),  # visitor: an organization, which sends them
    # Sites that may not show an assistant and are kept for staff to read: anybody can name any site.
    "refused-origin": Limit(network=("3/hour", "10/day")),
    "refused-origin.assistant": Limit(visitor=("20/hour",)),  # visitor: an assistant
    "page": Limit(network=("3000/minute",), shared=False),  # any request, whatever it is for
}

# What resuming may bring back: an answer is cheap to ask for, and as large as its conversation. In units of CHARGED_BYTES.
CHARGED_BYTES = 1024
RESUMED = Limit(("4096/minute", "40960/hour"), ("32768/minute", "524288/hour"))

_paused_until = 0.0  # on the monotonic clock
_windows = Windows()


@cache
def _shared() -> Storage:
    patience: dict[str, Any] = {"socket_connect_timeout": 1, "socket_timeout": 1, "retry": Retry(NoBackoff(), 0)}
    return cast(Storage, storage_from_string(settings.REDIS_URL, **patience))


@cache
def _own() -> Storage:
    return cast(Storage, storage_from_string("memory://"))


@cache
def _items(texts: tuple[str, ...]) -> tuple[RateLimitItem, ...]:
    return tuple(parse(text) for text in texts)


def reset() -> None:
    """Forget all that was counted; for tests."""
    _windows.clear()
    for storage in (_own(), *([_shared()] if settings.REDIS_URL else [])):
        storage.reset()


def hit(kind: str, *, visitor: str = "", network: str = "", cost: int = 1) -> None:
    """Count a request of a row of LIMITS, which weighs as much as `cost` of them: `visitor`'s by its id, `network`'s by
    what `network_of` says. Blank is not counted. Raises `TooMuch` with the seconds to wait when that is too many."""
    limit = LIMITS[kind]
    if not limit.shared:
        _hit_here(limit, kind, visitor, network, cost)
        return

    def count(storage: Storage) -> None:
        limiter = MovingWindowRateLimiter(storage)
        for item, place in _places(limit, kind, visitor, network):
            if not limiter.hit(item, *place, cost=cost):
                raise _too_much(limiter, item, place)

    _count(count, limit)


def look(kind: str, *, visitor: str) -> None:
    """Raises `TooMuch` where `hit` would, of a row that all processes share; counts nothing."""

    def test(storage: Storage) -> None:
        limiter = MovingWindowRateLimiter(storage)
        for item, place in _places(LIMITS[kind], kind, visitor, ""):
            if not limiter.test(item, *place):
                raise _too_much(limiter, item, place)

    _count(test, LIMITS[kind])


def _too_much(limiter: RateLimiter, item: RateLimitItem, place: tuple[str, ...]) -> TooMuch:
    reset = limiter.get_window_stats(item, *place).reset_time
    return TooMuch(" of ".join(place), retry_after_seconds=max(1, round(reset - time.time())))


def _hit_here(limit: Limit, kind: str, visitor: str, network: str, cost: int) -> None:
    if settings.RATE_LIMITS:
        for item, place in _places(limit, kind, visitor, network):
            if wait := _windows.hit((item, place), item.amount, item.get_expiry(), cost):
                raise TooMuch(" of ".join(place), retry_after_seconds=round(wait))


def clear(kind: str, *, visitor: str) -> None:
    """Forget what was counted of `visitor`."""

    def forget(storage: Storage) -> None:
        for item, place in _places(LIMITS[kind], kind, visitor, ""):
            storage.clear(item.key_for(*place))

    _count(forget, LIMITS[kind])


def admit_resume(*, visitor: str, network: str) -> None:
    """Raises `TooMuch` when what was resumed already is too much; `charge_resume` says how much it was."""

    def look(storage: Storage) -> None:
        limiter = FixedWindowRateLimiter(storage)
        for item, place in _places(RESUMED, "resumed", visitor, network):
            if not limiter.test(item, *place):
                raise _too_much(limiter, item, place)

    _count(look, RESUMED)


def charge_resume(size: int, *, visitor: str, network: str) -> None:
    """Count an answer of `size` bytes, also where it goes beyond the limit: then it is the last for a while."""

    def count(storage: Storage) -> None:
        limiter = FixedWindowRateLimiter(storage)  # a moving window keeps an entry for each unit
        for item, place in _places(RESUMED, "resumed", visitor, network):
            limiter.hit(item, *place, cost=1 + size // CHARGED_BYTES)

    _count(count, RESUMED)


def _places(limit: Limit, kind: str, visitor: str, network: str) -> Iterator[tuple[RateLimitItem, tuple[str, str, str]]]:
    # Visitors first: what is refused to one of them takes nothing from the others of the network.
    for whose, key, texts in (("visitor", visitor, limit.visitor), ("network", network, limit.network)):
        if key:
            yield from ((item, (kind, whose, key)) for item in _items(texts))


def _count(count: Callable[[Storage], None], limit: Limit) -> None:
    global _paused_until
    if not (settings.RATE_LIMITS or limit.always):
        return
    if settings.REDIS_URL and time.monotonic() >= _paused_until:
        try:
            return count(_shared())
        except RedisError:
            _paused_until = time.monotonic() + REDIS_PAUSE_SECONDS
            log.warning("Redis is away: this process counts for itself.")
    count(_own())
