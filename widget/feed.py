"""The feed of one open widget, over WebSocket or HTTP: its state on connecting, then every event in order."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import orjson
from django.db import DatabaseError

from assistant import events, live
from assistant.async_db import in_db
from assistant.models import Conversation
from assistant.services.conversations.events import resume_session
from assistant.services.organizations import rate_limits

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0


def admit(conversation: Conversation, network: str) -> None:
    """Raises `TooMuch` where this visitor or their `network` has been given too much already."""
    rate_limits.admit_resume(visitor=str(conversation.visitor_id), network=network)


def resumed(conversation: Conversation, after: int, network: str) -> events.SessionReady:
    """Where the widget stands that has had everything up to `after`; the visitor and their `network` are charged for the
    size of the answer. Raises `TooMuch`."""
    admit(conversation, network)
    stands = resume_session(conversation, after)
    rate_limits.charge_resume(len(orjson.dumps(stands.payload())), visitor=str(conversation.visitor_id), network=network)
    return stands


def ready(conversation: Conversation, after: int, ear: live.Subscription, network: str) -> events.SessionReady:
    """The same, and `ear` goes on from there."""
    stands = resumed(conversation, after, network)
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
