"""The start of a web process: what keeps it from starting, and how its threads share its core."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.checks import Error
from django.db import connection

from interworky.lifespan import Lifespan, run_in_turn


async def started(app: Lifespan) -> list[dict[str, Any]]:
    """What a server is told when it starts `app`."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, str]:
        return {"type": "lifespan.startup"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app({"type": "lifespan"}, receive, send)
    return sent


async def test_a_web_process_with_an_obstacle_does_not_start() -> None:
    sent = await started(Lifespan(None, keepers=[], obstacles=lambda: [Error("A key is gone.", id="assistant.E003")]))
    assert [message["type"] for message in sent] == ["lifespan.startup.failed"]
    assert "assistant.E003" in sent[0]["message"]


def in_new_thread(run: Any) -> Any:
    """What `run` returns in a thread of its own: threads that it starts take its policy."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(run()))
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has scheduling policies")
def test_the_threads_of_a_web_process_preempt_each_other_only_where_they_wait_for_a_database() -> None:
    def serve() -> list[int]:
        asyncio.run(started(Lifespan(None, keepers=[])))
        with ThreadPoolExecutor(1) as pool:
            return [os.sched_getscheduler(0), pool.submit(os.sched_getscheduler, 0).result()]

    assert in_new_thread(serve) == [os.SCHED_BATCH if connection.vendor == "sqlite" else os.SCHED_OTHER] * 2


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has scheduling policies")
def test_a_policy_that_an_operator_has_chosen_stays() -> None:
    def serve() -> int:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        run_in_turn()
        return os.sched_getscheduler(0)

    assert in_new_thread(serve) == os.SCHED_IDLE


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has scheduling policies")
@pytest.mark.parametrize("call", ["sched_getscheduler", "sched_setscheduler"])
async def test_a_web_process_starts_where_the_system_knows_no_policies(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(os, call, refuse)
    sent = await started(Lifespan(None, keepers=[]))
    assert [message["type"] for message in sent][:1] == ["lifespan.startup.complete"]
