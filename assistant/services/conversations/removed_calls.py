"""Voice calls of erased visitors: their rows are gone, and what hanging them up takes is kept with the tombstone.

That is the assistant, the health key of its provider and the provider's id for the call: nothing about the visitor.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from assistant import live
from assistant.models import Conversation, Removal, VoiceCall

log = logging.getLogger(__name__)

TASK = "assistant.voice.hang_up_removed"
PENDING = "calls"  # the key in a tombstone's `pending`
ATTEMPTS = 6
RETRY_SECONDS = 20


@dataclass(frozen=True)
class RemovedCall:
    assistant: int
    health_key: str
    provider_call: str
    attempts: int = 0
    due: float = 0  # seconds since 1970


def pending_of(conversations: Iterable[Conversation]) -> dict[str, list[dict[str, Any]]]:
    """For the tombstone: the conversations' calls that are to be hung up. Their rows stay locked until the caller's
    transaction ends: a call that the provider begins meanwhile finds no row, and is hung up by `keep`."""
    assistants = {conversation.pk: conversation.assistant_id for conversation in conversations}
    rows = VoiceCall.objects.select_for_update().filter(conversation__in=assistants).order_by("pk")
    found = [
        asdict(RemovedCall(assistants[row.conversation_id], row.health_key, row.provider_call))
        for row in rows
        if row.provider_call and (row.state != VoiceCall.State.ENDED or row.next_attempt_at)
    ]
    return {PENDING: found} if found else {}


def keep(call: VoiceCall, provider_call: str) -> None:
    """Have a call hung up whose row was removed while the provider began it."""
    kept = RemovedCall(call.conversation.assistant_id, call.health_key, provider_call)
    with transaction.atomic():
        removal = _locked(organization=call.organization_id, visitor=call.conversation.visitor_id)
        if removal is None:
            log.warning("voice call %s: its row is gone, and no tombstone keeps it for another attempt", call.pk)
            return
        _save(removal, [*_calls(removal), kept])
        live.queue_task(TASK, str(removal.pk))


def enqueue_due(now: datetime) -> None:
    """Hand over the tombstones with a call that is to be hung up now."""
    for removal in Removal.objects.filter(finished_at=None, pending__has_key=PENDING).order_by("at"):
        if any(one.due <= now.timestamp() for one in _calls(removal)):
            live.queue_task(TASK, str(removal.pk))


def claim(removal_id: str, now: datetime | None = None) -> list[RemovedCall]:
    """The calls of a tombstone that are to be hung up, for the one who asks first. They are due again after a while, unless
    `hung_up` says that they are over; after the last attempt they are forgotten."""
    now = now or timezone.now()
    with transaction.atomic():
        removal = _locked(pk=removal_id)
        if removal is None:
            return []
        due = [one for one in _calls(removal) if one.due <= now.timestamp()]
        left = [one for one in _calls(removal) if one not in due]
        for one in due:
            if one.attempts + 1 < ATTEMPTS:
                later = now + timedelta(seconds=RETRY_SECONDS * 2**one.attempts)
                left.append(replace(one, attempts=one.attempts + 1, due=later.timestamp()))
        if due:
            _save(removal, left)
    return due


def hung_up(removal_id: str, call: RemovedCall) -> None:
    with transaction.atomic():
        removal = _locked(pk=removal_id)
        if removal is not None:
            _save(removal, [one for one in _calls(removal) if one.provider_call != call.provider_call])


def _locked(**about: Any) -> Removal | None:
    return Removal.objects.select_for_update(of=("self",)).filter(**about).first()


def _calls(removal: Removal) -> list[RemovedCall]:
    return [RemovedCall(**one) for one in removal.pending.get(PENDING, ())]


def _save(removal: Removal, calls: list[RemovedCall]) -> None:
    others = {key: value for key, value in removal.pending.items() if key != PENDING}
    removal.pending = {**others, PENDING: [asdict(one) for one in calls]} if calls else others
    if calls:
        removal.finished_at = None
    removal.save(update_fields=["pending", "finished_at"])
