"""What real servers send, one file each in `tests/wire/servers`: it means the same, wherever the bytes are cut.

A file begins with lines of comment: the server and version that it stands for, what is special about it, and as JSON what
a client must make of it. The status line, the headers and the body follow as they come over the wire.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from assistant import outbound
from assistant.errors import ProviderError
from assistant.llm import ChatMessage, Completion, ToolCallRequest, ToolSpec
from assistant.providers.completions import Request
from tests.sampling import examples

from .asking import PROVIDER, Chunks, asking, collect, cut

FOLDER = Path(__file__).parents[2] / "wire" / "servers"
BOOK = ToolSpec(
    "book", "Book.", {"type": "object", "properties": {"slot": {"type": "string"}}, "additionalProperties": False}
)
FIND = ToolSpec(
    "find_times",
    "Find.",
    {"type": "object", "properties": {"part_of_day": {"type": "string"}, "people": {"type": "integer"}}},
)


@dataclass(frozen=True)
class Transcript:
    server: str
    means: str
    want: dict[str, Any]
    status: int
    body: bytes


def transcript(path: Path) -> Transcript:
    comments, rest = {}, path.read_bytes()
    while rest.startswith(b"#"):
        line, _, rest = rest.partition(b"\n")
        name, _, value = line.decode().removeprefix("# ").partition(": ")
        comments[name] = value
    head, _, body = rest.partition(b"\n\n")
    return Transcript(comments["Server"], comments["Means"], json.loads(comments["Want"]), int(head.split()[1]), body)


TRANSCRIPTS = {path.stem: transcript(path) for path in sorted(FOLDER.glob("*.http"))}
CALLED = [
    ChatMessage("system", "You are Mia."),
    ChatMessage("user", "Tuesday?"),
    ChatMessage("assistant", "", (ToolCallRequest("c", "book", {}),)),
    ChatMessage("tool", "Booked.", call_id="c"),
]
REQUEST = replace(
    asking(PROVIDER, tools=[BOOK, FIND], temperature=0.5, reasoning_effort="low", deadline_seconds=20), messages=CALLED
)


def outcome(one: Transcript, chunks: Iterable[bytes], request: Request = REQUEST) -> dict[str, Any]:
    """What a client makes of an answer whose body comes in these chunks, in the words of the files."""

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(one.status, stream=Chunks(chunks))

    try:
        with outbound.transport_for_tests(httpx.MockTransport(answer)):
            text, completion = asyncio.run(collect(request))
    except ProviderError as error:
        partial = error.details.get("partial")
        return {"cause": error.cause, "retryable": error.retryable, "next": error.next_provider} | {
            name: value
            for name, value in (("lacks", error.details.get("lacks")), ("partial", partial and partial.text))
            if value is not None
        }
    assert text == completion.text
    return said(completion)


def said(completion: Completion) -> dict[str, Any]:
    extra = [call.extra for call in completion.calls]
    return {
        "text": completion.text,
        "calls": [[call.name, call.arguments] for call in completion.calls],
        "finish": completion.finish,
    } | {
        name: value
        for name, value in (
            ("unread", completion.unread_call),
            ("opaque", completion.opaque),
            ("extra", extra if any(extra) else None),
        )
        if value
    }


def test_every_transcript_says_which_server_it_stands_for() -> None:
    assert len(TRANSCRIPTS) > 100
    assert all(one.server and one.means for one in TRANSCRIPTS.values())


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_transcript_means_the_same_whole_and_byte_by_byte(name: str) -> None:
    one = TRANSCRIPTS[name]
    assert outcome(one, [one.body]) == one.want
    assert outcome(one, [one.body[at : at + 1] for at in range(len(one.body))]) == one.want


@hypothesis_settings(max_examples=examples(100), deadline=None)
@given(name=st.sampled_from(sorted(TRANSCRIPTS)), places=st.lists(st.integers(0, 100_000), max_size=12))
def test_a_transcript_means_the_same_wherever_the_bytes_are_cut(name: str, places: list[int]) -> None:
    one = TRANSCRIPTS[name]
    assert outcome(one, cut(one.body, places)) == one.want
