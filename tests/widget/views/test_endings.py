"""The end of a conversation: ratings, transcripts, and a handoff to people."""

from __future__ import annotations

import pytest

from assistant.async_db import in_db
from assistant.models import Visitor
from tests.widget.views.test_api import ended

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("answered")]


async def test_a_handoff_and_the_end_of_a_conversation_work_without_a_socket(page, assistant):
    await page.open(assistant)
    assert (await page.post("visitor", {"name": "Ada", "email": "ada@example.com"})).status_code == 204
    assert (await page.post("visitor", {"timezone": "Moon/Crater"})).status_code == 400
    assert (await page.post("human")).status_code == 204
    assert (await page.get("events?after=0")).json()["conversation"]["state"] == "waiting"
    assert (await page.post("conversation/close")).status_code == 204
    before = page.token
    await page.open(assistant)
    assert page.token != before and (await page.get("events?after=0")).json()["events"] == []


async def test_a_conversation_is_rated_and_the_next_page_knows_it(page, assistant):
    await page.open(assistant)
    assert (await page.post("conversation/rating", {"value": 4, "comment": "Quick."})).status_code == 204
    ready = (await page.get("events?after=0", accept="application/json")).json()
    assert ready["conversation"]["rating"] == 4
    visitor = await in_db(Visitor.objects.get)(pk=page.visitor)
    row = await in_db(visitor.conversations.get)()
    assert (row.rating, row.rating_comment) == (4, "Quick.")


@pytest.mark.parametrize("body", [{}, {"value": 0}, {"value": True}, {"value": "5"}, {"value": 5, "comment": 1}])
async def test_what_is_no_rating_is_refused(page, assistant, body):
    await page.open(assistant)
    assert (await page.post("conversation/rating", body)).json()["code"] == "bad_input"
    long = await page.post("conversation/rating", {"value": 5, "comment": "x" * 1001})
    assert (long.status_code, long.json()["code"]) == (413, "message_too_long")


async def test_a_transcript_is_queued_and_a_wrong_address_is_named_in_the_visitors_language(page, assistant):
    await page.open(assistant)
    await page.post("visitor", {"locale": "de", "email": "ada@example.com"})
    await page.post("messages", {"id": "t-1", "text": "hello"})
    await ended()
    ready = (await page.get("events?after=0", accept="application/json")).json()
    assert ready["conversation"]["email"] == "ada@example.com"
    refused = await page.post("transcript", {"email": "ada"})
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_address")
    assert refused.json()["title"] == "Bitte geben Sie eine E-Mail-Adresse wie ada@example.com ein."
    queued = await page.post("transcript", {"email": "ada@example.com"})
    assert queued.status_code == 202 and "ada@example.com" in queued.json()["text"]
