"""Access control of requests: origin, token and client address, alike for HTTP and WebSocket, and open connections."""

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

# Open connections in each process: of one visitor's tabs, and of one network, since an office shares one address.
CONNECTIONS_PER_VISITOR = 5
CONNECTIONS_PER_NETWORK = 250


def header(headers: Headers, name: bytes) -> str:
    """The only value of a header, or "". Raises `NotAllowed` where it was sent twice or is not printable ASCII: browsers do
    neither, and what one parser reads as white space is a value to another."""
    values = [value for key, value in headers if key == name]
    if len(values) > 1:
        raise NotAllowed(f"More than one {name.decode()} header.")
    if not values:
        return ""
    return _visible(name, values[0])


def _visible(name: bytes, value: bytes) -> str:
    if not all(0x20 <= byte <= 0x7E for byte in value):
        raise NotAllowed(f"The {name.decode()} header is not printable ASCII.")
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
    """The key under which the limits of a request's network are counted; all without an address share one."""
    return networks.network_of(address_of(headers, peer)) or networks.UNKNOWN


def locale_of(headers: Headers) -> str:
    """The language that a browser asks for and that we write; "" where it names none."""
    return locale_in(next((value.decode("latin-1") for name, value in headers if name == b"accept-language"), ""))


def locale_in(accept_language: str) -> str:
    return next((locale for locale, _ in parse_accept_lang_header(accept_language) if is_written(locale)), "")


def bearer(headers: Headers) -> str:
    """The bearer token of the Authorization header, or ""."""
    scheme, _, token = header(headers, b"authorization").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


# --- Open connections ---------------------------------------------------------------------------------------------------

_networks: Counter[str] = Counter()
_visitors: dict[str, list[Callable[[], object]]] = {}


def refuse_full_network(network: str) -> None:
    """Raises `TooMuch` when `network` has all the open connections that it may have."""
    if settings.RATE_LIMITS and _networks[network] >= CONNECTIONS_PER_NETWORK:
        raise TooMuch(f"connections of {network}", retry_after_seconds=15)


@contextmanager
def connection_of_network(network: str) -> Iterator[None]:
    """Count an open connection of `network` for as long as it lasts."""
    _networks[network] += 1
    try:
        yield
    finally:
        _networks[network] -= 1
        if not _networks[network]:
            del _networks[network]


@contextmanager
def connection_of_visitor(visitor: str, give_way: Callable[[], object]) -> Iterator[None]:
    """Count an open connection of `visitor` for as long as it lasts. Beyond the limit, `give_way` of the oldest is called:
    the visitor looks at the newest, and the oldest may be one that has lost its network."""
    open_here = _visitors.setdefault(visitor, [])
    open_here.append(give_way)
    if len(open_here) > CONNECTIONS_PER_VISITOR:
        open_here.pop(0)()
    try:
        yield
    finally:
        if give_way in open_here:
            open_here.remove(give_way)
        if not open_here and _visitors.get(visitor) is open_here:
            del _visitors[visitor]
