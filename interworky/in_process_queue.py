"""Celery's queue within one process, whose workers wait for a task instead of looking for one.

kombu's own looks into each queue and sleeps: at 20 times a second, the three workers of `manage.py up` took a fourteenth of
what a token costs the process, and a task waited for up to 50 ms.
"""

from __future__ import annotations

import threading
import time
from queue import Empty
from typing import Any

from kombu.transport import memory

_changed = threading.Condition()
_changes = 0  # how often something was queued, or a worker became free for more


def _note() -> None:
    global _changes
    with _changed:
        _changes += 1
        _changed.notify_all()


class Channel(memory.Channel):
    def _put(self, queue: str, message: Any, **options: Any) -> None:
        super()._put(queue, message, **options)  # type: ignore[no-untyped-call]
        _note()

    def _put_fanout(self, exchange: str, message: Any, routing_key: str | None = None, **options: Any) -> None:
        super()._put_fanout(exchange, message, routing_key, **options)  # type: ignore[no-untyped-call]
        _note()

    def basic_ack(self, delivery_tag: str, multiple: bool = False) -> None:
        super().basic_ack(delivery_tag, multiple)  # type: ignore[no-untyped-call]
        _note()

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        super().basic_reject(delivery_tag, requeue)  # type: ignore[no-untyped-call]
        _note()


class Transport(memory.Transport):
    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None, **_: Any) -> None:
        """Deliver one message. Raises `TimeoutError` where there is none within `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        assert self.cycle
        while True:
            known = _changes  # before looking: what is queued meanwhile is not waited for
            try:
                self.cycle.get(self._deliver, timeout=timeout)  # type: ignore[no-untyped-call]
                return
            except Empty:
                left = None if until is None else max(until - time.monotonic(), 0)
                with _changed:
                    if not _changed.wait_for(lambda: _changes != known, left):  # noqa: B023 - it is asked before the next
                        raise TimeoutError from None
