"""How often an answer is read: text that comes within a moment is read, judged and shown together.

A token that is read alone costs several times what it costs together with the next: tasks are woken, timers set, a sentence
judged, a frame sent. The visitor gains nothing from it: the widget shows what comes at once word by word until the next is
due (`panel/flow.js`). Meanwhile what comes stays in the system's buffer, so that all of it is received at once. The first
words are what a visitor waits for, and are read as they come; after them an answer is read again after a fifth of the time
that it has taken so far, so that one that is written fast is not long in coming. Where the event loop is late, answers
that have begun are read less often, so that it has time for those that have not.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from assistant.outbound import Streamed

GATHER_SECONDS = 0.06, 0.3  # at least, and at most while the loop is on time
SHARE = 1 / 5  # of the time since an answer's first text
OPENING_CHARS = 24  # that are read as they come
LATE_SECONDS = 0.005  # from which on nothing is
LONGEST_SECONDS = 0.4
PER_LATE_SECOND = 4.0  # by how much longer is gathered for each second that the loop is late
KNOWN_SECONDS = 1.0
WEIGHT = 1 / 16  # of the latest measurement


class Pace:
    """The pace of all answers of a process."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._late, self._noted_at = 0.0, 0.0

    @property
    def late(self) -> float:
        """By how many seconds the loop was late, on average of the last pauses. Without any for a while, nothing is known
        of it: a lone visitor must not wait for the pace of the crowd before them."""
        return self._late if self._now() - self._noted_at < KNOWN_SECONDS else 0.0

    def seconds(self, written_for: float) -> float:
        """How long text is gathered of an answer that has been written for so many seconds."""
        least, most = GATHER_SECONDS
        return min(min(max(written_for * SHARE, least), most) + PER_LATE_SECOND * self.late, LONGEST_SECONDS)

    def gathers(self, chars: int) -> bool:
        """Whether an answer is left to gather text before it is read again, once so many letters of it have come."""
        return chars >= OPENING_CHARS or self.late > LATE_SECONDS

    def hold(self, answer: Streamed, begun: float, since: float) -> None:
        """Have an answer receive nothing until text has been gathered for long enough: `since` then, of an answer whose text
        had `begun` then, both by the monotonic clock."""
        due = since + self.seconds(since - begun)
        left = due - time.monotonic()
        if left > 0:
            answer.hold(left, lambda: self.note(time.monotonic() - due))

    def note(self, late: float) -> None:
        before = self.late
        self._late, self._noted_at = before + (late - before) * WEIGHT, self._now()


PACE = Pace()
