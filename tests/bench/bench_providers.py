"""What our client costs: CPU per token, and what it adds to the time to the first token, beside a bare socket.

    python tests/bench/bench_providers.py [streams …]        # default: 1 50 200

A server in another process streams `TOKENS` tokens to each of N requests at once, one every `EVERY` seconds. "bare" reads
the bytes and looks at nothing; "client" is `completions.ask`; "router" is the whole way with the database. CPU is this
process's, so the server's is not in it; the added time is from asking to the first token, without the server's pause.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interworky.settings")
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp())
os.environ["LOG_LEVEL"] = "warning"

TOKENS = 200
EVERY = 0.02
PAUSE = 0.5  # before the first token, so that all have asked by then
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
Ask = Callable[[], Awaitable[float]]  # the milliseconds that it added to the first token


def event(content: str) -> bytes:
    chunk = {
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "m",
        "system_fingerprint": "fp_1", "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": None}],
    }  # fmt: skip
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def serve(port: multiprocessing.Queue[int]) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line), 0)
        await reader.readexactly(length)
        writer.write(HEAD)
        await asyncio.sleep(PAUSE)
        for _ in range(TOKENS):
            writer.write(event("token "))
            await asyncio.sleep(EVERY)
        writer.write(b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n')
        await writer.drain()
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=1000)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def late_ms(asked: float) -> float:
    return (time.monotonic() - asked - PAUSE) * 1000


def bare(port: int) -> Ask:
    body = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"Hi"}]}'
    request = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    async def ask() -> float:
        asked, late = time.monotonic(), 0.0
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        while chunk := await reader.read(65536):
            if not late and b"token" in chunk:
                late = late_ms(asked)
        writer.close()
        return late

    return ask


def client(port: int) -> Ask:
    from assistant.llm import ChatMessage, Completion
    from assistant.providers import completions
    from assistant.providers.configuration import ProviderSettings

    provider = ProviderSettings("bench", f"http://127.0.0.1:{port}/v1", "key", smart="m")

    async def ask() -> float:
        asked, late = time.monotonic(), 0.0
        request = completions.Request(provider, "m", [ChatMessage("user", "Hi")])
        async with aclosing(completions.ask(request)) as items:  # type: ignore[type-var]
            async for item in items:
                if not late and not isinstance(item, Completion):
                    late = late_ms(asked)
        return late

    return ask


def routed(port: int) -> Ask:
    from django.conf import settings
    from django.core.management import call_command

    from assistant.llm import ChatMessage, Completion
    from assistant.models import Budget
    from assistant.providers import router
    from tests import make

    call_command("migrate", verbosity=0)
    assistant = make.assistant()
    Budget.objects.create(organization=assistant.organization, requests_per_minute=None)
    settings.AI_ENVIRONMENT = {"AI_BASE_URL": f"http://127.0.0.1:{port}/v1", "AI_API_KEY": "key", "AI_MODEL": "m"}

    async def ask() -> float:
        asked, late = time.monotonic(), 0.0
        model = await router.model_for(assistant)
        async with aclosing(model.stream([ChatMessage("user", "Hi")], [])) as items:  # type: ignore[type-var]
            async for item in items:
                if not late and not isinstance(item, Completion):
                    late = late_ms(asked)
        return late

    return ask


async def measure(ask: Ask, streams: int) -> tuple[float, float, float]:
    """CPU microseconds per token; added milliseconds to the first token, median and 95th percentile."""
    await ask()  # connections, imports, caches
    before = time.process_time()
    late = sorted(await asyncio.gather(*(ask() for _ in range(streams))))
    cpu = time.process_time() - before
    return cpu * 1e6 / (TOKENS * streams), statistics.median(late), late[int(len(late) * 0.95)]


def main() -> None:
    import django

    django.setup()
    ports: multiprocessing.Queue[int] = multiprocessing.get_context("spawn").Queue()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(ports,), daemon=True)
    server.start()
    port = ports.get(timeout=30)
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    print(f"{'':8} {'streams':>8} {'CPU µs/token':>14} {'first token + ms p50':>22} {'p95':>8}")
    ways = {"bare": bare(port), "client": client(port), "router": routed(port)}
    for streams in [int(word) for word in sys.argv[1:]] or [1, 50, 200]:
        for name, ask in ways.items():
            cpu, half, most = asyncio.run(measure(ask, streams))
            print(f"{name:8} {streams:8} {cpu:14.0f} {half:22.1f} {most:8.1f}")
    server.terminate()


if __name__ == "__main__":
    main()
