"""Health checks."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.django_db(transaction=True)


async def test_the_health_endpoints_say_alive_and_ready(async_client):
    assert (await async_client.get("/healthz")).json() == {"status": "alive"}
    assert (await async_client.get("/readyz")).json() == {"status": "ready", "missing": []}
