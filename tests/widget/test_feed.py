"""The events of one open widget, while the database fails for a moment."""

from __future__ import annotations

import asyncio

import pytest

from assistant import live
from assistant.async_db import in_db
from assistant.errors import NotAllowed
from assistant.models import Visitor
from tests import make
from tests.fakes import first_statement_fails
from widget import feed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("has_logged_in", [False, True])
async def test_a_session_that_cannot_be_checked_is_checked_again_before_anything_follows(has_logged_in: bool) -> None:
    conversation, subscription = await in_db(make.conversation)(), live.Subscription()
    if has_logged_in:
        await Visitor.objects.filter(pk=conversation.visitor_id).aupdate(external_id="ann")
    subscription.put(live.Payload({live.CHECK: True}))
    subscription.put(live.Payload(type="staff.typing"))
    async with first_statement_fails() as failed, asyncio.timeout(30):
        if has_logged_in:
            with pytest.raises(NotAllowed):
                await feed.next_events(conversation, subscription)
        else:
            assert await feed.next_events(conversation, subscription) == [{"type": "staff.typing"}]
    assert failed
