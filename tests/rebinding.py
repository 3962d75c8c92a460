"""A network for tests of what may be reached: a DNS that changes its mind, and a record of what sockets connect to.

    with network(answer) as net, net.watched():
        net.names["turning.test"] = [[PUBLIC], ["127.0.0.1"]]    # the first look-up's answers, then the second's, and again
        ...
        assert net.asked == [(PUBLIC, 80)] and net.trespasses() == []

The system's resolver asks a real DNS server over UDP, without its caches. `PUBLIC` is the one address beyond loopback
that answers: connections to it end at `net.site`. What is on loopback, `net.canary` on its open port above all, is there
to be left alone; what the operating system was asked to connect to is heard from Python's audit events, so that no way
of connecting escapes.
"""

from __future__ import annotations

import ipaddress
import socket
import socketserver
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest import mock

from dnslib import AAAA, CNAME, QTYPE, RR, A, DNSRecord
from dnslib.server import DNSHandler, DNSLogger

PUBLIC = "93.184.216.34"  # once example.com's; the guard lets it pass, and nothing here really dials it
CANARY = "the canary sang"  # the response of the server that must not be reached

Answer = tuple[int, dict[str, str], bytes]
Address = tuple[str, int]


@dataclass(frozen=True)
class Asked:
    """A request, as a server saw it."""

    method: str
    path: str
    headers: Any
    body: bytes


class Listener(ThreadingHTTPServer):
    """An HTTP server on loopback. `accepted` counts connections, whether or not anything was said on them."""

    def __init__(self, answer: Callable[[Asked], Answer], host: str = "127.0.0.1", port: int = 0) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.answer, self.accepted, self.seen = answer, 0, list[Asked]()
        super().__init__((host, port), _Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's looks its own name up

    def verify_request(self, request: Any, client_address: Any) -> bool:
        self.accepted += 1
        return True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that disconnects half-way is not a test error."""


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = Asked(self.command, self.path, self.headers, body)
        self.server.seen.append(asked)
        status, headers, content = self.server.answer(asked)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _any

    def log_message(self, *args: Any) -> None:
        pass


class Names(dict[str, list[list[str]]]):
    """What the DNS server says: for each name the answers of one look-up after the other, round and round.

    An answer is an address, or `-> name` for an alias. `asked` counts look-ups (a question for A begins one).
    """

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    def resolve(self, request: DNSRecord, handler: Any) -> DNSRecord:
        reply = request.reply()
        name, wanted = str(request.q.qname).rstrip(".").lower(), QTYPE[request.q.qtype]
        self.asked[name] += wanted == "A"
        reply.header.rcode = 0 if name in self else 3
        for record in self._records(name, wanted, 8):
            reply.add_answer(record)
        return reply

    def _records(self, name: str, wanted: str, depth: int) -> Iterator[RR]:
        if name not in self or not depth:
            return
        for answer in self[name][(self.asked[name] - 1) % len(self[name])]:
            if answer.startswith("-> "):
                yield RR(name, QTYPE.CNAME, rdata=CNAME(answer[3:]), ttl=0)
                yield from self._records(answer[3:], wanted, depth - 1)
            elif wanted == ("AAAA" if ":" in answer else "A"):
                exact = ipaddress.ip_address(answer).exploded
                yield RR(name, QTYPE.reverse[wanted], rdata=(AAAA if ":" in answer else A)(exact), ttl=0)


@dataclass
class Network:
    site: Listener
    canary: Listener
    names: Names
    dns_port: int
    spared: frozenset[Address] = frozenset()  # what a test's own machinery connects to
    asked: list[Address] = field(default_factory=list)  # by the code under test
    dialled: list[Address] = field(default_factory=list)  # of the operating system

    @contextmanager
    def watched(self, *spared: Address) -> Iterator[None]:
        """Meanwhile all connections and DNS look-ups go to this network, and are recorded."""
        global _hooked, _watching
        if not _hooked:
            sys.addaudithook(_hear)  # for good: there is no taking it back
            _hooked = True
        self.spared = frozenset(spared)
        self.names.clear()
        self.forget()
        connect = mock.patch.object(socket.socket, "connect", lambda to, address: self.connect(to, address))
        with mock.patch.object(socket, "getaddrinfo", self.getaddrinfo), connect:
            _watching = self
            try:
                yield
            finally:
                _watching = None

    def trespasses(self) -> list[Address]:
        """What was connected to, or tried, beyond `PUBLIC`; and whether the canary heard of it."""
        wrong = [one for one in self.asked if one[0] != PUBLIC]
        wrong += [one for one in self.dialled if one != ("127.0.0.1", self.site.port) and one not in self.spared]
        return wrong + [("canary", self.canary.port)] * self.canary.accepted

    def forget(self) -> None:
        self.asked.clear()
        self.dialled.clear()
        self.names.asked.clear()
        self.site.seen.clear()
        self.site.accepted = self.canary.accepted = 0

    def connect(self, to: socket.socket, address: Any) -> Any:
        if to.family not in (socket.AF_INET, socket.AF_INET6):
            return _connect(to, address)
        if address[:2] not in self.spared:
            self.asked.append(address[:2])
        if address[0] == PUBLIC:
            return _connect(to, ("127.0.0.1", self.site.port))
        if not ipaddress.ip_address(address[0].partition("%")[0]).is_loopback:
            raise ConnectionRefusedError(f"A test tried to connect to {address}.")
        return _connect(to, address)

    def getaddrinfo(
        self, host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> list[tuple[Any, ...]]:
        try:  # the spellings of an address that the system knows are not asked for
            return _getaddrinfo(host, port, family, type, proto, flags | socket.AI_NUMERICHOST)
        except socket.gaierror:
            pass
        if str(host).rstrip(".").lower().rpartition(".")[2] == "localhost":
            return _getaddrinfo("localhost", port, family, type, proto, flags)
        found = [(socket.AF_INET, one) for one in self._look_up(str(host), "A")]
        found += [(socket.AF_INET6, one) for one in self._look_up(str(host), "AAAA")]
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            (kind, type or socket.SOCK_STREAM, 6, "", (one, int(port or 0)) if kind == socket.AF_INET else (one, port, 0, 0))
            for kind, one in found
        ]

    def _look_up(self, host: str, wanted: str) -> list[str]:
        reply = DNSRecord.parse(DNSRecord.question(host, wanted).send("127.0.0.1", self.dns_port, timeout=5))
        return [str(ipaddress.ip_address(str(one.rdata))) for one in reply.rr if QTYPE[one.rtype] == wanted]


_connect = socket.socket.connect
_getaddrinfo = socket.getaddrinfo
_watching: Network | None = None
_hooked = False


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching is not None and event == "socket.connect" and isinstance(arguments[1], tuple):
        _watching.dialled.append(arguments[1][:2])


@contextmanager
def network(answer: Callable[[Asked], Answer]) -> Iterator[Network]:
    """The servers of a network; `answer` is what `PUBLIC` says. Code meets them in `Network.watched`."""

    def sing(asked: Asked) -> Answer:
        return 200, {"Content-Type": "application/json"}, f'{{"data": "{CANARY}"}}'.encode()

    with ExitStack() as stack:
        names = Names()
        dns: Any = stack.enter_context(_served(socketserver.UDPServer(("127.0.0.1", 0), DNSHandler)))
        dns.resolver, dns.logger = names, DNSLogger(logf=lambda text: None)
        site = stack.enter_context(_served(Listener(answer)))
        canary = stack.enter_context(_served(Listener(sing)))
        yield Network(site, canary, names, dns.server_address[1])


@contextmanager
def _served(server: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
