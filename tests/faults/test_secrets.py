"""Secrets are sent only to the server they were saved for: all output and storage is recorded, then searched."""

from __future__ import annotations

import base64
import json
import re
import secrets
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from assistant.tools import http, mcp
from tests import servers
from tests.assistant.admin.test_scoping import addresses_with_object, plain_addresses, with_object

from . import hostile
from .conftest import Databases
from .hostile import FAULTS, Hostile, Mail
from .visitor import PUBLIC_KEY, Visitor, until

HTTP_AUTHS = [name for name, _ in http.Config.base_fields["auth"].choices if name != "none"]  # type: ignore[attr-defined]
MCP_AUTHS = [name for name, _ in mcp.Config.base_fields["auth"].choices if name != "none"]  # type: ignore[attr-defined]


class Canaries(dict[str, str]):
    """One secret for each name; made when it is first asked for."""

    def __missing__(self, name: str) -> str:
        # The ends change when they are encoded for a URL; the middle is what is looked for.
        self[name] = f"+/{secrets.token_hex(16)}=&"
        return self[name]

    def plain(self, name: str) -> str:
        """For what stands in a URL of its own, or is a base64 text."""
        self[name] = secrets.token_hex(16)
        return self[name]

    def found_in(self, content: bytes, *, but: str = "") -> list[str]:
        """The names of those that stand in `content`, as they are or in hex or base64."""
        return [name for name, secret in self.items() if name != but and any(form in content for form in forms(secret))]

    def around(self, content: bytes) -> list[bytes]:
        """The text around each secret, to help find out how it got there."""
        places = (content.find(form) for secret in self.values() for form in forms(secret))
        return [content[max(0, at - 300) : at + 60] for at in places if at >= 0]


def forms(secret: str) -> Iterator[bytes]:
    core = (max(re.findall(r"[0-9A-Za-z]+", secret), key=len)).encode()
    yield core
    yield core.hex().encode()
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + core)
        yield encoded[(0, 2, 3)[shift] : len(encoded.rstrip(b"=")) - 1]


def test_a_secret_is_recognised_however_it_is_dressed():
    canaries = Canaries()
    secret = canaries["a"]
    for shift in range(3):
        assert canaries.found_in(b"-" + base64.b64encode(b"x" * shift + secret.encode() + b"yz") + b"-") == ["a"]
    assert canaries.found_in(urllib.parse.quote_plus(secret).encode()) == ["a"]
    assert canaries.found_in(json.dumps({"x": secret}).encode()) == ["a"]
    assert canaries.found_in(b"nothing") == canaries.found_in(secret.encode(), but="a") == []


# --- The installation -------------------------------------------------------------------------------------------------


@pytest.fixture
def world() -> Iterator[tuple[Hostile, Mail, int]]:
    with hostile.running() as everybody:
        yield everybody


class Kept(dict[str, bytes]):
    """All that came out, by where."""

    def note(self, where: str, content: bytes | str) -> None:
        self[where] = self.get(where, b"") + (content.encode() if isinstance(content, str) else content) + b"\n"


@contextmanager
def listening_to(url: str, token: str, kept: Kept) -> Iterator[None]:
    """Keep what a widget without WebSockets is sent while this lasts."""
    request = urllib.request.Request(
        f"{url}/api/v1/widget/events",
        headers={"Origin": url, "Authorization": f"Bearer {token}", "Accept": "text/event-stream"},
    )
    stream = urllib.request.urlopen(request, timeout=60)

    def read() -> None:
        with suppress(OSError, ValueError, AttributeError):
            while line := stream.readline():
                kept.note("events", line)

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        yield
    finally:
        with suppress(OSError):
            stream.fp.raw._sock.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def methods(web: Hostile, canaries: Canaries) -> list[dict[str, Any]]:
    """Every kind of authentication, for a server that accepts it and for one that refuses it."""
    found = []
    for manner in ("echo", "refuse"):
        for auth in HTTP_AUTHS:
            name = f"{manner}_{auth}"
            config = {
                "verb": "POST" if auth == "hmac" else "GET",
                "url": f"{web.url}/{manner}/{auth}?own={{own}}",
                "auth": auth,
            }
            config |= {"auth_user": "shop", "auth_name": "key" if auth == "query" else "X-Api-Key"}
            secret = {"credential": canaries[name], "own": canaries[f"{name} own"]}
            found.append({"name": name, "kind": "http", "config": config, "secrets": secret})
    for auth in MCP_AUTHS:
        name = f"mcp_{auth}"
        config = {"url": f"{web.url}/mcp/{auth}", "tool": "x", "auth": auth, "auth_name": "X-Api-Key"}
        found.append({"name": name, "kind": "mcp", "config": config, "secrets": {"credential": canaries[name]}})
    return found


def plant(environment: dict[str, str], **asked: Any) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.plant"], cwd=servers.ROOT, env=environment, input=json.dumps(asked),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("home", ["embedded", "production"])
def test_no_secret_is_found_where_it_does_not_belong(
    home: str,
    request: pytest.FixtureRequest,
    start_app: Callable[..., servers.App],
    new_database: Databases,
    world: tuple[Hostile, Mail, int],
):
    web, mail, mail_port = world
    canaries, kept = Canaries(), Kept()
    environment = {
        "DJANGO_SETTINGS_MODULE": "interworky.settings",
        "LOG_LEVEL": "debug",
        "RATE_LIMITS": "false",
        "SECRET_KEY": canaries.plain("SECRET_KEY") * 2,
        "FIELD_KEYS": base64.urlsafe_b64encode(canaries.plain("FIELD_KEYS").encode()).decode(),
        "METRICS_TOKEN": canaries.plain("METRICS_TOKEN"),
        "EMAIL_URL": f"smtp://shop:{canaries.plain('EMAIL_URL')}@127.0.0.1:{mail_port}",
        "OUTBOUND_ALLOWED_ORIGINS": web.url,
        "AI_ROTATION": "round-robin",
        "AI_FINE_URL": f"{web.url}/good/env/v1",
        "AI_FINE_KEY": canaries["AI_FINE_KEY"],
        "AI_FINE_SMART": "m",
    }
    for fault in FAULTS:
        variables = {"URL": f"{web.url}/{fault}/env/v1", "KEY": canaries[f"env {fault}"], "SMART": "m"}
        environment |= {f"AI_{fault.upper().replace('_', '')}_{name}": value for name, value in variables.items()}
    monitored: Iterator[None] | None = None
    postgres_url = ""
    if home == "production":
        redis_url, postgres_url = request.getfixturevalue("redis_url"), new_database("postgresql")["DATABASE_URL"]
        monitored = redis_monitored(redis_url, canaries.plain("REDIS_URL"), kept)
        next(monitored)
        environment |= {
            "REDIS_URL": redis_url.replace("redis://", f"redis://:{canaries['REDIS_URL']}@"),
            "DATABASE_URL": postgres_url.replace("interworky@", f"interworky:{canaries.plain('DATABASE_URL')}@"),
            "DEMO_SITE": "true",
        }
    app = start_app(**environment)
    planted = plant(
        app.environment,
        provider_url=f"{web.url}/good/own/v1",
        provider_key=canaries["own provider"],
        methods=methods(web, canaries),
        broken=[
            {"name": fault, "base_url": f"{web.url}/{fault}/own/v1", "key": canaries[f"own {fault}"]} for fault in FAULTS
        ],
        password=canaries["superuser"],
    )
    try:
        tokens = converse(app, web, planted, kept, canaries)
        until(lambda: mail.taken and mail.refused, 30)
        operate(app, planted, kept, canaries, pages=home == "embedded")  # which are the same in both
    finally:
        app.stop()
        if monitored:
            next(monitored, None)
    store(app, postgres_url, kept)

    # --- What arrived where it belongs: else nothing was tested
    for one in methods(web, canaries):
        path = one["config"]["url"].removeprefix(web.url).partition("?")[0]
        if one["config"]["auth"] != "hmac":  # which never goes out as it is
            assert one["name"] in canaries.found_in(web.sent_to(path)), path
        if one["kind"] == "http":
            assert f"{one['name']} own" in canaries.found_in(web.sent_to(path)), path
    assert "own provider" in canaries.found_in(web.sent_to("/good/own"))
    assert "AI_FINE_KEY" in canaries.found_in(web.sent_to("/good/env"))
    for fault in FAULTS:
        assert canaries.found_in(web.sent_to(f"/{fault}/own")) == [f"own {fault}"]
        assert canaries.found_in(web.sent_to(f"/{fault}/env")) == [f"env {fault}"]
    assert canaries["EMAIL_URL"].encode() in mail.passwords and mail.taken

    # --- And nowhere else
    for path in {where for where, _, _ in web.received}:
        heads = b"\n".join(head for where, head, _ in web.received if where == path)
        bodies = b"\n".join(body for where, _, body in web.received if where == path)
        assert len(set(canaries.found_in(heads))) <= (2 if path.startswith(("/echo", "/refuse")) else 1), path
        assert canaries.found_in(bodies) == [], path
    assert not web.sent_to("/elsewhere")
    kept.note("mails", b"\n".join(mail.taken))
    for where, content in kept.items():
        assert canaries.found_in(content) == [], (where, canaries.around(content))
        for token in tokens:
            # The token is for one widget; it was sent once, in the answer to it.
            assert token.encode() not in content or where == "sessions", where
    assert {"events", "sessions", "logs", "database", "doctor", "admin", "metrics", "mails"} <= set(kept)
    assert all(len(content) > 500 for content in kept.values()), {where: len(content) for where, content in kept.items()}


def converse(app: servers.App, web: Hostile, planted: dict[str, Any], kept: Kept, canaries: Canaries) -> list[str]:
    """One visitor uses every method and books; another one meets every fault. Their tokens."""
    visitor, unlucky = Visitor(app.url), Visitor(app.url, planted["faulty"])
    for one in (visitor, unlucky):
        kept.note("sessions", one.token + " " * 500)
    with listening_to(app.url, visitor.token, kept), listening_to(app.url, unlucky.token, kept):
        for number, one in enumerate(methods(web, canaries), 1):
            visitor.say(f"use {one['name']}")
            until(lambda number=number: visitor.turns_ended() >= number)
        visitor.say("use message_team " + json.dumps({"name": "Ada", "message": "I am late."}))
        visitor.card("receipt")
        before = visitor.turns_ended()
        visitor.say("use appointment_find_times " + json.dumps({"service": "Check-up with X-rays"}))
        slots = visitor.times()
        until(lambda: visitor.turns_ended() > before)
        visitor.answer(slots, slots["days"][0]["slots"][0]["id"])
        fresh = until(
            lambda: next(
                (e["card"] for e in reversed(visitor.events())
                 if e.get("card", {}).get("kind") == "confirm" and e["card"]["state"] == "open"), None)
        )  # fmt: skip
        visitor.answer(fresh, "confirm", {"name": "Ada Lovelace", "email": "ada@example.com"})
        visitor.card("receipt")
        for one in (unlucky, *(Visitor(app.url, planted["faulty"]) for _ in FAULTS)):
            one.say("Anybody there?")
            until(one.turns_ended)
            kept.note("events", json.dumps(one.events()))
        for one in (visitor, unlucky):
            kept.note("events", json.dumps(one.events()))
        with suppress(urllib.error.HTTPError):
            visitor.ask("POST", "session-key", {})
    return [visitor.token, unlucky.token]


def operate(app: servers.App, planted: dict[str, Any], kept: Kept, canaries: Canaries, *, pages: bool) -> None:
    """Every page of the admin, each provider's test, and what operators run and read."""
    rows = plant(app.environment, pages=True)
    cookie = {"Cookie": f"sessionid={planted['session']}"}
    if pages:
        addresses = plain_addresses()
        for model, path in addresses_with_object():
            pks = rows.get(model._meta.label_lower, [])[: 3 if "test" in path or "change" in path else 1]
            addresses += [with_object(path, pk) for pk in pks]
        assert sum(fetch(app, address, kept, cookie) for address in addresses) > 100
    for pk in rows["assistant.provider"]:
        press(app, f"/admin/assistant/provider/{pk}/test/", kept, cookie)
    for path in ("/healthz", "/readyz", "/metrics", "/metrics.json", f"/api/v1/widget/config/{PUBLIC_KEY}", "/nowhere"):
        fetch(app, path, kept, {"Authorization": f"Bearer {canaries['METRICS_TOKEN']}", "Origin": app.url}, "metrics")
    for arguments in (["doctor", "--json"], ["doctor", "--probe"]):
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=servers.ROOT,
            env=app.environment,
            capture_output=True,
            timeout=200,
        )
        kept.note("doctor", done.stdout + done.stderr)


def fetch(
    app: servers.App, path: str, kept: Kept, headers: dict[str, str], where: str = "admin", data: bytes | None = None
) -> int:
    """Keep head and body of one page; 1 when it was shown."""
    request = urllib.request.Request(app.url + path, headers=headers, data=data)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            kept.note(where, f"{path}\n{answer.headers}".encode() + answer.read())
            return 1
    except urllib.error.HTTPError as error:
        kept.note(where, f"{path}\n{error.headers}".encode() + error.read())
        return 0


def press(app: servers.App, path: str, kept: Kept, cookie: dict[str, str]) -> None:
    """Press the button on a provider's test page."""
    token = "t" * 32
    headers = {"Cookie": f"{cookie['Cookie']}; csrftoken={token}", "Origin": app.url, "X-CSRFToken": token}
    assert fetch(app, path, kept, headers, data=b"model=")


def redis_monitored(url: str, password: str, kept: Kept) -> Iterator[None]:
    """Set Redis a password, and keep every command it gets until the next step: cache, broadcasts, Celery messages."""
    import redis

    with redis.Redis.from_url(url) as client, client.monitor() as monitor:

        def read() -> None:
            with suppress(redis.RedisError, OSError, ValueError):
                for command in monitor.listen():
                    if not command["command"].startswith("AUTH"):
                        kept.note("redis", command["command"])

        client.config_set("requirepass", password)
        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        yield
        client.config_set("requirepass", "")
        monitor.connection.disconnect()
        thread.join(5)


def store(app: servers.App, postgres_url: str, kept: Kept) -> None:
    kept.note("logs", app.log.read_bytes())
    for file in Path(app.data_dir).rglob("*"):
        if file.is_file() and file != app.log:
            kept.note("database", file.read_bytes())
    if postgres_url:
        dump = servers.program("pg_dump", "/usr/lib/postgresql/*/bin/pg_dump")
        done = subprocess.run([dump, postgres_url], capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        kept.note("database", done.stdout)
        assert "celery" in kept["redis"].decode().lower() or "assistant.tasks" in kept["redis"].decode()
