"""HTTP methods, from the form that staff fill in to the bytes on the wire and back."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from assistant import outbound
from assistant.llm import ToolResult
from assistant.models import Conversation, Method, Visitor
from assistant.models import ToolCall as Row
from assistant.tools import http
from assistant.tools.executor import Executor, try_out
from tests.assistant.upstream import answering, server

from .acts import call

Make = Callable[..., Method]
pytestmark = pytest.mark.django_db
SECRET = 'tøp-s3cret+key/="x"'


def schema(*required: str, **properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


ORDER = schema("order", order={"type": "string"})


def an_http(make_method: Make, talk: Conversation, config: dict[str, Any], **fields: Any) -> Method:
    secrets = fields.pop("secrets", {})
    defaults = {"kind": "http", "parameters": ORDER, "risk": Method.Risk.WRITE}
    row = make_method(talk.assistant, **{**defaults, **fields, "config": config})
    for name, value in secrets.items():
        row.set_secret(name, value)
    row.save()
    return row


async def called(talk: Conversation, **arguments: Any) -> ToolResult:
    executor = await Executor.for_conversation(talk)
    return await executor.execute(call(**arguments), round=1, ordinal=0)


class Recorder:
    """A double of the network that keeps what was sent."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response] | None = None) -> None:
        self.requests: list[httpx.Request] = []
        self.answer = answer or (lambda request: httpx.Response(200, json={"ok": True}))

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answer(request)


async def sent(
    method: Make, talk: Conversation, config: dict[str, Any], arguments: dict[str, Any], **fields: Any
) -> tuple[ToolResult, list[httpx.Request]]:
    await sync_to_async(an_http)(method, talk, config, **fields)
    recorder = Recorder()
    with outbound.transport_for_tests(httpx.MockTransport(recorder)):
        return await called(talk, **arguments), recorder.requests


# --- What is sent -----------------------------------------------------------------------------------------------------

PLACES = [
    ("GET", "https://a.example/o/{order}", {}, {"order": "a b;ü?#&"}, "/o/a%20b%3B%C3%BC%3F%23%26", b""),
    ("GET", "https://a.example/o-{order}.json", {}, {"order": "7"}, "/o-7.json", b""),
    ("GET", "https://a.example/o?id={order}&x=1", {}, {"order": "a&b=c"}, "/o?id=a%26b%3Dc&x=1", b""),
    ("GET", "https://a.example/o", {}, {"order": "a", "n": 5, "yes": True}, "/o?order=a&n=5&yes=true", b""),
    ("GET", "https://a.example/o?n={n}", {}, {"order": "a"}, "/o?order=a", b""),
    ("GET", "https://a.example/o?t={tags}", {}, {"order": "a", "tags": ["x", "y"]}, "/o?t=x&t=y&order=a", b""),
    ("DELETE", "https://a.example/o/{order}", {}, {"order": "9", "n": 1}, "/o/9?n=1", b""),
    ("POST", "https://a.example/o", {}, {"order": "ü", "n": 1}, "/o", '{"order": "ü", "n": 1}'.encode()),
    ("PUT", "https://a.example/o/{order}", {}, {"order": "9", "n": 1}, "/o/9", b'{"n": 1}'),
    ("PATCH", "https://a.example/o/{order}", {}, {"order": "9"}, "/o/9", b"{}"),
    ("POST", "https://a.example/o", {"send": "form"}, {"order": "a b&", "tags": ["x"]}, "/o", b"order=a+b%26&tags=x"),
    ("POST", "https://a.example/o?id={order}", {"send": "query"}, {"order": "a", "n": 2}, "/o?id=a&n=2", b""),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "url", "config", "arguments", "target", "content"), PLACES)
async def test_arguments_go_where_staff_have_put_them(
    verb: str, url: str, config: Any, arguments: Any, target: str, content: bytes, method: Make, talk: Conversation
) -> None:
    parameters = schema(
        "order",
        order={"type": "string"},
        n={"type": "integer"},
        yes={"type": "boolean"},
        tags={"type": "array", "items": {"type": "string"}},
    )
    result, (request,) = await sent(method, talk, {"verb": verb, "url": url, **config}, arguments, parameters=parameters)
    assert result.outcome == "done"
    assert (request.method, request.url.raw_path.decode(), request.content) == (verb, target, content)
    assert request.url.host == "a.example"


BREAKOUTS = [
    "..", ".", "...", "../admin", "a/../../admin", "..\\admin", "%2e%2e", "%2e%2e%2fadmin", "%252e%252e", ". .", "a\r\nb",
    "a\nb", "a\tb", "\x7f", "%0d%0aX: y", "", "   ", "/..", "./",
]  # fmt: skip


@pytest.mark.parametrize("value", BREAKOUTS)
async def test_no_value_leaves_its_place_in_the_path(value: str, method: Make, talk: Conversation) -> None:
    result, requests = await sent(method, talk, {"verb": "GET", "url": "https://a.example/v1/o/{order}"}, {"order": value})
    assert result.outcome == "failed" and requests == []


HOSTILE = [
    "@evil.example", "x?y=1", "x#f", "x&y=1", "{order}", "{{order}}", "${HOME}", "a;b",
    "a:b", "<>\"'", "🙂",
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE)
async def test_a_hostile_value_stays_a_value(value: str, method: Make, talk: Conversation) -> None:
    config = {"verb": "GET", "url": "https://a.example/v1/{order}?q={order}"}
    _, (request,) = await sent(method, talk, config, {"order": value})
    assert request.url.host == "a.example"
    assert request.url.raw_path.decode() == f"/v1/{quote(value, safe='')}?q={quote(value, safe='')}"


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "ü", "\x00", "a\x7f"])
async def test_a_header_takes_plain_characters_only(value: str, method: Make, talk: Conversation) -> None:
    config = {"verb": "GET", "url": "https://a.example/", "headers": "X-Order: no {order}"}
    result, requests = await sent(method, talk, config, {"order": value})
    assert result.outcome == "failed" and requests == []


async def test_fixed_and_secret_parameters_are_sent_and_never_shown(method: Make, talk: Conversation) -> None:
    config = {"verb": "POST", "url": "https://a.example/{shop}/o", "headers": "X-Tenant: {tenant}"}
    fields = {"fixed": {"shop": "berlin", "tag": "web"}, "secrets": {"tenant": "t-123456", "pin": "9876543"}}
    _, (request,) = await sent(method, talk, config, {"order": "1"}, **fields)
    assert request.url.path == "/berlin/o" and request.headers["x-tenant"] == "t-123456"
    assert json.loads(request.content) == {"order": "1", "tag": "web", "pin": "9876543"}
    executor = await Executor.for_conversation(talk)
    assert executor.specs()[0].parameters["properties"].keys() == {"order"}
    assert (await called(talk, order="1", pin="0")).outcome == "failed"


CREDENTIALS = [
    ({"auth": "bearer"}, "authorization", "Bearer k-12345+/="),
    ({"auth": "basic", "auth_user": "me"}, "authorization", "Basic " + base64.b64encode(b"me:k-12345+/=").decode()),
    ({"auth": "header", "auth_name": "X-Key"}, "x-key", "k-12345+/="),
    ({"auth": "query", "auth_name": "key"}, "key", "k-12345+/="),
]


@pytest.mark.parametrize(("config", "place", "expected"), CREDENTIALS)
async def test_a_credential_is_sent_as_the_server_wants_it(
    config: Any, place: str, expected: str, method: Make, talk: Conversation
) -> None:
    base = {"verb": "GET", "url": "https://a.example/o"}
    _, (request,) = await sent(method, talk, {**base, **config}, {"order": "1"}, secrets={"credential": "k-12345+/="})
    assert {**request.url.params, **request.headers}[place] == expected


async def test_a_signature_can_be_checked_by_the_published_rule(method: Make, talk: Conversation) -> None:
    key = base64.b64encode(b"0123456789abcdef").decode()
    config = {"verb": "POST", "url": "https://a.example/o", "auth": "hmac"}
    _, (request,) = await sent(method, talk, config, {"order": "1"}, secrets={"credential": f"whsec_{key}"})
    signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.content
    expected = base64.b64encode(hmac.digest(base64.b64decode(key), signed, hashlib.sha256)).decode()
    assert request.headers["webhook-signature"] == f"v1,{expected}"
    assert request.headers["webhook-id"] == request.headers["idempotency-key"]


@pytest.mark.parametrize("auth", ["bearer", "header"])
@pytest.mark.parametrize("credential", ["k-\u200b12345", "k-ø12345", "k-1\n2345"])
async def test_a_credential_that_no_header_can_hold_is_not_sent_and_leaves_no_doubt(
    auth: str, credential: str, method: Make, talk: Conversation
) -> None:
    config = {"verb": "POST", "url": "https://a.example/o", "auth": auth, "auth_name": "X-Key"}
    result, requests = await sent(method, talk, config, {"order": "1"}, secrets={"credential": credential})
    assert (result.outcome, requests) == ("failed", []) and "credential" in result.text and credential not in result.text


@pytest.mark.parametrize(
    ("host", "raw"),
    [
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("MÜNCHEN.example", "xn--mnchen-3ya.example"),
        ("api.xn--mnchen-3ya.example", "api.xn--mnchen-3ya.example"),
        ("api.münchen.example", "api.xn--mnchen-3ya.example"),
        ("xn--strae-oqa.example", "xn--strae-oqa.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("API.example.com:8443", "api.example.com"),
        ("[2606:4700:4700::1111]", "2606:4700:4700::1111"),
    ],
)
async def test_a_host_may_be_written_in_either_way(host: str, raw: str, method: Make, talk: Conversation) -> None:
    config = {"url": f"https://{host}/o", "auth": "bearer"}
    _, (request,) = await sent(method, talk, config, {"order": "1"}, secrets={"credential": "k-12345"})
    assert request.url.raw_host == raw.encode() and request.headers["authorization"] == "Bearer k-12345"


async def test_a_method_without_its_credential_sends_nothing(method: Make, talk: Conversation) -> None:
    config = {"verb": "GET", "url": "https://a.example/o", "auth": "bearer"}
    result, requests = await sent(method, talk, config, {"order": "1"})
    assert result.outcome == "failed" and requests == []


# --- Secrets stay home --------------------------------------------------------------------------------------------------


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


# --- What comes back ----------------------------------------------------------------------------------------------------


def replying(status: int = 200, body: bytes = b"{}", kind: str = "application/json") -> Any:
    return answering(f"HTTP/1.1 {status} X\nContent-Type: {kind}\nContent-Length: {len(body)}", body)


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


# --- What staff may write -----------------------------------------------------------------------------------------------

GOOD = {"verb": "GET", "url": "https://a.example/o/{order}", "auth": "none", "timeout_seconds": 15, "max_kb": 256}

BAD_CONFIG = [
    ({"url": ""}, "url", "required"),
    ({"url": "a.example/o"}, "url", "address_refused"),
    ({"url": "ftp://a.example/"}, "url", "address_refused"),
    ({"url": "https://{shop}.example/"}, "url", "placeholder_host"),
    ({"url": "{scheme}://a.example/"}, "url", "placeholder_host"),
    ({"url": "https://a.example:{port}/"}, "url", "placeholder_host"),
    ({"url": "https://a.example@{host}/"}, "url", "placeholder_host"),
    ({"url": "https://a.example/{{order}}"}, "url", "placeholder"),
    ({"url": "https://a.example/{order"}, "url", "placeholder"),
    ({"url": "https://a.example/{a b}"}, "url", "placeholder"),
    ({"url": "https://a.example/{}"}, "url", "placeholder"),
    ({"url": "https://a.example/o#{order}"}, "url", "url"),
    ({"url": "https://a.example/o o"}, "url", "url"),
    ({"url": "https://a.example/../o"}, "url", "dots"),
    ({"url": "https://a.example/%2e%2e/o"}, "url", "dots"),
    ({"url": "https://a.example/o?{order}=1"}, "url", "placeholder_key"),
    ({"url": "http://127.0.0.1/"}, "url", "address_refused"),
    ({"url": "http://user:pass@a.example/"}, "url", "address_refused"),
    ({"url": "https://a.example:0/"}, "url", "address_refused"),
    ({"url": "https://a.example:22/"}, "url", "address_refused"),
    ({"url": "https://a.example/" + "x" * 2000}, "url", "max_length"),
    ({"verb": "get"}, "verb", "invalid_choice"),
    ({"verb": "CONNECT"}, "verb", "invalid_choice"),
    ({"verb": "TRACE"}, "verb", "invalid_choice"),
    ({"verb": "BREW"}, "verb", "invalid_choice"),
    ({"send": "json"}, "send", "get_body"),
    ({"headers": "X Y: z"}, "headers", "header_name"),
    ({"headers": "X:Y: z\n: z"}, "headers", "header_name"),
    ({"headers": "no colon"}, "headers", "header_line"),
    ({"headers": "Host: evil"}, "headers", "header_refused"),
    ({"headers": "Content-Length: 5"}, "headers", "header_refused"),
    ({"headers": "transfer-encoding: chunked"}, "headers", "header_refused"),
    ({"headers": "Cookie: a=b"}, "headers", "header_refused"),
    ({"headers": "Authorization: Bearer x"}, "headers", "header_refused"),
    ({"headers": "X-A: ü"}, "headers", "header_value"),
    ({"headers": "X-A: {a"}, "headers", "placeholder"),
    ({"auth": "magic"}, "auth", "invalid_choice"),
    ({"auth": "header"}, "auth_name", "required"),
    ({"auth": "header", "auth_name": "Host"}, "auth_name", "header_refused"),
    ({"auth": "basic"}, "auth_user", "auth_user"),
    ({"auth": "basic", "auth_user": "a:b"}, "auth_user", "auth_user"),
    ({"timeout_seconds": 0}, "timeout_seconds", "min_value"),
    ({"timeout_seconds": 3600}, "timeout_seconds", "max_value"),
    ({"max_kb": 0}, "max_kb", "min_value"),
    ({"keep": "items"}, "keep", "pointer"),
    ({"keep": "/a~2"}, "keep", "pointer"),
    ({"idempotency_header": "a b"}, "idempotency_header", "header_name"),
]


@pytest.mark.parametrize(("change", "field", "code"), BAD_CONFIG)
def test_a_bad_setting_has_a_named_error(change: dict[str, Any], field: str, code: str, settings: Any) -> None:
    settings.OUTBOUND_ALLOWED_ORIGINS = []
    form = http.Config({**GOOD, **change})
    assert not form.is_valid()
    assert [error.code for error in form.errors[field].as_data()] == [code]


def test_a_good_setting_is_kept_as_json() -> None:
    form = http.Config({**GOOD, "headers": "X-Shop: {shop}", "keep": "/items/*/name"})
    assert form.is_valid(), form.errors
    assert json.loads(json.dumps(form.cleaned_data)) == form.cleaned_data


@pytest.mark.parametrize(
    ("url", "parameters", "code"),
    [
        ("https://a.example/{other}", ORDER, "placeholder_unknown"),
        ("https://a.example/{credential}", ORDER, "placeholder_unknown"),
        ("https://a.example/{order}", schema(order={"type": "string"}), "placeholder_optional"),
        ("https://a.example/{order}", schema("order", order={"type": "object"}), "placeholder_type"),
        ("https://a.example/{shop}", schema("shop", shop={"type": "string"}), "fixed_collision"),
    ],
)  # fmt: skip
def test_a_placeholder_must_stand_for_something(
    url: str, parameters: Any, code: str, method: Make, talk: Conversation
) -> None:
    fixed = {"shop": "x"} if code == "fixed_collision" else {}
    row = an_http(method, talk, {"verb": "GET", "url": url}, parameters=parameters, fixed=fixed)
    with pytest.raises(http.ValidationError) as raised:
        http.check(row)
    assert [error.code for error in raised.value.error_list] == [code]


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


# --- The visitor, where they are logged in on the site ----------------------------------------------------------------

ACCOUNT = {
    "verb": "POST", "url": "https://shop.example.com/users/{visitor.id}/orders?by={visitor.email}", "auth": "none",
    "headers": "X-User: {visitor.id}", "timeout_seconds": 5, "max_kb": 64,
}  # fmt: skip


def log_in(talk: Conversation, id: str | None = "user-7", **signed: Any) -> None:
    Visitor.objects.filter(pk=talk.visitor_id).update(external_id=id, **signed)


async def test_a_request_says_who_is_logged_in_and_the_model_neither_sees_nor_chooses_it(method, talk):
    proven = {"email": "ada@example.com", "email_verified_at": timezone.now()}
    await sync_to_async(log_in)(talk, **proven)
    fixed = {"customer": "{visitor.id}", "source": "chat"}
    result, (request,) = await sent(method, talk, ACCOUNT, {"order": "7"}, fixed=fixed)
    assert str(request.url) == "https://shop.example.com/users/user-7/orders?by=ada%40example.com"
    assert request.headers["x-user"] == "user-7" and result.outcome == "done"
    assert json.loads(request.content) == {"order": "7", "customer": "user-7", "source": "chat"}


@pytest.mark.parametrize("signed", [{"id": None}, {"email": "ada@example.com"}])
async def test_without_a_login_or_with_an_address_that_nobody_has_signed_nothing_is_sent(method, talk, signed):
    await sync_to_async(log_in)(talk, **signed)
    result, requests = await sent(method, talk, ACCOUNT, {"order": "7"})
    assert result.outcome == "failed" and not requests


@pytest.mark.parametrize("id", ["../admin", "7/../8", "7/orders", "7\\orders", "."])
async def test_a_user_id_leads_to_no_other_address_however_it_is_spelt(method, talk, id):
    await sync_to_async(log_in)(talk, id)
    config = {**ACCOUNT, "url": "https://shop.example.com/users/{customer}", "headers": ""}
    result, requests = await sent(method, talk, config, {"order": "7"}, fixed={"customer": "{visitor.id}"})
    assert result.outcome == "failed" and not requests


async def test_a_test_by_staff_shows_where_the_visitors_id_would_stand(method, talk):
    row = await sync_to_async(an_http)(method, talk, ACCOUNT)
    shown = await try_out(row, {"order": "7"})
    assert "/users/%28visitor.id%29/orders" in shown.text
    assert "logged in" in (await try_out(row, {"order": "7"}, dry_run=False)).text
