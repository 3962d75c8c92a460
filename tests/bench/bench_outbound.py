"""How long the first bytes of many streams take, by httpx's own transport and by ours, against one raw SSE server.

    .venv/bin/python tests/bench/bench_outbound.py [streams …]

The server runs in a process of its own. Ratios are what to look at: the machine and its load are in both.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable

EVENTS = 40
EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"word "}}]}\n\n'
GAP_SECONDS = 0.01
Stream = Callable[[str], Awaitable[float]]


def serve(port: multiprocessing.Queue[int]) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in range(EVENTS):
                    writer.write(b"%x\r\n%s\r\n" % (len(EVENT), EVENT))
                    await writer.drain()
                    await asyncio.sleep(GAP_SECONDS)
                writer.write(b"0\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        listening = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1024)
        port.put(listening.sockets[0].getsockname()[1])
        await listening.serve_forever()

    asyncio.run(main())


async def measured(stream: Stream, url: str, count: int) -> tuple[float, float, float]:
    """Median and 95th percentile of milliseconds to the first byte, and CPU microseconds per event."""
    await asyncio.gather(*(stream(url) for _ in range(min(count, 5))))
    before = resource.getrusage(resource.RUSAGE_SELF)
    first = sorted(await asyncio.gather(*(stream(url) for _ in range(count))))
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return statistics.median(first) * 1e3, first[int(len(first) * 0.95) - 1] * 1e3, cpu * 1e6 / (count * EVENTS)


async def compare(url: str, counts: list[int]) -> None:
    import httpx

    from assistant import outbound

    client = httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=None), trust_env=False)

    async def plain(url: str) -> float:
        started, first = time.perf_counter(), 0.0
        async with client.stream("POST", url, content=b"{}") as response:
            async for _ in response.aiter_raw():
                first = first or time.perf_counter() - started
        return first

    async def ours(url: str) -> float:
        started, first = time.perf_counter(), 0.0
        async with outbound.stream(
            "POST", url, reach=outbound.Reach.OPERATOR, content=b"{}", connect_seconds=60
        ) as streamed:
            async for _ in streamed.chunks():
                first = first or time.perf_counter() - started
        return first

    print(f"{'streams':>8} {'':>6} {'first byte p50':>15} {'p95':>9} {'CPU per event':>14}   httpx : ours")
    for count in counts:
        theirs = await measured(plain, url, count)
        mine = await measured(ours, url, count)
        for name, (median, late, cpu) in (("httpx", theirs), ("ours", mine)):
            print(f"{count:>8} {name:>6} {median:>12.1f} ms {late:>6.0f} ms {cpu:>11.0f} µs")
        print(f"{'':>56}   p50 {theirs[0] / mine[0]:.1f} · p95 {theirs[1] / mine[1]:.1f} · CPU {theirs[2] / mine[2]:.1f}")
    await client.aclose()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interworky.settings")
    os.environ.setdefault("DATA_DIR", tempfile.mkdtemp())
    sys.path.insert(0, os.getcwd())
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(port,), daemon=True)
    server.start()
    address = f"http://127.0.0.1:{port.get(timeout=10)}/v1/chat/completions"
    asyncio.run(compare(address, [int(n) for n in sys.argv[1:]] or [1, 50, 200]))
    server.terminate()
