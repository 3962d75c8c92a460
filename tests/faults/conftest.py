"""Production's pieces: one PostgreSQL server for all tests of a worker, a Redis for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import servers
from tests.conftest import needed

from .production import Postgres, Production, Redis, environment, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with needed(servers.postgresql) as url:
        server = Postgres(url)
        yield server
        server.stop()


@pytest.fixture(scope="session")
def template(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with tables and the demonstration, to be copied."""
    url = postgres.database()
    servers.prepare(**environment(tmp_path_factory.mktemp("template"), url, "redis://127.0.0.1:1/0"))
    return url


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
