"""SQL of both databases, over `n`, the number of a row."""

from __future__ import annotations

from typing import Any

from django.db import connection

_KINDS = [
    "organization",
    "visitor",
    "conversation",
    "message",
    "turn",
    "call",
    "card",
    "delivery",
    "appointment",
    "document",
    "provider",
    "method",
    "file",
    "voice",
    "notification",
    "removal",
]


def uuid(kind: str, number: str) -> str:
    if connection.vendor == "postgresql":
        return f"md5('{kind}' || ({number}))::uuid"
    # Scattered as random ones are, and still found again: n times a prime, within a power of two.
    return f"printf('%08x%08x%016x', (({number}) * 2654435761) & 4294967295, {_KINDS.index(kind)}, {number})"


def key(row: Any) -> str:
    return f"'{row.pk}'::uuid" if connection.vendor == "postgresql" else f"'{row.pk.hex}'"


def text(prefix: str, number: str) -> str:
    return f"{prefix} || ({number})"


def ago(seconds: str) -> str:
    if connection.vendor == "postgresql":
        return f"now() - ({seconds}) * interval '1 second'"
    return f"strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || ({seconds}) || ' seconds')"


def later(column: str, seconds: str) -> str:
    if connection.vendor == "postgresql":
        return f"pattern.\"{column}\" + ({seconds}) * interval '1 second'"
    return f"strftime('%Y-%m-%d %H:%M:%f', pattern.\"{column}\", ({seconds}) || ' seconds')"
