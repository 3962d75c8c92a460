"""How tests run: async tests on the test's own thread, so that the ORM rolls back; nothing but loopback on the network."""

from __future__ import annotations

import fcntl
import gc
import inspect
import ipaddress
import os
import shutil
import socket
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase

from assistant import live
from assistant.services.organizations import snapshots
from assistant.services.providers import health
from tests import sampling, servers, tables


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run `async def` tests through `async_to_sync`: thread-sensitive ORM calls then share the test's connection."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames

    async def test() -> None:
        try:
            await pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})
        finally:
            await live.close()

    async_to_sync(test)()
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Function) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With a failure comes the last of what the product said, where the test had it run."""
    report = yield
    if report.failed:
        for name, app in getattr(item, "funcargs", {}).items():
            if isinstance(app, servers.App) and app.log.exists():
                report.sections.append((f"Log of {name}", app.log.read_text(errors="replace")[-6000:]))
    return report


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(sampling.OPTION, action="store_true", help="Run all of what is otherwise a sample.")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    sampling.select(config, items)


def pytest_collection_finish() -> None:
    """Whatever is there now, tests and the product, stays: no search for garbage goes through it again."""
    gc.enable()
    gc.freeze()


def pytest_configure(config: pytest.Config) -> None:
    gc.disable()  # until tests run: what is collected is kept
    sampling.configure(config)
    # Tests that run beside each other have a Redis database each, as they have of PostgreSQL.
    number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    if settings.REDIS_URL:
        url = settings.REDIS_URL.removesuffix("/0") + "/" + number
        settings.REDIS_URL = settings.CELERY_BROKER_URL = settings.CACHES["default"]["LOCATION"] = url
    # Every test client builds the middleware again: static files are looked for when asked for, not all of them each time.
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(scope="session", autouse=True)
def no_session_outlives_the_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    """PostgreSQL drops no database that somebody is connected to, as threads of tests that have ended still are."""
    if settings.DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
        yield
        return
    blocker = request.getfixturevalue("django_db_blocker")
    request.getfixturevalue("django_db_setup")
    yield
    with blocker.unblock(), connection.cursor() as cursor:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        cursor.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")


@pytest.fixture(scope="session", autouse=True)
def only_what_was_written_is_deleted() -> Iterator[None]:
    """After a test with real transactions, in place of Django's `flush`."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(TransactionTestCase, "_fixture_teardown", lambda self: tables.empty_written())
        yield


@pytest.fixture(autouse=True)
def nothing_known_of_another_tests_organizations() -> None:
    """What is rolled back is known by the same keys and revisions as what the next test writes."""
    snapshots.SNAPSHOTS.clear()
    health.forget_kept()


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that reaches for the real network fails, and says where to."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not ipaddress.ip_address(address[0]).is_loopback:
            raise AssertionError(f"A test tried to connect to {address}.")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield


@pytest.fixture
def queued_tasks(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What is handed to Celery, in place of a broker: the name of each task, and the id of its row."""
    queued: list[tuple[str, str]] = []
    monkeypatch.setattr("celery.current_app.send_task", lambda name, args: queued.append((name, *args)))
    return queued


@contextmanager
def needed(server: Callable[[], AbstractContextManager[Any]]) -> Iterator[Any]:
    """Skip by name what a user's machine does not have; in CI, where it must be there, fail."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(server())
        except servers.Missing as missing:
            if os.environ.get("CI") == "true":
                raise
            pytest.skip(str(missing))
        yield url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    with needed(servers.postgresql) as url:
        yield url


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty database of a real PostgreSQL server."""
    with servers.new_database(postgres_server) as url:
        yield url


@pytest.fixture
def redis_url() -> Iterator[str]:
    """A real Redis server, empty."""
    with needed(servers.redis) as url:
        yield url


@pytest.fixture(scope="module")
def imap() -> Iterator[servers.Imap]:
    """A real IMAP server, which takes no password without encryption."""
    with needed(servers.dovecot) as found:
        yield found


@pytest.fixture(scope="session")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a first start leaves in its data directory, keys, tables and demonstration: made once for all workers."""
    everybodys = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        everybodys = everybodys.parent
    folder = everybodys / "first-start"
    with (everybodys / "first-start.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            draft = tmp_path_factory.mktemp("first-start")
            servers.prepare(DATA_DIR=str(draft))
            draft.rename(folder)
    return folder


RUNNING: list[servers.App] = []  # even one that nobody talks to takes its share of a core


def end_apps(but: int) -> None:
    while len(RUNNING) > but:
        RUNNING.pop().close()


@pytest.fixture(scope="module", autouse=True)
def apps_end_with_their_module() -> Iterator[None]:
    before = len(RUNNING)
    yield
    end_apps(before)


@pytest.fixture(autouse=True)
def apps_end_with_their_test() -> Iterator[None]:
    before = len(RUNNING)  # fixtures of the module have started theirs by now
    yield
    end_apps(before)


@pytest.fixture(scope="session")
def start_app(tmp_path_factory: pytest.TempPathFactory, first_start: Path) -> Callable[..., servers.App]:
    """`start_app(NAME="value", …)` starts the product with that environment, and is where its tests get it from.

    Without a `data_dir` of the test's own, it is one that has been started before. It ends with the module whose fixture has
    started it, or with its test.
    """

    def start(data_dir: Path | None = None, **environment: str) -> servers.App:
        if not data_dir:
            data_dir = tmp_path_factory.mktemp("data")
            shutil.copytree(first_start, data_dir, dirs_exist_ok=True)
        app = servers.App(data_dir, **environment)
        RUNNING.append(app)
        return app.start()

    return start


@pytest.fixture
def app_server(start_app: Callable[..., servers.App], tmp_path: Path) -> servers.App:
    """The product as it is without any configuration, started for the first time."""
    return start_app(tmp_path / "data")
