"""Export, erasure, and then every byte that an installation keeps: database, files, Redis and logs hold nothing of it."""

from __future__ import annotations

import io
import json
import secrets
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg
import pytest

from tests import servers
from tests.conftest import needed
from tests.shell import Shell

from .production import Postgres, Redis, running
from .test_secrets import forms
from .visitor import Visitor, until

# What staff do: the first prints the tables of the export and erases, the second is the clock once late writers are gone.
ERASE = """
import json, sys, zipfile
from assistant.models import Message
from assistant.services.privacy import erasure, export
visitor = Message.objects.filter(text__contains=sys.stdin.read()).first().conversation.visitor
with export.as_zip(visitor.organization, visitor) as file, zipfile.ZipFile(file) as exported:
    text = exported.read("visitor.json").decode()
erasure.erase(visitor.organization, visitor.pk)
print(json.dumps({"export": text}))
"""
ALLOW = """
from assistant.models import Organization
print(Organization.objects.update(visitors_manage_data=True))
"""
BOOKED = """
import sys
from assistant.models import Appointment
print(Appointment.objects.filter(name=sys.stdin.read(), state="confirmed").count())
"""
FINISH = """
from django.utils import timezone
from assistant.models import Removal
from assistant.services.privacy import erasure
erasure.finish_due(timezone.now() + 2 * erasure.LATE_WRITES)
print(Removal.objects.filter(finished_at=None).count())
"""


@dataclass
class Installation:
    url: str
    program: Shell
    stored: Callable[[], Iterator[tuple[str, bytes]]]  # all that it keeps, by where

    def shell(self, code: str, typed: str = "") -> str:
        return self.program.run(code, typed).splitlines()[-1]

    def places_of(self, markers: dict[str, str]) -> set[tuple[str, str]]:
        """Where which marker stands, as it is, in hex or in base64."""
        found = set()
        for place, content in self.stored():
            found |= {(place, name) for name, marker in markers.items() if any(form in content for form in forms(marker))}
        return found


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()


@pytest.fixture(scope="module")
def embedded(start_app: Callable[..., servers.App]) -> Iterator[Installation]:
    app = start_app(DEMO_MODEL_DELAY_MS="5")
    with Shell(app.environment) as shell:
        yield Installation(app.url, shell, lambda: files(app.data_dir))


def rows(url: str) -> Iterator[tuple[str, bytes]]:
    """Each table of the database, as text."""
    with closing(psycopg.connect(url)) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in tables:
            found = connection.execute(f'SELECT t::text FROM "{name}" AS t'.encode()).fetchall()
            yield name, "\n".join(text for (text,) in found).encode()


def dump(redis: Redis, folder: Path) -> Iterator[tuple[str, bytes]]:
    import redis as client

    with closing(client.Redis.from_url(redis.url)) as connection:
        connection.config_set("rdbcompression", "no")
        connection.save()
    yield "redis", (folder / "dump.rdb").read_bytes()


@pytest.fixture(scope="module")
def installed(postgres: Postgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("installed")

    def stored() -> Iterator[tuple[str, bytes]]:
        yield from rows(here.environment["DATABASE_URL"])
        yield from dump(redis, folder)
        yield from files(folder)
        yield "postgresql.log", (postgres.data.parent / "log").read_bytes()

    with needed(partial(redis_in, folder)) as redis, running(folder, postgres.database(like=template), redis.url) as here:
        here.worker()
        with Shell(here.environment) as shell:
            yield Installation(here.webs[0].url, shell, stored)


@contextmanager
def redis_in(folder: Path) -> Iterator[Redis]:
    redis = Redis(folder)
    try:
        yield redis.start()
    finally:
        redis.kill()


@pytest.fixture(scope="module", params=["embedded", "installed"])
def there(request: pytest.FixtureRequest) -> Installation:
    found: Installation = request.getfixturevalue(request.param)
    return found


def talk(url: str, markers: dict[str, str]) -> Visitor:
    """Say, leave and book things, each with a marker."""
    visitor = Visitor(url)
    page = f"{url}/demo/?from={markers['page']}"
    text = f"Where can I park? {markers['text']}"
    visitor.ask("POST", "messages", {"id": markers["id"], "text": text, "page": {"url": page, "title": markers["title"]}})
    until(lambda: visitor.turns_ended() == 1)
    visitor.say(f"Please tell the team that I am late: {markers['message']}. My name is Ada.")
    until(lambda: visitor.turns_ended() == 2 or any("card" in event for event in visitor.events()))
    visitor.say("Can I come in on Tuesday afternoon?")
    slots = visitor.times()
    visitor.answer(slots, slots["days"][0]["slots"][0]["id"])
    given = {"name": markers["name"], "email": f"{markers['email']}@example.com"}
    visitor.answer(visitor.card("confirm"), "confirm", given)
    visitor.card("receipt")
    return visitor


def by_staff(there: Installation, visitor: Visitor, markers: dict[str, str]) -> str:
    """Staff export and erase; returns what the export has."""
    exported: str = json.loads(there.shell(ERASE, markers["text"]))["export"]
    return exported


def by_themselves(there: Installation, visitor: Visitor, markers: dict[str, str]) -> str:
    """The visitor downloads, and erases while a reply is being written; the answer is lost, and asked for again."""
    there.shell(ALLOW)
    with zipfile.ZipFile(io.BytesIO(visitor.download("visitor/data/export"))) as file:
        exported = file.read("visitor.json").decode()
    visitor.say(f"One more thing: {markers['late']}. " + "Please tell me everything about your prices. " * 20)
    for _ in range(2):
        visitor.ask("POST", "visitor/data/erase", {"confirm": True})
    return exported


@pytest.mark.parametrize("erase", [by_staff, by_themselves])
def test_no_byte_of_an_erased_visitor_is_kept(
    there: Installation, erase: Callable[[Installation, Visitor, dict[str, str]], str]
) -> None:
    names = ("text", "id", "page", "title", "message", "name", "email", "late")
    markers = {name: f"qz{secrets.token_hex(10)}" for name in names}
    visitor = talk(there.url, markers)
    mailed = {"text", "message", "name", "email"}
    until(lambda: {name for _, name in there.places_of(markers)} >= mailed)  # or the search would find nothing anywhere
    until(lambda: there.shell(BOOKED, markers["name"]) == "1")
    until(lambda: delivered(there))
    exported = erase(there, visitor, markers)
    assert [name for name in mailed if markers[name] not in exported] == []
    until(lambda: there.shell(FINISH) == "0", 60)
    assert there.places_of(markers) == set()


def delivered(there: Installation) -> bool:
    """Whether nothing is on its way any more: what a worker holds is not erased but waited for."""
    open_ = "from assistant.models import Delivery as D; print(D.objects.filter(state__in=['queued', 'sending']).count())"
    return there.shell(open_) == "0"
