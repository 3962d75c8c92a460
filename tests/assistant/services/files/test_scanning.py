"""The scanner: what it finds is refused, and so is everything while it cannot be asked."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from assistant import outbound
from assistant.services.files.scanning import CHUNK_BYTES, NotScanned, ThreatFound, scan
from tests.assistant.services.files import pictures

READS = "import sys; sys.exit(1 if b'EICAR' in sys.stdin.buffer.read() else 0)"


def test_clamd_gets_the_whole_file_and_lets_it_through():
    data = bytes(range(256)) * (CHUNK_BYTES // 100)
    with pictures.clamd(b"stream: OK\0") as (address, files):
        scan(data, [address])
    assert files == [data]


def test_what_clamd_finds_is_refused():
    with pictures.clamd(b"stream: Eicar-Test-Signature FOUND\0") as (address, _), pytest.raises(ThreatFound):
        scan(b"EICAR", [address])


@pytest.mark.parametrize("answer", [b"", b"INSTREAM size limit exceeded. ERROR\0", b"stream: OKAY\0", b"\0"])
def test_an_answer_that_is_neither_lets_nothing_through(answer):
    with pictures.clamd(answer) as (address, _), pytest.raises(NotScanned):
        scan(b"hello", [address])


def test_a_scanner_that_is_not_there_lets_nothing_through(tmp_path):
    for scanner in (
        ["tcp://127.0.0.1:9"],
        ["http://127.0.0.1:9/scan"],
        [f"unix://{tmp_path}/nothing.sock"],
        [str(tmp_path / "no-scanner")],
    ):
        with pytest.raises(NotScanned):
            scan(b"hello", scanner)


@contextmanager
def service(status: int = 200, body: bytes = b'{"infected": false}', **headers: str) -> Iterator[list[httpx.Request]]:
    """A scanner over HTTP, and what it was sent."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(status, content=body, headers=headers)

    with outbound.transport_for_tests(httpx.MockTransport(answer)):
        yield sent


def test_a_service_gets_the_bytes_with_its_token_and_lets_them_through(settings):
    settings.FILE_SCANNER_TOKEN = "scan-secret"
    with service() as sent:
        scan(b"%PDF-1.7", ["https://scanner.example.com/scan"])
    (request,) = sent
    assert (request.method, str(request.url), request.content) == ("POST", "https://scanner.example.com/scan", b"%PDF-1.7")
    assert request.headers["authorization"] == "Bearer scan-secret"
    settings.FILE_SCANNER_TOKEN = ""
    with service() as sent:
        scan(b"%PDF-1.7", ["http://10.0.0.7:8080/scan"])
    assert "authorization" not in sent[0].headers


def test_what_a_service_finds_is_refused():
    with service(body=b'{"infected": true, "name": "Eicar"}'), pytest.raises(ThreatFound):
        scan(b"EICAR", ["https://scanner.example.com/scan"])


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b""), (200, b"<html>Welcome</html>"), (200, b"{}"), (200, b"[]"), (200, b'{"infected": "no"}'),
        (200, b'{"infected": 0}'), (202, b'{"infected": false}'), (302, b'{"infected": false}'), (401, b""),
        (500, b'{"infected": false}'), (200, b" " * 70_000),
    ],
)  # fmt: skip
def test_a_service_that_answers_anything_else_lets_nothing_through(status, body):
    with service(status, body, Location="https://other.example.com/") as sent, pytest.raises(NotScanned):
        scan(b"hello", ["https://scanner.example.com/scan"])
    assert len(sent) == 1


def test_the_log_names_neither_the_service_nor_its_token(settings, caplog):
    settings.FILE_SCANNER_TOKEN = "scan-secret"
    with service(500, b"scan-secret"), pytest.raises(NotScanned):
        scan(b"hello", ["https://scanner.example.com/scan"])
    assert "was refused" in caplog.text and "scan-secret" not in caplog.text and "example.com" not in caplog.text


def test_a_command_says_by_its_exit_code_what_it_found():
    command = [sys.executable, "-c", READS]
    scan(b"hello", command)
    with pytest.raises(ThreatFound):
        scan(b"EICAR", command)
    with pytest.raises(NotScanned):
        scan(b"hello", [sys.executable, "-c", "import sys; sys.exit(2)"])
    with pytest.raises(NotScanned):
        scan(b"hello", [sys.executable, "-c", "import time; time.sleep(60)"], wait_seconds=0.1)


def test_without_a_scanner_everything_passes():
    scan(b"EICAR", [])
