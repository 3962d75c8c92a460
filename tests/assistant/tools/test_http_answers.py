"""What becomes of a server's answer to an HTTP method."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async

from assistant import outbound
from assistant.llm import ToolResult
from assistant.models import Conversation, Method
from assistant.models import ToolCall as Row
from tests.assistant.tools.http_calls import Make, Recorder, an_http, called, replying
from tests.assistant.upstream import answering, server

pytestmark = pytest.mark.django_db


# --- What comes back --------------------------------------------------------------------------------------------------


async def met(handler: Any, method: Make, talk: Conversation, settings: Any, **config: Any) -> tuple[ToolResult, int]:
    async with server(handler) as (url, seen):
        settings.OUTBOUND_ALLOWED_ORIGINS = [url]
        risk = Method.Risk.READ if config.get("verb", "GET") == "GET" else Method.Risk.WRITE
        await sync_to_async(an_http)(method, talk, {"verb": "GET", "url": url, **config}, risk=risk)
        result = await called(talk, order="1")
    return result, len(seen)


@pytest.mark.parametrize(
    ("keep", "text"),
    [
        ("", '{"items":[{"id":1,"name":"A","more":{"x":null}},{"id":2,"name":"B"}],"next":"…"}'),
        ("/items/*/name", '{"items":[{"name":"A"},{"name":"B"}]}'),
        ("/items/0/id\n/next", '{"items":[{"id":1}],"next":"…"}'),
        ("/items/*/more/x", '{"items":[{"more":{"x":null}}]}'),
        ("/nothing\n/items/7", "(The response has none of the expected fields.)"),
    ],
)
async def test_an_answer_is_cut_to_what_staff_want(
    keep: str, text: str, method: Make, talk: Conversation, settings: Any
) -> None:
    value = {"items": [{"id": 1, "name": "A", "more": {"x": None}}, {"id": 2, "name": "B"}], "next": "…"}
    result, _ = await met(replying(body=json.dumps(value).encode()), method, talk, settings, keep=keep)
    assert result.text == text


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (b"plain \xff text", "text/plain", "plain ÿ text"),
        ("grüße".encode("latin-1"), "text/plain; charset=iso-8859-1", "grüße"),
        (b"<html>login</html>", "text/html", "(The response has the type text/html, which cannot be read.)"),
        (b"\x00\x01", "image/png", "(The response has the type image/png, which cannot be read.)"),
        (b"{broken", "application/json", "(The response is not valid JSON.)"),
        (b"[" * 100_000, "application/json", "(The response is not valid JSON.)"),
        (b'{"a": 1}', "application/problem+json", '{"a":1}'),
        (b"", "application/json", "Done."),
    ],
)  # fmt: skip
async def test_an_answer_of_any_type_becomes_plain_words(
    body: bytes, kind: str, text: str, method: Make, talk: Conversation, settings: Any
) -> None:
    result, _ = await met(replying(body=body, kind=kind), method, talk, settings)
    assert (result.text, result.outcome) == (text, "done")


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
    writer.close()


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes) -> None:
    await asyncio.sleep(5)


@pytest.mark.parametrize(
    ("handler", "post", "get"),
    [
        (replying(200), "done", "done"),
        (replying(404), "failed", "failed"),
        (replying(429), "failed", "failed"),
        (replying(500), "unknown", "failed"),
        (replying(504), "unknown", "failed"),
        (answering("HTTP/1.1 302 Found\nLocation: http://10.0.0.1/\nContent-Length: 0"), "failed", "failed"),
        (hang_up, "unknown", "failed"),
        (say_nothing, "unknown", "failed"),
        (replying(200, b"x" * 3000), "unknown", "failed"),
    ],
)
@pytest.mark.parametrize("verb", ["POST", "GET"])
async def test_what_may_have_happened_is_unknown_and_sent_once(
    verb: str, handler: Any, post: str, get: str, method: Make, talk: Conversation, settings: Any
) -> None:
    result, count = await met(handler, method, talk, settings, verb=verb, timeout_seconds=1, max_kb=2)
    assert result.outcome == (post if verb == "POST" else get)
    assert count == 1


async def test_nothing_has_happened_where_nobody_could_be_reached(method: Make, talk: Conversation, settings: Any) -> None:
    settings.OUTBOUND_ALLOWED_ORIGINS = ["http://127.0.0.1:1"]
    await sync_to_async(an_http)(method, talk, {"verb": "POST", "url": "http://127.0.0.1:1/"})
    assert (await called(talk, order="1")).outcome == "failed"
    assert (await Row.objects.aget()).code == "refused"


async def test_a_private_address_is_refused_however_it_got_there(method: Make, talk: Conversation, settings: Any) -> None:
    settings.OUTBOUND_ALLOWED_ORIGINS = []
    await sync_to_async(an_http)(method, talk, {"verb": "POST", "url": "http://127.0.0.1:9000/"})
    assert (await called(talk, order="1")).outcome == "failed"
    assert (await Row.objects.aget()).code == "address_refused"


async def test_only_what_changes_something_counts_as_done(method: Make, talk: Conversation, settings: Any) -> None:
    result, _ = await met(replying(), method, talk, settings, verb="GET")
    assert result.effects == frozenset()
    await Method.objects.all().adelete()
    result, _ = await met(replying(), method, talk, settings, verb="POST")
    assert result.effects == frozenset({"any"})


# --- In whatever letters ----------------------------------------------------------------------------------------------


PRICE = '{"price": "80 €", "name": "Füllung"}'
TOLD = '{"price":"80 €","name":"Füllung"}'


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"\xef\xbb\xbf" + PRICE.encode()),
        ("application/json; charset=utf-8", b"\xef\xbb\xbf" + PRICE.encode()),
        ("application/json", PRICE.encode("utf-16")),
        ("application/json", PRICE.encode("utf-16-le")),
        ("application/json", PRICE.encode("utf-32")),
        ("application/json; charset=windows-1252", PRICE.encode("cp1252")),
        ("application/json; charset='ISO-8859-15'", PRICE.encode("iso-8859-15")),
        ("application/json", PRICE.encode("cp1252")),
        ("application/json; charset=utf8mb4", PRICE.encode()),
        ("application/json; charset=iso-8859-1", b"\xef\xbb\xbf" + PRICE.encode()),
        ("application/json; charset=us-ascii", PRICE.encode()),
        ("application/json; charset=iso-8859-1", PRICE.encode()),
        ("text/html; charset=windows-1251", PRICE.encode()),
        ("APPLICATION/JSON", PRICE.encode()),
        ("text/html", PRICE.encode()),
        ("text/html; charset=windows-1252", b"\r\n" + PRICE.encode("cp1252")),
        ("", PRICE.encode()),
        ("application/octet-stream", PRICE.encode()),
        ("application/javascript", PRICE.encode()),
    ],
)
async def test_an_answer_in_json_is_read_whatever_it_is_sent_as(
    kind: str, body: bytes, method: Make, talk: Conversation
) -> None:
    await sync_to_async(an_http)(method, talk, {"verb": "GET", "url": "https://a.example/"})
    recorder = Recorder(lambda request: httpx.Response(200, headers={"content-type": kind} if kind else {}, content=body))
    with outbound.transport_for_tests(httpx.MockTransport(recorder)):
        assert (await called(talk, order="1")).text == TOLD


@pytest.mark.parametrize(
    ("told", "kind", "encoding"),
    [
        ("Приём с девяти до шести, кроме субботы", "application/json", "cp1251"),
        ("Приём с девяти до шести, кроме субботы", "text/html; charset=iso-8859-1", "koi8-r"),
        ("営業時間は月曜日から金曜日の九時からです", "application/json", "euc_jp"),
        ("营业时间为周一至周五，镕喆请预约", "text/html; charset=gb2312", "gbk"),
    ],
)
async def test_an_answer_is_recognised_by_its_characters_where_its_server_names_none_or_another(
    told: str, kind: str, encoding: str, method: Make, talk: Conversation
) -> None:
    await sync_to_async(an_http)(method, talk, {"verb": "GET", "url": "https://a.example/"})
    body = f'{{"hours":"{told}"}}'
    answer = httpx.Response(200, headers={"content-type": kind}, content=body.encode(encoding))
    with outbound.transport_for_tests(httpx.MockTransport(Recorder(lambda request: answer))):
        assert (await called(talk, order="1")).text == body


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("text/html", b"<p>Sorry", "has the type text/html"),
        ("text/html", b"[not json", "has the type text/html"),
        ("image/png", b"\x89PNG", "has the type image/png"),
        ("", b"\x89PNG", "has the type unknown"),
        ("application/json", b"Sorry", "not valid JSON"),
    ],
)
async def test_an_answer_that_cannot_be_read_is_named(
    kind: str, body: bytes, said: str, method: Make, talk: Conversation
) -> None:
    await sync_to_async(an_http)(method, talk, {"verb": "GET", "url": "https://a.example/"})
    recorder = Recorder(lambda request: httpx.Response(200, headers={"content-type": kind} if kind else {}, content=body))
    with outbound.transport_for_tests(httpx.MockTransport(recorder)):
        assert said in (await called(talk, order="1")).text
