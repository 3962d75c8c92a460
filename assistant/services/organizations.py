"""The only door from a public request to an organization."""

from __future__ import annotations

from django.conf import settings

from assistant.errors import NotAllowed
from assistant.models import Assistant


def for_widget(public_key: str, origin: str) -> Assistant:
    """The assistant of `public_key`, for a page of `origin`.

    Unknown, disabled and forbidden look the same from outside: each raises `NotAllowed`.
    """
    found = Assistant.objects.select_related("organization").filter(public_key=public_key[:40]).first()
    if found is None or not admits(found, origin):
        raise NotAllowed(f"Key {public_key[:40]!r} may not be used from {origin[:200]!r}.")
    return found


def admits(assistant: Assistant, origin: str) -> bool:
    """Whether this assistant talks to pages of `origin` now."""
    organization = assistant.organization
    return assistant.enabled and organization.active and (origin == settings.PUBLIC_URL or organization.allows(origin))
