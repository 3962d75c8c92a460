"""Log filters: mask appointment links, and limit messages that clients can provoke."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable

ADDRESS = re.compile(r"(/appointments/|/invitation/|/password/)[^\s/?\"']+")


class MaskAppointmentLinks(logging.Filter):
    """Masks the secret part of the address of an appointment's page or of a link to staff, with which anybody could cancel
    the appointment or log in: Django logs the path of every failed request."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if ADDRESS.search(said):
            record.msg, record.args = ADDRESS.sub(r"\1…", said), None
        return True


class OncePerMinute(logging.Filter):
    """At most one line a minute, without traceback, for messages that any client can provoke as often as they like.
    Records that do not begin with `start` pass unchanged."""

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
