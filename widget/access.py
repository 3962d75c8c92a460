"""Who is at the door: the origin, the token and the address of a request, read the same way for HTTP and sockets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils.translation.trans_real import parse_accept_lang_header

from assistant.errors import NotAllowed, TooMuch
from assistant.sentences import is_written
from assistant.services.organizations import networks

Headers = Iterable[tuple[bytes, bytes]]

# Connections that stay open, in each process: a visitor's tabs; an office shares one address.
PLACES_OF_VISITOR = 5
PLACES_OF_NETWORK = 250


def header(headers: Headers, name: bytes) -> str:
    """The only value of a header, or "". Raises `NotAllowed` where it was sent twice, or holds what is no visible ASCII:
    nobody honest does that, and what one reader takes for white space is a value to another."""
    values = [value for key, value in headers if key == name]
    if len(values) > 1:
        raise NotAllowed(f"Two {name.decode()} headers.")
    if not values:
        return ""
    return _visible(name, values[0])


def _visible(name: bytes, value: bytes) -> str:
    if not all(0x20 <= byte <= 0x7E for byte in value):
        raise NotAllowed(f"Odd bytes in {name.decode()}.")
    return value.decode("ascii").strip()


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
    """The visitor's IP address: the peer's, or what the nearest trusted proxies say."""
    lines = [_visible(name, value) for name, value in headers if name == b"x-forwarded-for"]
    return networks.client_address(lines, peer, settings.TRUSTED_PROXY_COUNT)


def network_of(headers: Headers, peer: str) -> str:
    """What the network of a request is counted by; those without an address are one network."""
    return networks.network_of(address_of(headers, peer)) or networks.UNKNOWN


def locale_of(headers: Headers) -> str:
    """The language that a browser asks for and that we write; "" where it names none."""
    return locale_in(next((value.decode("latin-1") for name, value in headers if name == b"accept-language"), ""))


def locale_in(accept_language: str) -> str:
    return next((locale for locale, _ in parse_accept_lang_header(accept_language) if is_written(locale)), "")


def bearer(headers: Headers) -> str:
    scheme, _, token = header(headers, b"authorization").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


# --- Who may stay ---------------------------------------------------------------------------------------------------

_networks: Counter[str] = Counter()
_visitors: dict[str, list[Callable[[], object]]] = {}


def room_for_network(network: str) -> None:
    """Raises `TooMuch` when all places of `network` are taken."""
    if settings.RATE_LIMITS and _networks[network] >= PLACES_OF_NETWORK:
        raise TooMuch(f"connections of {network}", retry_after_seconds=15)


@contextmanager
def place_of_network(network: str) -> Iterator[None]:
    """A place among the open connections of `network`."""
    _networks[network] += 1
    try:
        yield
    finally:
        _networks[network] -= 1
        if not _networks[network]:
            del _networks[network]


@contextmanager
def place_of_visitor(visitor: str, give_way: Callable[[], object]) -> Iterator[None]:
    """A place among the open connections of `visitor`. When all are taken, `give_way` of the oldest is called: they look at
    the newest, and the oldest may be one that has lost its network."""
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
