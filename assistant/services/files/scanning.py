"""The scanner that files must pass, where the operator has set one: clamd over its own protocol, any service over HTTP, or
any command.

FILE_SCANNER is read by the settings:

- `tcp://host:3310` or `unix:///run/clamav/clamd.ctl` for clamd, which is sent the file (INSTREAM)
- `https://scanner.example.com/scan` for a service, which gets it as the body of a POST, with FILE_SCANNER_TOKEN as bearer
  token if that is set, and answers 200 with `{"infected": false}` or `{"infected": true}`
- a command that reads it from its standard input and says by its exit code what it found, as clamdscan does: 0 for nothing,
  1 for something

Whatever else happens, the file is not accepted.
"""

from __future__ import annotations

import logging
import socket
import subprocess
from collections.abc import Sequence
from urllib.parse import urlsplit

import orjson
from asgiref.sync import async_to_sync
from django.conf import settings

from assistant import outbound

log = logging.getLogger(__name__)

WAIT_SECONDS = 20.0
CHUNK_BYTES = 65_536
ANSWER_BYTES = 4096


class ThreatFound(Exception):
    """The scanner found something in the file."""


class NotScanned(Exception):
    """The scanner could not be asked, or gave no answer. The file may be harmless or not."""


def scan(data: bytes, scanner: Sequence[str], *, wait_seconds: float = WAIT_SECONDS) -> None:
    """Return if `scanner` finds nothing in `data`, or if there is no scanner. Raises `ThreatFound` and `NotScanned`."""
    if not scanner:
        return
    try:
        if scanner[0].startswith(("tcp://", "unix://")):
            _ask_clamd(data, scanner[0], wait_seconds)
        elif scanner[0].startswith(("http://", "https://")):
            _post(data, scanner[0], wait_seconds)
        else:
            _run(data, scanner, wait_seconds)
    except (OSError, ValueError, subprocess.SubprocessError, outbound.OutboundError) as error:
        why = getattr(error, "code", type(error).__name__)
        log.error("FILE_SCANNER could not be asked (%s): the file was refused.", why)
        raise NotScanned from error


def _run(data: bytes, command: Sequence[str], wait_seconds: float) -> None:
    child = subprocess.run(command, input=data, capture_output=True, timeout=wait_seconds, check=False)
    if child.returncode == 1:
        raise ThreatFound
    if child.returncode:
        log.error("FILE_SCANNER ended with exit code %s: the file was refused.", child.returncode)
        raise NotScanned


def _ask_clamd(data: bytes, address: str, wait_seconds: float) -> None:
    with _connected(address, wait_seconds) as connection:
        connection.sendall(b"zINSTREAM\0")
        for start in range(0, len(data), CHUNK_BYTES):
            chunk = data[start : start + CHUNK_BYTES]
            connection.sendall(len(chunk).to_bytes(4, "big") + chunk)
        connection.sendall(bytes(4))
        answer = b""
        while b"\0" not in answer and len(answer) < ANSWER_BYTES and (more := connection.recv(ANSWER_BYTES)):
            answer += more
    said = answer.partition(b"\0")[0].strip()
    if said.endswith(b" FOUND"):
        raise ThreatFound
    if said != b"stream: OK":
        log.error("clamd answered with neither OK nor FOUND: the file was refused.")
        raise NotScanned


def _post(data: bytes, address: str, wait_seconds: float) -> None:
    headers = {"Content-Type": "application/octet-stream", "Accept": "application/json"}
    if settings.FILE_SCANNER_TOKEN:
        headers["Authorization"] = f"Bearer {settings.FILE_SCANNER_TOKEN}"
    answer = async_to_sync(outbound.fetch)(
        "POST",
        address,
        reach=outbound.Reach.OPERATOR,
        headers=headers,
        content=data,
        max_redirects=0,
        read_seconds=wait_seconds,
        deadline_seconds=wait_seconds,
        max_bytes=CHUNK_BYTES,
    )
    said = orjson.loads(answer.body) if answer.status == 200 else None
    infected = said.get("infected") if isinstance(said, dict) else None
    if infected is True:
        raise ThreatFound
    if infected is not False:
        # A page that answers 200 to everything, as a proxy's may, must let nothing through.
        log.error("The scanner's answer (%s) does not say whether the file is infected: it was refused.", answer.status)
        raise NotScanned


def _connected(address: str, wait_seconds: float) -> socket.socket:
    parts = urlsplit(address)
    if parts.scheme == "tcp":
        return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=wait_seconds)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(wait_seconds)
    try:
        connection.connect(parts.path)
    except OSError:
        connection.close()
        raise
    return connection
