"""The settings of HTTP methods, as staff fill them in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assistant.models import Conversation
from assistant.tools import http
from tests.assistant.tools.http_calls import ORDER, Make, an_http, schema

pytestmark = pytest.mark.django_db
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
    ({"headers": "Content-Type: application/hal+json"}, "headers", "header_refused"),  # of a request without a body
    ({"verb": "POST", "send": "json", "headers": "Content-Type: text/xml"}, "headers", "header_refused"),
    ({"verb": "POST", "send": "json", "headers": "Content-Type: application/{order}+json"}, "headers", "header_refused"),
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
