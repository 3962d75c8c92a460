"""SSRF guard: which addresses a request may reach that staff, a visitor, a model or an import chose.

Three checks, each sufficient alone: `check_url` refuses what can be refused without DNS; the resolver asks once and
checks every answer, which defeats DNS rebinding; and the socket factory checks the very address that is about to be
connected to, however it was obtained.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from functools import lru_cache
from typing import Any

import aiohttp
import httpx
from aiohttp.abc import AbstractResolver, ResolveResult

from assistant.errors import AddressRefused

# `ipaddress.is_global` is no such check: it says global of cloud metadata and of several wrappings of private addresses.
# Sources: IANA's special-purpose registries for IPv4 and IPv6, and the named vendors' documentation.
REFUSED = {
    ipaddress.ip_network(network): reason
    for network, reason in {
        "0.0.0.0/8": "this network",
        "10.0.0.0/8": "private",
        "100.64.0.0/10": "shared by carriers; Alibaba's metadata",
        "127.0.0.0/8": "loopback",
        "168.63.129.16/32": "Azure's platform",
        "169.254.0.0/16": "link-local; cloud metadata",
        "172.16.0.0/12": "private",
        "192.0.0.0/24": "protocol assignments; Oracle's metadata",
        "192.0.2.0/24": "documentation",
        "192.31.196.0/24": "AS112",
        "192.52.193.0/24": "AMT relays",
        "192.88.99.0/24": "6to4 relays",
        "192.168.0.0/16": "private",
        "192.175.48.0/24": "AS112",
        "198.18.0.0/15": "benchmarks",
        "198.51.100.0/24": "documentation",
        "203.0.113.0/24": "documentation",
        "224.0.0.0/4": "multicast",
        "240.0.0.0/4": "reserved; broadcast",
        "::/96": "unspecified, loopback, or wraps an IPv4 address",
        "::ffff:0:0/96": "wraps an IPv4 address",
        "64:ff9b:1::/48": "local NAT64",
        "100::/64": "discarded",
        "2001::/23": "protocol assignments; Teredo wraps an IPv4 address",
        "2001:db8::/32": "documentation",
        "2002::/16": "6to4 wraps an IPv4 address",
        "2620:4f:8000::/48": "AS112",
        "3fff::/20": "documentation",
        "5f00::/16": "segment routing",
        "fc00::/7": "private; Amazon's and Google's metadata",
        "fe80::/10": "link-local",
        "fec0::/10": "site-local",
        "ff00::/8": "multicast",
    }.items()
}
PRIVATE_SERVERS = [
    ipaddress.ip_network(network) for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128")
]
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # how an IPv6-only network reaches every IPv4 address: it is what it wraps
PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")

# A tenant's API may sit on any high port, but not on one where something listens that takes HTTP for its own language.
LOW_PORTS = {80, 443}
REFUSED_PORTS = {
    1080, 1433, 1521, 2049, 2375, 2376, 2379, 2380, 3128, 3306, 3389, 4369, 5060, 5061, 5432, 5672, 5900, 5984, 6000,
    6379, 6443, 6667, 9092, 9200, 9300, 10250, 11211, 15672, 25565, 26379, 27017, 27018, 50000, 50070,
}  # fmt: skip

# As it goes to the resolver. What else a URL may hold there, such as %40, one parser undoes and the next one does not.
_HOST = re.compile(r"[a-z0-9._-]+")
# What resolvers take for an IPv4 address besides four decimal numbers: 2130706433, 0x7f.1, 0177.0.0.1, 127.1.
_NUMERIC = re.compile(r"(?:0[xX][0-9a-fA-F]*|[0-9]+)(?:\.(?:0[xX][0-9a-fA-F]*|[0-9]+))*\.?")
_LOCAL_NAMES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".localdomain")


def why_refused(address: str) -> str:
    """Why `address` (numeric, IPv4 or IPv6) is not to be connected to; empty when it may be."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if ip in NAT64:
        ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    for network, reason in REFUSED.items():
        if ip in network:
            return reason
    if ip.version == 6 and ip not in PUBLIC_IPV6:
        return "not a public address"
    return ""


def parse(url: str) -> httpx.URL:
    """`url` as an absolute http or https URL without user. Raises `AddressRefused`."""
    try:
        parsed = _read(url)
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise AddressRefused("Invalid URL. Enter an address such as https://example.com/path.") from error
    if parsed.scheme not in ("http", "https"):
        raise AddressRefused("The address must start with http:// or https://.")
    if not parsed.host:
        raise AddressRefused("The address has no host name.")
    if ":" not in parsed.host and not _HOST.fullmatch(parsed.raw_host.decode()):
        raise AddressRefused("Invalid host name: use only letters, digits, hyphens and dots.")
    if parsed.userinfo:
        raise AddressRefused("Remove the user name and password from the address.")
    if parsed.port is not None and not 1 <= parsed.port <= 65535:
        raise AddressRefused("Invalid port: use a number from 1 to 65535.")
    return parsed


@lru_cache(maxsize=1024)  # a model server's address is read for every request to it
def _read(url: str) -> httpx.URL:
    parsed = httpx.URL(url)
    parsed.host  # noqa: B018 - decoded when it is asked for, which "xn--" and nonsense fails at
    return parsed


def port_of(url: httpx.URL) -> int:
    return url.port or {"http": 80, "https": 443}[url.scheme]


def origin_of(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, port_of(url)


def check_public(url: httpx.URL) -> None:
    """Refuse a guarded address as far as that is possible without DNS. Raises `AddressRefused`."""
    host = url.host.rstrip(".").lower()
    port = port_of(url)
    if port in REFUSED_PORTS or (port < 1024 and port not in LOW_PORTS):
        raise AddressRefused(f"Port {port} is not allowed. Use 80, 443 or a high port of a web server.")
    try:
        ipaddress.ip_address(host)
    except ValueError:
        if _NUMERIC.fullmatch(host):
            raise AddressRefused(
                "The host is a number. Write an IP address in four parts, such as 192.0.2.1, or use a host name."
            ) from None
        # A name without a dot is looked up among our own: in /etc/hosts, the container's network, the search list.
        if "." not in host or f".{host}".endswith(_LOCAL_NAMES):
            raise AddressRefused("The host is on a private network, which is not allowed.") from None
        return
    if reason := why_refused(host):
        raise AddressRefused(f"The address is not public ({reason}).")


def is_private_server(url: httpx.URL) -> bool:
    """Whether `url` names this machine or one of a private network, as a model server of one's own does. The addresses at
    which clouds keep their metadata are none."""
    host = url.host.lower()
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host and not _NUMERIC.fullmatch(host) or f".{host}".endswith(_LOCAL_NAMES)
    return any(address in network for network in PRIVATE_SERVERS)


class GuardedResolver(AbstractResolver):
    """The system's resolver, asked once per connection, whose every answer must be public."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        answers = await self.look_up(host, port)
        if any(why_refused(address) for _, address in answers):
            # The kind of address would reveal to the author of the name how our network is built.
            raise RefusedAddress("The host name resolves to an address that is not public.")
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family_found, proto=0, flags=socket.AI_NUMERICHOST)
            for family_found, address in answers
        ]

    async def look_up(self, host: str, port: int) -> list[tuple[int, str]]:
        """Family and address of each answer. Raises `OSError` for a name that has none."""
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        return [(family, str(sockaddr[0])) for family, _, _, _, sockaddr in found]

    async def close(self) -> None:
        pass


class RefusedAddress(OSError):
    """`AddressRefused` as a socket error, which connection code passes on."""


def guarded_socket(address: aiohttp.AddrInfoType) -> socket.socket:
    """A socket for `address`: the last check, on the address that is really connected to. Raises `RefusedAddress`."""
    family, kind, proto, _, sockaddr = address
    target: Any = sockaddr[0]
    if why_refused(target):
        raise RefusedAddress("The host name resolves to an address that is not public.")
    return socket.socket(family, kind, proto)
