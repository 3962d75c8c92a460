"""What `doctor --record` writes: enough to replay a server, and nothing that must stay at home."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command

from assistant import outbound
from assistant.llm import ChatMessage, Completion
from assistant.outbound import Reach, recorder
from assistant.outbound.recorder import Exchange
from assistant.providers import transcript
from assistant.providers.completions import Request, ask
from assistant.providers.configuration import ProviderSettings
from tests import make

from .stub import HEAD, Stub, delta, event, says
from .test_doctor import KEY, serving
from .test_measuring import method

HOST = "gpu-box.acme-dental.example"
PROVIDER = ProviderSettings("own", f"https://{HOST}:8443/v1", KEY, smart="m", headers=(("X-Team", "blue-canary"),))


def exchange(answer: bytes = b"{}", *, sent: bytes = b"{}", number: int = 200, **headers: str) -> Exchange:
    asked = {"authorization": f"Bearer {KEY}", "x-team": "blue-canary", "content-type": "application/json", "host": HOST}
    made = Exchange("POST", f"https://{HOST}:8443/v1/chat/completions", list(asked.items()), sent)
    made.status, made.answer, made.ended = number, answer, "whole"
    made.answer_headers = list({"Content-Type": "application/json", "Set-Cookie": "a=b", **headers}.items())
    return made


def written(*exchanges: Exchange, own_hosts: tuple[str, ...] = ()) -> str:
    return transcript.written(PROVIDER, "m", exchanges, at="2031-01-01", own_hosts=own_hosts)


@pytest.mark.parametrize(
    "said",
    [
        KEY,
        f"Incorrect API key: {KEY}.",
        quote(KEY, safe=""),
        base64.b64encode(f"user:{KEY}".encode()).decode(),
        KEY.encode().hex(),
        json.dumps(json.dumps({"key": KEY})),
        "sk-proj-anothersKey0123456789",
        "Authorization: Bearer whatever-it-is-0",
        "blue-canary",
        f"no route to {HOST}:8443",
        HOST.upper(),
        "see https://status.elsewhere.example.com/incident/7",
        "http:\\/\\/10.20.30.40:8000\\/v1",
        "proxy 10.20.30.40 refused",
        "connect to [fd00:aa:bb::17]:443",
        "worker gpu-box died",
        "zone acme-dental.example",
        "ask admin.person@acme-dental.example",
        "postgres://user:pass@db.inner:5432/x",
        "my-own-chat.example.org said so",
    ],
)
def test_no_key_host_or_address_survives_wherever_a_server_repeats_it(said: str) -> None:
    repeated = exchange(json.dumps({"error": said}).encode(), sent=said.encode())
    text = written(repeated, own_hosts=("my-own-chat.example.org",)).lower()
    for canary in (
        KEY, KEY.encode().hex(), base64.b64encode(KEY.encode()).decode()[:16], "canary", "anotherskey", "whatever-it-is",
        "gpu-box", "acme-dental", "elsewhere.example", "10.20.30.40", "fd00:", "admin.person", "db.inner", "user:pass",
        "my-own-chat", "set-cookie", "x-team",
    ):  # fmt: skip
        assert canary.lower() not in text, canary


def test_a_key_that_only_the_pieces_together_repeat_is_left_out() -> None:
    pieces = [KEY[at : at + 3] for at in range(0, len(KEY), 3)]
    stream = b"".join(event(delta(content=piece)) for piece in pieces)
    assert "left out" in written(exchange(stream))


def test_words_of_the_wire_format_stay_as_they_are() -> None:
    steps = says("Hello at 12:30:45.", tokens=(7, 3))
    stream = b"".join(step for step in steps if isinstance(step, bytes)).removeprefix(HEAD)
    [recorded] = transcript.read(written(exchange(stream)).encode())
    assert recorded.answer.endswith(b"\n\n" + stream)
    assert recorded.answer.startswith(b"HTTP/1.1 200 OK\nContent-Type: application/json\n\n")


def test_what_no_answer_came_to_and_what_broke_off_is_said() -> None:
    silent, broken = exchange(), exchange(b'{"a', number=502)
    silent.status, broken.ended = 0, "OutboundError"
    text = written(silent, broken)
    assert "=== answer 1: 0 bytes, none came" in text and ", OutboundError" in text
    first, second = transcript.read(text.encode())
    assert first.answer == b"" and second.answer.startswith(b"HTTP/1.1 502 Bad Gateway")


@pytest.mark.parametrize("text", [b"", b"hello", b"=== answer 1: 50 bytes\nshort"])
def test_an_invalid_transcript_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match="transcript"):
        transcript.read(text)


async def test_only_a_recording_task_is_recorded() -> None:
    async with Stub() as stub:

        async def look() -> None:
            await outbound.fetch("GET", f"{stub.url}/models", reach=Reach.OPERATOR)

        with recorder.recording() as exchanges:
            await look()
            other = asyncio.get_running_loop().create_task(look())
            await other
        await look()
        assert len(stub.requests) == 3 and len(exchanges) == 2
        assert all(one.ended == "whole" and one.answer for one in exchanges)


async def test_a_recorded_answer_can_be_replayed() -> None:
    provider = ProviderSettings("p", "http://unset.invalid/v1", KEY, smart="m")

    async def asked(stub: Stub) -> Completion:
        request = Request(ProviderSettings("p", stub.url, KEY, smart="m"), "m", [ChatMessage("user", "Tuesday?")])
        return [item async for item in ask(request) if isinstance(item, Completion)][0]

    async with Stub() as stub:
        stub.script(says("Grüß ", "dich 👋"))
        with recorder.recording() as exchanges:
            first = await asked(stub)
    [recorded] = transcript.read(transcript.written(provider, "m", exchanges, at="2031-01-01").encode())
    head, _, body = recorded.answer.partition(b"\n\n")
    async with Stub() as stub:
        stub.script([head.replace(b"\n", b"\r\n") + b"\r\nConnection: close\r\n\r\n" + body])
        again = await asked(stub)
    assert (again.text, again.finish, again.usage) == (first.text, first.finish, first.usage)


# --- The command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def page(settings: Any, tmp_path: Path) -> Iterator[Path]:
    settings.EMBEDDED = True
    yield tmp_path / "probe.http"


@pytest.mark.django_db(transaction=True)
def test_the_command_writes_a_scrubbed_file_that_nobody_else_reads(page: Path, settings: Any) -> None:
    home = make.organization()
    method(home, "order_status")
    with serving() as server:
        settings.AI_ENVIRONMENT = {"AI_BASE_URL": server.url, "AI_API_KEY": KEY, "AI_MODEL": "m"}
        server.lacks["max_tokens"] = True
        out = io.StringIO()
        with suppress(SystemExit):
            call_command("doctor", "--record", str(page), stdout=out)
    text = page.read_text()
    assert f"are in {page}" in out.getvalue()
    assert page.stat().st_mode & 0o077 == 0
    for canary in (KEY, "127.0.0.1", f":{server.port}"):
        assert canary not in text
    exchanges = transcript.read(text.encode())
    first = exchanges[0].request.splitlines()[0]
    assert len(exchanges) > 6 and first.startswith(b"GET /") and first.endswith(b"/v1/models HTTP/1.1")
    assert any(b"400" in one.answer.partition(b"\n")[0] for one in exchanges), "also what was refused"
    assert any(b"order_status" in one.request for one in exchanges)


def test_an_existing_file_is_not_overwritten(page: Path) -> None:
    page.write_text("mine")
    with pytest.raises(CommandError, match="exists already"):
        call_command("doctor", "--record", str(page))
    with pytest.raises(CommandError, match="folder"):
        call_command("doctor", "--record", str(page.parent / "none" / "x"))
    assert page.read_text() == "mine"
