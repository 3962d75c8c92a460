"""The chat as a page of its own."""

from __future__ import annotations

import pytest

from assistant.async_db import in_db
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


async def test_the_hosted_page_is_framed_by_allowed_sites_only(async_client):
    assistant = await in_db(make.assistant)()
    answer = await async_client.get(f"/chat/{assistant.public_key}")
    assert f'data-key="{assistant.public_key}"' in answer.content.decode()
    assert f"frame-ancestors 'self' {make.ORIGIN}" in answer.headers["content-security-policy"]
    assert (await async_client.get("/chat/pk_nobody")).status_code == 404
