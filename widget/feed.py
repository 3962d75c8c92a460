"""The feed of one open widget, over WebSocket or HTTP: its state on connecting, then every event in order."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import orjson
from django.db import DatabaseError

from assistant import events, live
from assistant.async_db import in_db
from assistant.errors import NotAllowed
from assistant.models import Conversation
from assistant.services.booking.availability import browsing
from assistant.services.conversations.events import earlier_events, resume_session
from assistant.services.conversations.sessions import is_current
from assistant.services.organizations import rate_limits
from widget import frames

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0


def admit(conversation: Conversation, network: str) -> None:
    """Raises `TooMuch` where this visitor or their `network` has resumed too much already."""
    rate_limits.admit_resume(visitor=str(conversation.visitor_id), network=network)


def resumed(conversation: Conversation, after: int, network: str) -> events.SessionReady:
    """The state of a widget that has everything up to `after`. The visitor and their `network` are charged for the size of
    the answer. Raises `TooMuch`."""
    admit(conversation, network)
    stands = resume_session(conversation, after)
    rate_limits.charge_resume(len(orjson.dumps(stands.payload())), visitor=str(conversation.visitor_id), network=network)
    return stands


def earlier(conversation: Conversation, before: int, network: str) -> dict[str, Any]:
    """What came before `before`, charged in the same way. Raises `TooMuch`."""
    admit(conversation, network)
    shown, more = earlier_events(conversation, before)
    rate_limits.charge_resume(len(orjson.dumps(shown)), visitor=str(conversation.visitor_id), network=network)
    return {"events": shown, "more": more}


def ready(conversation: Conversation, after: int, subscription: live.Subscription, network: str) -> events.SessionReady:
    """The same, with `subscription` continuing from there."""
    stands = resumed(conversation, after, network)
    # Not what the widget says it has had: one from before a restored backup has had more than there is.
    subscription.delivered = stands.events[-1]["seq"] if stands.events else min(stands.seq, conversation.last_seq)
    return stands


def browsed(conversation: Conversation, frame: frames.SlotsBrowse) -> events.SlotsShown:
    """What a visitor has asked to see on a slots card. Raises `InputError`, `NotFound`."""
    asked = browsing.BrowseRequest(frame.day, frame.after, frame.before, frame.month, frame.service, frame.calendar)
    return events.SlotsShown(frame.card, browsing.browse(conversation, frame.card, asked))


async def next_events(conversation: Conversation, subscription: live.Subscription) -> list[live.Payload]:
    """The next events: one that was published, or the rows whose publication was missed. Raises `NotAllowed` once the
    visitor has logged in: what follows is for their new token."""
    while True:
        payload = await subscription.next()
        if payload is not None and live.CHECK in payload:
            await _check_session(conversation)
            continue
        if payload is not None:
            payloads = [payload]
        else:
            try:
                missed = await in_db(resume_session)(conversation, subscription.delivered)
                payloads = [live.Payload(event) for event in missed.events]
            except DatabaseError:
                log.warning("what was missed of conversation %s cannot be read", conversation.pk)
                await asyncio.sleep(AGAIN_SECONDS)
                subscription.put(None)
                continue
            except asyncio.CancelledError:
                subscription.put(None)  # the next caller reads the rows instead
                raise
        for payload in payloads:
            subscription.delivered = max(subscription.delivered, payload.get("seq", 0))
        if payloads:
            return payloads


async def _check_session(conversation: Conversation) -> None:
    """Raises `NotAllowed` unless the visitor is still who they were. While the database cannot say so, nothing follows."""
    while True:
        try:
            is_theirs = await in_db(is_current)(conversation)
        except DatabaseError:
            log.warning("whose conversation %s is cannot be read", conversation.pk)
            await asyncio.sleep(AGAIN_SECONDS)
            continue
        if not is_theirs:
            raise NotAllowed("The visitor has logged in since.", code="token_expired")
        return
