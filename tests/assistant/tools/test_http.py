"""What HTTP methods send, over real sockets."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import quote

import pytest

from assistant.models import Conversation
from assistant.tools.executor import Executor
from tests.assistant.tools.acts import called
from tests.assistant.tools.http_calls import Make, schema, sent

pytestmark = pytest.mark.django_db

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
