"""The mark by which this installation recognises its own requests when they come back to it."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings
from django.utils.crypto import salted_hmac

HEADER = b"interworky-instance"  # every request of ours bears it


def own_mark() -> bytes:
    """The header's value: the same in every process of this installation, and without meaning to anybody else."""
    return _mark(settings.SECRET_KEY)


@lru_cache(maxsize=1)  # it is in every request, and asked for by every request to us that bears one
def _mark(secret: str) -> bytes:
    return salted_hmac("assistant.outbound", "instance", secret).hexdigest()[:24].encode()
