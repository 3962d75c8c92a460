"""Client addresses and the networks that limits are counted by.

An IPv6 customer has a whole /64 to choose from, so that is one network; an IPv4 address is one by itself.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

from django.conf import settings

NETWORK_PREFIX = 64  # of IPv6
UNKNOWN = "unknown"  # the network of all who have no address


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """The IP address in `text`, as proxies write it: alone, with a port (`192.0.2.1:443`, `[2001:db8::1]:443`), quoted, or
    with a zone. None where there is none. An IPv4 address inside IPv6 is the IPv4 address."""
    text = text.strip().strip('"').strip()
    if text.startswith("["):
        text, closed, port = text[1:].partition("]")
        if not closed or not _is_port(port):
            return None
    elif text.count(":") == 1:
        text, _, port = text.partition(":")
        if not _is_port(":" + port):
            return None
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def _is_port(text: str) -> bool:
    """Whether it is nothing, or a colon and digits."""
    return not text or (text[0] == ":" and text[1:].isascii() and text[1:].isdigit() and len(text) <= 6)


def client_address(forwarded: Sequence[str], peer: str, proxies: int) -> str:
    """The client's IP address: the connection's `peer`, or what the nearest of `proxies` trusted proxies say.

    `forwarded` are the lines of `X-Forwarded-For` in their order: a proxy may add a line instead of an entry. Forged
    entries stand further left. Where an entry is missing or no address, the peer is the client.
    """
    entries = [entry for line in forwarded for entry in line.split(",") if entry.strip()]
    found = parse_address(entries[-proxies]) if 0 < proxies <= len(entries) else None
    found = found or parse_address(peer)
    return str(found) if found else ""


def network_of(address: str) -> str:
    """A keyed hash of the network that `address` belongs to, for limits: never the address itself. "" for no address."""
    found = parse_address(address)
    if found is None:
        return ""
    if isinstance(found, IPv6Address):
        found = ip_network((found, NETWORK_PREFIX), strict=False).network_address
    return hmac.new(settings.SECRET_KEY.encode(), b"network" + found.packed, hashlib.sha256).hexdigest()[:32]


def network_of_request(meta: Mapping[str, Any]) -> str:
    """The network of a Django request, by its `META`; Django has joined the lines of a header."""
    lines = [meta.get("HTTP_X_FORWARDED_FOR", "")]
    return network_of(client_address(lines, meta.get("REMOTE_ADDR", ""), settings.TRUSTED_PROXY_COUNT)) or UNKNOWN
