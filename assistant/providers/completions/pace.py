"""How often an answer is read: text that comes within a moment is read, judged and shown together.

A token that is read alone costs several times what it costs together with the next: tasks are woken, timers set, a frame
sent. The screen gains nothing from it, because text is shown in pieces of `GATHER_SECONDS` anyway. Where the event loop
is late, answers that have begun are read less often, so that it has time for those that have not.
"""

from __future__ import annotations

import asyncio
import time

GATHER_SECONDS = 0.03  # smooth to the eye
LONGEST_SECONDS = 0.25
PER_LATE_SECOND = 4.0  # by how much longer is gathered for each second that the loop is late
WEIGHT = 1 / 16  # of the latest measurement


class Pace:
    """The pace of all answers of a process."""

    def __init__(self) -> None:
        self.late = 0.0  # by how many seconds the loop was late, on average of the last pauses

    @property
    def seconds(self) -> float:
        return min(GATHER_SECONDS + PER_LATE_SECOND * self.late, LONGEST_SECONDS)

    async def pause(self, since: float) -> None:
        """Wait until text has been gathered for long enough, `since` a time of the monotonic clock."""
        due = since + self.seconds
        left = due - time.monotonic()
        if left > 0:
            await asyncio.sleep(left)
            self.note(time.monotonic() - due)

    def note(self, late: float) -> None:
        self.late += (late - self.late) * WEIGHT


PACE = Pace()
