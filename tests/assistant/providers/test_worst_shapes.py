"""What a hostile or broken server sends costs steps in proportion to its bytes, and others get their turn meanwhile.

Steps are calls, as tests/work.py counts them: seconds would measure the machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable
from typing import Any

import httpx
import pytest

from assistant import outbound
from assistant.errors import ProviderBadResponse, ProviderError
from assistant.providers.completions import EventStream, Reply, exchange
from assistant.providers.completions.event_stream import MAX_EVENT_LINES
from tests.work import Calls

from .asking import Chunks, asking, collect
from .stub import delta, event
from .test_server_transcripts import BOOK, FIND

MEGABYTE = 1_000_000
SLICE = exchange.SLICE_BYTES


def read(body: bytes, size: int = SLICE, **options: Any) -> str:
    """Read `body` as the exchange does; returns the error that it ended with, or nothing."""
    stream, reply = EventStream(), Reply("sk-canary-0123456789", tools=[BOOK, FIND], **options)
    try:
        for at in range(0, len(body), size):
            for one in stream.feed(body[at : at + size]):
                reply.add(one)
            if stream.failure or reply.too_long:
                return str(stream.failure or "too long")
        for one in stream.close():
            reply.add(one)
        reply.close()
        reply.calls(complete=True)
    except ProviderError as error:
        return str(error)
    return ""


LINES = [b"data: x\n", b"data: {\n", b"data: {}\n", b"data:\n", b":\n", b"\r", b"\n", b" ", b"data: xxxxx", b"data: {}\r"]


@pytest.mark.parametrize("line", LINES)
def test_a_megabyte_of_the_worst_lines_takes_a_few_steps_for_each(line: bytes) -> None:
    body, stream = line * (MEGABYTE // len(line)), EventStream()
    with Calls() as steps, contextlib.suppress(ProviderBadResponse):
        for at in range(0, len(body), SLICE):
            stream.feed(body[at : at + SLICE])
    assert steps.count < 3 * len(body)


@pytest.mark.parametrize("line", [b"data: xxxxxxx", b" ", b"{", b"data: {}\n"])
def test_bytes_that_come_one_by_one_take_a_few_steps_each(line: bytes) -> None:
    body = (line * 20_000)[:20_000]
    with Calls() as steps:
        read(body, size=1)
    assert steps.count < 20 * len(body)


def test_an_event_of_endless_lines_is_refused_after_so_many() -> None:
    stream = EventStream()
    with pytest.raises(ProviderBadResponse):
        stream.feed(b"data: x\n" * (MAX_EVENT_LINES + 1))
    stream = EventStream()
    assert stream.feed(b'data: {"a": [\n' + b"data: 1,\n" * (MAX_EVENT_LINES - 3) + b"data: 1]}\n\n") != []


TEXTS = [
    "<", "[", "{", "[[", "`", "<think>", "<think></think>", "</think>", "<tool_call>", "<tool_call>{", '{"name": "book"',
    '{"name": ', '{"type": ', "[TOOL_CALLS]", "[book(", "```json\n{", "<|channel|>analysis", "<|start|>assistant",
    "<arg_key>a</arg_key><arg_value>", "<parameter=a>", "book{b:1}", "<function=book><parameter=a>", "sk-canary", "a", "é",
]  # fmt: skip


def growth(text: str, size: int, **options: Any) -> float:
    """How many times the steps for four times as much of `text`, in pieces of `size` letters."""
    counts = []
    for length in (1_000, 4_000):
        pieces = (text * length)[:length]
        body = b"".join(event(delta(content=pieces[at : at + size])) for at in range(0, length, size))
        with Calls() as steps:
            read(body, **options)
        counts.append(steps.count)
    return counts[1] / counts[0]


@pytest.mark.sampled
@pytest.mark.parametrize("options", [{}, {"unopened": True}, {"keywords": {"book"}}], ids=["", "unopened", "keywords"])
@pytest.mark.parametrize("size", [3, 4_000])
@pytest.mark.parametrize("text", TEXTS)
def test_four_times_as_much_text_takes_four_times_the_steps(text: str, size: int, options: dict[str, Any]) -> None:
    assert growth(text, size, **options) < 5


PIECES = [
    {"name": "book", "arguments": "}"},
    {"name": "book", "arguments": "{"},
    {"arguments": "{}"},
    {"name": "a.b.c"},
    {"name": "book", "arguments": '"'},
]


@pytest.mark.parametrize("piece", PIECES, ids=json.dumps)
def test_four_times_as_many_pieces_of_calls_take_four_times_the_steps(piece: dict[str, str]) -> None:
    counts = []
    for times in (250, 1000):
        body = event(delta(tool_calls=[{"index": 0, "function": piece}])) * times
        with Calls() as steps:
            read(body)
        counts.append(steps.count)
    assert counts[1] / counts[0] < 5


async def test_others_get_their_turn_while_a_server_sends_as_fast_as_it_can() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def body() -> Iterable[bytes]:
        yield b": still here\n" * (MEGABYTE // 13)
        yield event(delta(content="Hi")) + event(delta("stop")) + event(b"[DONE]")

    task = asyncio.create_task(others())
    with outbound.transport_for_tests(httpx.MockTransport(lambda _: httpx.Response(200, stream=Chunks(body())))):
        text, _ = await collect(asking())
    task.cancel()
    assert text == "Hi"
    assert turns >= MEGABYTE // SLICE
