"""An assistant, its conversation, and misbehaving model servers: what the router's tests play with."""

from __future__ import annotations

import random
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from django.utils import timezone

from assistant import llm
from assistant.async_db import in_db
from assistant.llm import ChatMessage, Completion, ToolSpec
from assistant.models import Assistant, Conversation, Provider, Turn
from assistant.models import Message as Row
from assistant.providers import router
from assistant.providers.router import Router
from tests import make

from .stub import Step, Stub, status

HI = [ChatMessage("user", "Tuesday?")]
BOOK = ToolSpec(
    "book", "Book a slot.", {"type": "object", "properties": {"day": {"enum": ["Monday"]}}, "additionalProperties": False}
)
PLATFORM_KEY = "sk-platform-canary-00000000"
TENANT_KEY = "sk-tenant-canary-0000000000"


def at_once(number: int, /, **error: Any) -> list[Step]:
    return status(number, {"error": error})


class Scene:
    """An assistant, its conversation, and model servers `a`, `b`, … that the environment or the organization names."""

    def __init__(self, settings: Any) -> None:
        self.settings = settings
        self.stubs: dict[str, Stub] = {}
        self.assistant: Assistant
        self.conversation: Conversation
        self.clock = timedelta()

    def __getattr__(self, name: str) -> Stub:
        try:
            return self.stubs[name]
        except KeyError:
            raise AttributeError(name) from None

    def pool(self, *names: str, **variables: str) -> None:
        """The platform's providers are these, asked in this order unless `variables` say otherwise."""
        environment = {"AI_ROTATION": "failover", **variables}
        for place, name in enumerate(names):
            upper = name.upper()
            environment |= {
                f"AI_{upper}_URL": self.stubs[name].url, f"AI_{upper}_KEY": PLATFORM_KEY, f"AI_{upper}_SMART": "big",
                f"AI_{upper}_FAST": "small", f"AI_{upper}_WEIGHT": variables.get(f"AI_{upper}_WEIGHT", str(100 - place)),
            }  # fmt: skip
        self.settings.AI_ENVIRONMENT = environment

    async def own(self, name: str, key: str = TENANT_KEY, *, at: str = "", **fields: Any) -> Provider:
        """The organization brings this server itself; `at` is the stub behind another name."""
        self.settings.OUTBOUND_ALLOWED_ORIGINS = [stub.origin for stub in self.stubs.values()]
        row = Provider(
            organization=self.assistant.organization,
            name=name,
            base_url=self.stubs[at or name].url,
            **{"smart": "big", **fields},
        )
        row.set_key(key, row.base_url)
        await in_db(row.save)()
        return row

    async def change(self, row: Any, **fields: Any) -> None:
        for name, value in fields.items():
            setattr(row, name, value)
        await in_db(row.save)()

    async def turn(self, seconds: float = 60) -> Turn:
        def make_turn() -> Turn:
            seq = Row.objects.count() + 1
            message = Row.objects.create(conversation=self.conversation, seq=seq, role="visitor", text="Hi")
            return Turn.objects.create(
                conversation=self.conversation, message=message, deadline_at=timezone.now() + timedelta(seconds=seconds)
            )

        return await in_db(make_turn)()

    async def model(self, **given: Any) -> Router:
        given = {"conversation": self.conversation, **given}
        model = await router.model_for(self.assistant, backoff_seconds=0.01, **given)
        model._now = lambda: timezone.now() + self.clock
        model._chance = random.Random(7)
        return model

    async def ask(self, model: Router | None = None, tools: list[ToolSpec] | None = None, **given: Any) -> Completion:
        return await reply(model or await self.model(**given), tools)

    async def fresh(self) -> None:
        """Another visitor comes, whom nobody has answered yet."""
        self.conversation = await in_db(make.conversation)(self.assistant)

    def asked(self) -> dict[str, int]:
        return {name: len(stub.requests) for name, stub in self.stubs.items()}


async def reply(
    model: llm.Model, tools: list[ToolSpec] | None = None, messages: list[ChatMessage] | None = None
) -> Completion:
    text = ""
    async with aclosing(model.stream(messages or HI, tools or [])) as items:  # type: ignore[type-var]
        async for item in items:
            if isinstance(item, Completion):
                assert item.text == text
                return item
            text += item
    raise AssertionError("no completion")
