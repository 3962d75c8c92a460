"""Every reader of foreign bytes, fed with the worst that is known for it. As a program: all of them, a megabyte each, within
the processor time that a reader takes whose steps grow with the bytes; one whose steps grow with their square takes hours.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

MEGABYTE = 1_000_000
CPU_SECONDS = 90  # for all of them; they take about a fifth of it


def filled(unit: str, size: int) -> str:
    return (unit * (size // len(unit) + 1))[:size]


class Chunks:
    """A streamed answer, in pieces as small as a network may make them."""

    def __init__(self, body: bytes, size: int = 64) -> None:
        self.body, self.size = body, size

    async def chunks(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self.body), self.size):
            yield self.body[at : at + self.size]


def mcp_events(text: str) -> None:
    from assistant.tools import mcp

    async def read() -> None:
        async for _ in mcp._events(Chunks(text.encode())):  # type: ignore[arg-type]
            pass

    asyncio.run(read())


def html(text: str) -> None:
    from assistant.services.knowledge import extraction

    with suppress(extraction.Unreadable):
        extraction.read(text.encode(), "page.html")


def passages(text: str) -> None:
    from assistant.services.knowledge import passages as cut

    cut.passages(text)


def words(text: str) -> None:
    from assistant.services.knowledge import words

    words.stems(text)


def imported(text: str) -> None:
    from assistant.errors import ImportRefused
    from assistant.tools import importing

    with suppress(ImportRefused):
        importing.read(text)


def openapi(path: str, **operation: Any) -> str:
    paths = {path: {"get": operation}}
    return json.dumps({"openapi": "3.1.0", "servers": [{"url": "https://a.example"}], "paths": paths})


def postman(url: str, **more: Any) -> str:
    item = {"name": "a", "request": {"method": "POST", "url": url, **more}}
    return json.dumps({"info": {"name": "a", "schema": "postman"}, "item": [item]})


def answer(text: str) -> None:
    import httpx

    from assistant.outbound import Response
    from assistant.tools.answers import result_text

    result_text(Response(200, httpx.Headers({"content-type": "application/json"}), text.encode(), ""), "/*/a\n/*/b\n/0/c")


def masked(secret: str) -> Callable[[str], None]:
    def read(text: str) -> None:
        from assistant.redaction import redacted

        redacted(text, [secret])

    return read


def one_line(text: str) -> None:
    from assistant.services.deliveries import outbox

    outbox.one_line(text, 200)


def vectors(text: str) -> None:
    import orjson

    from assistant.errors import ProviderBadResponse
    from assistant.providers import embeddings

    with suppress(ProviderBadResponse):
        embeddings.vectors_in(orjson.loads(text), 32)


def path_value(text: str) -> None:
    from assistant import paths

    paths.why_unsafe(text[:16_384])  # more is no argument


def properties(size: int) -> str:
    return ",".join(f'"k{number}":1' for number in range(size // 12))


def variables(size: int) -> list[dict[str, str]]:
    return [{"key": f"k{number}", "value": f"{{{{v{number}}}}}"} for number in range(size // 40)]


# name → reader, and its worst shape of about `size` bytes
READERS: dict[str, tuple[Callable[[str], None], Callable[[int], str]]] = {
    "mcp: lines without an end": (mcp_events, lambda size: filled("x", size)),
    "mcp: an event without an end": (mcp_events, lambda size: filled("data: x\n", size)),
    "mcp: carriage returns": (mcp_events, lambda size: filled("data: x\r", size)),
    "html: tags without an end": (html, lambda size: filled("<a ", size)),
    "html: comments without an end": (html, lambda size: filled("<!--", size)),
    "html: attributes without an end": (html, lambda size: filled("<a b='", size)),
    "html: end tags without an end": (html, lambda size: filled("</a", size)),
    "html: sections that nobody knows": (html, lambda size: filled("<![x ", size) + ">"),
    "passages: a heading of marks": (passages, lambda size: "# " + filled("#", size) + "x"),
    "passages: a sentence without an end": (passages, lambda size: filled("x", size)),
    "words: a word of endings": (words, lambda size: filled("e", size)),
    "words: a letter with a thousand marks": (words, lambda size: "a" + filled("\u0301\u0316", size // 2)),
    "json: a key that stands twice": (imported, lambda size: f'{{{properties(size)},"k{size // 12 - 1}":2}}'),
    "yaml: a list within a list": (imported, lambda size: "a: " + filled("[", size)),
    "openapi: a path of parameters": (imported, lambda size: openapi("/" + filled("{a}{b}", size))),
    "openapi: a long reference": (
        imported,
        lambda size: openapi("/a", parameters=[{"$ref": "#/" + filled("a/", size)}] * 2),
    ),
    "postman: a variable of spaces": (imported, lambda size: postman("https://a.example/{{" + filled(" ", size))),
    "postman: a body of variables": (
        imported,
        lambda size: postman("https://a.example/", body={"mode": "urlencoded", "urlencoded": variables(size)}),
    ),
    "postman: a body of braces": (
        imported,
        lambda size: postman("https://a.example/", body={"mode": "raw", "raw": "{{" + filled("x ", size)}),
    ),
    "answer: a list of lists": (answer, lambda size: "[" + ",".join(['{"a":[]}'] * (size // 9)) + "]"),
    "answer: nothing but brackets": (answer, lambda size: filled("[", size)),
    "answer: a call within a call": (answer, lambda size: filled("a(", size)),
    "answer: brackets behind tags": (answer, lambda size: filled("<a>[", size)),
    "answer: objects without an end": (answer, lambda size: filled("{} ", size) + "{"),
    "answer: numbers with decimals": (answer, lambda size: "[" + filled("1.50,", size) + "1]"),
    "postman: comments without an end": (
        imported,
        lambda size: postman("https://a.example/", body={"mode": "raw", "raw": filled("/*", size)}),
    ),
    "masking: a secret that nearly stands there": (masked("a" * 4000 + "b"), lambda size: filled("a", size)),
    "masking: base64 that nearly is it": (masked("a" * 3000), lambda size: filled("YWFh", size)),
    "masking: encodings of the same letter": (masked("a" * 200 + "b"), lambda size: filled("%61&#97;\\u0061", size)),
    "mail: a subject without an end": (one_line, lambda size: filled("\u202e \n", size // 3)),
    "embeddings: rows without an end": (
        vectors,
        lambda size: json.dumps({"data": [{"index": n, "embedding": [0.1] * (size // 160)} for n in range(32)]}),
    ),
    "path values: encodings of encodings": (path_value, lambda size: "%" + filled("25", size)),
    "path values: a letter with a thousand marks": (path_value, lambda size: "a" + filled("\u0301\u0316", size // 2)),
}


def main() -> None:
    import resource

    import django

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    django.setup()
    for name, (read, shape) in READERS.items():
        sys.stdout.write(f"{name}\n")
        sys.stdout.flush()
        read(shape(MEGABYTE))


if __name__ == "__main__":
    main()
