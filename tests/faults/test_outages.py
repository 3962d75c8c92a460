"""What the product stands on goes away and comes back: Redis, PostgreSQL, the disk. Nobody restarts anything."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import servers
from tests.conftest import needed

from .production import Postgres, Production, Redis, running
from .sockets import Socket
from .visitor import Visitor, until

LATE = 2.5  # seconds that news may take while the doorbell is away, and what a busy machine adds


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with needed(servers.postgresql) as url:
        server = Postgres(url)
        yield server
        server.stop()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    try:
        server = Redis(tmp_path)
    except servers.Missing as missing:
        pytest.skip(str(missing))
    yield server
    server.kill()


@pytest.fixture
def production(tmp_path: Path, postgres: Postgres, redis: Redis) -> Iterator[Callable[..., Production]]:
    """`production(…)` is the running product; its Redis is the fixture of that name, started or not."""
    from contextlib import ExitStack

    with ExitStack() as stack:
        url = stack.enter_context(servers.new_database(postgres.url))
        yield lambda **values: stack.enter_context(running(tmp_path, url, redis.url, **values))


def test_a_conversation_begins_without_redis_and_goes_on_when_it_comes(production: Callable[..., Production], redis: Redis):
    web = production().webs[0]
    status, said = web.ready()
    assert (status, json.loads(said)["missing"]) == (503, ["redis"])
    visitor = Visitor(web.url)
    with Socket(visitor) as socket:
        assert socket.ask("Hi!", "a-1") < 10
        redis.start()
        until(lambda: web.ready()[0] == 200)
        assert socket.ask("Where can I park?", "a-2") < 10
        seqs = [event["seq"] for event in socket.heard if "seq" in event and event["type"] != "session.ready"]
    assert seqs == [1, 2, 3, 4, 5, 6]


def test_two_processes_go_on_while_redis_is_killed_and_hear_each_other_again(
    production: Callable[..., Production], redis: Redis
):
    redis.start()
    here = production(webs=2)
    mine = Visitor(here.webs[0].url, origin=here.origin)
    with Socket(mine) as one:
        elsewhere = Visitor.__new__(Visitor)
        elsewhere.__dict__.update(mine.__dict__, url=here.webs[1].url)
        with Socket(elsewhere) as other:
            one.ask("Hi!", "b-1")
            other.hear("turn.ended")
            redis.kill()
            # Whoever is served by the process that answers loses nothing at all; the other tab is a moment late.
            began = time.monotonic()
            one.ask("Hi!", "b-2")
            other.hear("turn.ended")
            lag = time.monotonic() - began
            redis.start()
            until(lambda: all(web.ready()[0] == 200 for web in here.webs))
            time.sleep(LATE)
            one.ask("Hi!", "b-3")
            began = time.monotonic()
            other.hear("turn.ended", 1)
            assert any(event["type"] == "reply.delta" for event in other.heard[-8:])
            for socket in (one, other):
                seqs = [event["seq"] for event in socket.heard if "seq" in event and event["type"] != "session.ready"]
                assert seqs == list(range(1, 10))
    assert lag < LATE + 3
    assert not here.complaints()
