"""The scanner: what it finds is refused, and so is everything while it cannot be asked."""

from __future__ import annotations

import sys

import pytest

from assistant.services.files.scanning import CHUNK_BYTES, Found, NotScanned, scan
from tests.assistant.services.files import pictures

READS = "import sys; sys.exit(1 if b'EICAR' in sys.stdin.buffer.read() else 0)"


def test_clamd_gets_the_whole_file_and_lets_it_through():
    data = bytes(range(256)) * (CHUNK_BYTES // 100)
    with pictures.clamd(b"stream: OK\0") as (address, files):
        scan(data, [address])
    assert files == [data]


def test_what_clamd_finds_is_refused():
    with pictures.clamd(b"stream: Eicar-Test-Signature FOUND\0") as (address, _), pytest.raises(Found):
        scan(b"EICAR", [address])


@pytest.mark.parametrize("answer", [b"", b"INSTREAM size limit exceeded. ERROR\0", b"stream: OKAY\0", b"\0"])
def test_an_answer_that_is_neither_lets_nothing_through(answer):
    with pictures.clamd(answer) as (address, _), pytest.raises(NotScanned):
        scan(b"hello", [address])


def test_a_scanner_that_is_not_there_lets_nothing_through(tmp_path):
    for scanner in (["tcp://127.0.0.1:9"], [f"unix://{tmp_path}/nothing.sock"], [str(tmp_path / "no-scanner")]):
        with pytest.raises(NotScanned):
            scan(b"hello", scanner)


def test_a_command_says_by_its_exit_code_what_it_found():
    command = [sys.executable, "-c", READS]
    scan(b"hello", command)
    with pytest.raises(Found):
        scan(b"EICAR", command)
    with pytest.raises(NotScanned):
        scan(b"hello", [sys.executable, "-c", "import sys; sys.exit(2)"])
    with pytest.raises(NotScanned):
        scan(b"hello", [sys.executable, "-c", "import time; time.sleep(60)"], wait_seconds=0.1)


def test_without_a_scanner_everything_passes():
    scan(b"EICAR", [])
