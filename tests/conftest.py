"""How tests run: async tests on the test's own thread, so that the ORM rolls back; nothing but loopback on the network."""

from __future__ import annotations

import functools
import inspect
import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run `async def` tests through `async_to_sync`: thread-sensitive ORM calls then share the test's connection."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    async_to_sync(functools.partial(pyfuncitem.obj, **{name: pyfuncitem.funcargs[name] for name in names}))()
    return True


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that reaches for the real network fails, and says where to."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not ipaddress.ip_address(address[0]).is_loopback:
            raise AssertionError(f"A test tried to connect to {address}.")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield
