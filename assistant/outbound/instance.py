"""The mark by which this installation recognises its own requests when they come back to it."""

from __future__ import annotations

from django.utils.crypto import salted_hmac

HEADER = b"interworky-instance"  # every request of ours bears it


def own_mark() -> bytes:
    """The header's value: the same in every process of this installation, and without meaning to anybody else."""
    return salted_hmac("assistant.outbound", "instance").hexdigest()[:24].encode()
