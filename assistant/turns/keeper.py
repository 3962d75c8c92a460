"""Background work beside the server: taking over abandoned turns, passing on stops, and handing over on shutdown."""

from __future__ import annotations

import asyncio
import gc
import logging
import time

from django.conf import settings

from assistant import live
from assistant.async_db import in_db
from assistant.services.conversations.leases import turns_left_behind
from assistant.tools import executor
from assistant.turns.beginning import warm_up
from assistant.turns.runner import running_tasks, start, stop_here

log = logging.getLogger(__name__)

KEEPER_SECONDS = 2.0
PARALLEL_RESUMES = 10


async def run_keeper() -> None:
    """Until cancelled: resume what other runners left behind, and pass on the visitors' wish to stop. Then let the
    turns of this process end, and hand over what takes longer than ASSISTANT_DRAIN_SECONDS."""
    live.bind(asyncio.get_running_loop())
    try:
        await _warm_up()
        async with asyncio.TaskGroup() as group:
            group.create_task(_keep_resuming())
            group.create_task(_pass_on_stops())
    finally:
        await drain(settings.ASSISTANT_DRAIN_SECONDS)


async def _warm_up() -> None:
    """Load what the first turn needs, before there is one."""
    try:
        await in_db(warm_up)()
    except Exception:
        log.warning("the path of a turn could not be warmed up", exc_info=True)
    # Half a million objects that modules and patterns are made of stay for ever: the collector need not read them again.
    gc.collect()
    gc.freeze()


async def resume() -> int:
    """Run the turns that were left behind; returns how many were found."""
    found = await in_db(turns_left_behind)(PARALLEL_RESUMES)
    for turn_id in found:
        start(turn_id)
    return len(found)


async def resume_here() -> None:
    """For a worker, whose event loop lives as long as its task: run what was left behind, to its end."""
    await resume()
    await asyncio.gather(*running_tasks(), return_exceptions=True)


async def _keep_resuming() -> None:
    while True:
        try:
            await resume()
        except Exception:
            log.warning("left-behind turns could not be looked for", exc_info=True)
        await asyncio.sleep(KEEPER_SECONDS)


async def _pass_on_stops() -> None:
    """A stop may reach another process than the runner's. One that gets lost is seen at the next heartbeat."""
    async with live.subscribe(live.RUNNERS) as subscription:
        while True:
            if asked := await subscription.next():
                stop_here(asked["turn"])


async def drain(seconds: float) -> None:
    """Let running turns end, and the calls that stopped ones have begun; after `seconds`, hand the turns that are left to
    the next runner. A call that still runs then is unknown to it, until the call's own deadline is over."""
    ends = time.monotonic() + seconds
    while late := running_tasks():
        if time.monotonic() >= ends:
            break
        await asyncio.wait(late, timeout=ends - time.monotonic())
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    if acting := executor.acting():
        await asyncio.wait(acting, timeout=max(ends - time.monotonic(), 0))
    await live.flush()  # widgets of other processes wait for how these turns have ended
