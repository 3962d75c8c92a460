"""Using up a rate limit, so that the next request is the one that a test is about."""

from __future__ import annotations

from limits import parse

from assistant.services.organizations import rate_limits


def spend(kind: str, *, visitor: str = "", network: str = "", left: int = 0) -> None:
    """Count all that a row of LIMITS allows this visitor or this network at first, but for the last `left` requests."""
    limit = rate_limits.LIMITS[kind]
    allowed = min(parse(text).amount for text in (limit.visitor if visitor else limit.network))
    if allowed > left:
        rate_limits.hit(kind, visitor=visitor, network=network, cost=allowed - left)
