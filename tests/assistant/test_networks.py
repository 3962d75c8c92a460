"""Client addresses in the formats of various proxies, and the networks that they belong to."""

from __future__ import annotations

import re
from typing import Any

import pytest

from assistant.services.organizations.networks import client_address, network_of

PEER = "198.51.100.1"


def test_a_network_is_known_by_a_keyed_hash(settings: Any) -> None:
    one = network_of("192.0.2.7")
    assert one == network_of("::ffff:192.0.2.7") != network_of("192.0.2.8")
    assert re.fullmatch("[0-9a-f]{32}", one)
    settings.SECRET_KEY = "another"
    assert one != network_of("192.0.2.7")


def test_an_ipv6_customer_is_one_network() -> None:
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff::9") != network_of("2001:db8:1:3::1")


@pytest.mark.parametrize("address", ["", "unknown", "unix:", "300.1.1.1"])
def test_a_request_without_an_address_has_no_network(address: str) -> None:
    assert network_of(address) == ""


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("203.0.113.5", "203.0.113.5"),
        ("203.0.113.5:49152", "203.0.113.5"),
        ("2001:db8::5", "2001:db8::5"),
        ("[2001:db8::5]", "2001:db8::5"),
        ("[2001:db8::5]:443", "2001:db8::5"),
        ('"[2001:db8::5]:443"', "2001:db8::5"),
        ("fe80::5%eth0", "fe80::5"),
        ("::ffff:203.0.113.5", "203.0.113.5"),
        ("[::ffff:203.0.113.5]:80", "203.0.113.5"),
    ],
)
def test_every_form_of_an_entry_is_the_same_client(entry: str, address: str) -> None:
    assert client_address([entry], PEER, 1) == address
    assert client_address(["192.0.2.66, " + entry], PEER, 1) == address


@pytest.mark.parametrize(
    "entry",
    [
        "unknown", "_hidden", "203.0.113.5:port", "203.0.113.5:", "[2001:db8::5", "[2001:db8::5]443", "203.0.113.05", "",
        ", ,", "::1]", "[]",
    ],
)  # fmt: skip
def test_an_entry_that_is_no_address_leaves_the_peer(entry: str) -> None:
    assert client_address([entry], PEER, 1) == PEER


def test_lines_are_one_list_in_their_order() -> None:
    assert client_address(["192.0.2.66", "203.0.113.5"], PEER, 1) == "203.0.113.5"
    assert client_address(["192.0.2.66", "203.0.113.5, 198.51.100.9"], PEER, 2) == "203.0.113.5"


def test_only_as_many_entries_are_believed_as_there_are_proxies() -> None:
    assert client_address(["192.0.2.66"], PEER, 0) == PEER
    assert client_address(["192.0.2.66"], PEER, 2) == PEER


def test_a_peer_without_an_address_has_none() -> None:
    assert client_address([], "", 0) == "" == client_address(["x"], "unix:/run/web.sock", 1)
