"""Who is at the door: the origin, the token and the address of a request, read the same way for HTTP and sockets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address

from django.conf import settings

from assistant.errors import NotAllowed, TooMuch

Headers = Iterable[tuple[bytes, bytes]]

# Connections that stay open, in each process: a visitor's tabs; an office shares one address.
PLACES_OF_VISITOR = 5
PLACES_OF_ADDRESS = 250


def header(headers: Headers, name: bytes) -> str:
    """The only value of a header, or "". Raises `NotAllowed` where it was sent twice, or holds what is no visible ASCII:
    nobody honest does that, and what one reader takes for white space is a value to another."""
    values = [value for key, value in headers if key == name]
    if len(values) > 1:
        raise NotAllowed(f"Two {name.decode()} headers.")
    if not values:
        return ""
    if not all(0x20 <= byte <= 0x7E for byte in values[0]):
        raise NotAllowed(f"Odd bytes in {name.decode()}.")
    return values[0].decode("ascii").strip()


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


# --- Who may stay ---------------------------------------------------------------------------------------------------

_addresses: Counter[str] = Counter()
_visitors: dict[str, list[Callable[[], object]]] = {}


def room_for_address(address: str) -> None:
    """Raises `TooMuch` when all places of `address` are taken."""
    if settings.RATE_LIMITS and _addresses[address] >= PLACES_OF_ADDRESS:
        raise TooMuch(f"connections of {address}", retry_after_seconds=15)


@contextmanager
def place_of_address(address: str) -> Iterator[None]:
    """A place among the open connections of `address`."""
    _addresses[address] += 1
    try:
        yield
    finally:
        _addresses[address] -= 1
        if not _addresses[address]:
            del _addresses[address]


@contextmanager
def place_of_visitor(visitor: str, give_way: Callable[[], object]) -> Iterator[None]:
    """A place among the open connections of `visitor`. When all are taken, `give_way` of the oldest is called: he looks at
    the newest, and the oldest may be one whose network has gone."""
    places = _visitors.setdefault(visitor, [])
    places.append(give_way)
    if len(places) > PLACES_OF_VISITOR:
        places.pop(0)()
    try:
        yield
    finally:
        if give_way in places:
            places.remove(give_way)
        if not places and _visitors.get(visitor) is places:
            del _visitors[visitor]
