"""The floor: a Channels consumer that passes a provider's tokens on, without a database or anything else that costs."""

from __future__ import annotations

import os
import sys

import aiohttp
import django
import orjson
import uvicorn
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

PROVIDER = os.environ.get("BENCH_PROVIDER", "")


class Consumer(AsyncWebsocketConsumer):
    session: aiohttp.ClientSession | None = None

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if Consumer.session is None:
            Consumer.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        said = orjson.loads(text_data or "{}")
        body = {"model": "bench", "stream": True, "messages": [{"role": "user", "content": said["text"]}]}
        async with Consumer.session.post(f"{PROVIDER}/chat/completions", data=orjson.dumps(body)) as answer:
            async for line in answer.content:
                if line.startswith(b"data: {"):
                    delta = orjson.loads(line[6:])["choices"][0]["delta"]
                    if text := delta.get("content"):
                        await self.send(orjson.dumps({"type": "reply.delta", "text": text}).decode())
        await self.send('{"type":"turn.ended"}')


if __name__ == "__main__":
    settings.configure(INSTALLED_APPS=["channels"])
    django.setup()
    uvicorn.run(Consumer.as_asgi(), port=int(sys.argv[1]), log_level="error", ws_per_message_deflate=False)
