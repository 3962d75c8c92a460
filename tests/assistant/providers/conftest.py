from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from assistant.async_db import in_db
from tests import make

from .scene import Scene
from .stub import Stub


@pytest.fixture
def quick(settings: Any) -> None:
    settings.AI_ENVIRONMENT = {}
    settings.OUTBOUND_ALLOWED_ORIGINS = []


@pytest.fixture
def scene(quick: None, settings: Any) -> Callable[..., Any]:
    class Opening(AsyncExitStack):
        def __init__(self, names: str) -> None:
            super().__init__()
            self.names = names

        async def __aenter__(self) -> Scene:  # type: ignore[override]
            await super().__aenter__()
            made = Scene(settings)
            for name in self.names:
                made.stubs[name] = await self.enter_async_context(Stub())
            made.assistant = await in_db(make.assistant)()
            await made.fresh()
            return made

    return Opening
