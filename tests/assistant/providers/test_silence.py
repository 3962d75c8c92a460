"""How long a model server may be silent before it is given up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assistant.async_db import in_db
from assistant.models import Usage
from assistant.providers import configuration, router
from assistant.providers.completions import SILENCE_SECONDS, Capabilities
from assistant.providers.configuration import ProviderSettings
from assistant.providers.router import SLOW_SILENCE_SECONDS, Candidate, patience
from assistant.services.providers import health

from .scene import HI

FAR = Candidate(ProviderSettings("far", "https://llm.example.com/v1"), "m", Usage.Source.PLATFORM, "k")


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        (FAR, SILENCE_SECONDS),
        (replace(FAR, reasoning_effort="low"), SLOW_SILENCE_SECONDS),
        (replace(FAR, thinks=True), SLOW_SILENCE_SECONDS),
        (replace(FAR, capabilities=Capabilities(opens_thinking=False)), SLOW_SILENCE_SECONDS),
        (replace(FAR, silence_seconds=7, reasoning_effort="high"), 7),
        *(
            (replace(FAR, provider=ProviderSettings("near", url)), SLOW_SILENCE_SECONDS)
            for url in ("http://localhost:11434/v1", "http://10.1.2.3/v1", "http://ollama:11434/v1", "http://[fd00::1]/v1")
        ),
        (replace(FAR, provider=ProviderSettings("demo", "http://localhost/v1"), source=Usage.Source.DEMO), SILENCE_SECONDS),
    ],
)
def test_a_local_or_a_thinking_model_may_be_silent_for_longer(asked: Candidate, seconds: float) -> None:
    assert patience(asked) == seconds


def test_the_operators_number_goes_before_the_kinds_and_behind_the_providers(settings: Any) -> None:
    settings.ASSISTANT_SILENCE_SECONDS = 33
    assert patience(FAR) == patience(replace(FAR, thinks=True)) == 33
    assert patience(replace(FAR, silence_seconds=7)) == 7


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"AI_GROQ_KEY": "gsk_0123456789", "AI_GROQ_SILENCE_SECONDS": "45"}, 45),
        ({"AI_API_KEY": "sk-0123456789", "AI_SILENCE_SECONDS": "5"}, 5),
        ({"AI_API_KEY": "sk-0123456789"}, None),
    ],
)
def test_the_environment_says_it_for_each_provider(environment: dict[str, str], seconds: int | None) -> None:
    found = configuration.load(environment)
    assert not found.errors
    assert [provider.silence_seconds for provider in found.usable] == [seconds]


@pytest.mark.parametrize("text", ["0", "601", "soon", "-1", "1.5"])
def test_an_invalid_number_of_seconds_is_a_named_problem(text: str) -> None:
    [problem] = configuration.load({"AI_API_KEY": "sk-0123456789", "AI_SILENCE_SECONDS": text}).errors
    assert (problem.variable, problem.code) == ("AI_SILENCE_SECONDS", "number_invalid")


@pytest.mark.django_db
async def test_nobody_is_waited_for_beyond_the_turns_deadline(scene: Any) -> None:
    async with scene("a") as s:
        row = await s.own("a", timeout_seconds=600)
        model = await s.model(turn=await s.turn(seconds=3))
        [[one], _] = await in_db(router.candidates)(s.assistant)
        assert one.silence_seconds == 600
        request = model._request(one, HI, [])
        assert 0 < request.silence_seconds <= request.deadline_seconds <= 3
        await s.change(row, timeout_seconds=None)
        [[one], _] = await in_db(router.candidates)(s.assistant)
        assert patience(one) == SLOW_SILENCE_SECONDS, "the stub is on this machine"


@pytest.mark.django_db
async def test_that_a_model_thinks_is_remembered_from_its_test(scene: Any) -> None:
    async with scene("a") as s:
        s.pool("a")
        [_, [one]] = await in_db(router.candidates)(s.assistant)
        await in_db(health.measured)(*one.place, {"thinks": True}, name="a")
        model = await s.model()
        plan = await in_db(model._prepare)(HI, [])
        assert plan.order[0].thinks
