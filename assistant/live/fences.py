"""Fences on ephemeral events: those of a runner that another has replaced are dropped."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Any

FENCES_LIMIT = 10_000  # turns of which the newest fence is known, the most recent ones


class Fences:
    """The newest fence of each recent turn, so that events of an earlier runner are dropped."""

    def __init__(self, limit: int = FENCES_LIMIT) -> None:
        self.limit = limit
        self._newest: OrderedDict[str, float] = OrderedDict()

    def admit(self, payload: dict[str, Any]) -> bool:
        """Whether the event may go to widgets. Durable events always may: they are in the database."""
        turn, fence = payload.get("turn"), payload.get("fence")
        if payload.get("type") == "turn.ended":
            fence = math.inf
        if not isinstance(turn, str) or fence is None:
            return True
        if fence < self._newest.get(turn, 0):
            return False
        self._newest[turn] = fence
        self._newest.move_to_end(turn)
        while len(self._newest) > self.limit:
            self._newest.popitem(last=False)
        return True
