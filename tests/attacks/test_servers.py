"""The same against the product as `manage.py up` runs it: what one raw connection can make the server do."""

from __future__ import annotations

import json
import os
import socket
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from assistant import outbound
from assistant.outbound.instance import HEADER
from tests import servers


@pytest.fixture(scope="module")
def app(start_app: Callable[..., servers.App]) -> servers.App:
    return start_app(DEMO_MODEL_DELAY_MS="0")


def exchange(app: servers.App, head: str, body: bytes = b"", parts: int = 0) -> tuple[bytes, int]:
    """Send `head`, then `body` `parts` times or until the server stops taking it; its answer, and the bytes it took."""
    with socket.create_connection(("127.0.0.1", app.port), 15) as wire:
        wire.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
        sent = 0
        wire.settimeout(1)
        try:
            for _ in range(parts):
                wire.sendall(body)
                sent += len(body)
        except OSError:
            pass  # it reads no more
        wire.settimeout(15)
        answer = b""
        try:
            while some := wire.recv(65_536):
                answer += some
        except ConnectionError:
            pass
    return answer, sent


def files_of(app: servers.App) -> list[str]:
    """The files that the server has open and that have no name, as the bodies that Django keeps have none."""
    assert app.process
    folder = f"/proc/{app.process.pid}/fd"
    found = []
    for name in os.listdir(folder):
        try:
            found.append(os.readlink(f"{folder}/{name}"))
        except FileNotFoundError:
            continue
    return [path for path in found if path.endswith("(deleted)") and "/tmp" in path]


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/assistant/document/add/", "/", "/api/v1/widget/sessions"])
@pytest.mark.parametrize("size", ["Content-Length: 268435456", "Transfer-Encoding: chunked"])
def test_a_huge_body_is_refused_before_it_is_there(app: servers.App, path: str, size: str):
    head = f"POST {path} HTTP/1.1\nHost: localhost:{app.port}\nOrigin: {app.url}\nContent-Type: application/json\n{size}"
    chunk = b"x" * 65_536
    part = chunk if "Length" in size else b"10000\r\n" + chunk + b"\r\n"
    answer, sent = exchange(app, head, part, parts=16)
    assert answer.startswith(b"HTTP/1.1 413") and b'"code":"message_too_long"' in answer
    assert files_of(app) == []
    assert sent <= 16 * len(part)


@pytest.mark.parametrize("host", ["10.0.0.7", "10.0.0.7:8000", "", "probe.internal"])
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_by_address_is_answered(app: servers.App, host: str, path: str):
    answer, _ = exchange(app, f"GET {path} HTTP/1.1\nHost: {host}\nConnection: close")
    assert answer.startswith(b"HTTP/1.1 200")


def test_a_strange_host_is_refused_and_fills_no_log(app: servers.App):
    for _ in range(20):
        answer, _ = exchange(app, "GET /admin/ HTTP/1.1\nHost: evil.example\nConnection: close")
        assert answer.startswith(b"HTTP/1.1 400")
    log = app.log.read_text()
    assert "Traceback" not in log
    assert log.count("Invalid HTTP_HOST header") == 1


def test_the_data_directory_is_readable_by_its_owner_alone(app: servers.App):
    kept = [app.data_dir, *app.data_dir.rglob("*")]
    assert len(kept) > 3
    assert [path for path in kept if path.stat().st_mode & 0o077] == []


async def test_an_organizations_page_cannot_have_the_server_read_the_mailbox(app: servers.App, settings: Any):
    settings.SECRET_KEY = json.loads((app.data_dir / "keys.json").read_text())["SECRET_KEY"]
    settings.OUTBOUND_ALLOWED_ORIGINS = [app.url]

    async def status(path: str, **headers: str) -> int:
        answer = await outbound.fetch("GET", app.url + path, reach=outbound.Reach.TENANT, headers=headers)
        return answer.status

    assert await status("/demo/api/treatments") == 200
    for path in ("/demo/mailbox/", app.mailbox.removeprefix(app.url), "/admin/login/", "/healthz/../demo/mailbox/"):
        assert await status(path) == 403
    assert await status("/demo/mailbox/", **{HEADER.decode(): "of my own making"}) == 403


def test_the_admins_redirect_to_public_pages_leads_nowhere(app: servers.App):
    for path in ("/admin/r/1/1/", "/admin/r/7/nonsense/", "/admin/r/x/1/"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(app.url + path, timeout=10)
        assert refused.value.code == 404
        refused.value.close()


def test_a_socket_to_nowhere_and_frames_that_are_no_text_fill_no_log(app: servers.App):
    handshake = (
        "GET {} HTTP/1.1\nHost: localhost\nOrigin: {}\nConnection: Upgrade\nUpgrade: websocket\n"
        "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
    )

    def connect(_: int) -> None:
        answer, _ = exchange(app, handshake.format("/ws/v1/nowhere", app.url))
        assert answer.startswith(b"HTTP/1.1 403")
        answer, _ = exchange(app, handshake.format("/ws/v1/chat", app.url), b"\x81\x81\0\0\0\0\xff", parts=1)
        assert answer.startswith(b"HTTP/1.1 101")

    with ThreadPoolExecutor(5) as five:  # the server waits for a while until it hangs up
        list(five.map(connect, range(5)))
    assert "Traceback" not in app.log.read_text()
