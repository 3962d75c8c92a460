"""The only door from a public request to an organization."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError
from django.db.models import Q
from django.utils import timezone

from assistant.errors import NotAllowed
from assistant.models import Assistant
from assistant.redaction import clean

log = logging.getLogger(__name__)

SEEN_AGAIN_AFTER = timedelta(minutes=5)


def for_widget(public_key: str, origin: str) -> Assistant:
    """The assistant of `public_key`, for a page of `origin`.

    Unknown, disabled and forbidden look the same from outside: each raises `NotAllowed`.
    """
    found = Assistant.objects.select_related("organization").filter(public_key=clean(public_key[:40])).first()
    if found is None or not admits(found, origin):
        raise NotAllowed(f"Key {public_key[:40]!r} may not be used from {origin[:200]!r}.")
    return found


def admits(assistant: Assistant, origin: str) -> bool:
    """Whether this assistant talks to pages of `origin` now."""
    organization = assistant.organization
    return assistant.enabled and organization.active and (origin == settings.PUBLIC_URL or organization.allows(origin))


def saw(assistant: Assistant, origin: str) -> None:
    """Keep that a page of `origin` asked for the widget of `assistant`, as the row just read has it; never raises.

    That is for staff, who want to know whether their script tag works: one write in `SEEN_AGAIN_AFTER` will do.
    """
    now = timezone.now()
    due = now - SEEN_AGAIN_AFTER
    if not origin or (assistant.seen_at and assistant.seen_at > due):
        return
    try:
        stale = Q(seen_at=None) | Q(seen_at__lte=due)
        Assistant.objects.filter(stale, pk=assistant.pk).update(seen_at=now, seen_origin=origin[:300])
    except DatabaseError:
        log.warning("assistant %s: it could not be kept that its widget was seen", assistant.pk, exc_info=True)
