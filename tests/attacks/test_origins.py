"""Allowed origins: one form, which is what browsers send; whatever is no origin is refused, and never sent to a browser."""

from __future__ import annotations

import logging

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from assistant import outbound
from assistant.errors import AddressRefused
from assistant.models import Organization
from assistant.models.organizations.organization import normal_origin
from assistant.providers.configuration.values import normal_base_url
from tests import make


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("https://weiß.example", "https://xn--wei-7ka.example"),
        ("HTTPS://WWW.Example.COM:443/", "https://www.example.com"),
        ("https://Käse.example:8443", "https://xn--kse-qla.example:8443"),
        ("https://日本語.example", "https://xn--wgv71a119e.example"),
        ("https://xn--wei-7ka.example", "https://xn--wei-7ka.example"),
        ("https://xn--ls8h.example", "https://xn--ls8h.example"),  # an emoji: not in IDNA 2008, but browsers go there
        ("https://my_shop.example", "https://my_shop.example"),
        ("http://[2001:DB8:0::1]:8080", "http://[2001:db8::1]:8080"),
        ("http://192.0.2.7", "http://192.0.2.7"),
    ],
)
def test_an_origin_is_kept_as_browsers_send_it(typed: str, sent: str) -> None:
    assert normal_origin(typed) == sent == normal_origin(sent)


def test_two_names_that_differ_by_a_sharp_s_are_two_sites() -> None:
    organization = Organization(allowed_origins="https://weiß.example")
    assert organization.allows("https://xn--wei-7ka.example")
    assert not organization.allows("https://weiss.example")


def test_a_providers_address_leads_where_it_was_typed_and_its_key_goes_there() -> None:
    assert normal_base_url("https://api.weiß.example/v1") == "https://api.xn--wei-7ka.example/v1"
    assert outbound.origin("https://api.weiß.example/v1") == outbound.origin(normal_base_url("https://api.weiß.example/v1"))


REFUSED = [
    "https://a.example;script-src *", "https://a.example 'unsafe-inline'", "https://a.example\t.b", 'https://"a".example',
    "https://a.example,https://b.example", "https://a.example\x00", "https://a\u2028.example", "https://a.example；b",
    "https://xn--zzzzzzzzzzzz.example", "https://xn--.example", "https://-a.example", "https://a..example",
    "https://" + "a" * 64 + ".example", "https://" + "a." * 130 + "example", "http://0x7f.1", "http://1.2.3", "http://[::1",
    "https://a.example:99999", "https://a.example:x", "javascript:alert(1)", "https://*.example", "https://u@a.example",
    "https://a.example/path", "https://", "https://a\u200d.example", "https://(a).example",
    "https://xn--a.example", "https://xn--WEI-7KA-.example", "https://xn--abc-.example",
    "https://[2001:db8::1].example", "https://[2001:db8::1]a", "http://[fe80::1%eth0]", "http://[fe80::1%25eth0]:80",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=ascii)
def test_an_invalid_origin_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValidationError):
        Organization(name="A", slug="a", allowed_origins=text).full_clean(validate_unique=False)


def test_saving_a_form_keeps_the_normal_form_once() -> None:
    organization = Organization(
        name="A", slug="a", allowed_origins="https://Weiß.example\n\nhttps://xn--wei-7ka.example:443"
    )
    organization.full_clean(validate_unique=False)
    assert organization.allowed_origins == "https://xn--wei-7ka.example"


@pytest.mark.django_db(transaction=True)
def test_what_was_stored_and_is_no_origin_is_left_out_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    stored = "https://ok.example\nhttps://evil.example; script-src *\nhttps://weiß.example"
    assistant = make.assistant(make.organization(allowed_origins=stored))
    with caplog.at_level(logging.WARNING, "assistant"):
        answers = [Client().get(f"/chat/{assistant.public_key}") for _ in range(2)]
    for answer in answers:
        policy = answer["Content-Security-Policy"]
        assert policy.isascii() and policy.endswith("frame-ancestors 'self' https://ok.example https://xn--wei-7ka.example")
    assert [record.getMessage() for record in caplog.records] == [
        f"organization {assistant.organization_id}: line 2 of its allowed origins is not valid, and ignored"
    ]


@pytest.mark.parametrize("url", ["https://xn--zzzzzzzzzzzz.example/", "https://xn--.example", "https://xn--0.example:99999"])
def test_an_address_whose_name_cannot_be_decoded_is_refused_and_no_failure(url: str) -> None:
    with pytest.raises(AddressRefused):
        outbound.check_url(url, outbound.Reach.TENANT)
    with pytest.raises(AddressRefused):
        outbound.origin(url)
