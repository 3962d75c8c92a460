"""Who is at the door: the origin, the token and the address of a request, read the same way for HTTP and sockets."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from django.conf import settings

from assistant.errors import NotAllowed

Headers = Iterable[tuple[bytes, bytes]]


def header(headers: Headers, name: bytes) -> str:
    """The only value of a header, or "". Raises `NotAllowed` where it was sent twice: nobody honest does."""
    values = [value for key, value in headers if key == name]
    if len(values) > 1:
        raise NotAllowed(f"Two {name.decode()} headers.")
    return values[0].decode("latin-1").strip() if values else ""


def origin_of(headers: Headers) -> str:
    """The page's origin as the browser sent it.

    Browsers send none with a same-origin GET, and say so. Anything else without an origin is not a browser's page.
    """
    headers = list(headers)
    origin = header(headers, b"origin")
    if not origin and header(headers, b"sec-fetch-site") == "same-origin":
        return settings.PUBLIC_URL
    if not origin or origin == "null":
        raise NotAllowed("No origin.")
    return origin


def address_of(headers: Headers, peer: str) -> str:
    """The visitor's IP address: the peer's, or what the nearest trusted proxies say. Forged entries stand further left."""
    hops = settings.TRUSTED_PROXY_COUNT
    if hops:
        told = [part.strip() for part in header(headers, b"x-forwarded-for").split(",") if part.strip()]
        if len(told) >= hops:
            try:
                return str(ip_address(told[-hops]))
            except ValueError:
                pass
    return peer


def bearer(headers: Headers) -> str:
    scheme, _, token = header(headers, b"authorization").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
