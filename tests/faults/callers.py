"""Functions for a `Crew` that request models, as many concurrent web processes do."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

from django.conf import settings
from django.db.models import Count

from assistant import llm
from assistant.async_db import in_db
from assistant.errors import BudgetExceeded, ProviderError
from assistant.models import Assistant, Budget, Spending, Usage
from assistant.providers import router
from assistant.services.providers import budgets
from assistant.services.providers.budgets import Requester
from tests import make


def prepare(**budget: int) -> None:
    """One assistant, and its organization's limits: none but `budget`."""
    limits = ("visitor_day_tokens", "network_day_tokens", "day_tokens", "month_tokens", "requests_per_minute")
    none: dict[str, Any] = dict.fromkeys((*limits, "day_dollars", "month_dollars"))
    Budget.objects.create(organization=make.assistant().organization, **{**none, **budget})


def prepared() -> Assistant:
    return Assistant.objects.select_related("organization").get(organization__slug="bright-smile")


def turns(
    scenarios: list[dict[str, str]], count: int, at_once: int, silence_seconds: int = 20
) -> list[list[tuple[str, int]]]:
    """For each environment `count` turns, each in a conversation of its own, `at_once` of them at a time: what answered,
    or the code of the error, and the milliseconds."""
    settings.ASSISTANT_SILENCE_SECONDS = silence_seconds

    async def one(assistant: Assistant, gate: asyncio.Semaphore) -> tuple[str, int]:
        async with gate:
            conversation = await in_db(make.conversation)(assistant)
            began = time.monotonic()
            try:
                model = await router.model_for(assistant, conversation=conversation)
                async with aclosing(model.stream([llm.ChatMessage("user", "Hi")], [])) as items:  # type: ignore[type-var]
                    async for item in items:
                        if isinstance(item, llm.Completion):
                            outcome = item.provider if item.finish == "stop" else item.finish
            except ProviderError as error:
                outcome = error.code
            return outcome, round((time.monotonic() - began) * 1000)

    async def all() -> list[list[tuple[str, int]]]:
        assistant = await in_db(prepared)()
        done = []
        for environment in scenarios:
            settings.AI_ENVIRONMENT = environment
            gate = asyncio.Semaphore(at_once)
            done.append(await asyncio.gather(*(one(assistant, gate) for _ in range(count))))
        return done

    return asyncio.run(all())


def most_attempts() -> int:
    """How many requests the turn took that took most; each turn had a conversation of its own."""
    counts = Usage.objects.filter(reserved=False).values("conversation").annotate(count=Count("pk"))
    return max(row["count"] for row in counts)


def reservations(count: int, tokens: int, die: bool) -> Iterator[int]:
    """Reserve `count` times; how many were granted. With `die`, be killed with all of them unsettled."""
    asking = Requester(prepared(), "reply")
    granted = 0
    for _ in range(count):
        try:
            budgets.reserve(asking, model="m", prompt_tokens=tokens, completion_tokens=0)
            granted += 1
        except BudgetExceeded:
            pass
    yield granted
    if die:
        os.kill(os.getpid(), signal.SIGKILL)


def spent() -> list[int]:
    return list(Spending.objects.filter(scope="organization").values_list("tokens", flat=True))
