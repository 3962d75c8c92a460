"""Servers for production tests: one PostgreSQL per test worker, one Redis per test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from assistant.secrets import new_key
from tests import servers

from .production import Postgres, Production, Redis, environment, running


@pytest.fixture(scope="session")
def postgres(postgres_server: str) -> Iterator[Postgres]:
    server = Postgres(postgres_server)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def template(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with tables and the demonstration, to be copied."""
    url = postgres.database()
    servers.prepare(**environment(tmp_path_factory.mktemp("template"), url, "redis://127.0.0.1:1/0"))
    return url


Databases = Callable[[str], dict[str, str]]


@pytest.fixture(scope="session")
def new_database(request: pytest.FixtureRequest, first_start: Path, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """`new_database("sqlite")`, or "postgresql": the environment of a database with tables and the demonstration."""

    def make(kind: str) -> dict[str, str]:
        folder = tmp_path_factory.mktemp("database")
        shutil.copytree(first_start, folder, dirs_exist_ok=True)
        if kind == "sqlite":
            return {"DATA_DIR": str(folder)}
        postgres, template = request.getfixturevalue("postgres"), request.getfixturevalue("template")
        keys = {"SECRET_KEY": "s" * 50, "FIELD_KEYS": new_key()}
        return {"DATA_DIR": str(folder), "DATABASE_URL": postgres.database(like=template), **keys}

    return make


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """Not started yet."""
    try:
        server = Redis(tmp_path)
    except servers.Missing as missing:
        pytest.skip(str(missing))
    yield server
    server.kill()


@pytest.fixture
def production(tmp_path: Path, postgres: Postgres, template: str, redis: Redis) -> Iterator[Callable[..., Production]]:
    """`production(…)` is the product, running on both; of Redis the test decides when it does."""
    with ExitStack() as stack:
        url = postgres.database(like=template)
        yield lambda **values: stack.enter_context(running(tmp_path, url, redis.url, **values))
