from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from tests.assistant.dns import NAMES
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


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """A DNS of our own, standing where the system's resolver stands."""
    table = dict(NAMES)

    async def getaddrinfo(self: Any, host: Any, port: Any, **kwargs: Any) -> list[Any]:
        if host not in table:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET6 if ":" in a else socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in table[host]]

    monkeypatch.setattr(asyncio.base_events.BaseEventLoop, "getaddrinfo", getaddrinfo)
    return table
