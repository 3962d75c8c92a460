"""Refusal of tenants' requests to the product's own origin, except to the demonstration's API.

A server that calls itself arrives from the loopback address, which local-only pages trust: without this limit a method or
a knowledge page could read the mailbox, the metrics or the admin's log-in page in the server's name.
"""

from __future__ import annotations

import ipaddress

import httpx
from django.conf import settings

from assistant import paths
from assistant.errors import AddressRefused

from . import guard

DEMO_API = "/demo/api/"  # the demonstration's price list, which its own method calls


def check(url: httpx.URL) -> None:
    """Raises `AddressRefused` where `url` leads to the product itself, other than to the demonstration's API."""
    if is_own(url) and not (settings.DEMO_SITE and _is_below(url.raw_path.decode("ascii").partition("?")[0], DEMO_API)):
        raise AddressRefused(
            "This is the address of Interworky itself, which methods, pages, imports and providers may not call. "
            "Use the address of the other service."
        )


def is_own(url: httpx.URL) -> bool:
    """Whether `url` leads to this installation: by its public address or, embedded, by a loopback address and our port."""
    public = guard.parse(settings.PUBLIC_URL)
    host = url.host.rstrip(".").lower()
    if (host, guard.port_of(url)) == (public.host.rstrip(".").lower(), guard.port_of(public)):
        return True
    ports = {settings.PORT, guard.port_of(public)}
    return settings.EMBEDDED and guard.port_of(url) in ports and (host == "localhost" or _is_this_machine(host))


def _is_this_machine(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return mapped.is_loopback or mapped.is_unspecified


def _is_below(path: str, prefix: str) -> bool:
    """Whether `path` stays below `prefix` for every reader, however often one decodes it or tidies it up."""
    rest = path.removeprefix(prefix)
    return rest != path and "//" not in path and not paths.why_unsafe(rest, slashes=True)
