"""What the product adds between a provider and a visitor: `python -m tests.bench.bench_turns [visitors …]`.

A provider on loopback streams a reply at a steady pace. It is read once directly and once through a socket of the running
product, with the commit, the lease, the claims gate and the announcement in between. Read the ratios: machines are noisy.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import websockets

from tests import servers
from tests.faults.visitor import Visitor

WORDS, PACE = 100, 0.01
ROUNDS = 4


async def provider(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A streaming server with nothing in it that costs."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
    await reader.readexactly(length)
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
    for number in range(WORDS):
        chunk = {"choices": [{"index": 0, "delta": {"content": f"word{number} "}, "finish_reason": None}]}
        writer.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
        await writer.drain()
        await asyncio.sleep(PACE)
    writer.write(b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
    await writer.drain()
    writer.close()


async def direct(port: int) -> tuple[float, float]:
    """Seconds to the first word, and to the last."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}")
    await reader.readuntil(b"word0")
    first = time.perf_counter() - began
    await reader.readuntil(b"[DONE]")
    writer.close()
    return first, time.perf_counter() - began


async def through(url: str, token: str, number: int) -> tuple[float, float]:
    address = url.replace("http", "ws") + "/ws/v1/chat"
    async with websockets.connect(address, origin=url, max_size=None) as socket:  # type: ignore[arg-type]
        await socket.send(json.dumps({"type": "session.open", "token": token, "after": 0}))
        await socket.recv()
        began, first = time.perf_counter(), 0.0
        await socket.send(json.dumps({"type": "message.send", "id": f"b-{number}-{time.time_ns()}", "text": "Go"}))
        while True:
            event = json.loads(await socket.recv())
            if event["type"] == "reply.delta" and not first:
                first = time.perf_counter() - began
            elif event["type"] == "message.added" and event["message"]["role"] == "assistant":
                assert event["message"]["text"].endswith(f"word{WORDS - 1}"), "text was lost"
            elif event["type"] == "turn.ended":
                assert event["outcome"] == "done", event
                return first, time.perf_counter() - began


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def told(samples: list[float]) -> str:
    ordered = sorted(samples)
    return f"{statistics.median(ordered) * 1000:7.1f} / {ordered[int(len(ordered) * 0.95) - 1] * 1000:7.1f}"


async def measure(app: servers.App, port: int, visitors: int, tokens: list[str]) -> None:
    assert app.process
    straight = [s for _ in range(ROUNDS) for s in await asyncio.gather(*(direct(port) for _ in range(visitors)))]
    before, began = cpu_seconds(app.process.pid), time.perf_counter()
    ours = [
        s for _ in range(ROUNDS) for s in await asyncio.gather(*(through(app.url, tokens[n], n) for n in range(visitors)))
    ]
    cpu = cpu_seconds(app.process.pid) - before
    words = visitors * ROUNDS * WORDS
    print(
        f"{visitors:4} visitors  first word ms p50/p95: direct {told([f for f, _ in straight])}   "
        f"through {told([f for f, _ in ours])}   CPU per word {cpu / words * 1e6:6.0f} µs   "
        f"{cpu / (time.perf_counter() - began):.2f} cores"
    )


async def main(counts: list[int]) -> None:
    server = await asyncio.start_server(provider, "127.0.0.1", 0, backlog=1000)
    port = server.sockets[0].getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        app = servers.App(
            Path(folder), AI_API_KEY="x", AI_BASE_URL=f"http://127.0.0.1:{port}/v1", AI_MODEL="bench", RATE_LIMITS="false"
        )
        await asyncio.to_thread(app.start)
        try:
            tokens = await asyncio.to_thread(lambda: [Visitor(app.url).token for _ in range(max(counts))])
            for count in counts:
                await measure(app, port, count, tokens)
        finally:
            app.kill()


if __name__ == "__main__":
    asyncio.run(main([int(argument) for argument in sys.argv[1:]] or [1, 10, 50]))
