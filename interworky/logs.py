"""What our log does not keep."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable

ADDRESS = re.compile(r"(/appointments/)[^\s/?\"']+")


class Discreet(logging.Filter):
    """Blanks the part of an appointment page's address that lets anybody move or cancel it: Django names the address of
    whatever request fails."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if ADDRESS.search(said):
            record.msg, record.args = ADDRESS.sub(r"\1…", said), None
        return True


class Sparing(logging.Filter):
    """One line a minute and no traceback: for what anybody can make the server say, as often as they ask. Of other records
    than those that begin with `start` it takes nothing."""

    SECONDS = 60

    def __init__(self, start: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.start, self.clock, self.quiet_until = start, clock, float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        if not str(record.msg).startswith(self.start):
            return True
        record.exc_info, record.exc_text = None, None
        now = self.clock()
        if now < self.quiet_until:
            return False
        self.quiet_until = now + self.SECONDS
        return True
