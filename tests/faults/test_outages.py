"""Outages of Redis, PostgreSQL and the disk: the product recovers without a restart."""

from __future__ import annotations

import json
import resource
import sqlite3
import threading
import time
import urllib.error
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from copy import copy
from typing import Any

import kombu
import pytest
from django.conf import settings

from assistant.services import renewal
from assistant.turns import keeper
from interworky.celery import RECONNECT_SECONDS, SWEEP_SECONDS, app
from tests import servers

from .production import Postgres, Production, Redis
from .sockets import Socket
from .test_killed import Sink
from .visitor import Visitor, until

LATE = 2.5  # seconds that an update may take without broadcasts, plus what a busy machine adds


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


def durable(socket: Socket) -> list[int]:
    return [event["seq"] for event in socket.heard if "seq" in event and event["type"] not in ("session.ready", "pong")]


# --- Redis -----------------------------------------------------------------------------------------------------------


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
        assert durable(socket) == [1, 2, 3, 4, 5, 6]


def test_two_processes_continue_while_redis_is_down_and_receive_each_others_events_again(
    production: Callable[..., Production], redis: Redis
):
    redis.start()
    here = production(webs=2)
    mine = Visitor(here.webs[0].url, origin=here.origin)
    with Socket(mine) as one:
        elsewhere = copy(mine)
        elsewhere.url = here.webs[1].url
        with Socket(elsewhere) as other:
            one.ask("Hi!", "b-1")
            other.hear("turn.ended")
            redis.kill()
            # A tab on the process that answers loses nothing at all; the other tab is updated a moment later.
            began = time.monotonic()
            one.ask("Hi!", "b-2")
            other.hear("turn.ended")
            lag = time.monotonic() - began
            redis.start()
            until(lambda: all(web.ready()[0] == 200 for web in here.webs))
            time.sleep(LATE)
            one.ask("Hi!", "b-3")
            other.hear("turn.ended")
            assert any(event["type"] == "reply.delta" for event in other.heard[-8:])
            for socket in (one, other):
                assert durable(socket) == list(range(1, 10))
    assert lag < 20, "the next ping would have brought it"
    assert not here.complaints()


def test_a_redis_that_hangs_costs_no_word_and_no_lease(production: Callable[..., Production], redis: Redis):
    redis.start()
    here = production(DEMO_MODEL_DELAY_MS="60", DB_THREADS="2")
    web = here.webs[0]
    visitors = [Visitor(web.url) for _ in range(12)]
    with redis.frozen():
        for visitor in visitors:
            visitor.say("Where can I park?")
        until(lambda: all(visitor.turns_ended() for visitor in visitors), 60)
        assert here.sql("SELECT DISTINCT state, attempts FROM assistant_turn") == [("done", 1)]
    until(lambda: web.ready()[0] == 200)
    with Socket(visitors[0], after=3) as socket:
        socket.ask("Hi!", "h-1")


def test_a_redis_that_forgets_everything_costs_no_word_and_no_e_mail(
    production: Callable[..., Production], redis: Redis, sink: Sink
):
    redis.start()
    here = production(EMAIL_URL=f"smtp://127.0.0.1:{sink.port}", DEMO_MODEL_DELAY_MS="40")
    sink.open()
    visitor = Visitor(here.webs[0].url)
    with Socket(visitor) as socket:
        socket.tell("message.send", id="d-1", text="Where can I park?")
        socket.hear("reply.delta")
        redis.forget()
        socket.hear("turn.ended", outcome="done")
        assert durable(socket) == [1, 2, 3]
    visitor.book()
    redis.forget()  # no worker has seen what it was to do
    promised = Counter(to for (to,) in here.sql('SELECT "to" FROM assistant_delivery'))
    assert promised
    here.worker()
    end = time.monotonic() + 40
    while here.sql("SELECT 1 FROM assistant_delivery WHERE state != 'sent'"):
        assert time.monotonic() < end
        here.tick()
        time.sleep(1)
    assert Counter(to for _, to in sink.taken) == promised


def test_worker_and_clock_come_back_by_themselves(production: Callable[..., Production], redis: Redis, sink: Sink):
    redis.start()
    sink.open()
    here = production(EMAIL_URL=f"smtp://127.0.0.1:{sink.port}")
    worker, _ = here.worker(), here.beat()
    until(lambda: "ready" in worker.log.read_text(), 30)
    redis.kill()
    Visitor(here.webs[0].url).book()  # whose mail nobody can be told of
    until(lambda: worker.log.read_text().count("Cannot connect") > 2, 30)
    redis.start()
    until(lambda: not here.sql("SELECT 1 FROM assistant_delivery WHERE state != 'sent'"), 90)
    assert here.sql("SELECT DISTINCT state FROM assistant_delivery") == [("sent",)]


def test_what_is_waited_for_after_an_outage_is_bounded_and_documented(monkeypatch: pytest.MonkeyPatch):
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(
        kombu.Connection, "ensure_connection", lambda connection, *args, **options: asked.append({"args": args, **options})
    )
    with app.connection_for_read() as broker:
        broker.ensure_connection(print, app.conf.broker_connection_max_retries)
    assert asked == [{"args": (print, None), "interval_start": 1, "interval_step": 1, "interval_max": RECONNECT_SECONDS}]
    bounds = (
        RECONNECT_SECONDS,
        SWEEP_SECONDS,
        renewal.LEASE.seconds,
        settings.ASSISTANT_LEASE_SECONDS,
        keeper.KEEPER_SECONDS,
    )
    assert bounds == (5, 15, 30, 15, 2)
    connecting = 5  # seconds, in CELERY_BROKER_TRANSPORT_OPTIONS
    assert RECONNECT_SECONDS + connecting + SWEEP_SECONDS + renewal.LEASE.seconds < 60
    assert app.conf.beat_schedule["sweep"]["schedule"] == SWEEP_SECONDS
    assert renewal.LEASE.seconds > renewal.EVERY_SECONDS * 3, "a renewal may fail twice"
    documented = (servers.ROOT / "docs/operations.md").read_text()
    for row in ("| 17 s |", "| 10 s |", "| 45 s |"):
        assert row in documented


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


def test_nothing_is_acknowledged_without_a_database_and_no_restart_is_needed(
    production: Callable[..., Production], redis: Redis, postgres: Postgres
):
    redis.start()
    web = production().webs[0]
    visitor = Visitor(web.url)
    with Socket(visitor) as socket:
        socket.ask("Hi!", "e-1")
        postgres.stop()
        try:
            socket.tell("message.send", id="e-2", text="Where can I park?")
            assert socket.hear("error", of="e-2")["code"] == "unavailable"
            with pytest.raises(urllib.error.HTTPError) as refused:
                visitor.say("Where can I park?", id="e-2")
            with refused.value as answer:
                assert (answer.code, json.load(answer)["code"]) == (503, "unavailable")
            status, said = web.ready()
            assert (status, json.loads(said)["missing"]) == (503, ["database"])
        finally:
            postgres.start()
        until(lambda: web.ready()[0] == 200)
        socket.ask("Where can I park?", "e-2")
        assert durable(socket) == [1, 2, 3, 4, 5, 6]


def test_a_mail_that_is_out_when_the_database_goes_is_not_sent_again(
    production: Callable[..., Production], redis: Redis, postgres: Postgres, sink: Sink
):
    redis.start()
    here = production(EMAIL_URL=f"smtp://127.0.0.1:{sink.port}")
    visitor = Visitor(here.webs[0].url)
    visitor.book()
    promised = Counter(to for (to,) in here.sql('SELECT "to" FROM assistant_delivery'))
    here.sql("UPDATE assistant_delivery SET next_attempt_at = now() - interval '1 minute' RETURNING 1")
    sink.meanwhile = postgres.stop
    sink.open()
    worker = here.worker()
    here.tick()
    until(lambda: "an outcome cannot be written yet" in worker.log.read_text(), 40)
    postgres.start()
    until(lambda: here.sql("SELECT DISTINCT state FROM assistant_delivery") == [("sent",)] or here.tick(), 60)
    assert Counter(to for _, to in sink.taken) == promised


# --- SQLite and the disk ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def on_sqlite(start_app: Callable[..., servers.App]) -> servers.App:
    return start_app(DEMO_MODEL_DELAY_MS="0")


def test_a_database_that_another_process_locks_for_a_while_is_waited_for(on_sqlite: servers.App):
    visitor = Visitor(on_sqlite.url)
    with closing(
        sqlite3.connect(on_sqlite.data_dir / "interworky.sqlite3", isolation_level=None, check_same_thread=False)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(3, other.execute, ["ROLLBACK"]).start()
        began = time.monotonic()
        visitor.say("Hi!")
        assert time.monotonic() - began > 2
    until(visitor.turns_ended)
    assert [event["type"] for event in visitor.events()] == ["message.added", "message.added", "turn.ended"]


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="a limit on another process is a thing of Linux")
def test_a_full_disk_is_named_and_survived(on_sqlite: servers.App):
    assert on_sqlite.process
    visitor, pid = Visitor(on_sqlite.url), on_sqlite.process.pid
    _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    with Socket(visitor) as socket:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, most))
        socket.tell("message.send", id="f-1", text="Hi!")
        assert socket.hear("error", of="f-1")["code"] == "unavailable"
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))
        socket.ask("Hi!", "f-1")
        assert durable(socket) == [1, 2, 3]
