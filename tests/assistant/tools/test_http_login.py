"""HTTP methods that say which of the site's users is asking."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from assistant.models import Conversation, Visitor
from assistant.tools.executor import try_out
from tests.assistant.tools.http_calls import an_http, sent

pytestmark = pytest.mark.django_db

ACCOUNT = {
    "verb": "POST", "url": "https://shop.example.com/users/{visitor.id}/orders?by={visitor.email}", "auth": "none",
    "headers": "X-User: {visitor.id}", "timeout_seconds": 5, "max_kb": 64,
}  # fmt: skip


def log_in(talk: Conversation, id: str | None = "user-7", **signed: Any) -> None:
    Visitor.objects.filter(pk=talk.visitor_id).update(external_id=id, **signed)


async def test_a_request_says_who_is_logged_in_and_the_model_neither_sees_nor_chooses_it(method, talk):
    proven = {"email": "ada@example.com", "email_verified_at": timezone.now()}
    await sync_to_async(log_in)(talk, **proven)
    fixed = {"customer": "{visitor.id}", "source": "chat"}
    result, (request,) = await sent(method, talk, ACCOUNT, {"order": "7"}, fixed=fixed)
    assert str(request.url) == "https://shop.example.com/users/user-7/orders?by=ada%40example.com"
    assert request.headers["x-user"] == "user-7" and result.outcome == "done"
    assert json.loads(request.content) == {"order": "7", "customer": "user-7", "source": "chat"}


@pytest.mark.parametrize("signed", [{"id": None}, {"email": "ada@example.com"}])
async def test_without_a_login_or_with_an_address_that_nobody_has_signed_nothing_is_sent(method, talk, signed):
    await sync_to_async(log_in)(talk, **signed)
    result, requests = await sent(method, talk, ACCOUNT, {"order": "7"})
    assert result.outcome == "failed" and not requests


@pytest.mark.parametrize("id", ["../admin", "7/../8", "7/orders", "7\\orders", "."])
async def test_a_user_id_leads_to_no_other_address_however_it_is_spelt(method, talk, id):
    await sync_to_async(log_in)(talk, id)
    config = {**ACCOUNT, "url": "https://shop.example.com/users/{customer}", "headers": ""}
    result, requests = await sent(method, talk, config, {"order": "7"}, fixed={"customer": "{visitor.id}"})
    assert result.outcome == "failed" and not requests


async def test_a_test_by_staff_shows_where_the_visitors_id_would_stand(method, talk):
    row = await sync_to_async(an_http)(method, talk, ACCOUNT)
    shown = await try_out(row, {"order": "7"})
    assert "/users/%28visitor.id%29/orders" in shown.text
    assert "logged in" in (await try_out(row, {"order": "7"}, dry_run=False)).text
