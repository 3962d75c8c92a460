"""A process that has loaded the product and forks, so that a test gets many processes quickly."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Self

from tests import servers


class Crew:
    """`with Crew(environment, log) as crew: crew.run(function, 3, …)`: `function(…)` in three processes at once, and what
    each gave; of one that was killed it is None. `function` and its arguments go as name and JSON."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.environment = servers.environment(DJANGO_SETTINGS_MODULE="interworky.settings", **environment)
        self.log = log
        self.pids: list[int] = []  # that are at work
        self.codes: list[int] = []  # that the last ones ended with

    def __enter__(self) -> Self:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.crew"], cwd=servers.ROOT, env=self.environment,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate(timeout=20)

    def run(self, function: Callable[..., Any], processes: int = 1, **arguments: Any) -> list[Any]:
        assert self.process.stdin
        order = [function.__module__, function.__name__, processes, arguments]
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self.pids = self.answer()
        ended = self.answer()
        self.pids, self.codes = [], [code for code, _ in ended]
        assert set(self.codes) <= {0, -signal.SIGKILL}, self.log.read_text()[-3000:]
        return [given for _, given in ended]

    def kill(self) -> None:
        """Kill the working processes; they have ended when this returns."""
        while not (pids := self.pids):
            time.sleep(0.001)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        for pid in pids:
            with suppress(ProcessLookupError):  # once it has been waited for
                while True:
                    os.kill(pid, 0)
                    time.sleep(0.001)

    def answer(self) -> list[Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, self.log.read_text()[-3000:]
        found: list[Any] = json.loads(line)
        return found


# --- The process ------------------------------------------------------------------------------------------------------


def work(module: str, name: str, arguments: dict[str, Any], result: Any) -> None:
    given = getattr(import_module(module), name)(**arguments)
    for one in given if hasattr(given, "__next__") else [given]:  # a generator goes on after what it gives
        result.send(one)


def main() -> None:
    import django
    from django.urls import reverse

    django.setup()
    reverse("admin:index")  # loads every view, as a server has before its first visitor comes
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what is printed by the way is no answer
    forked = get_context("fork")
    for line in sys.stdin:
        module, name, processes, arguments = json.loads(line)
        import_module(module)
        pipes = [forked.Pipe(duplex=False) for _ in range(processes)]
        forks = [forked.Process(target=work, args=(module, name, arguments, sending)) for _, sending in pipes]
        for fork, (_, sending) in zip(forks, pipes, strict=True):
            fork.start()
            sending.close()
        print(json.dumps([fork.pid for fork in forks]), file=answers, flush=True)  # noqa: T201
        ended = []
        for fork, (receiving, _) in zip(forks, pipes, strict=True):
            try:
                given = receiving.recv()
            except EOFError:
                given = None
            fork.join()
            ended.append((fork.exitcode, given))
        print(json.dumps(ended), file=answers, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
