"""A process that is stopped for longer than its lease, as a suspended machine is, and wakes up in the middle of a reply."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from typing import Any

from .production import Production, Redis, Web
from .sockets import Socket
from .visitor import Visitor, until


def send(web: Web, how: signal.Signals) -> None:
    assert web.process
    web.process.send_signal(how)


def about(turn: str, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event.get("turn") == turn]


def test_a_runner_that_wakes_up_behind_its_lease_shows_nobody_a_word(production: Callable[..., Production], redis: Redis):
    redis.start()
    here = production(webs=3, ASSISTANT_LEASE_SECONDS="2", DEMO_MODEL_DELAY_MS="100")
    asleep, awake, _ = here.webs
    visitor = Visitor(asleep.url, origin=here.origin)
    elsewhere = copy(visitor)
    elsewhere.url = awake.url
    with Socket(visitor) as mine, Socket(elsewhere) as other:
        mine.tell("message.send", id="only", text="Where can I park?")
        turn = mine.hear("reply.delta")["turn"]
        send(asleep, signal.SIGSTOP)
        other.hear("turn.ended", turn=turn, outcome="done")
        with suppress(TimeoutError):
            mine.hear("nothing more", seconds=0.2)
        before, ended = len(mine.heard), len(other.heard)
        send(asleep, signal.SIGCONT)
        mine.hear("turn.ended", turn=turn)
        # What comes before the next answer is over would have been late.
        mine.ask("Hi!", "next")
        until(lambda: not here.sql("SELECT 1 FROM assistant_turn WHERE state IN ('queued', 'running')"))
        other.hear("turn.ended")
        said = about(turn, mine.heard[before:])
        assert {event.get("fence") for event in said} <= {None, 2}, "what the first runner says is not heard again"
        assert said[-1]["type"] == "turn.ended" and about(turn, other.heard[ended:]) == []
    for socket in (mine, other):
        fences = [event["fence"] for event in about(turn, socket.heard) if "fence" in event]
        assert fences == sorted(fences) and set(fences) <= {1, 2}
    assert here.sql(f"SELECT state, fence FROM assistant_turn WHERE id = '{turn}'") == [("done", 2)]
