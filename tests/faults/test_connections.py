"""A web process opens no more connections to PostgreSQL than docs/operations.md says, however many clients there are."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg

from .production import Production
from .visitor import Visitor, until

DB_THREADS, PAGE_THREADS, LOGINS = 3, 2, 2
# PostgreSQL's own workers (autovacuum) stand in the same view.
CLIENTS = """FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"""


def test_a_crowd_opens_no_more_connections_than_threads(production: Callable[..., Production], redis):
    redis.start()
    running = production(DB_THREADS=str(DB_THREADS), PAGE_THREADS=str(PAGE_THREADS), RATE_LIMITS="false")
    url = running.webs[0].url
    visitors = [Visitor(url) for _ in range(4)]
    counts: list[int] = []
    done = threading.Event()

    def watch() -> None:
        with closing(psycopg.connect(running.environment["DATABASE_URL"], autocommit=True)) as connection:
            while not done.is_set():
                counts.append(connection.execute(f"SELECT count(*) {CLIENTS}").fetchone()[0])

    def visit(number: int) -> int:
        if number % 4 == 0:
            visitors[number % 16 // 4].events()
            return 200
        path = ("/", "/demo/treatments/", "/admin/")[number % 4 - 1]
        with urllib.request.urlopen(url + path, timeout=60) as answer:
            answer.read()
            return answer.status

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        with ThreadPoolExecutor(12) as crowd:
            assert set(crowd.map(visit, range(200))) == {200}
    finally:
        done.set()
        watching.join()
    # A connection that was closed is counted until its backend has gone: what is held is there in several looks running.
    held = [min(some) for some in zip(*(counts[start:] for start in range(5)), strict=False)]
    assert held and max(held) <= DB_THREADS + PAGE_THREADS + LOGINS, max(held)
    # What pages opened is closed again, as soon as PostgreSQL has seen it; visitors' threads keep theirs.
    until(lambda: running.sql(f"SELECT count(*) {CLIENTS}")[0][0] <= DB_THREADS)
