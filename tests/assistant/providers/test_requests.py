"""What a request to a model server says, and what it leaves out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from assistant.providers import completions
from assistant.providers.completions import Capabilities
from tests.assistant.providers.asking import BOOK, asking


def sent(**fields: Any) -> dict[str, Any]:
    return json.loads(completions.body(asking(**fields)))


def test_a_request_says_no_more_than_it_must() -> None:
    assert sent() == {
        "model": "m",
        "messages": [{"role": "user", "content": "Tuesday?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": 1024,
    }
    assert sent(temperature=0.2, reasoning_effort="low").items() >= {"temperature": 0.2, "reasoning_effort": "low"}.items()


def test_what_a_server_was_measured_to_lack_is_left_out() -> None:
    lacking = Capabilities(usage_in_stream=False, temperature=False, token_limit="max_completion_tokens")
    body = sent(tools=[BOOK], temperature=1.0, reasoning_effort="low", capabilities=lacking)
    assert body.keys() == {"model", "messages", "stream", "max_completion_tokens", "reasoning_effort", "tools"}
    assert sent(tools=[BOOK], capabilities=Capabilities(tools_streaming=False))["stream"] is False
    assert sent(capabilities=Capabilities(tools_streaming=False))["stream"] is True


def test_a_description_that_is_too_long_for_openai_goes_on_in_the_instructions() -> None:
    rule = "Ask for the day first. "
    told = sent(tools=[replace(BOOK, description=rule * 60), replace(BOOK, name="mail", description="Send a mail.")])
    short = told["tools"][0]["function"]["description"]
    assert len(short) <= 1024 and short.startswith(rule) and short.endswith("(More in your instructions.)")
    more = told["messages"][0]["content"]
    assert told["messages"][0]["role"] == "system" and "mail" not in more
    assert short.count("Ask for the day first.") + more.count("Ask for the day first.") == 60


def test_capabilities_are_read_from_whatever_was_stored() -> None:
    stored = {"tools": False, "token_limit": "max_completion_tokens", "streaming": "no", "parallel_calls": True}
    assert Capabilities.of(stored) == Capabilities(tools=False, token_limit="max_completion_tokens")


@pytest.mark.parametrize("stored", [{"additional_properties": False}, {"additional_properties": True}, {"schema": "odd"}])
def test_what_was_measured_of_schemas_before_is_still_read(stored: dict[str, Any]) -> None:
    assert Capabilities.of(stored) == Capabilities(schema="plain")
    assert Capabilities.of({**stored, "schema": "bare"}).schema == "bare"
