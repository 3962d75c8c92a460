"""A method whose process is killed, at every point of its request: changes are made at most once.

`KILLS` sets how often each point is tried.
"""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from . import one_call
from .conftest import Databases
from .crew import Crew

POINTS = ["accepted", "head read", "body read", "acted", "half answered", "answered"]
KILLS = int(os.environ.get("KILLS", "1"))


class Upstream:
    """A server that counts what it did, and kills its client at one point of its first request."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}/orders"
        self.kill_at = ""
        self.crew: Crew | None = None
        self.acts: list[str] = []
        threading.Thread(target=self.serve, daemon=True).start()

    def reached(self, point: str) -> bool:
        if point == self.kill_at and self.crew:
            self.crew.kill()
            return True
        return False

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    self.answer(connection)
                except OSError:
                    continue

    def answer(self, connection: socket.socket) -> None:
        if self.reached("accepted"):
            return
        with connection.makefile("rb") as sent:
            head = b"".join(iter(sent.readline, b"\r\n")).decode().lower()
            if self.reached("head read"):
                return
            sent.read(int(head.split("content-length: ")[1].split()[0]))
        if self.reached("body read"):
            return
        self.acts.append(head.split("idempotency-key: ")[1].split()[0])
        if self.reached("acted"):
            return
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        if self.reached("half answered"):
            return
        connection.sendall(b"Content-Length: 2\r\n\r\n{}")
        self.reached("answered")


@contextmanager
def database(crew: Crew) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(Path(crew.environment["DATA_DIR"]) / "interworky.sqlite3")) as connection, connection:
        yield connection


@pytest.mark.parametrize("repeatable", [False, True])
def test_a_killed_call_is_made_once_or_under_one_key(repeatable: bool, new_database: Databases, tmp_path: Path) -> None:
    upstream = Upstream()
    allowed = {"OUTBOUND_ALLOWED_ORIGINS": upstream.url.rpartition("/")[0], "LOG_LEVEL": "error"}
    with Crew({**new_database("sqlite"), **allowed}, tmp_path / "log") as crew:
        upstream.crew, count = crew, len(POINTS) * KILLS
        [turns] = crew.run(one_call.prepare, url=upstream.url, repeatable=repeatable, turns=count)
        for number, turn in enumerate(turns):
            upstream.kill_at = POINTS[number % len(POINTS)]
            crew.run(one_call.call, turn_id=turn)
            assert crew.codes == [-signal.SIGKILL], upstream.kill_at
        upstream.kill_at = ""
        before = Counter(upstream.acts)

        with database(crew) as rows:  # its time is over
            assert rows.execute("SELECT DISTINCT state FROM assistant_toolcall").fetchall() == [("sent",)]
            rows.execute("UPDATE assistant_toolcall SET started_at = '2001-01-01 00:00:00'")
        crew.run(one_call.resume, turn_ids=turns)

    after = Counter(upstream.acts)
    with database(crew) as rows:
        ended = dict(rows.execute("SELECT idempotency_key, state FROM assistant_toolcall").fetchall())
    upstream.listening.close()
    if repeatable:
        assert set(ended.values()) == {"done"} and after - before == Counter(ended.keys())
    else:
        assert set(ended.values()) == {"unknown"} and after == before and set(after.values()) == {1}


def test_a_turn_given_up_after_a_kill_at_any_statement_leaves_no_call_open(new_database: Databases, tmp_path: Path) -> None:
    upstream = Upstream()
    allowed = {"OUTBOUND_ALLOWED_ORIGINS": upstream.url.rpartition("/")[0], "LOG_LEVEL": "error"}
    with Crew({**new_database("sqlite"), **allowed}, tmp_path / "log") as crew:
        [turns] = crew.run(one_call.prepare, url=upstream.url, repeatable=False, turns=60)
        used = []
        for statement, turn in enumerate(turns, 1):
            used.append(turn)
            [ended_before] = crew.run(one_call.call_dying_at, turn_id=turn, statement=statement)
            if ended_before:
                break
        assert ended_before, "a call takes more statements than there were turns"
        with database(crew) as rows:
            left = {state for (state,) in rows.execute("SELECT DISTINCT state FROM assistant_toolcall")}
            assert left == {"sent", "done"}  # written as it acts, it is never found not to have begun
        crew.run(one_call.give_up, turn_ids=used)
    upstream.listening.close()
    with database(crew) as rows:
        ended = Counter(rows.execute("SELECT state, code FROM assistant_toolcall").fetchall())
        assert set(ended) == {("unknown", "no_word"), ("done", "")}
        unknown = "SELECT idempotency_key FROM assistant_toolcall WHERE state IN ('unknown', 'done')"
        assert set(upstream.acts) <= {key for (key,) in rows.execute(unknown)}
        assert set(Counter(upstream.acts).values()) == {1}
        assert rows.execute("SELECT DISTINCT state FROM assistant_turn WHERE attempts > 0").fetchall() == [("failed",)]
