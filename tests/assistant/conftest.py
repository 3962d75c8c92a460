from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from tests.assistant.meanings import ENVIRONMENT, Meanings


@pytest.fixture
def vectors_configured(settings: Any) -> None:
    settings.AI_ENVIRONMENT = ENVIRONMENT
    cache.clear()


@pytest.fixture
def server() -> Iterator[Meanings]:
    """The server of vectors."""
    with Meanings().serving() as server:
        yield server
