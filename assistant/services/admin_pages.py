"""Addresses of admin pages, for e-mails to staff."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse


def address(name: str, *args: Any) -> str:
    """The full address of the admin page `name`, such as "assistant_provider_change"; "" where there is no admin."""
    try:
        return settings.PUBLIC_URL + reverse(f"admin:{name}", args=args)
    except NoReverseMatch:
        return ""
