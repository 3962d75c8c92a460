"""Forms that are submitted twice: the second is told what the first has added.

A double click, a reload, and *Back* with *Save* send the same once more. What counts is what was sent, not which copy of the
page it came from: a browser may reload the page on the way back, and a field that is changed there means another row.

The mark is in the cache, which all processes share. Without it, a form adds a row each time, as it did before.
"""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.db import connection
from django.utils.crypto import salted_hmac

from assistant.services.raw_sql import execute

log = logging.getLogger(__name__)

KEPT_SECONDS = 600  # after that, somebody means it


class Submission:
    """What one user has sent to one address, with what came of it. `parts` are all that makes it the same; only a keyed
    digest of them is kept, as there may be passwords among them."""

    def __init__(self, user_id: int | None, *parts: str) -> None:
        text = "\0".join((str(user_id), *parts)).encode(errors="replace")
        self._digest = salted_hmac("interworky.submission", text, algorithm="sha256").digest()
        self._place = f"submission.{self._digest.hex()}"

    def lock(self) -> None:
        """Keep equal ones waiting until the transaction ends. On SQLite any transaction does, which has one writer."""
        if connection.vendor == "postgresql":
            execute("SELECT pg_advisory_xact_lock(%s)", int.from_bytes(self._digest[:8], signed=True))

    def added(self) -> str:
        """The key of the row that an equal one has added; empty where there was none, or it was rolled back."""
        try:
            return str(cache.get(self._place, ""))
        except Exception as error:
            log.warning("the cache is away (%s): whether a form was sent before is not known", type(error).__name__)
            return ""

    def record(self, key: object) -> None:
        """Before the transaction ends: a request that waits for it has to find this, which without its row means nothing."""
        try:
            cache.set(self._place, str(key), KEPT_SECONDS)
        except Exception as error:
            log.warning("the cache is away (%s): that a form was sent was not noted", type(error).__name__)
