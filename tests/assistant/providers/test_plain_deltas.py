"""An object that says nothing but its text is read in a shorter way, to the same result."""

import random
from typing import Any

import pytest

from assistant.errors import ProviderError
from assistant.llm import ToolSpec
from assistant.providers.completions.reply import Reply
from tests.assistant.providers.stub import delta, usage

TOOL = ToolSpec("find_times", "Finds free times.", {"type": "object", "properties": {"day": {"type": "string"}}})
PIECES = ("Hel", "lo", " ", "\n", "<think>", "no", "</think>", "é", "\0", "\ud83d", "find_times", "(", "```", "sk-abc", "")
OTHERS: tuple[dict[str, Any], ...] = (
    delta("stop"),
    delta("stop", content="."),
    delta("tool_calls", content=None),
    delta("FINISH_REASON_UNSPECIFIED", content="on"),
    delta(content=["?"]),
    delta(content="a", reasoning="b"),
    delta(tool_calls=[{"index": 0, "id": "a", "function": {"name": "find_times", "arguments": "{}"}}]),
    {**delta(content="c"), "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
    {**delta(content="c"), "usage": None},
    {**delta(content="c"), "object": "error"},
    {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]},
    {"choices": [None]},
    {"choices": []},
    usage(3, 4),
)


def read(events: list[dict[str, Any]]) -> tuple[Any, ...]:
    """All that a reply says of itself, and what was shown with each object."""
    reply = Reply("sk-abcdefghijkl", tools=[TOOL])
    shown = []
    try:
        shown = [(reply.add(event), reply.ended, reply.finish, reply.answered, reply.generated) for event in events]
        shown.append((reply.close(), False, None, False, 0))
    except ProviderError as error:
        shown.append((error.cause, False, None, False, 0))
    return shown, reply.text, reply.finish_is_moot, reply.usage, reply.met_unopened, reply.calls(complete=True)


@pytest.mark.parametrize("seed", range(60))
def test_objects_with_text_alone_are_read_as_those_with_a_field_that_nobody_knows(seed: int) -> None:
    chance = random.Random(seed)
    events = [
        chance.choice(OTHERS) if chance.random() < 0.2 else delta(content=chance.choice(PIECES), role="assistant")
        for _ in range(12)
    ]
    assert read(events) == read([{**event, "unknown": 1} for event in events])
