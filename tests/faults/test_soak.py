"""Everything at once: visitors write, book and stop replies while process after process is killed. Then the database is
looked at for whatever may not be, or may not last.

`SOAK_SECONDS` sets for how long, `SOAK_SEED` which kills.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from tests import servers
from tests.sampling import is_thorough

from .invariants import Query, broken
from .production import Postgres, Production, Redis
from .test_killed import Sink, rows
from .visitor import Visitor, until

SECONDS = float(os.environ.get("SOAK_SECONDS", 120 if is_thorough() else 4))
SEED = int(os.environ.get("SOAK_SEED", "1"))
VISITORS = 5
SETTLED_WITHIN = 150  # seconds: with a machine that has other things to do


class Talker(threading.Thread):
    """A visitor who writes, books and interrupts; `acknowledged` are the ids of what the server has promised to keep."""

    def __init__(self, urls: list[str], origin: str, number: int, done: threading.Event) -> None:
        super().__init__(daemon=True)
        self.urls, self.number, self.done = urls, number, done
        self.chance = random.Random(SEED * 100 + number)
        self.visitor = Visitor(urls[0], origin=origin)
        self.acknowledged: list[str] = []

    def run(self) -> None:
        while not self.done.is_set():
            self.visitor.url = self.chance.choice(self.urls)
            # A server that is down is expected here, and so is a card that another click has answered.
            with suppress(OSError, AssertionError, ConnectionError):
                self.chance.choice([self.write, self.write, self.interrupt, self.book])()

    def write(self) -> str:
        id = f"t-{self.number}-{len(self.acknowledged)}"
        turn: str = self.visitor.say(self.chance.choice(["Hi!", "Where can I park?"]), id)["turn"]
        self.acknowledged.append(id)
        return turn

    def interrupt(self) -> None:
        turn = self.write()
        self.done.wait(self.chance.uniform(0, 0.3))
        self.visitor.ask("POST", f"turns/{turn}/stop", {})

    def book(self) -> None:
        self.visitor.say("Can I come in on Tuesday afternoon?", f"b-{time.monotonic_ns()}")
        slots = self.visitor.times(4)
        choices = [slot["id"] for day in slots["days"] for slot in day["slots"]]
        self.visitor.answer(slots, self.chance.choice(choices))
        confirm = self.visitor.card("confirm", 4)
        self.visitor.answer(confirm, "confirm", {"name": "Ada Lovelace", "email": f"ada{self.number}@example.com"})


@contextmanager
def talking(urls: list[str], origin: str) -> Iterator[list[Talker]]:
    done = threading.Event()
    talkers = [Talker(urls, origin, number, done) for number in range(VISITORS)]
    for talker in talkers:
        talker.start()
    try:
        yield talkers
    finally:
        done.set()
        for talker in talkers:
            talker.join(30)


def check(query: Query, talkers: list[Talker]) -> None:
    """Nothing that was acknowledged is lost, nothing may last that should not, and nothing is as it may never be."""
    assert broken(query, settled=False) == []
    with suppress(AssertionError):
        until(lambda: not broken(query), SETTLED_WITHIN)
    assert broken(query) == []
    kept = {id for (id,) in query("SELECT client_id FROM assistant_message WHERE role = 'visitor'")}
    said = [id for talker in talkers for id in talker.acknowledged]
    assert said and set(said) <= kept


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    sink.open()
    yield sink
    sink.close()


def test_in_production_nothing_is_lost_or_left_lying_whatever_is_killed(
    production: Callable[..., Production], redis: Redis, postgres: Postgres, sink: Sink
):
    redis.start()
    here = production(
        webs=3, EMAIL_URL=f"smtp://127.0.0.1:{sink.port}", RATE_LIMITS="false", ASSISTANT_LEASE_SECONDS="4",
        DEMO_MODEL_DELAY_MS="15",
    )  # fmt: skip
    worker, beat = here.worker(), here.beat()
    chance = random.Random(SEED)

    def database() -> None:
        postgres.stop()
        time.sleep(chance.uniform(0, 1))
        postgres.start()

    def broker() -> None:
        redis.kill()
        time.sleep(chance.uniform(0, 1))
        redis.start()

    def process(which: int) -> Callable[[], object]:
        def restart() -> None:
            one = [*here.webs[:2], worker, beat][which]
            one.kill()
            one.launch()

        return restart

    kills = [process(0), process(1), process(2), process(3), database, broker, redis.forget]
    with talking([web.url for web in here.webs[:2]], here.origin) as talkers:
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            time.sleep(chance.uniform(0.3, 2))
            chance.choice(kills)()
    for web in here.webs:
        until(web.answers, 60)
    check(here.sql, talkers)


def test_in_one_process_nothing_is_lost_or_left_lying_whenever_it_is_killed(
    start_app: Callable[..., servers.App], sink: Sink
):
    app = start_app(
        EMAIL_URL=f"smtp://127.0.0.1:{sink.port}", RATE_LIMITS="false", ASSISTANT_LEASE_SECONDS="4", DEMO_MODEL_DELAY_MS="15"
    )
    chance = random.Random(SEED)
    with talking([app.url], app.url) as talkers:
        ends = time.monotonic() + SECONDS
        while time.monotonic() < ends:
            time.sleep(chance.uniform(0.3, 2))
            app.kill()
            app.start()
    check(lambda sql: rows(app, sql), talkers)
