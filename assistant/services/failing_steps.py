"""Steps of scheduled jobs that fail, with the time since when, for the first page of the admin and `doctor`.

They are in a cache that all processes share: what is forgotten there is noted again at the next run that fails, and
nothing depends on it. The log has the reasons.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import caches
from django.utils import timezone

log = logging.getLogger(__name__)

PLACE = "failing_steps"
KEPT_SECONDS = 2 * 24 * 3600  # of a step that has not run again since


@dataclass(frozen=True)
class FailingStep:
    job: str
    name: str
    since: datetime


def record(job: str, ran: Iterable[str], failed: Iterable[str]) -> None:
    """Of the steps of `job` that ran just now, note those that failed, and no longer those that did not."""
    try:
        before = _noted()
        others = {place: since for place, since in before.items() if place[0] != job or place[1] not in set(ran)}
        now = {(job, name): before.get((job, name), timezone.now()) for name in failed}
        if now or others != before:
            caches["shared"].set(PLACE, others | now, KEPT_SECONDS)
    except Exception as error:
        log.warning("the cache is away (%s): which steps of “%s” failed was not noted", type(error).__name__, job)


def _noted() -> dict[tuple[str, str], datetime]:
    """What was noted. What cannot be read, such as a damaged file, is replaced: it would keep any from being noted."""
    try:
        found: dict[tuple[str, str], datetime] = caches["shared"].get(PLACE, {})
        return found
    except Exception:
        return {}


def current() -> list[FailingStep]:
    """Those that failed when they last ran, the longest first; none while the cache is away."""
    try:
        found = caches["shared"].get(PLACE, {})
    except Exception as error:
        log.warning("the cache is away (%s): failing steps were not looked for", type(error).__name__)
        return []
    steps = [FailingStep(job, name, since) for (job, name), since in found.items()]
    return sorted(steps, key=lambda step: step.since)
