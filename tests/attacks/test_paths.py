"""Values that would lead a method's request to another path than staff have set."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.core.exceptions import ValidationError

from assistant.errors import ToolError
from assistant.models import Method
from assistant.tools import http
from assistant.tools.kind import configured
from assistant.tools.request import build
from tests import make

ONE_TEXT = {"type": "object", "properties": {"order": {"type": "string"}}, "required": ["order"]}
URL = "https://shop.example.com/v1/orders/{order}/status"


def method(**config: Any) -> Method:
    of = make.organization()
    return Method(
        organization=of,
        name="status",
        kind="http",
        parameters=ONE_TEXT,
        config={"verb": "GET", "url": URL, "auth": "none", **config},
    )


def address(of: Method, value: str) -> str:
    return build(of, configured(http.Config, of), {"order": value}, key="k").url


LEAVING = [
    "5/cancel", "5\\cancel", "/", "5/", "5%2Fcancel", "5%2fcancel", "5%5Ccancel", "5%252Fcancel", "5%25252fcancel",
    "5\uff0fcancel", "5\uff3ccancel", "5%EF%BC%8Fcancel", "\u2100ncel", ".\u200b.", "\u200b..", ".\u2060.",
    ".\u034f.", ".\ufe0f.",    "\u202e..", "\uff0e\uff0e", "\u2025", ".%2e", "%2E%2e", ".%E2%80%8B.",
    ".\u3164.", "5\rX", "5\nX", "5%0d%0aX",
    "..;", "..;a=b", ".;x", "%2e%2e;x", "..%3Bx", "\u200b..;", ".\u2800.",
    "5\u2028X", "5\x85X",    "%c0%ae%c0%ae", "%C0%AFcancel", "%e0%80%af", "%25%32%65%25%32%65",
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("value", LEAVING)
def test_a_value_that_could_leave_its_segment_is_refused_by_name(value: str) -> None:
    with pytest.raises(ToolError, match="`order` is part of the address, so it must not contain") as refused:
        address(method(), value)
    assert refused.value.code == "bad_arguments"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value", ["", "  ", "\u200b", "\u2060\ufeff", "\u3164", "\u034f", "\u2800", "\xa0", "\u00ad \u200d"]
)
def test_a_value_that_shows_nothing_would_leave_its_segment_empty(value: str) -> None:
    with pytest.raises(ToolError, match="`order` is required"):
        address(method(), value)


STAYING = [
    "A-7",
    "7.5",
    "v1..2",
    "50% off",
    "می\u200cخواهم",
    "👩\u200d🚀",
    "a b",
    "½",
    "x;y=1",
    "a?b#c",
    "10%da",
    "%",
    "日本",
]


@pytest.mark.django_db
@pytest.mark.parametrize("value", STAYING)
def test_any_other_value_is_sent_as_it_is(value: str) -> None:
    assert address(method(), value) == URL.replace("{order}", quote(value, safe=""))


@pytest.mark.django_db
def test_a_parameter_that_may_contain_slashes_holds_them_but_leads_nowhere_else() -> None:
    of = method(slashes="order")
    assert address(of, "2026/7 b") == URL.replace("{order}", "2026%2F7%20b")
    for value in ("../admin", "a/../../b", "a/%2e%2e/b", "a\\..\\b", "a/.\u200b./b", "a/\nb"):
        with pytest.raises(ToolError, match="must not contain"):
            address(of, value)


@pytest.mark.django_db
def test_a_value_that_staff_have_fixed_may_hold_slashes() -> None:
    of = method(url="https://shop.example.com/{shop}/orders/{order}")
    of.fixed = {"shop": "eu/berlin"}
    request = build(of, configured(http.Config, of), {"order": "5", **of.fixed}, key="k")
    assert request.url == "https://shop.example.com/eu%2Fberlin/orders/5"


@pytest.mark.django_db
def test_only_parameters_of_the_path_may_be_said_to_contain_slashes() -> None:
    of = method(slashes="order")
    http.check(of)
    of.config["slashes"] = "other"
    with pytest.raises(ValidationError, match="is not part of the path"):
        http.check(of)
