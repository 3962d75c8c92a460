"""One client attacks the server that `manage.py up` runs: its memory does not grow, other visitors are answered,
and nobody passes for somebody else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests import servers
from tests.sampling import is_thorough
from widget import access, consumers

from .attacks import ATTACKS, Raw, say
from .sockets import Socket
from .visitor import PUBLIC_KEY, Visitor

ATTACK_SECONDS = float(os.environ.get("ATTACK_SECONDS", 15 if is_thorough() else 1.5))
MAX_GROWTH_MB = 32
MAX_SLOWER = 6  # times; attacker and server share two cores with whatever else is tested
SOON_SECONDS = 15  # is soon enough, however fast it was before

TOO_MUCH = str(consumers.TOO_MUCH)
# How each of them ends: the code that tells it so, or "eof" where the protocol itself is broken or the client leaves.
ENDS = {
    "large frames": {"1009", "4400", "4429"},
    "a thousand frames in one segment": {"4429"},
    "messages": {"4429"},
    "deep JSON": {"4400", "1007"},
    "binary frames": {"4400"},
    "compressed frames": {"1002"},
    "endless fragments": {"4429"},
    "pings": {"4429", "eof"},  # who does not read misses the word
    "reads nothing": set(),
}


@pytest.fixture(scope="module")
def app(start_app: Callable[..., servers.App]) -> servers.App:
    """Behind one proxy, so that attacker and neighbours come from addresses of their own."""
    return start_app(DEMO_MODEL_DELAY_MS="0", TRUSTED_PROXY_COUNT="1")


def megabytes(app: servers.App) -> float:
    assert app.process
    done = subprocess.run(["ps", "-o", "rss=", "-p", str(app.process.pid)], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_costs_little_memory_and_keeps_no_neighbour_waiting(app: servers.App, name: str):
    address = f"203.0.113.{list(ATTACKS).index(name)}"  # each has the limits of its network to itself
    hostile = [Visitor(app.url, address=address) for _ in range(3)]
    for number in range(9):
        hostile[number % 3].say("x" * 3900 + str(number))
    with Socket(Visitor(app.url, address=f"198.51.100.{len(name)}")) as neighbour:
        alone = sorted(neighbour.ask("Hi!", f"alone-{number}") for number in range(5))[2]
        before = most = megabytes(app)
        arguments = [name, str(app.port), app.url, address, str(ATTACK_SECONDS), *(visitor.token for visitor in hostile)]
        attacker = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.attacks", *arguments], cwd=servers.ROOT, stdout=subprocess.PIPE
        )
        try:
            waits = []
            for number in range(9):
                waits.append(neighbour.ask("Hi!", f"beside-{number}"))
                most = max(most, megabytes(app))
                if attacker.poll() is not None:
                    break
            said, _ = attacker.communicate(timeout=30)
        finally:
            attacker.kill()
            attacker.wait()
    most = max(most, megabytes(app))
    codes = json.loads(said)
    sys.stdout.write(f"{name}: {most - before:+.1f} MB; {alone:.2f} s alone, {max(waits):.2f} s beside; {codes}\n")
    assert attacker.returncode == 0
    # Sooner or later each has asked for too much.
    assert set(codes) <= ENDS[name] | {TOO_MUCH} and bool(set(codes) & ENDS[name]) == bool(ENDS[name])
    assert most - before <= MAX_GROWTH_MB
    assert max(waits) <= max(MAX_SLOWER * alone, SOON_SECONDS), f"{waits} after {alone}"


def test_five_hundred_sockets_that_never_open_are_sent_away_in_time(app: servers.App):
    before = megabytes(app)
    raws = [Raw(app.port, app.url.encode(), b"198.51.100.%d" % (number % 4)) for number in range(500)]
    with Socket(Visitor(app.url, address="198.51.100.99")) as neighbour:
        assert neighbour.ask("Hi!", "g-1") < consumers.OPEN_SECONDS
    assert megabytes(app) - before <= MAX_GROWTH_MB
    assert {raw.ended(consumers.OPEN_SECONDS + 5) for raw in raws} == {str(consumers.NO_OPEN)}


@pytest.mark.parametrize(
    ("of_one", "of_another"),
    [
        (lambda n: b"198.51.100.77:%d" % (1024 + n), b"198.51.100.78:1024"),
        (lambda n: b"2001:db8:0:7::%x" % n, b"2001:db8:0:8::"),
    ],
)
def test_a_network_has_its_places_and_no_more(app: servers.App, of_one: Callable[[int], bytes], of_another: bytes):
    origin = app.url.encode()
    raws = [Raw(app.port, origin, of_one(number)) for number in range(access.CONNECTIONS_PER_NETWORK)]
    assert Raw(app.port, origin, of_one(9999)).ended() == str(consumers.TOO_MUCH)
    assert Raw(app.port, origin, of_another).ended(0.2) == "open"
    assert Raw(app.port, origin, of_one(1) + b", " + of_another).ended(0.2) == "open"
    assert Raw(app.port, origin, of_one(1) + b"\r\nX-Forwarded-For: " + of_another).ended(0.2) == "open"
    for raw in raws:
        raw.wire.close()


def test_the_oldest_of_too_many_tabs_gives_way_to_the_newest(app: servers.App):
    visitor = Visitor(app.url)
    oldest = Raw(app.port, app.url.encode())
    oldest.send(say("session.open", token=visitor.token, after=0))
    # Until it is registered, or a later one may be before it.
    next(payload for _, payload in oldest.frames() if b'"session.ready"' in payload)
    with ExitStack() as tabs:
        newest = [tabs.enter_context(Socket(visitor)) for _ in range(access.CONNECTIONS_PER_VISITOR)]
        assert oldest.ended() == str(consumers.TOO_MUCH)
        assert all(tab.ask("Hi!", f"h-{number}") for number, tab in enumerate(newest[-2:]))


SMUGGLED = [b"\x0b", b"\x0c", b"\x1c", b"\x1d", b"\x1e", b"\x85", b"\x00", b"\xa0", b"\r", b"\x7f", b"\xc2\x85"]


@pytest.mark.parametrize("byte", SMUGGLED, ids=repr)
def test_a_header_that_two_readers_would_read_differently_is_refused(app: servers.App, byte: bytes):
    origin = app.url.encode()
    for raw in (
        Raw(app.port, origin + byte),
        Raw(app.port, byte + origin),
        Raw(app.port, origin, b"203.0.113.1" + byte),
    ):
        assert raw.status == 400 or raw.ended(1) == str(consumers.FORBIDDEN)
        raw.wire.close()


def sessions_until_refused(app: servers.App, forwarded: Callable[[int], str]) -> int:
    body = json.dumps({"key": PUBLIC_KEY}).encode()
    for number in range(100):
        headers = {"Origin": app.url, "Content-Type": "application/json", "X-Forwarded-For": forwarded(number)}
        request = urllib.request.Request(f"{app.url}/api/v1/widget/sessions", body, headers)
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except urllib.error.HTTPError as error:
            with error:
                assert error.code == 429
                return number
    return 100


def test_a_forged_address_moves_no_limit(app: servers.App, start_app: Callable[..., servers.App]):
    assert sessions_until_refused(app, lambda number: f"192.0.2.{number}, 203.0.113.200") == 30
    assert sessions_until_refused(app, lambda number: f"192.0.2.{number}") == 100
    assert sessions_until_refused(start_app(), lambda number: f"192.0.2.{number}") == 30
