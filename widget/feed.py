"""What goes out to one open widget, whichever wire it has: where it stands, then everything that happens, in order."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from django.db import DatabaseError

from assistant import events, live
from assistant.async_db import in_db
from assistant.models import Conversation
from assistant.services.conversations.events import resume_session

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0


def ready(conversation: Conversation, after: int, ear: live.Subscription) -> events.SessionReady:
    """Where the widget stands that has had everything up to `after`; `ear` goes on from there."""
    stands = resume_session(conversation, after)
    # Not what the widget says it has had: one from before a restored backup has had more than there is.
    ear.told = stands.events[-1]["seq"] if stands.events else min(stands.seq, conversation.last_seq)
    return stands


async def happened(conversation: Conversation, ear: live.Subscription) -> list[dict[str, Any]]:
    """The next events: one that was rung, or the rows that were not heard of."""
    while True:
        payload = await ear.next()
        if payload is not None:
            payloads = [payload]
        else:
            try:
                payloads = list((await in_db(resume_session)(conversation, ear.told)).events)
            except DatabaseError:
                log.warning("what was missed of conversation %s cannot be read", conversation.pk)
                await asyncio.sleep(AGAIN_SECONDS)
                ear.put(None)
                continue
            except asyncio.CancelledError:
                ear.put(None)  # for whoever asks next
                raise
        for payload in payloads:
            ear.told = max(ear.told, payload.get("seq", 0))
        if payloads:
            return payloads
