"""Voice calls whose rows are deleted with their organization, assistant or conversation: what hanging them up takes.

By then the provider's row may be gone as well, and its key with it. So a copy is sealed for the one purpose, and deleted as
soon as the call is over. What an erased visitor's calls need is in `removed_calls`.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from assistant import live
from assistant.models import HangUp, Removal, VoiceCall

TASK = "assistant.voice.hang_up_deleted"
ATTEMPTS = 6
RETRY_SECONDS = 20


def is_due(call: VoiceCall) -> bool:
    """Whether a call that is being deleted may go on at its provider, and nothing else will end it there."""
    goes_on = call.provider_call and (call.state != VoiceCall.State.ENDED or call.next_attempt_at)
    return bool(goes_on) and not Removal.objects.filter(visitor=call.conversation.visitor_id).exists()


def keep(what: dict[str, Any]) -> None:
    """Have a call hung up once the caller's transaction has committed. `what` is JSON, and comes back from `claim`."""
    row = HangUp(next_attempt_at=timezone.now())
    row.set_call(json.dumps(what))
    row.save(force_insert=True)
    live.queue_task(TASK, row.pk)


def enqueue_due(now: datetime) -> None:
    for pk in HangUp.objects.filter(next_attempt_at__lte=now).values_list("pk", flat=True):
        live.queue_task(TASK, pk)


def claim(hang_up_id: UUID | str, now: datetime | None = None) -> dict[str, Any] | None:
    """What `keep` was given, for the one who asks first. It is due again after a while unless `done`; after the last attempt
    it is forgotten. Raises `SecretUnreadable`."""
    now = now or timezone.now()
    with transaction.atomic():
        row = HangUp.objects.select_for_update().filter(pk=hang_up_id, next_attempt_at__lte=now).first()
        if row is None:
            return None
        found: dict[str, Any] = json.loads(row.call())
        if row.attempts + 1 < ATTEMPTS:
            row.next_attempt_at = now + timedelta(seconds=RETRY_SECONDS * 2**row.attempts)
            row.attempts += 1
            row.save(update_fields=["attempts", "next_attempt_at"])
        else:
            row.delete()
    return found


def done(hang_up_id: UUID | str) -> None:
    HangUp.objects.filter(pk=hang_up_id).delete()
