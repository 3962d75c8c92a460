"""Promises hold when the process is killed in between, as by a lack of memory or a power failure.

`KILLS` sets how often it is tried, twice by default, and more often with `--thorough`.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests import servers
from tests.sampling import is_thorough

from .visitor import Visitor, until

KILLS = int(os.environ.get("KILLS", 20 if is_thorough() else 2))
VISITORS = 4


class Sink:
    """A mail server that records the Message-ID of every e-mail it accepts."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.meanwhile: Callable[[], object] | None = None  # once, before it says that it has taken one
        self.port = servers.free_port()
        self.controller: Controller | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content)
        self.taken.append((message["Message-ID"], envelope.rcpt_tos[0]))
        if meanwhile := self.meanwhile:
            self.meanwhile = None
            meanwhile()
        return "250 OK"

    def open(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def close(self) -> None:
        if self.controller:
            self.controller.stop()


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    yield sink
    sink.close()


def rows(app: servers.App, sql: str) -> list[tuple]:
    with sqlite3.connect(f"file:{app.data_dir}/interworky.sqlite3?mode=ro", uri=True) as database:
        return database.execute(sql).fetchall()


def test_the_email_of_a_booking_is_sent_once_though_the_process_died_before_sending_it(
    start_app: Callable[..., servers.App], sink: Sink
):
    app = start_app(EMAIL_URL=f"smtp://127.0.0.1:{sink.port}", DEMO_MODEL_DELAY_MS="0")
    reference = Visitor(app.url).book()
    app.kill()
    promised = Counter(rows(app, 'SELECT "to" FROM assistant_delivery'))
    assert rows(app, "SELECT state FROM assistant_appointment") == [("confirmed",)] and reference
    assert not rows(app, "SELECT 1 FROM assistant_delivery WHERE state = 'sent'")
    # An attempt that failed before the kill would have to wait its minutes out.
    with sqlite3.connect(app.data_dir / "interworky.sqlite3") as database:
        database.execute("UPDATE assistant_delivery SET next_attempt_at = '2020-01-01', leased_until = '2020-01-01'")
    sink.open()
    app.start()
    until(lambda: len(sink.taken) >= sum(promised.values()), 60)
    time.sleep(1)  # time in which an e-mail could be sent twice
    assert Counter((to,) for _, to in sink.taken) == promised
    assert len({id for id, _ in sink.taken}) == len(sink.taken)
    until(lambda: not rows(app, "SELECT 1 FROM assistant_delivery WHERE state != 'sent'"))


@pytest.mark.parametrize("trial", range(KILLS))
def test_an_acknowledged_message_is_there_once_and_answered_once_whenever_the_process_died(
    start_app: Callable[..., servers.App], trial: int
):
    app = start_app(DEMO_MODEL_DELAY_MS="15", ASSISTANT_LEASE_SECONDS="4")
    chance = random.Random(trial)
    visitors = [Visitor(app.url) for _ in range(VISITORS)]  # each at a different point of their turn
    for visitor in visitors:
        visitor.say("Can I come in on Tuesday afternoon?", id="only")
        time.sleep(chance.uniform(0, 0.2))
    app.kill()
    app.start()
    for visitor in visitors:
        until(visitor.turns_ended, 60)
        visitor.say("Can I come in on Tuesday afternoon?", id="only")  # the widget was not sure, and sends it again
        events = visitor.events()
        messages = [event["message"] for event in events if event["type"] == "message.added"]
        assert [message["role"] for message in messages] == ["visitor", "assistant"]
        assert messages[1]["state"] == "complete" and messages[1]["text"].count("Which one") <= 1
        assert visitor.turns_ended() == 1
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
