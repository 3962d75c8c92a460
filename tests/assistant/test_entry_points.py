"""No address that staff, a visitor, a model, an import or another server names leads into our own network: every entry
point, found in the code, against a DNS that changes its mind, watched at the socket."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as configured

from assistant import tasks
from assistant.models import Document
from assistant.services.knowledge import documents
from assistant.tools import importing
from tests.assistant.dns import NAMES
from tests.assistant.entries import ENTRIES, FORMS, Entry, Rooms, Said
from tests.assistant.entry_site import WORDS, Site
from tests.rebinding import CANARY, PUBLIC, Answer, Asked, Network, network
from tests.sampling import part
from tests.servers import free_port

# One of each class; the door itself meets more of each in test_outbound.
SPELLINGS = [
    "http://127.0.0.1/", "http://127.1/", "http://0177.0.0.1/", "http://0x7f.1/", "http://2130706433/", "http://0.0.0.0/",
    "http://127.0.0.1./", "http://localhost/", "http://a.localhost./", "http://127。0。0。1/", "http://１２７.0.0.1/",
    "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::127.0.0.1]/", "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/", "http://[fe80::1%25lo]/", "http://[fd00:ec2::254]/",
    "http://169.254.169.254/latest/meta-data/", "http://metadata.google.internal/", "http://10.0.0.1/", "http://100.64.0.1/",
    "http://printer.local/", "http://example.com@127.0.0.1/", "http://127.0.0.1\\@example.com/", "http://example.com%40127.0.0.1/",
    "http://example.com:6379/", "https://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "http://[",
    "//127.0.0.1/", "http://redis/",
]  # fmt: skip
# Over these, parsers disagree.
TRICKS = [
    "http://127.0.0.1\\@example.com/", "http://example.com\\@127.0.0.1/", "http://example.com%40127.0.0.1/",
    "http://127.0.0.1%2f@example.com/", "http://127.0.0.1#@example.com/", "http://127.0.0.1?@example.com/",
    "http://127.0.0.1;@example.com/", "http:\\\\127.0.0.1\\", "http:127.0.0.1/", "http:/127.0.0.1/", "HTTP://127.0.0.1/",
    "http://127.0.0.1%00.example.com/", "http://127.0.0.1\t/", "http://\u2488.0.0.1/", "http://127\uff0e0\uff0e0\uff0e1/",
    "http://127.0.0.1%2eexample.com/", "http://[", "http://[::1", "http://[v1.x]/", "http://[::1]@example.com/",
    "http://[::ffff:0:127.0.0.1]/", "http://[::ffff:100.64.0.1]/", "http://[2001:0:a9fe:a9fe::1]/", "http://100.127.255.255/",
    "unix:/var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "data:text/html,x", "ldap://127.0.0.1/",
]  # fmt: skip
FEW_SPELLINGS = ["http://127.0.0.1/", "http://[::ffff:127.0.0.1]/", "http://0x7f.1/", "file:///etc/passwd"]

# What a name resolves to. One look-up's answers, then the next one's, and round again.
PRIVATE = {
    **{name: [answers] for name, answers in NAMES.items() if name != "scoped.test"},
    "unspecified.test": [["0.0.0.0"]],
    "carrier.test": [["100.64.0.1"]],
    "unique-local.test": [["fd00:ec2::254"]],
    "teredo.test": [["2001:0:7f00:1::"]],
    "public-last.test": [["10.1.2.3", PUBLIC]],
    "alias.test": [["-> inside.test"]],
    "alias-of-alias.test": [["-> alias.test"]],
    "inside.test": [["10.0.0.7"]],
}
FEW_NAMES = ["loopback.test", "mixed.test"]

Some = Callable[[Iterable[str]], list[str]]

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def servers() -> Iterator[Network]:
    with network(Site()) as made:
        yield made


@pytest.fixture
def net(servers: Network, settings: Any) -> Iterator[Network]:
    settings.OUTBOUND_ALLOWED_ORIGINS = []
    settings.AI_ENVIRONMENT = {}
    settings.DEMO_MODEL = False
    servers.site.answer = Site()
    redis = urlsplit(configured.REDIS_URL)
    with servers.watched(*[(redis.hostname, redis.port)] if redis.hostname and redis.port else ()):
        servers.names.update({**PRIVATE, "shop.test": [[PUBLIC]]})
        yield servers


@pytest.fixture
def rooms(net: Network) -> Rooms:
    return Rooms()


def entries(table: dict[str, Entry], **wanted: bool) -> Any:
    chosen = {name: one for name, one in table.items() if all(getattr(one, key) == value for key, value in wanted.items())}
    return pytest.mark.parametrize("entry", chosen.values(), ids=chosen)


@pytest.fixture
def some(request: pytest.FixtureRequest) -> Some:
    """A twelfth of a list, another one for each entry: together they try all of it."""
    return lambda values: part(values, 12, request.node.callspec.id)


def at(url: str, port: int) -> str:
    """`url` with that port, where it is an http address that names none."""
    return re.sub(r"^(https?://(?:\[[^]/]*\]|[^/\\?#:\[]+))(?=[/?#])", rf"\g<1>:{port}", url)


def address(entry: Entry, port: int | str = "", host: str = "shop.test") -> str:
    """A name as `entry` would go there. Its own host is reached by https, and nobody speaks that here."""
    scheme = "https" if entry.host else "http"
    return f"{scheme}://{entry.host or host}{f':{port}' if port else ''}/{'v1' if entry.host else ''}"


def check(entry: Entry, said: Said, url: str) -> None:
    """A refusal in the room's own words, with nothing kept; and not a word of what the name resolved to."""
    assert said.code in entry.says and said.kept is None, (url, said)
    assert CANARY not in said.text and WORDS not in said.text, (url, said)
    resolved = {answer for answers in PRIVATE.values() for one in answers for answer in one} - {PUBLIC}
    assert [one for one in resolved if one in said.text and one not in url] == [], (url, said)


# --- Where addresses are written down ----------------------------------------------------------------------------------


@entries(FORMS)
def test_an_address_that_is_not_public_is_refused_where_it_is_written(
    entry: Entry, rooms: Rooms, net: Network, some: Some
) -> None:
    for url in dict.fromkeys([*FEW_SPELLINGS[:2], *(some([*SPELLINGS, *TRICKS]) if entry.whole else [])]):
        check(entry, entry.drive(rooms, at(url, net.canary.port)), url)
    assert net.trespasses() == []
    assert not net.asked and not net.names.asked, "the person who enters a name must not learn what it resolves to"
    assert entry.drive(rooms, "http://shop.test/").code == "done"


# --- Where we go -------------------------------------------------------------------------------------------------------


@entries(ENTRIES)
def test_a_public_address_is_gone_to_and_seen(entry: Entry, rooms: Rooms, net: Network) -> None:
    net.names[entry.host or "shop.test"] = [[PUBLIC]]
    said = entry.drive(rooms, address(entry))
    if not entry.host:  # its TLS is beyond this network
        assert said.code == entry.done and said.kept and net.site.seen, said
    assert set(net.asked) == {(PUBLIC, 443 if entry.host else 80)}
    assert ("127.0.0.1", net.site.port) in net.dialled and net.trespasses() == []


@entries(ENTRIES)
def test_an_address_that_is_not_public_is_not_connected_to(entry: Entry, rooms: Rooms, net: Network, some: Some) -> None:
    for url in dict.fromkeys([*FEW_SPELLINGS, *(some(SPELLINGS) if entry.whole else [])]):
        check(entry, entry.drive(rooms, at(url, net.canary.port)), url)
        assert net.trespasses() == [], url
    assert not net.asked


@entries(ENTRIES)
def test_a_name_that_resolves_to_what_is_not_public_is_not_connected_to(
    entry: Entry, rooms: Rooms, net: Network, some: Some
) -> None:
    for name in dict.fromkeys([*FEW_NAMES, *(some(PRIVATE) if entry.whole or entry.host else [])]):
        net.names[entry.host or name] = PRIVATE[name]
        url = address(entry, net.canary.port, name)
        check(entry, entry.drive(rooms, url), url)
        assert net.names.asked[entry.host or name], "the name was looked up"
        assert net.trespasses() == [], name
    assert not net.asked


@entries(ENTRIES)
def test_a_name_that_turns_after_it_was_checked_leads_nowhere_new(entry: Entry, rooms: Rooms, net: Network) -> None:
    """A second look-up, to connect or for another request, would resolve to loopback."""
    turnings = [[[PUBLIC], ["127.0.0.1"]], [[PUBLIC], ["::1"], [PUBLIC, "10.0.0.7"]]]
    for answers in turnings if entry.whole else turnings[:1]:
        net.names["turning.test"] = net.names[entry.host or "turning.test"] = answers
        for _ in range(2):
            entry.drive(rooms, address(entry, net.canary.port, "turning.test"))
        assert net.trespasses() == []
        assert net.asked and len(net.asked) <= net.names.asked[entry.host or "turning.test"]
        net.forget()


@entries(ENTRIES)
def test_a_port_that_is_open_and_one_that_is_not_are_refused_in_the_same_words(
    entry: Entry, rooms: Rooms, net: Network
) -> None:
    net.names[entry.host or "loopback.test"] = PRIVATE["loopback.test"]
    closed = free_port()
    for host in ("loopback.test", "127.0.0.1") if entry.whole else ("loopback.test",):
        one, other = (entry.drive(rooms, address(entry, port, host)) for port in (net.canary.port, closed))
        assert one.code in entry.says and one.code == other.code
        assert one.text.replace(str(net.canary.port), "") == other.text.replace(str(closed), "")
    assert net.trespasses() == []


@entries(ENTRIES, follows=True)
def test_a_redirect_into_our_network_is_not_followed(entry: Entry, rooms: Rooms, net: Network) -> None:
    targets = [at(url, net.canary.port) for url in (SPELLINGS if entry.whole else FEW_SPELLINGS)]
    targets += [f"http://{name}:{net.canary.port}/" for name in FEW_NAMES]
    for target in targets:
        net.site.answer = leading_to(target)
        said = entry.drive(rooms, "http://shop.test/")
        assert net.trespasses() == [], target
        assert said.code in entry.says | {"redirect"} and said.kept is None, (target, said)
    net.names["turning.test"] = [[PUBLIC], ["127.0.0.1"]]
    net.site.answer = leading_to(f"http://turning.test:{net.canary.port}/again")
    entry.drive(rooms, f"http://turning.test:{net.canary.port}/")
    assert net.trespasses() == []


@entries(ENTRIES, follows=False)
def test_what_follows_no_redirect_asks_once(entry: Entry, rooms: Rooms, net: Network) -> None:
    for status in (301, 307):
        net.site.answer = leading_to(f"http://127.0.0.1:{net.canary.port}/", status)
        said = entry.drive(rooms, address(entry))
        assert net.trespasses() == [] and not said.kept and CANARY not in said.text, said


def leading_to(target: str, status: int = 302) -> Any:
    """As bytes of UTF-8: some of the targets are no text that a header may hold."""
    location = target.encode().decode("latin-1")

    def answer(asked: Asked) -> Answer:
        return status, {"Location": location, "Content-Type": "text/html"}, WORDS.encode()

    return answer


# --- What comes with an address, and what is read without one ----------------------------------------------------------


ARGUMENTS = [
    "@127.0.0.1/", "127.0.0.1", "//127.0.0.1/", "\\\\127.0.0.1\\", "../../../127.0.0.1", "?@127.0.0.1", "#@127.0.0.1",
    "http://127.0.0.1/", ".127.0.0.1", ":80@127.0.0.1", "x\r\nHost: 127.0.0.1\r\n\r\n", "%0d%0aHost:%20127.0.0.1", "..;/",
    "http://elsewhere.test/", "//elsewhere.test/", "@elsewhere.test/", "\\\\elsewhere.test/",
]  # fmt: skip
PLACES = [
    {"url": "http://shop.test/{order}"},
    {"url": "http://shop.test/a/{order}/b?c={order}"},
    {"url": "http://shop.test?q={order}", "verb": "PUT", "send": "form"},
    {"url": "http://shop.test", "headers": "X-Shop: {order}"},
    {"url": "http://shop.test", "verb": "POST"},
]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: "-".join(map(str, place.values())))
def test_no_argument_chooses_where_a_method_goes(place: dict[str, str], rooms: Rooms, net: Network) -> None:
    net.names["elsewhere.test"] = [[PUBLIC]]
    rooms.set_method("http", **place)
    for value in ARGUMENTS:
        rooms.call(order=value)
    assert set(net.asked) == {(PUBLIC, 80)} and net.trespasses() == []
    assert {one.headers["Host"] for one in net.site.seen} == {"shop.test"}


@pytest.mark.parametrize("url", ["http://shop.test{order}", "http://{order}/", "http://shop.test:{order}/", "{order}"])
def test_no_argument_is_ever_a_part_of_the_host(url: str, rooms: Rooms, net: Network) -> None:
    """The form refuses such an address; a row that holds one all the same goes nowhere."""
    net.names["elsewhere.test"] = [[PUBLIC]]
    rooms.set_method("http", url=url)
    for value in [*ARGUMENTS, "loopback.test", f":{net.canary.port}", "http://shop.test/"]:
        check(ENTRIES["a method that a model calls"], rooms.call(order=value), url + value)
    assert not net.asked and net.trespasses() == []


def test_a_dry_run_and_a_replay_go_nowhere_with_a_method(rooms: Rooms, net: Network) -> None:
    rooms.set_method("http", url=f"http://loopback.test:{net.canary.port}/")
    rooms.boss.post(f"/admin/assistant/method/{rooms.method.pk}/test/", {"argument-order": "1"})
    assert rooms.of_ledger().code == "done"
    assert (net.asked, net.names.asked) == ([], {})


def test_what_a_document_refers_to_is_not_fetched(rooms: Rooms, net: Network) -> None:
    """Schemas, entities, templates, frames: none is worth a request. Files are read by a child, so the canary must tell."""
    there = f"http://127.0.0.1:{net.canary.port}/x"
    entity = f'<!ENTITY e SYSTEM "{there}"><!ENTITY % p SYSTEM "{there}"> %p;'
    entity = f'<?xml version="1.0"?><!DOCTYPE d SYSTEM "{there}.dtd" [{entity}]>'
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("[Content_Types].xml", WORD_TYPES)
        file.writestr("_rels/.rels", RELATIONS.format(kind="officeDocument", target="word/document.xml", mode="Internal"))
        relation = RELATIONS.format(kind="attachedTemplate", target=there, mode="External")
        file.writestr("word/_rels/document.xml.rels", relation)
        body = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>'
        file.writestr("word/document.xml", f"{entity}{body}Open &e; nine</w:t></w:r></w:p></w:body></w:document>")
    page = f'<base href="{there}"><link rel=stylesheet href="{there}"><meta http-equiv=refresh content="0;url={there}">'
    page += f'<iframe src="{there}"></iframe><img src="{there}"><a href="{there}">Open</a> from nine'
    for name, data in (
        ("a.docx", packed.getvalue()),
        ("a.html", page.encode()),
        ("b.html", entity.encode() + b"<p>Open &e;"),
    ):
        document = Document(organization=rooms.home, kind="file", title=name)
        documents.queue(document, file=(name, data))
        tasks.read_document(str(document.pk))
        document.refresh_from_db()
        assert document.state == "ready" and "Open" in document.text and CANARY not in document.text
    schema = {"$schema": there, "$id": there, "type": "object", "properties": {"a": {"$ref": f"{there}#/a"}}}
    body = {"requestBody": {"content": {"application/json": {"schema": schema}}}}
    text = {
        "openapi": "3.1.0",
        "servers": [{"url": "https://a.example"}],
        "paths": {"/x": {"post": body}, "/y": {"$ref": there}},
    }
    drafts = importing.validated(importing.read(json.dumps(text)), []).drafts
    assert {problem.code for draft in drafts for problem in draft.problems} == {"ref_remote"}
    assert (net.asked, net.trespasses()) == ([], [])


WORD_TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
    'Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" Target="{target}" '
    'TargetMode="{mode}"/></Relationships>'
)
