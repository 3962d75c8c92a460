"""The chat as a page of its own."""

from __future__ import annotations

import pytest
from django.conf import settings

from assistant.async_db import in_db
from assistant.models import Provider
from assistant.services.organizations import pictures
from tests import make
from tests.assistant.services.files.pictures import png
from tests.assistant.services.organizations.test_pictures import upload

pytestmark = pytest.mark.django_db(transaction=True)


async def test_the_hosted_page_is_framed_by_allowed_sites_only(async_client):
    assistant = await in_db(make.assistant)()
    answer = await async_client.get(f"/chat/{assistant.public_key}")
    assert f'data-key="{assistant.public_key}"' in answer.content.decode()
    assert f"frame-ancestors 'self' {make.ORIGIN}" in answer.headers["content-security-policy"]
    assert (await async_client.get("/chat/pk_nobody")).status_code == 404


async def test_the_hosted_page_may_call_nobody_else_with_voice_too(async_client):
    assistant = await in_db(make.assistant)()

    def speaks():
        own = Provider(organization=assistant.organization, name="OpenAI", smart="m", realtime="gpt-realtime-2")
        own.base_url = "https://api.openai.com/v1"
        own.set_key("sk-test", own.base_url)
        own.save()

    await in_db(speaks)()
    answer = await async_client.get(f"/chat/{assistant.public_key}")
    assert "connect-src 'self';" in answer.headers["content-security-policy"]


async def test_the_hosted_page_shows_the_avatar_or_the_logo_in_the_tab(async_client):
    assistant = await in_db(make.assistant)()
    page = f"/chat/{assistant.public_key}"
    assert "admin-extra/icon.svg" in (await async_client.get(page)).content.decode()
    for owner in (assistant.organization, assistant):
        kept = await in_db(pictures.keep)(owner, upload(png()))
        assert (
            f'<link rel="icon" href="{settings.PUBLIC_URL}/pictures/{kept.file_name}">'
            in (await async_client.get(page)).content.decode()
        )
