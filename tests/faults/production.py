"""The product, run with the commands of docker-compose.yml on PostgreSQL and Redis servers that can be stopped."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psycopg
import yaml
from celery import Celery

from assistant.secrets import new_key
from tests import servers

from .visitor import until

KEY = new_key()
COMPOSE = yaml.safe_load((servers.ROOT / "docker-compose.yml").read_text())


def command(service: str, port: int = 0) -> list[str]:
    """What docker-compose.yml starts a service with, on loopback."""
    said = COMPOSE["services"][service]["command"].replace("0.0.0.0", "127.0.0.1").replace("--port 8000", f"--port {port}")
    return [sys.executable, "-m", *shlex.split(said.removeprefix("python "))]


class Process:
    """One of them; `log` is what it printed, over all its starts."""

    def __init__(self, command: list[str], log: Path, environment: dict[str, str]) -> None:
        self.command, self.log, self.environment = command, log, environment
        self.process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        self.process = servers.launch(self.command, self.log, env=self.environment)

    def terminate(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGTERM)

    def stop(self, seconds: float = 60) -> int:
        assert self.process
        return servers.end(self.process, signal.SIGTERM, seconds)

    def kill(self) -> None:
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Web(Process):
    def __init__(self, port: int, log: Path, environment: dict[str, str]) -> None:
        super().__init__(command("web", port), log, {**environment, "PORT": str(port)})
        self.port, self.url = port, f"http://localhost:{port}"

    def start(self) -> Web:
        self.launch()
        assert self.process
        servers.until(self.answers, 60, self.process, self.log)
        return self

    def answers(self) -> bool:
        with suppress(OSError):
            urllib.request.urlopen(f"{self.url}/healthz", timeout=2).close()
            return True
        return False

    def ready(self) -> tuple[int, str]:
        """What /readyz says."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=15) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()


class Redis(Process):
    def __init__(self, folder: Path) -> None:
        self.port = servers.free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        keeps_nothing = ["--save", "", "--appendonly", "no", "--dir", str(folder)]
        run = [servers.program("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1", *keeps_nothing]
        super().__init__(run, folder / "redis.log", servers.environment())

    def start(self) -> Redis:
        self.launch()
        assert self.process
        servers.until(lambda: servers.accepts(self.port), 20, self.process, self.log)
        return self

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Accept connections, but answer nothing."""
        assert self.process
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def forget(self) -> None:
        import redis

        with closing(redis.Redis.from_url(self.url)) as client:
            client.flushall()


class Postgres:
    """A running server of `servers.postgresql`, which can be stopped and started again."""

    def __init__(self, url: str) -> None:
        self.url = url
        with closing(psycopg.connect(url)) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
        assert row
        self.data = Path(row[0])
        self.again: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """Stop the server at once; open connections are cut."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGINT)
        until(lambda: not (self.data / "postmaster.pid").exists())
        if self.again:
            self.again.wait()

    def start(self) -> None:
        run = shlex.split((self.data / "postmaster.opts").read_text())
        owner = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        self.again = servers.launch(run, self.data.parent / "log", cwd=self.data, **owner)
        until(self.answers, 30)

    def database(self, like: str = "template1") -> str:
        """The address of a new database that holds what `like` does; it goes with the server."""
        name = f"made_{time.monotonic_ns()}"
        with closing(psycopg.connect(self.url, autocommit=True)) as connection:
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like.rpartition("/")[2]}"'.encode())
        return self.url.rpartition("/")[0] + "/" + name

    def answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            psycopg.connect(self.url, connect_timeout=2).close()
            return True
        return False


def environment(folder: Path, postgres_url: str, redis_url: str, **values: str) -> dict[str, str]:
    return servers.environment(
        DATABASE_URL=postgres_url,
        REDIS_URL=redis_url,
        SECRET_KEY="s" * 50,
        FIELD_KEYS=KEY,
        ALLOWED_HOSTS="localhost",
        DATA_DIR=str(folder),
        **{"DEMO_MODEL": "true", "DEMO_SITE": "true", "DEMO_MODEL_DELAY_MS": "5", **values},
    )


class Production:
    """`webs` and whatever else was started, over a `prepared` database. The last of `webs` is everybody's model server."""

    def __init__(self, folder: Path, postgres_url: str, redis_url: str, webs: int = 1, **values: str) -> None:
        self.folder = folder
        ports = [servers.free_port() for _ in range(webs)]
        self.environment = environment(folder, postgres_url, redis_url, PUBLIC_URL=f"http://localhost:{ports[0]}", **values)
        self.environment["DEMO_MODEL_URL"] = f"http://127.0.0.1:{ports[-1]}/demo-llm/v1"
        self.origin = self.environment["PUBLIC_URL"]
        self.webs = [Web(port, folder / f"web{number}.log", self.environment) for number, port in enumerate(ports)]
        self.others: list[Process] = []

    def worker(self) -> Process:
        return self.also("worker")

    def beat(self) -> Process:
        return self.also("beat")

    def also(self, service: str) -> Process:
        process = Process(command(service), self.folder / f"{service}.log", self.environment)
        process.launch()
        self.others.append(process)
        return process

    def tick(self) -> None:
        """What the clock does every few seconds."""
        with Celery(broker=self.environment["REDIS_URL"], set_as_current=False) as clock:
            clock.send_task("assistant.jobs.sweep")

    def sql(self, query: str) -> list[tuple]:
        with closing(psycopg.connect(self.environment["DATABASE_URL"])) as connection:
            return connection.execute(query.encode()).fetchall()

    def complaints(self) -> list[str]:
        """Tracebacks in the logs of the web processes."""
        return [line for web in self.webs for line in re.findall(r"^Traceback.*", web.log.read_text(), re.MULTILINE)]

    def close(self) -> None:
        for process in [*self.webs, *self.others]:
            process.kill()


@contextmanager
def running(folder: Path, postgres_url: str, redis_url: str, webs: int = 1, **values: str) -> Iterator[Production]:
    production = Production(folder, postgres_url, redis_url, webs, **values)
    try:
        for web in production.webs:
            web.start()
        yield production
    finally:
        production.close()
