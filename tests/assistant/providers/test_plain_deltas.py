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


def some(seed: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    return [
        chance.choice(OTHERS) if chance.random() < 0.2 else delta(content=chance.choice(PIECES), role="assistant")
        for _ in range(12)
    ]


@pytest.mark.parametrize("seed", range(60))
def test_objects_with_text_alone_are_read_as_those_with_a_field_that_nobody_knows(seed: int) -> None:
    events = some(seed)
    assert read(events) == read([{**event, "unknown": 1} for event in events])


@pytest.mark.parametrize("seed", range(60))
def test_objects_that_come_together_are_read_as_if_they_came_alone(seed: int) -> None:
    together, alone, shown, errors = Reply(tools=[TOOL]), Reply(tools=[TOOL]), ["", ""], ["", ""]
    for number, (reply, at_once) in enumerate(((together, 12), (alone, 1))):
        # An end of thinking that nobody saw begin takes back what came with it, and not what was shown before.
        events = [one for one in some(seed) if "</think>" not in str(one)]
        try:
            for start in range(0, len(events), at_once):
                for text in reply.add_all(events[start : start + at_once]):
                    shown[number] += text
            shown[number] += reply.close()
        except ProviderError as error:
            errors[number] = error.cause
    assert shown[0] == shown[1] and errors[0] == errors[1]
    assert vars_of(together) == vars_of(alone)


def vars_of(reply: Reply) -> tuple[Any, ...]:
    calls = reply.calls(complete=True)
    return reply.text, reply.finish, reply.ended, reply.finish_is_moot, reply.usage, reply.generated, reply.answered, calls
