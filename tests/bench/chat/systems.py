"""The systems compared, each a process of its own on one core."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests import servers
from tests.bench.chat import report
from tests.bench.chat.visitors import ChainlitVisitor, OurVisitor, Visitor
from tests.faults.visitor import Visitor as Browser

HERE = Path(__file__).resolve().parent
AT_ONCE = 16  # that open
FIRST_CORE, LAST_CORE = min(os.sched_getaffinity(0)), max(os.sched_getaffinity(0))


@contextmanager
def on_core(core: int) -> Iterator[None]:
    """Whatever is started within runs on this core; this process, its provider and its visitors on the last one."""
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, {LAST_CORE})


class System:
    """A server under test. `pid` is its process; `visitors` opens so many sockets."""

    def __init__(self, name: str, pid: int, port: int, path: str) -> None:
        self.name, self.pid, self.port, self.path = name, pid, port, path

    async def visitors(self, count: int) -> list[Visitor]:
        await self.prepare(count)
        opened = [self.visitor(number) for number in range(count)]
        for start in range(0, count, AT_ONCE):
            origin = f"http://localhost:{self.port}"
            await asyncio.gather(*(one.connect(self.port, self.path, origin) for one in opened[start : start + AT_ONCE]))
        return opened

    async def prepare(self, count: int) -> None:
        """What visitors need before they can open a socket."""

    def visitor(self, number: int) -> Visitor:
        return Visitor()

    def cpu_seconds(self) -> float:
        # The process' own clock, by its number: what /proc says of it is in hundredths of a second.
        return time.clock_gettime(~self.pid << 3 | 2)

    def resident_kib(self) -> int:
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


class Ours(System):
    """The product: every visitor has a session of their own, and an address, as behind a proxy."""

    def __init__(self, name: str, app: servers.App) -> None:
        assert app.process
        super().__init__(name, app.process.pid, app.port, "/ws/v1/chat")
        self.app = app
        self.tokens: list[str] = []

    async def prepare(self, count: int) -> None:
        while (begun := len(self.tokens)) < count:
            more = range(begun, min(begun + AT_ONCE, count))
            self.tokens += await asyncio.gather(*(asyncio.to_thread(self.session, _address(number)) for number in more))

    def session(self, address: str) -> str:
        return Browser(self.app.url, address=address).token

    def visitor(self, number: int) -> Visitor:
        return OurVisitor(self.tokens[number], f"X-Forwarded-For: {_address(number)}\r\n")


def _address(number: int) -> str:
    return f"10.0.{number // 250}.{number % 250 + 1}"


class Chainlit(System):
    def visitor(self, number: int) -> Visitor:
        return ChainlitVisitor()


@contextmanager
def running(provider_port: int, chainlit: str, postgresql: bool) -> Iterator[list[System]]:
    """All of them, started one after the other. `chainlit` is the Python of the environment that it is installed in."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        found = [_floor(stack, folder, provider_port), _ours(stack, folder / "sqlite", report.SQLITE, provider_port)]
        if postgresql:
            database = stack.enter_context(servers.new_database(stack.enter_context(servers.postgresql())))
            redis = stack.enter_context(servers.redis())
            key = base64.urlsafe_b64encode(os.urandom(32)).decode()
            home = {"DATABASE_URL": database, "REDIS_URL": redis, "SECRET_KEY": key + key, "FIELD_KEYS": key}
            found.append(_ours(stack, folder / "postgresql", report.POSTGRESQL, provider_port, **home))
        if chainlit:
            found.append(_chainlit(stack, folder / "chainlit", provider_port, chainlit))
        yield found


def _ours(stack: ExitStack, folder: Path, name: str, provider_port: int, **home: str) -> System:
    app = servers.App(
        folder, AI_API_KEY="x", AI_BASE_URL=f"http://127.0.0.1:{provider_port}/v1", AI_MODEL="bench", RATE_LIMITS="false",
        TRUSTED_PROXY_COUNT="1", **home,
    )  # fmt: skip
    with on_core(FIRST_CORE):
        app.start(120)
    stack.callback(app.kill)
    _lift_budgets(app)
    return Ours(name, app)


def _lift_budgets(app: servers.App) -> None:
    """Without limits of tokens and requests, which a crowd that never stops reaches within a minute."""
    limits = "month_tokens day_tokens visitor_day_tokens network_day_tokens month_dollars day_dollars requests_per_minute"
    code = (
        "import django; django.setup(); from assistant.models import Budget, Organization\n"
        f"none = dict.fromkeys({limits.split()!r})\n"
        "for one in Organization.objects.all(): Budget.objects.update_or_create(organization=one, defaults=none)"
    )
    environment = {**app.environment, "DJANGO_SETTINGS_MODULE": "interworky.settings"}
    subprocess.run([sys.executable, "-c", code], cwd=servers.ROOT, env=environment, check=True, timeout=60)


def _floor(stack: ExitStack, folder: Path, provider_port: int) -> System:
    port = servers.free_port()
    environment = servers.environment(BENCH_PROVIDER=f"http://127.0.0.1:{provider_port}/v1")
    with on_core(FIRST_CORE):
        process = servers.launch(
            [sys.executable, "-m", "tests.bench.chat.floor", str(port)], folder / "floor.log", env=environment
        )
    stack.callback(servers.end, process, signal.SIGTERM)
    servers.until(lambda: servers.accepts(port), 60, process, folder / "floor.log")
    return System("floor: a bare consumer", process.pid, port, "/")


def _chainlit(stack: ExitStack, folder: Path, provider_port: int, python: str) -> System:
    folder.mkdir()
    port, log = servers.free_port(), folder / "log"
    environment = servers.environment(
        OPENAI_BASE_URL=f"http://127.0.0.1:{provider_port}/v1", OPENAI_API_KEY="x", CHAINLIT_APP_ROOT=str(folder)
    )
    command = [python, "-m", "chainlit", "run", HERE / "chainlit_app.py", "--headless", "--port", str(port)]
    with on_core(FIRST_CORE):
        process = servers.launch(command, log, env=environment, cwd=folder)
    stack.callback(servers.end, process, signal.SIGTERM)
    servers.until(lambda: servers.accepts(port), 120, process, log)
    return Chainlit(report.CHAINLIT, process.pid, port, "/ws/socket.io/?EIO=4&transport=websocket")


async def settle(system: System, seconds: float = 2) -> None:
    """Wait until the process is at rest, so that nothing of the measurement before is in the next."""
    for _ in range(round(seconds / 0.25)):
        before = system.cpu_seconds()
        await asyncio.sleep(0.25)
        if system.cpu_seconds() - before <= 0.03:
            return
