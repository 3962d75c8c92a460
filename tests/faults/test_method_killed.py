"""A method whose process dies, at every point of its request: what is not harmless happens at most once.

`KILLS` sets how often each point is tried.
"""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

POINTS = ["accepted", "head read", "body read", "acted", "half answered", "answered"]
KILLS = int(os.environ.get("KILLS", "1"))
PREPARE = """
import django; django.setup()
from django.db import transaction
from assistant.models import *
from assistant.services import conversations
organization = Organization.objects.create(name="A", slug="a")
assistant = Assistant.objects.create(organization=organization)
talk = Conversation.objects.create(
    organization=organization, assistant=assistant, visitor=Visitor.objects.create(organization=organization))
schema = {{"type": "object", "properties": {{"what": {{"type": "string"}}}}, "required": ["what"]}}
config = {{"verb": "POST", "url": "{url}", "repeatable": {repeatable}}}
assistant.methods.add(Method.objects.create(
    organization=organization, name="order", kind="http", description="", parameters=schema, config=config,
    per_visitor_per_day=10_000))
with transaction.atomic():
    for _ in range({turns}):
        print(conversations.begin_turn(conversations.append(talk, "visitor", "x")).pk)
"""


class Upstream:
    """A server that counts what it did, and kills its client at one point of its first request."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}/orders"
        self.kill_at = ""
        self.victim: subprocess.Popen[str] | None = None
        self.acts: list[str] = []
        threading.Thread(target=self.serve, daemon=True).start()

    def reached(self, point: str) -> bool:
        if point == self.kill_at and self.victim:
            self.victim.kill()
            self.victim.wait()
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


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    names = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")
    clean = {name: value for name, value in os.environ.items() if name not in names}
    return {**clean, "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "interworky.settings", "LOG_LEVEL": "error"}


def python(home: dict[str, str], *arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], env=home, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextmanager
def database(home: dict[str, str]) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(Path(home["DATA_DIR"]) / "interworky.sqlite3")) as connection, connection:
        yield connection


@pytest.mark.parametrize("repeatable", [False, True])
def test_a_killed_call_is_made_once_or_under_one_key(repeatable: bool, home: dict[str, str]) -> None:
    upstream = Upstream()
    home["OUTBOUND_ALLOWED_ORIGINS"] = upstream.url.rpartition("/")[0]
    python(home, "manage.py", "migrate", "-v0")
    turns = python(home, "-c", PREPARE.format(url=upstream.url, repeatable=repeatable, turns=len(POINTS) * KILLS)).split()
    for number, turn in enumerate(turns):
        upstream.kill_at = POINTS[number % len(POINTS)]
        arguments = [sys.executable, "-m", "tests.faults.one_call", "call", turn]
        upstream.victim = subprocess.Popen(arguments, env=home)
        assert upstream.victim.wait(60) == -signal.SIGKILL, upstream.kill_at
    upstream.kill_at = ""
    before = Counter(upstream.acts)

    with database(home) as rows:  # its time is over
        assert rows.execute("SELECT DISTINCT state FROM assistant_toolcall").fetchall() == [("sent",)]
        rows.execute("UPDATE assistant_toolcall SET started_at = '2001-01-01 00:00:00'")
    python(home, "-m", "tests.faults.one_call", "resume", *turns)

    after = Counter(upstream.acts)
    with database(home) as rows:
        ended = dict(rows.execute("SELECT idempotency_key, state FROM assistant_toolcall").fetchall())
    upstream.listening.close()
    if repeatable:
        assert set(ended.values()) == {"done"} and after - before == Counter(ended.keys())
    else:
        assert set(ended.values()) == {"unknown"} and after == before and set(after.values()) == {1}
