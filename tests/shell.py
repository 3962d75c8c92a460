"""A process that has loaded the product, and runs code in forks of itself: `manage.py shell`, loaded once.

Loading takes seconds of a core, a fork some milliseconds; and it knows nothing of what an earlier one has read.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import traceback
from typing import Any, Self

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SECONDS = 120  # that anything may take on a busy machine


class Shell:
    """`run` executes code in the product of that environment."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.shell"],
            cwd=ROOT, env={**environment, "DJANGO_SETTINGS_MODULE": "interworky.settings"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, code: str, typed: str = "") -> str:
        """What `code` prints, where it reads `typed` as its input. Raises `RuntimeError` with its traceback."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([code, typed]) + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline() or '{"failed": true, "printed": "It has ended."}')
        if answer["failed"]:
            raise RuntimeError(answer["printed"])
        printed: str = answer["printed"]
        return printed

    def close(self) -> None:
        self.process.communicate(timeout=20)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def execute(code: str, typed: str, output: int) -> None:
    """In a fork: run it and never return."""
    failed = 1
    signal.alarm(SECONDS)
    try:
        with tempfile.TemporaryFile("w+") as file:
            file.write(typed)
            file.flush()
            os.lseek(file.fileno(), 0, os.SEEK_SET)
            os.dup2(file.fileno(), 0)
        os.dup2(output, 1)
        sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
        exec(code, {"__name__": "__main__"})
        failed = 0
    except BaseException:
        traceback.print_exc(file=sys.stdout)
    finally:
        sys.stdout.flush()
        os._exit(failed)


def main() -> None:
    import django

    django.setup()
    for line in sys.stdin:
        code, typed = json.loads(line)
        with tempfile.TemporaryFile("w+b") as output:
            pid = os.fork()
            if not pid:
                execute(code, typed, output.fileno())
            _, status = os.waitpid(pid, 0)
            output.seek(0)
            printed = output.read().decode(errors="replace")
        sys.stdout.write(json.dumps({"failed": bool(status), "printed": printed}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
