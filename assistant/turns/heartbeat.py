"""The heartbeat of a process: the leases of all the turns that it runs, renewed together.

One statement renews them all. When each turn had its own, a crowd of two hundred cost a hundred statements a second, about a
fifth of the CPU of a long reply.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from django.conf import settings

from assistant.async_db import in_db
from assistant.errors import TurnTaken
from assistant.models import Turn
from assistant.services.conversations.leases import renew_lease, renew_leases

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
SHORTEST_BEAT_SECONDS = 0.005


@dataclass(eq=False)
class _Held:
    """A turn whose lease is kept. `body` is the task that runs it, and is cancelled when the lease is `lost`."""

    turn: Turn
    stop: asyncio.Event
    body: asyncio.Task[None]
    lost: TurnTaken | None = None
    renewing: asyncio.Task[None] | None = None  # it alone


class _Heart:
    """What keeps the leases of one event loop's turns, while there are any."""

    def __init__(self) -> None:
        self.held: set[_Held] = set()
        self.beating: asyncio.Task[None] | None = None

    def add(self, held: _Held) -> None:
        self.held.add(held)
        if self.beating is None or self.beating.done():
            self.beating = asyncio.create_task(self._beat(), name="heartbeat")

    def remove(self, held: _Held) -> None:
        self.held.discard(held)
        if held.renewing:
            held.renewing.cancel()
        if not self.held and self.beating:
            self.beating.cancel()
            self.beating = None

    async def _beat(self) -> None:
        while True:
            interval = min(HEARTBEAT_SECONDS, settings.ASSISTANT_LEASE_SECONDS / 3)
            await asyncio.sleep(max(interval, SHORTEST_BEAT_SECONDS))
            await self._renew([held for held in self.held if held.renewing is None and held.lost is None])

    async def _renew(self, due: list[_Held]) -> None:
        try:
            renewed = await in_db(renew_leases)([held.turn for held in due])
        except Exception:
            # The database may be back before the leases lapse.
            log.warning("the leases of %d turns could not be renewed", len(due), exc_info=True)
            return
        for held in self.held.intersection(due):
            if held.turn.pk not in renewed:
                held.renewing = asyncio.create_task(self._renew_alone(held))
            elif renewed[held.turn.pk]:
                held.stop.set()

    async def _renew_alone(self, held: _Held) -> None:
        """Find out whether the lease of a turn that was not renewed is lost, or its row was only locked: the others must not
        wait for that."""
        try:
            if await in_db(renew_lease)(held.turn):
                held.stop.set()
        except TurnTaken as error:
            held.lost = error
            held.body.cancel()
        except Exception:
            log.warning("the lease on turn %s could not be renewed", held.turn.pk, exc_info=True)
        finally:
            held.renewing = None


_hearts: dict[asyncio.AbstractEventLoop, _Heart] = {}


@asynccontextmanager
async def lease_kept(turn: Turn, stop: asyncio.Event) -> AsyncIterator[None]:
    """Keep the lease while the body runs, and set `stop` when the visitor has asked for it. Raises `TurnTaken` in the body's
    place when the lease is lost."""
    body = asyncio.current_task()
    assert body is not None
    loop = asyncio.get_running_loop()
    heart = _hearts.setdefault(loop, _Heart())
    held = _Held(turn, stop, body)
    heart.add(held)
    try:
        yield
    except asyncio.CancelledError:
        if held.lost:
            body.uncancel()
            raise held.lost from None
        raise
    finally:
        heart.remove(held)
        if not heart.held:
            _hearts.pop(loop, None)
