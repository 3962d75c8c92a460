"""Voice sessions and their calls, where voice is offered and where it is not."""

from __future__ import annotations

import pytest

from assistant.async_db import in_db
from assistant.models import Budget, Provider, ToolCall

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("answered")]


async def test_no_voice_session_is_begun_once_the_budget_is_spent(page, assistant):
    await page.open(assistant)
    await in_db(Budget.objects.create)(organization=assistant.organization, day_tokens=0)
    answer = await page.post("session-key")
    assert (answer.status_code, answer.json()["code"]) == (429, "budget_exceeded")


@in_db
def speaks(assistant):
    own = Provider(organization=assistant.organization, name="OpenAI", base_url="https://api.openai.com/v1", realtime="v")
    own.set_key("sk-test", own.base_url)
    own.save()


async def test_voice_calls_are_refused_where_voice_is_not_offered(page, assistant):
    await page.open(assistant)
    refused = await page.post("tool-calls", {"call": "c-1", "name": "delete_everything", "arguments": {}})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert await in_db(ToolCall.objects.count)() == 0


async def test_a_call_of_a_voice_session_goes_through_the_executor_once(page, assistant):
    await speaks(assistant)
    await page.open(assistant)
    for _ in range(2):
        answer = await page.post("tool-calls", {"call": "c-1", "name": "delete_everything", "arguments": {}})
        assert answer.status_code == 200 and answer.json()["outcome"] == "refused"
    assert await in_db(ToolCall.objects.count)() == 1
    for body in ({}, {"call": "", "name": "a", "arguments": {}}, {"call": "c", "name": "a", "arguments": "[]"}):
        assert (await page.post("tool-calls", body)).status_code == 400
