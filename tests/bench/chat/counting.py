"""Statements and hops of one plain turn, counted in the running product."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests import servers
from tests.bench.chat.visitors import OurVisitor
from tests.faults.visitor import Visitor as Browser

WRITE_SECONDS = 0.1  # between two writes of the counts
TURNS = 5  # that are counted: every two seconds, the search for turns that were left behind has one statement and one hop

_counts: Counter[str] = Counter()


async def of_one_turn(provider_port: int) -> str:
    """Statements · hops onto database threads · transactions, of a turn without tools, from its frame to its end; of
    several turns, those of the one in which nothing else happened."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        app = servers.App(
            folder, AI_API_KEY="x", AI_BASE_URL=f"http://127.0.0.1:{provider_port}/v1", AI_MODEL="bench", RATE_LIMITS="false"
        )
        command = [sys.executable, "-m", "tests.bench.chat.counting", str(folder / "counts")]
        process = servers.launch(command, app.log, env=app.environment)
        try:
            servers.until(app.answers, 60, process, app.log)
            url, port = app.url, app.port
            visitor = OurVisitor(await asyncio.to_thread(lambda: Browser(url).token))
            await visitor.connect(port, "/ws/v1/chat", url)
            for _ in range(3):
                await visitor.say(20)
            counts = [await _of_next_turn(visitor, folder / "counts") for _ in range(TURNS)]
        finally:
            process.kill()
            process.wait()
    return " · ".join(map(str, min(counts)))


async def _of_next_turn(visitor: OurVisitor, file: Path) -> list[int]:
    before = await _read(file)
    await visitor.say(5)
    after = await _read(file)
    return [after[name] - before[name] for name in ("statements", "hops", "transactions")]


async def _read(file: Path) -> Counter[str]:
    await asyncio.sleep(3 * WRITE_SECONDS)
    return Counter(json.loads(await asyncio.to_thread(file.read_text)))


# --- Within the product's process -------------------------------------------------------------------------------------


def _count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    if threading.current_thread().name.startswith("db"):
        _counts["transactions" if sql.startswith("BEGIN") else "statements"] += sql.split()[0] not in ("PRAGMA", "SAVEPOINT")
    return execute(sql, params, many, context)


def _run(file: Path) -> None:
    from django.core.management import execute_from_command_line
    from django.db.backends.signals import connection_created

    submit = ThreadPoolExecutor.submit

    def counted(pool: Any, *args: Any, **kwargs: Any) -> Any:
        _counts["hops"] += pool._thread_name_prefix.startswith("db")
        return submit(pool, *args, **kwargs)

    def write() -> None:
        part = file.with_suffix(".part")
        while True:
            part.write_text(json.dumps(_counts))
            part.replace(file)  # whole, whenever it is read
            time.sleep(WRITE_SECONDS)

    connection_created.connect(lambda connection, **_: connection.execute_wrappers.append(_count), weak=False)
    ThreadPoolExecutor.submit = counted  # type: ignore[method-assign]
    threading.Thread(target=write, daemon=True).start()
    execute_from_command_line(["manage.py", "up"])


if __name__ == "__main__":
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interworky.settings")
    django.setup()
    _run(Path(sys.argv[1]))
