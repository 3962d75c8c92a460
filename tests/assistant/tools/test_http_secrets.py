"""The secrets of HTTP methods: sent to their own server, and shown to nobody."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import re
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from asgiref.sync import sync_to_async

from assistant import outbound
from assistant.models import Conversation, Method
from assistant.models import ToolCall as Row
from assistant.tools.executor import Executor, try_out
from tests.assistant.tools.http_calls import SECRET, Make, Recorder, an_http
from tests.assistant.upstream import server

from .acts import call, called

pytestmark = pytest.mark.django_db


async def test_another_address_never_gets_the_old_ones_secret(method: Make, talk: Conversation) -> None:
    for url in ("https://b.example/o", "http://a.example/o", "https://a.example:8443/o", "https://a.example.evil.example/o"):
        config = {"verb": "GET", "url": "https://a.example/o", "auth": "bearer"}
        await Method.objects.all().adelete()
        row = await sync_to_async(an_http)(method, talk, config, secrets={"credential": SECRET})
        await Method.objects.filter(pk=row.pk).aupdate(config={**config, "url": url})  # behind `save`'s back
        recorder = Recorder()
        with outbound.transport_for_tests(httpx.MockTransport(recorder)):
            assert (await called(talk, order="1")).outcome == "failed"
        assert recorder.requests == []
        await row.arefresh_from_db()
        await row.asave()
        assert row.secrets == {}


async def test_a_sealed_secret_copied_to_another_method_does_not_open(method: Make, talk: Conversation) -> None:
    config = {"verb": "GET", "url": "https://a.example/o", "auth": "bearer"}
    mine = await sync_to_async(an_http)(method, talk, config, secrets={"credential": SECRET})
    thief = await sync_to_async(an_http)(method, talk, config, name="thief")
    await Method.objects.filter(pk=thief.pk).aupdate(secrets=mine.secrets)
    recorder = Recorder()
    with outbound.transport_for_tests(httpx.MockTransport(recorder)):
        executor = await Executor.for_conversation(talk)
        assert (await executor.execute(call("thief", order="1"), round=1, ordinal=0)).outcome == "failed"
    assert recorder.requests == []


def dressed_up(secret: str) -> list[str]:
    both = base64.b64encode(f"me:{secret}".encode()).decode()
    return [
        secret,
        quote(secret),
        quote(secret, safe=""),
        json.dumps(secret),
        secret.encode().hex(),
        secret.encode().hex().upper(),
        base64.b64encode(secret.encode()).decode(),
        base64.urlsafe_b64encode(secret.encode()).decode(),
        both,
        base64.b64encode(f"x{both}".encode()).decode()[:0] + f"Basic {both}",
    ]


@pytest.mark.parametrize("status", [200, 401, 500])
async def test_a_server_that_echoes_our_secrets_shows_them_to_nobody(
    status: int, method: Make, talk: Conversation, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
        body = json.dumps({"head": head.decode("latin-1"), "forms": dressed_up(SECRET)}).encode()
        lines = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(lines.encode() + body)

    async with server(echo) as (url, seen):
        settings.OUTBOUND_ALLOWED_ORIGINS = [url]
        config = {"verb": "POST", "url": f"{url}/o", "auth": "basic", "auth_user": "me"}
        await sync_to_async(an_http)(method, talk, config, secrets={"credential": SECRET, "extra": SECRET})
        result = await called(talk, order="1")
    assert base64.b64encode(f"me:{SECRET}".encode()) in seen[0], "the server itself must have got it"
    row = await Row.objects.aget()
    for text in (result.text, row.result, caplog.text, str(row.arguments)):
        assert len(text) < 14_000
        for form in dressed_up(SECRET):
            assert form.strip('"')[4:-4] not in text, form
        for blob in re.findall(r"[A-Za-z0-9+/_-]{8,}", text):
            for part in (blob[at : at + (len(blob) - at) // 4 * 4] for at in range(4)):
                assert b"s3cret" not in base64.b64decode(part.replace("-", "+").replace("_", "/"))


async def test_a_dry_run_sends_nothing_and_masks_the_secret(method: Make, talk: Conversation) -> None:
    config = {"verb": "POST", "url": "https://a.example/o/{order}", "auth": "query", "auth_name": "key"}
    row = await sync_to_async(an_http)(method, talk, config, secrets={"credential": SECRET})
    recorder = Recorder()
    with outbound.transport_for_tests(httpx.MockTransport(recorder)):
        shown = await try_out(row, {"order": "7"})
        assert recorder.requests == []
        really = await try_out(row, {"order": "7"}, dry_run=False)
    assert "POST https://a.example/o/7?key=••••" in shown.text and quote(SECRET, safe="") not in shown.text
    assert really.outcome == "done" and len(recorder.requests) == 1
