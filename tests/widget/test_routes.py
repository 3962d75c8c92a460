"""Public addresses: whatever stands in the place of a key, a token or a name, the server answers and does not fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import AsyncClient
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.converters import PathConverter, SlugConverter, StringConverter

from assistant.services.organizations import rate_limits

pytestmark = pytest.mark.django_db
TEXT = (StringConverter, SlugConverter, PathConverter)
# A NUL, which PostgreSQL refuses; half of a pair, which has no UTF-8; bytes that are no UTF-8; and a great deal.
WRONG = ["%00", "a%00b.png", "%ED%A0%80", "%FF%FE", "%F0%9F%98%80", "%250A", "x" * 5000, "1:%00:x", ".", "%20"]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    rate_limits.reset()
    yield
    rate_limits.reset()


def patterns(resolver: URLResolver, before: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each route outside the admin, which wants a log-in, with what stands for its parts."""
    for one in resolver.url_patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLPattern):
            yield route, one.pattern.converters
        elif one.namespace != "admin":
            yield from patterns(one, route)


def routes() -> list[str]:
    """Those with a part that may be any text, such as "pictures/{}"; other parts have a value that fits."""
    found = []
    for route, converters in patterns(get_resolver()):
        texts = [name for name, converter in converters.items() if isinstance(converter, TEXT)]
        if not texts:
            continue
        for name, converter in converters.items():
            given = "{}" if name in texts else "7" if type(converter).__name__ == "IntConverter" else "0" * 8
            route = route.replace(f"<{name}>", given).replace(f"<{_kind(route, name)}:{name}>", given)
        found.append(route)
    return found


def _kind(route: str, name: str) -> str:
    return route.partition(f":{name}>")[0].rpartition("<")[2]


def test_the_routes_that_are_walked_are_those_with_a_key_a_token_or_a_name():
    assert {"pictures/{}", "files/{}", "chat/{}", "widget/{}/{}", "calendars/{}.ics", "appointments/{}/"} <= set(routes())
    assert not [route for route in routes() if "<" in route]


@pytest.mark.parametrize("route", routes())
@pytest.mark.parametrize("value", WRONG, ids=lambda value: value[:12])
async def test_no_text_in_a_public_address_makes_the_server_fail(route, value):
    path = "/" + route.format(*[value] * route.count("{}"))
    client = AsyncClient(raise_request_exception=False)
    for method in (client.get, client.post):
        assert (await method(path)).status_code < 500
