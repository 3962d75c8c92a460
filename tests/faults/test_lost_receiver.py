"""A process that loses the connection on which it receives from the others, in the middle of a reply."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from copy import copy
from typing import Any

import redis as client_library

from .production import Production, Redis
from .sockets import Socket
from .visitor import Visitor, until

NAME_AND_RUNNERS = 2  # channels of a process without widgets


def receiving(client: Any) -> dict[str, int]:
    """The connections on which processes receive, each with the number of its channels."""
    return {one["id"]: int(one["sub"]) for one in client.client_list(_type="pubsub") if one["sub"] != "0"}


def received(socket: Socket) -> list[dict[str, Any]]:
    return [event for event in socket.heard if "seq" in event and event["type"] not in ("session.ready", "pong")]


def test_a_widget_gets_the_whole_reply_though_its_process_loses_the_connection_on_which_it_receives(
    production: Callable[..., Production], redis: Redis
):
    redis.start()
    here = production(webs=2, DEMO_MODEL_DELAY_MS="60")
    mine = Visitor(here.webs[0].url, origin=here.origin)
    elsewhere = copy(mine)
    elsewhere.url = here.webs[1].url
    with closing(client_library.Redis.from_url(redis.url)) as client, Socket(elsewhere) as other:
        until(lambda: sorted(receiving(client).values()) == [NAME_AND_RUNNERS, NAME_AND_RUNNERS + 1])
        [stays] = [one for one, channels in receiving(client).items() if channels == NAME_AND_RUNNERS]
        with Socket(mine) as one:
            one.tell("message.send", id="only", text="Where can I park?")
            other.hear("reply.delta")
            while not ends(one):  # whatever comes meanwhile, it has to do without
                for connection in receiving(client).keys() - {stays}:
                    client.client_kill_filter(_id=connection)
            other.hear("turn.ended")
            assert received(other) == received(one) and len(received(one)) == 3
            # It receives again as before, drafts too.
            until(lambda: list(receiving(client).values()) == 2 * [NAME_AND_RUNNERS + 1])
            one.tell("message.send", id="next", text="Where can I park?")
            other.hear("reply.delta")
            one.hear("turn.ended")
            other.hear("turn.ended")
            assert received(other) == received(one)
    assert not here.complaints()


def ends(socket: Socket) -> bool:
    """Whether its turn has ended by now, or in a moment."""
    with suppress(TimeoutError):
        return bool(socket.hear("turn.ended", seconds=0.05))
    return False
