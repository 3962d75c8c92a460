"""Conditional requests: what a client has already is not sent to it again (RFC 9110, section 13.1.2)."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import parse_etags


def is_unchanged(request: HttpRequest, etag: str) -> bool:
    """Whether `If-None-Match` names the strong tag of what would be sent, alone, in a list, or by `*`.

    A weak tag counts: proxies that compress an answer make its tag weak.
    """
    known = parse_etags(request.headers.get("if-none-match", ""))
    return known == ["*"] or etag in (tag.removeprefix("W/") for tag in known)
