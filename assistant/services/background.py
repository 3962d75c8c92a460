"""The scheduler (Celery beat) and the workers of each queue: which of them has done nothing for too long.

Each leaves a mark when it does something, and the scheduler sends a task to each queue every minute. The web processes leave
marks as well: where none of them runs, or they have just begun, nothing is said of the others. The marks are in a cache that
all processes share, and nothing else depends on them.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import caches
from django.utils import timezone

log = logging.getLogger(__name__)

SCHEDULER = "clock"
WEB_BEGAN, WEB_SEEN = "web began", "web seen"
PATIENCE = timedelta(minutes=5)  # five ticks, of which a machine that is too busy may lose some
SEEN_EVERY_SECONDS = 30.0
GONE_AFTER = timedelta(seconds=150)  # without a mark; a machine that has slept for as long starts over
WORK_EVERY_SECONDS = 20.0  # between marks of one process

_worked: dict[str, float] = {}


@dataclass(frozen=True)
class Stopped:
    """`queue` is empty for the scheduler; `since` is None where it has never run as far as is known."""

    queue: str
    since: datetime | None

    @property
    def what(self) -> str:
        if not self.queue:
            return "The scheduler (Celery beat) is not running"
        return f"No worker is serving the queue “{self.queue}”"

    @property
    def work(self) -> str:
        """What waits, as staff know it."""
        return WORK.get(self.queue, f"the queue {self.queue}")

    @property
    def remedy(self) -> str:
        if settings.EMBEDDED:
            return "Stop “python3 manage.py up”, and start it again."
        what = f"worker --queues {self.queue}" if self.queue else "beat"
        return f"Start it: celery -A interworky {what}"


WORK = {
    "": "reminders, retries, expired holds, deletion, and all else that is due at a time",
    "mail": "e-mails, codes and confirmations",
    "documents": "reading documents, web pages and outside calendars",
    "celery": "notifications, summaries and replays",
}


def record(name: str, now: datetime | None = None) -> None:
    """Leave the mark of that name."""
    _set({name: now or timezone.now()})


def record_work(queue: str) -> None:
    """A worker of this process has taken something from the queue."""
    now = time.monotonic()
    if now - _worked.get(queue, -WORK_EVERY_SECONDS) >= WORK_EVERY_SECONDS:
        _worked[queue] = now
        record(_of(queue))


def stopped(now: datetime | None = None) -> list[Stopped]:
    """The scheduler alone where it has stopped, as nothing else can be known then; else the queues on which nobody works."""
    now = now or timezone.now()
    marks = _marks(now)
    seen, began = marks.get(WEB_SEEN), marks.get(WEB_BEGAN)
    if seen is None or began is None or now - seen > GONE_AFTER:
        return []

    def is_late(name: str) -> bool:
        return now - max(began, marks.get(name, began)) > PATIENCE

    if is_late(SCHEDULER):
        return [Stopped("", marks.get(SCHEDULER))]
    return [Stopped(queue, marks.get(_of(queue))) for queue in settings.CELERY_TASK_QUEUES if is_late(_of(queue))]


def show_web(now: datetime | None = None) -> None:
    """Leave the marks of the web processes: that they run, and since when, if they did not a while ago."""
    now = now or timezone.now()
    seen = _marks(now).get(WEB_SEEN)
    is_new = seen is None or now - seen > GONE_AFTER
    _set({WEB_SEEN: now, **({WEB_BEGAN: now} if is_new else {})})


async def run_keeper() -> None:
    """For a web process, until it is cancelled."""
    while True:
        await asyncio.to_thread(show_web)
        await asyncio.sleep(SEEN_EVERY_SECONDS)


def _of(queue: str) -> str:
    return f"queue {queue}"


def _place(name: str) -> str:
    return f"background.{name.replace(' ', '.')}"


def _marks(now: datetime) -> dict[str, datetime]:
    """Without those of the future: the system's clock has been set back since, and nothing would be late for as long."""
    names = (SCHEDULER, WEB_SEEN, WEB_BEGAN, *map(_of, settings.CELERY_TASK_QUEUES))
    try:
        found = caches["shared"].get_many(map(_place, names))
    except Exception as error:
        log.warning("the cache is away (%s): whether the background work runs is not known", type(error).__name__)
        return {}
    return {name: at for name in names if (at := found.get(_place(name))) and at - now <= GONE_AFTER}


def _set(marks: dict[str, datetime]) -> None:
    try:
        caches["shared"].set_many({_place(name): at for name, at in marks.items()}, timeout=None)
    except Exception as error:
        log.warning("the cache is away (%s): that the background work runs was not noted", type(error).__name__)
