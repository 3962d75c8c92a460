"""The whole product in one process: web server, Celery workers and beat, on one data directory."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TextIO

import uvicorn
from celery.beat import Scheduler, Service
from celery.bootsteps import CLOSE
from celery.worker import WorkController

from interworky.celery import app, new_app
from interworky.generated_keys import make_private

STOP_SECONDS = 4.5  # five are promised; what is still running then is in the database and continues after the next start
TICK_SECONDS = 1.0  # between two updates of the date in the headers of answers


class Refused(Exception):
    """The server cannot start; the text is the message to show."""


@contextmanager
def owning(data_dir: Path, address: str) -> Iterator[None]:
    """Lock `data_dir` for this process: broker and broadcasts are in its memory and cannot be shared with another.

    The lock is released when the process ends, however it ends. Raises `Refused` if another process holds it.
    """
    try:
        make_private(data_dir, files=True)
        file: TextIO = open(data_dir / "up.lock", "a+")  # noqa: SIM115 - open while the process runs
    except OSError as error:
        raise Refused(f"Cannot write to {data_dir}: {error.strerror}. Set DATA_DIR to another directory.") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.seek(0)
            raise Refused(f"Interworky is already running on {data_dir} ({file.read().strip()}).") from None
        file.truncate(0)
        file.write(f"process {os.getpid()}, {address}")
        file.flush()
        yield


def bind(host: str, port: int) -> socket.socket:
    """A listening socket for the server. Raises `Refused` if the port is in use or not permitted."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()  # only this fails if another server listens with SO_REUSEADDR
    except OSError as error:
        listening.close()
        advice = f"Choose another: PORT={port % 65_000 + 1} python3 manage.py up"
        raise Refused(f"Port {port} on {host} cannot be used ({error.strerror}). {advice}") from error
    return listening


# Threads for each kind of work, so that pages that hang hold up neither codes nor confirmations.
THREADS = {"mail": 2, "documents": 4, "celery": 2}


# What Celery imports only when it needs it, in whatever thread that is. Threads that import parts of a package at once can
# wait for each other: then Python refuses one of them, and the product did not start.
LATE = (
    "celery.app.control", "celery.app.events", "celery.app.trace", "celery.concurrency.thread", "celery.events.receiver",
    "celery.utils.timer2", "celery.worker.autoscale", "celery.worker.components", "celery.worker.consumer",
    "celery.worker.consumer.delayed_delivery", "celery.worker.control", "celery.worker.loops", "celery.worker.pidbox",
    "celery.worker.strategy", "kombu.mixins", "kombu.utils.limits", "interworky.in_process_queue",
)  # fmt: skip


class Worker(threading.Thread):
    """A Celery worker for one queue in a thread of this process, restarted if it ever fails."""

    def __init__(self, queue: str, threads: int) -> None:
        super().__init__(name=f"worker {queue}", daemon=True)
        # All before any thread runs: what several threads import or make at once, one of them can meet half made, and a
        # worker does not learn of tasks that are defined after it has started.
        for name in LATE:
            import_module(name)
        app.loader.import_default_modules()
        self.app = new_app(set_as_current=False)
        self.app.loader.import_default_modules()
        self.app.finalize()
        self.queue, self.threads = queue, threads
        self.stopping = threading.Event()
        self.controller: WorkController | None = None

    def run(self) -> None:
        while not self.stopping.is_set():
            # There are no other workers to synchronise with.
            self.controller = WorkController(
                app=self.app,
                queues=self.queue,
                pool_cls="threads",
                concurrency=self.threads,
                without_mingle=True,
                without_gossip=True,
                without_heartbeat=True,
                ready_callback=self._stop_if_asked,
            )
            self.controller.start()
            self.controller.stop()
            self.stopping.wait(1)

    def _stop_if_asked(self, consumer: Any) -> None:
        # A worker that was asked while it started has forgotten that: starting sets its state.
        if self.stopping.is_set():
            consumer.blueprint.state = CLOSE

    def ask_to_stop(self) -> None:
        """Finish the running tasks and start no new ones. The worker checks every two seconds."""
        self.stopping.set()
        if consumer := getattr(self.controller, "consumer", None):
            consumer.blueprint.state = CLOSE


def start_clock() -> None:
    """Run beat in a thread. Its schedule is kept in memory only, because the tasks find their work in the database."""
    # It sleeps until something is due: looking once a second took a thirtieth of the CPU of a process that does nothing.
    service = Service(app, scheduler_cls=Scheduler)
    threading.Thread(target=service.start, name="clock", daemon=True).start()


class Server(uvicorn.Server):
    """uvicorn, which calls `ready` once it can answer requests, and is woken when it is to stop: its own looks for that ten
    times a second, which took a seventh of the CPU of a process that does nothing."""

    def __init__(self, ready: Callable[[], None], tick_seconds: float = TICK_SECONDS) -> None:
        self.ready, self.tick_seconds = ready, tick_seconds
        self.wake: Callable[[], object] = lambda: None
        super().__init__(
            uvicorn.Config(
                "interworky.asgi:application",
                lifespan="on",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,  # TRUSTED_PROXY_COUNT decides which headers are trusted
                ws="interworky.websocket_protocol:Protocol",
                ws_max_size=65_536,
                ws_per_message_deflate=False,
                timeout_graceful_shutdown=1,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self.ready()

    async def main_loop(self) -> None:
        woken, loop = asyncio.Event(), asyncio.get_running_loop()
        self.wake = partial(loop.call_soon_threadsafe, woken.set)
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(self.tick_seconds):
                    await woken.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        for name in ("uvicorn.error", "asyncio"):  # they would report the streams that stopping cuts off
            logging.getLogger(name).setLevel(logging.CRITICAL)
        limit = threading.Timer(STOP_SECONDS, os._exit, [0])
        limit.daemon = True
        limit.start()
        super().handle_exit(sig, frame)
        self.wake()


def serve(listening: socket.socket, ready: Callable[[], None]) -> NoReturn:
    """Run everything until Ctrl-C or SIGTERM, then stop within `STOP_SECONDS`, and with it the process."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # uvicorn raises the signal again when it has stopped; stopping on request is not a failure.
        signal.signal(number, lambda *_: None)
    workers = [Worker(queue, threads) for queue, threads in THREADS.items()]
    for worker in workers:
        worker.start()
    start_clock()
    app.send_task("assistant.jobs.sweep")  # at once, for what the last run left unfinished
    Server(ready).run(sockets=[listening])
    for worker in workers:
        worker.ask_to_stop()
    for worker in workers:
        worker.join()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)  # nothing is left to clean up, and shutting down the interpreter would take longer than all of the above
