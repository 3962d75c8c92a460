"""Which model answers: rotation, health, retries, until the first token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import lru_cache
from typing import Literal

from django.conf import settings

from assistant import chat
from assistant.errors import ProviderUnavailable
from assistant.models import Assistant, Conversation, Turn
from assistant.providers import completions, configuration
from assistant.providers.configuration import Configuration, Provider

Task = Literal["reply", "fast"]


@lru_cache(maxsize=4)
def _configuration(environment: tuple[tuple[str, str], ...]) -> Configuration:
    return configuration.load(dict(environment))


def platform() -> Configuration:
    """The environment's providers; the demonstration model when nothing at all is configured."""
    found = _configuration(tuple(sorted(settings.AI_ENVIRONMENT.items())))
    if found.configured or not settings.DEMO_MODEL:
        return found
    return Configuration(providers=(demo(),))


def demo() -> Provider:
    return Provider("demo", settings.DEMO_MODEL_URL, auth="none", smart="demo", fast="demo", preset="demo", source="demo")


class _One:
    def __init__(self, provider: Provider, assistant: Assistant, task: Task) -> None:
        self.provider, self.assistant, self.task = provider, assistant, task

    async def stream(self, messages: list[chat.Message], tools: list[chat.ToolSpec]) -> AsyncIterator[str | chat.Completion]:
        request = completions.Request(
            self.provider,
            self.assistant.model or (self.provider.fast if self.task == "fast" else "") or self.provider.smart,
            messages,
            tools,
            max_output_tokens=self.assistant.max_output_tokens,
            temperature=self.assistant.temperature,
        )
        async with aclosing(completions.ask(request)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                yield piece


async def model_for(
    assistant: Assistant, *, task: Task = "reply", conversation: Conversation | None = None, turn: Turn | None = None
) -> chat.Model:
    """The model that answers for `assistant`. Raises `ProviderUnavailable`."""
    usable = platform().usable
    if not usable:
        raise ProviderUnavailable()
    return _One(usable[0], assistant, task)
