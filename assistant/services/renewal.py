"""Leases of background work, renewed while it lasts.

They are short, so that what a killed worker held is soon claimed again, and yet a slow mail server gets the time it needs.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from typing import Any

from django.db import DatabaseError, connections
from django.utils import timezone

from assistant.async_db import fresh_connections
from assistant.models import Delivery, Document, Embedding, OutsideCalendar, OutsideEntry, Replay

log = logging.getLogger(__name__)

Row = Delivery | Document | Embedding | OutsideCalendar | OutsideEntry | Replay

LEASE = timedelta(seconds=30)
EVERY_SECONDS = 8.0
LONGEST_SECONDS = 150.0  # that a task may run: one that hangs must not hold its row for ever


class Renewal:
    """Keeps the lease of `row`, as this worker has claimed it, from when it is made until `stop`."""

    def __init__(self, row: Row, every: float = EVERY_SECONDS) -> None:
        self.row, self.every = row, every
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"lease {row.pk}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        ends = time.monotonic() + LONGEST_SECONDS
        try:
            while not self._done.wait(self.every) and time.monotonic() < ends:
                try:
                    with fresh_connections():
                        if not renew(self.row):
                            return
                except DatabaseError:
                    log.warning("the lease of %s %s could not be renewed", self.row._meta.model_name, self.row.pk)
        finally:
            connections.close_all()


def renew(row: Row) -> bool:
    """Hold the lease for as long again. False when it is over, or another's."""
    rows: Any = type(row)._default_manager
    mine = rows.filter(pk=row.pk, fence=row.fence, leased_until__isnull=False)
    return bool(mine.update(leased_until=timezone.now() + LEASE))
