"""The text of unfinished replies: in the memory of the process that writes them, and as copies for the other processes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

SNAPSHOT_SECONDS = 600
SHARE_SECONDS = 0.3  # how old a draft may be that another process shows
CACHE_PAUSE_SECONDS = 5.0  # for which a cache that did not answer is not asked


@dataclass
class ReplyDraft:
    """A reply as far as the runner with `fence` has written it; `tools` are the labels of running tools."""

    text: str = ""
    tools: list[str] = field(default_factory=list)
    fence: int = 0


_drafts: dict[str, ReplyDraft] = {}  # of the turns that this process runs


def keep_draft(turn_id: UUID | str, draft: ReplyDraft | None) -> None:
    """Set what `draft` returns in this process; None removes it."""
    if draft is None:
        _drafts.pop(str(turn_id), None)
    else:
        _drafts[str(turn_id)] = draft


class DraftCopies:
    """Copies of drafts in a cache that all processes share, all that have changed at once: a hop onto a thread for each of
    them took a twelfth of the CPU of a long reply. While the cache is down, it is asked only now and then."""

    def __init__(self, shared: Any = cache, seconds: float = SHARE_SECONDS) -> None:
        self._cache = shared
        self._seconds = seconds
        self._changed: dict[str, ReplyDraft] = {}
        self._scheduled_until = 0.0  # on the monotonic clock; later, the event loop that was to copy them has ended
        self._paused_until = 0.0
        # A thread of its own: a Redis that hangs holds up copies of drafts, and nothing that waits for the database.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="drafts")

    def keep(self, turn_id: UUID | str, draft: ReplyDraft) -> None:
        """Copy a draft, as it will be in a moment. On an event loop."""
        self._changed[_key(turn_id, draft.fence)] = draft
        now = time.monotonic()
        if now >= self._scheduled_until:
            self._scheduled_until = now + 2 * self._seconds
            asyncio.get_running_loop().call_later(self._seconds, self._copy)

    def read(self, turn_id: UUID | str, fence: int = 0) -> ReplyDraft:
        """Empty if there is no copy, or the cache is down."""
        text, tools = self._asked(self._cache.get, _key(turn_id, fence)) or ("", [])
        return ReplyDraft(text, tools, fence)

    def _copy(self) -> None:
        self._scheduled_until = 0.0
        changed, self._changed = self._changed, {}
        copies = {key: (draft.text, list(draft.tools)) for key, draft in changed.items()}
        self._thread.submit(self._asked, self._cache.set_many, copies, SNAPSHOT_SECONDS)

    def _asked(self, ask: Callable[..., Any], *args: Any) -> Any:
        if time.monotonic() >= self._paused_until:
            try:
                return ask(*args)
            except RedisError:
                self._paused_until = time.monotonic() + CACHE_PAUSE_SECONDS
        return None


def _key(turn_id: UUID | str, fence: int) -> str:
    return f"draft.{turn_id}.{fence}"


_copies = DraftCopies()


def share_draft(turn_id: UUID | str, draft: ReplyDraft) -> None:
    """Store a copy for other processes, where they share a cache. Without one they show the reply when it is complete."""
    if settings.REDIS_URL:
        _copies.keep(turn_id, draft)


def draft(turn_id: UUID | str, fence: int = 0) -> ReplyDraft:
    """The reply so far, by the runner with `fence`; empty if it has not begun, or cannot be read."""
    if (mine := _drafts.get(str(turn_id))) is not None and mine.fence == fence:
        return mine
    return _copies.read(turn_id, fence)
