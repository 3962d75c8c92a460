"""Requests to a model server, and what is heard of the answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from typing import Any

import httpx

from assistant import outbound
from assistant.llm import ChatMessage, Completion, ToolSpec
from assistant.providers import completions
from assistant.providers.completions import Request
from assistant.providers.configuration import ProviderSettings

from .transcripts import Meaning

KEY = "sk-canary-0123456789"
PROVIDER = ProviderSettings("there", "http://127.0.0.1:9/v1", key=KEY, smart="m")
BOOK = ToolSpec("book", "Book a slot.", {"type": "object", "properties": {"slot": {"type": "string"}}})


def asking(provider: ProviderSettings = PROVIDER, **fields: Any) -> Request:
    return Request(provider, "m", [ChatMessage("user", "Tuesday?")], **fields)


async def collect(request: Request) -> tuple[str, Completion]:
    text = ""
    async with aclosing(completions.ask(request)) as items:  # type: ignore[type-var]
        async for item in items:
            if isinstance(item, Completion):
                return text, item
            assert item, "an empty piece is no piece"
            text += item
    raise AssertionError("no completion")


class Chunks(httpx.AsyncByteStream):
    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.chunks = chunks

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            yield chunk


def heard(chunks: Iterable[bytes], request: Request | None = None) -> Completion:
    """What a client makes of an answer whose body comes in these chunks. Raises `ProviderError`."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Chunks(chunks)))
    with outbound.transport_for_tests(transport):
        text, completion = asyncio.run(collect(request or asking()))
    assert text == completion.text
    return completion


def meaning(completion: Completion) -> Meaning:
    usage = completion.usage
    return Meaning(
        completion.text,
        tuple((call.name, call.arguments) for call in completion.calls),
        completion.finish,
        (usage.prompt_tokens, usage.completion_tokens) if usage.exact else None,
    )


def cut(body: bytes, places: Iterable[int]) -> list[bytes]:
    edges = [0, *sorted({place % (len(body) + 1) for place in places}), len(body)]
    return [body[a:b] for a, b in zip(edges, edges[1:], strict=False) if a != b]
