"""The model server of these tests answers for itself alone."""

from __future__ import annotations

import httpx
import pytest

from .stub import Stub, status


async def test_a_client_that_does_not_know_the_stubs_address_is_not_counted() -> None:
    async with Stub() as stub, httpx.AsyncClient() as client:
        stub.always(status(200, {}))
        with pytest.raises(httpx.RemoteProtocolError):
            await client.post(f"{stub.origin}/v1/chat/completions", json={})
        assert (stub.requests, stub.connections) == ([], 0)
        await client.post(f"{stub.url}/chat/completions", json={})
        assert ([one.path for one in stub.requests], stub.connections) == (["/v1/chat/completions"], 1)
