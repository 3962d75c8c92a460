"""The doorbells: to open widgets, and to Celery. Nothing depends on either being heard.

What is rung has been committed or kept as a snapshot before, so a lost ring costs a moment, never a message: widgets
notice gaps in `seq` and `offset`, sweeps find rows that no worker took.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.core.cache import cache
from django.db import transaction

from assistant.db import in_db
from assistant.events import Event

log = logging.getLogger(__name__)

QUEUE_LIMIT = 20_000
SEND_SECONDS = 5
SNAPSHOT_SECONDS = 600


def group(conversation_id: UUID | str) -> str:
    """The channel-layer group of a conversation's open widgets."""
    return f"conversation.{conversation_id}"


def announce(conversation_id: UUID | str, event: Event) -> None:
    """Ring every open widget of a conversation. From any thread; returns at once, raises nothing."""
    _ring(group(conversation_id), {"type": "event", "payload": event.payload()})


def ask_to_stop(turn_id: UUID | str) -> None:
    """Tell whichever process runs this turn that its visitor wants it to end."""
    _ring("runners", {"type": "stop", "turn": str(turn_id)})


def hand_over(task: str, row_id: UUID | str) -> None:
    """Give a committed row's id to Celery once the transaction is through."""

    def send() -> None:
        from celery import current_app

        try:
            current_app.send_task(task, [str(row_id)])
        except Exception:
            # The row is there, and the sweep finds it: a broker that is down must not fail what was saved.
            log.warning("Celery was not reached for %s %s; the sweep will take it.", task, row_id, exc_info=True)

    transaction.on_commit(send)


# --- The text of replies in the making ------------------------------------------------------------------------------


@dataclass
class Draft:
    """A reply as far as it has come; `tools` are the labels at work now."""

    text: str = ""
    tools: list[str] = field(default_factory=list)


_drafts: dict[str, Draft] = {}  # of the turns that this process runs


def keep_draft(turn_id: UUID | str, draft: Draft | None) -> None:
    """What `draft` answers from in this process; None forgets it."""
    if draft is None:
        _drafts.pop(str(turn_id), None)
    else:
        _drafts[str(turn_id)] = draft


async def share_draft(turn_id: UUID | str, draft: Draft) -> None:
    """A copy for the other processes."""
    await in_db(cache.set)(f"draft.{turn_id}", (draft.text, list(draft.tools)), SNAPSHOT_SECONDS)


def draft(turn_id: UUID | str) -> Draft:
    """The reply so far; empty when nobody has begun it."""
    if (mine := _drafts.get(str(turn_id))) is not None:
        return mine
    return Draft(*cache.get(f"draft.{turn_id}", ("", [])))


# --- The ringing itself ---------------------------------------------------------------------------------------------


class _Bell:
    """One queue and one sender on one event loop, so that events leave in the order in which they were rung."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.queue: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue(QUEUE_LIMIT)
        self.sender: asyncio.Task[None] | None = None

    def put(self, to: str, message: dict[str, Any]) -> None:
        if self.sender is None or self.sender.done():
            self.sender = self.loop.create_task(self._send())
        try:
            self.queue.put_nowait((to, message))
        except asyncio.QueueFull:
            log.warning("The channel layer is too slow; an announcement was dropped.")

    async def _send(self) -> None:
        layer = get_channel_layer()
        while not self.queue.empty():
            to, message = self.queue.get_nowait()
            try:
                async with asyncio.timeout(SEND_SECONDS):
                    await layer.group_send(to, message)
            except Exception:
                log.warning("The channel layer did not take an announcement.", exc_info=True)


_bell: _Bell | None = None
_lock = threading.Lock()


def bind(loop: asyncio.AbstractEventLoop) -> None:
    """Ring from this event loop: the server's own, so that nothing hops between threads on the way to a socket."""
    global _bell
    with _lock:
        if _bell is None or _bell.loop is not loop:
            _bell = _Bell(loop)


def _ring(to: str, message: dict[str, Any]) -> None:
    try:
        bell = _bell
        if bell is None or not bell.loop.is_running():
            bind(_loop_of_our_own())
            bell = _bell
        assert bell is not None
        bell.loop.call_soon_threadsafe(bell.put, to, message)
    except Exception:
        log.warning("An announcement could not be rung.", exc_info=True)


def _loop_of_our_own() -> asyncio.AbstractEventLoop:
    """For processes without a server, such as Celery workers."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="live", daemon=True).start()
    return loop
