"""Credentials that staff type, or a document holds, where everybody on the team may read them."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import ValidationError

from assistant.models import Method
from assistant.tools import http, importing, mcp
from assistant.tools.credentials import is_credential
from tests import make

OPEN = [
    ("X-Api-Key", "abc"), ("x-shop-api-key", "1"), ("apiKey", "abc"), ("api_key", "abc"), ("token", "abc"),
    ("X-Token", "abc"),
    ("access_token", "abc"), ("X-Auth-Token", "abc"), ("client_secret", "abc"), ("password", "abc"),
    ("Ocp-Apim-Subscription-Key", "1"),
    ("key", "AIzaSyA1234567890abcdefghijklmnopqrs"), ("sig", "9f86d081884c7d659a2f"), ("anything", "Bearer abcdefgh12345"),
    ("anything", "sk-proj-abcdefghijklmnop"), ("x", "ghp_abcdefghijklmnopqrstuvwx"), ("api%5Fkey", "abc"),
    ("x", "Basic%20dXNlcjpwYXNz"), ("appid", "b6907d289e10d714a6e88b30761fae22"),
    ("sid", "AbCd1234EfGh5678IjKl"), ("sessionId", "AbCd1234EfGh5678IjKl"),
]  # fmt: skip
HARMLESS = [
    ("key", "name"), ("page_token", "abc"), ("next_token", "CAUQAA"), ("q", "api_key"), ("monkey", "abc"),
    ("X-Shop", "berlin"),
    ("api_key", ""), ("keyword", "abc"), ("code", "DE"), ("tokens", "5"), ("sort", "secret"),
    ("X-Request-Source", "interworky"), ("app_id", "shop"), ("sid", "17"), ("pass", "day"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), OPEN)
def test_a_credential_is_known_by_its_name_or_its_look(name: str, value: str) -> None:
    assert is_credential(name, value)


@pytest.mark.parametrize(("name", "value"), HARMLESS)
def test_a_name_that_only_resembles_a_credentials_is_accepted(name: str, value: str) -> None:
    assert not is_credential(name, value)


def form(**changes: str) -> http.Config:
    fields = {"verb": "GET", "url": "https://shop.example.com/o", "auth": "none", "timeout_seconds": 5, "max_kb": 64}
    return http.Config({**fields, **changes})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "https://shop.example.com/o?page=1&api_key=abc"),
        ("url", "https://shop.example.com/o?token=abc"),
        ("url", "https://hooks.slack.com/services/T01ABCDEF/B02ABCDEF/abcdefghijklmnopqrstuvwx"),
        ("url", "https://discord.com/api/webhooks/112233445566778899/abc_DEF-ghijklmnopqrstuvwxyz0123456789"),
        ("url", "https://api.telegram.org/bot110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/sendMessage"),
        ("url", "https://contoso.webhook.office.com/webhookb2/a@b/IncomingWebhook/0123456789abcdef0123456789abcdef/x"),
        ("url", "https://hooks.zapier.com/hooks/catch/123456/abcdef1/"),
        ("url", "https://shop.example.com/keys/sk-proj-abcdefghijklmnop/orders"),
        ("headers", "X-Shop: berlin\nX-Api-Key: abc"),
        ("headers", "X-Forward: Bearer abcdefgh12345"),
    ],
)
def test_a_credential_in_a_plain_field_is_refused_with_the_place_where_it_belongs(field: str, value: str) -> None:
    (error,) = form(**{field: value}).errors.as_data()[field]
    assert error.code == "credential_in_the_open"
    assert "under Secrets" in error.messages[0] and "abc" not in error.messages[0]


def test_an_authorization_header_is_refused_as_before() -> None:
    (error,) = form(headers="Authorization: Bearer abc").errors.as_data()["headers"]
    assert error.code == "header_refused"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/shops/3fa85f64-5717-4562-b3fc-2c963f66afa6/orders",
        "/services/list/2026",
        "/bot/help",
        "/bot{token}/sendMessage",
        "/hooks/{secret}",
        "/api/webhooks/12/edit",
        "/basic/plan",
    ],
)
def test_an_id_in_a_path_is_no_credential(path: str) -> None:
    assert form(url="https://shop.example.com" + path).is_valid()


def test_a_placeholder_for_a_secret_is_no_credential_in_the_open() -> None:
    assert form(url="https://shop.example.com/o?api_key={key}", headers="X-Api-Key: {key}").is_valid()


def test_an_mcp_servers_address_may_not_contain_a_credential() -> None:
    fields = {"tool": "a", "auth": "none", "timeout_seconds": 5, "max_kb": 64}
    (error,) = mcp.Config({**fields, "url": "https://a.example/mcp?token=abc"}).errors.as_data()["url"]
    assert error.code == "credential_in_the_open"


@pytest.mark.django_db
def test_a_fixed_value_that_is_a_credential_is_refused() -> None:
    method = Method(
        organization=make.organization(), name="a", kind="http", config={"url": "https://a.example/", "verb": "GET"}
    )
    method.fixed = {"shop": "berlin"}
    http.check(method)
    method.fixed = {"api_key": "abc"}
    with pytest.raises(ValidationError, match="Enter it under Secrets"):
        http.check(method)


def test_an_imported_credential_is_encrypted_and_shown_to_no_model() -> None:
    request = {"method": "GET", "url": "https://a.example/o?token=9f3Qz81Lm&q=tea"}
    document = {"info": {"name": "Shop", "schema": "postman v2"}, "item": [{"name": "Find", "request": request}]}
    (draft,) = importing.read(json.dumps(document)).drafts
    assert list(draft.secrets.values()) == ["9f3Qz81Lm"]
    assert "9f3Qz81Lm" not in json.dumps([draft.parameters, draft.config, draft.description])
