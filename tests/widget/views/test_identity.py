"""Logging in to the chat over HTTP: what a page sends, and what its developers and other connections learn."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.async_db import in_db
from assistant.models import Visitor, VisitorAttribute
from assistant.services.organizations import rate_limits
from tests import make
from tests.assistant.services.organizations.test_identity import shared_key, signed
from tests.widget.test_consumer import Socket
from tests.widget.views.visitor_page import Page, ended
from widget import consumers

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("answered")]


@pytest.fixture(autouse=True)
def fresh_limits():
    rate_limits.reset()


@pytest.fixture
def assistant():
    made = make.assistant()
    shared_key(made.organization)
    VisitorAttribute.objects.create(organization=made.organization, name="plan", label="Plan")
    return made


async def log_in(page: Page, assistant: Any, **fields: Any) -> Any:
    body = {"key": assistant.public_key, "identity": signed(assistant, **fields.pop("claims", {})), **fields}
    return await page.post("identity", body)


async def test_a_page_logs_its_visitor_in_and_is_told_what_was_ignored(assistant):
    page = Page()
    await page.open(assistant)
    before = page.token
    said = {"attributes": {"plan": "pro", "rank": 1}}
    answer = await log_in(page, assistant, id="user-7", claims=said, locale="de", timezone="Europe/Berlin")
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["user"], told["ignored"], told["visitor"]) == ("user-7", ["rank"], page.visitor)
    page.token = told["token"]
    assert (await page.post("messages", {"id": "c-1", "text": "Hi"})).status_code == 202
    await ended()
    page.token = before
    assert (await page.post("messages", {"id": "c-2", "text": "Hi"})).status_code == 401
    visitor = await in_db(Visitor.objects.get)()
    assert (visitor.locale, visitor.timezone) == ("de", "Europe/Berlin")


async def test_a_refused_token_is_explained_to_developers_and_changes_nothing(assistant):
    page = Page()
    await page.open(assistant)
    refused = await log_in(page, assistant, id="user-8")
    assert refused.status_code == 403
    told = refused.json()
    assert (told["code"], told["reason"]) == ("identity_refused", "subject") and told["detail"]
    assert (await page.get("events", accept="application/json")).status_code == 200
    assert (await in_db(Visitor.objects.get)()).external_id is None


@pytest.mark.parametrize("body", [{"identity": 7}, {"identity": "x", "id": ["user-7"]}, {"identity": None}])
async def test_a_body_of_other_types_is_bad_input(assistant, body):
    assert (await Page().post("identity", {"key": assistant.public_key, **body})).status_code == 400


async def test_a_page_of_a_site_that_is_not_allowed_cannot_log_anybody_in(assistant):
    refused = await log_in(Page("https://evil.example"), assistant)
    assert refused.status_code == 403 and refused.json()["code"] == "not_allowed"
    assert not await in_db(Visitor.objects.exists)()


async def test_a_connection_under_the_former_token_is_closed_when_its_visitor_logs_in(assistant):
    page = Page()
    await page.open(assistant)
    await page.post("messages", {"id": "c-1", "text": "Hi"})
    await ended()
    async with Socket() as socket:
        await socket.tell("session.open", token=page.token, after=0)
        await socket.hear("session.ready")
        assert (await log_in(page, assistant)).status_code == 201
        assert await socket.closed() == consumers.TOKEN
