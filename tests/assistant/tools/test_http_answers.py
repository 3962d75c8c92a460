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
from tests.assistant.tools.acts import called
from tests.assistant.tools.http_calls import Make, Recorder, an_http, replying
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


# --- In whatever form -------------------------------------------------------------------------------------------------


async def read(body: bytes, kind: str, method: Make, talk: Conversation, **config: Any) -> str:
    await sync_to_async(an_http)(method, talk, {"verb": "GET", "url": "https://a.example/", **config})
    recorder = Recorder(lambda request: httpx.Response(200, headers={"content-type": kind} if kind else {}, content=body))
    with outbound.transport_for_tests(httpx.MockTransport(recorder)):
        return (await called(talk, order="1")).text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", ")]}',\n%s"),
        ("text/plain", "while(1);%s"),
        ("application/x-javascript", "for (;;);%s"),
        ("application/json", "throw 1; <dont be evil> %s"),
        ("application/json", "{}&& %s"),
        ("application/javascript", "/**/ shop.rooms_1(%s);"),
        ("application/json", "rooms(%s)"),
        ("text/plain", "%s"),
        ("application/json", "\ufeff\ufeff%s\0"),
        ("application/json", "%s;"),
        ("text/html", "%s\n<!-- 12 ms -->"),
        ("text/html", "<br />\n<b>Warning</b>: Undefined key [3] on line <b>7</b><br />\n%s"),
        ("text/html", "<html><body><pre>%s</pre></body></html>"),
        ("application/vnd.hotel.rooms", "%s"),
    ],
)
async def test_json_is_found_within_what_servers_put_around_it(
    kind: str, body: str, method: Make, talk: Conversation
) -> None:
    said = await read((body % '{"rooms": [{"beds": 2}]}').encode(), kind, method, talk, keep="/rooms/*/beds")
    assert said == '{"rooms":[{"beds":2}]}'


@pytest.mark.parametrize("kind", ["application/x-ndjson", "application/jsonl", "application/json", "text/plain"])
@pytest.mark.parametrize("between", ["\n", "\r\n\r\n", "", "\n\x1e"])
async def test_objects_that_follow_each_other_are_a_list(kind: str, between: str, method: Make, talk: Conversation) -> None:
    body = between.join(['{"free": "9:00"}', '{"free": "9:45"}']).encode() + b"\n"
    assert await read(body, kind, method, talk) == '[{"free":"9:00"},{"free":"9:45"}]'


@pytest.mark.parametrize("number", ["19.90", "-0.0", "1e400", "0.1000000000000000055", "9" * 5000, "12345678901234567890"])
async def test_a_number_keeps_the_digits_that_its_server_wrote(number: str, method: Make, talk: Conversation) -> None:
    assert await read(f'{{"1.0": [{number}]}}'.encode(), "application/json", method, talk) == f'{{"1.0":[{number}]}}'


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("text/html", "Moved to Friday &amp; confirmed", "Moved to Friday & confirmed"),
        ("text/html", "true", "true"),
        ("", "Moved to Friday", "Moved to Friday"),
        ("application/octet-stream", "Größe 42", "Größe 42"),
        ("application/vnd.hotel.note", "Room 7", "Room 7"),
        ("application/csv", "room;beds\n7;2", "room;beds\n7;2"),
        ("application/yaml", "room: 7", "room: 7"),
        ("application/x-www-form-urlencoded", "room=7&beds=2", "room=7&beds=2"),
        ("application/xml", '<room><note>{"beds": 2}</note></room>', '<room><note>{"beds": 2}</note></room>'),
        ("text/plain", "[7] is free", "[7] is free"),
    ],
)
async def test_text_is_read_under_any_type(kind: str, body: str, text: str, method: Make, talk: Conversation) -> None:
    assert await read(body.encode(), kind, method, talk) == text


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3"),
        ("application/octet-stream", b"PK\x03\x04\x14\0"),
        ("application/x-protobuf", b"\x08\x96\x01"),
        ("application/pdf", b"%PDF-1.7"),
        ("image/svg+xml", b"<svg/>"),
        ("", b"<!doctype html><p>Log in"),
    ],
)
async def test_what_is_no_text_is_named_under_any_type(kind: str, body: bytes, method: Make, talk: Conversation) -> None:
    assert "cannot be read" in await read(body, kind, method, talk)


async def test_fields_that_staff_have_not_chosen_are_kept_from_the_model_in_text_as_well(
    method: Make, talk: Conversation
) -> None:
    said = await read(b"room,owner\n7,Ada", "text/csv", method, talk, keep="/room")
    assert said == "(The response has none of the expected fields.)"


@pytest.mark.parametrize("body", [b"", b" \r\n", b"\0", b"\xef\xbb\xbf", b"\xff\xfe"])
async def test_an_empty_answer_is_done(body: bytes, method: Make, talk: Conversation) -> None:
    assert await read(body, "application/json", method, talk) == "Done."


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("application/json", '{"a":"Größe'.encode() + b'\xc3"}', '{"a":"Größe\ufffd"}'),
        ("text/plain; charset=utf-8", "Größe".encode() + b"\xc3", "Größe\ufffd"),
        ("text/xml", '<?xml version="1.0" encoding="windows-1251"?><a>Да</a>'.encode("cp1251"), "<a>Да</a>"),
        ("application/json; charset=iso-2022-jp", '{"a":"予約"}'.encode("iso2022_jp"), '{"a":"予約"}'),
    ],
)
async def test_an_encoding_is_believed_where_a_letter_is_broken_or_only_the_text_names_it(
    kind: str, body: bytes, text: str, method: Make, talk: Conversation
) -> None:
    assert (await read(body, kind, method, talk)).endswith(text)
