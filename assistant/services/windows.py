"""Counters of one process in fixed windows, for what is counted at every request.

The library's own memory walks over all that it holds each time that something is counted, and a stranger with many networks
makes that as long as they like.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

MOST_KEYS = 50_000


class Windows:
    """How often each key was seen in its window. Not for threads: a lost count is no loss here."""

    def __init__(self, most_keys: int = MOST_KEYS, clock: Callable[[], float] = time.monotonic) -> None:
        self.most_keys, self.clock = most_keys, clock
        self.counts: dict[Hashable, tuple[float, int]] = {}  # when its window ends, and how often; by when it began

    def hit(self, key: Hashable, most: int, seconds: float, cost: int = 1) -> float:
        """Count `cost` of `key`; the seconds to wait when that is more than `most` in a window of `seconds`, else 0."""
        now = self.clock()
        end, count = self.counts.get(key, (0.0, 0))
        if end <= now:
            self.counts.pop(key, None)  # to stand last again
            if len(self.counts) >= self.most_keys:
                del self.counts[next(iter(self.counts))]  # whose window has begun first
            end, count = now + seconds, 0
        self.counts[key] = end, count + cost
        return max(1.0, end - now) if count + cost > most else 0.0

    def clear(self) -> None:
        self.counts.clear()
