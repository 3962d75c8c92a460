"""A tenant's request that is sent to the product itself."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from assistant import outbound
from assistant.errors import AddressRefused, OutboundError
from assistant.outbound import Reach
from tests.assistant.upstream import answering, server

OURS = "http://localhost:8000"


@pytest.fixture(autouse=True)
def embedded(settings: Any) -> None:
    settings.EMBEDDED = settings.DEMO_SITE = True
    settings.PUBLIC_URL, settings.PORT = OURS, 8000
    settings.OUTBOUND_ALLOWED_ORIGINS = [OURS, "http://127.0.0.1:8000"]


@pytest.mark.parametrize("path", ["/demo/api/treatments", "/demo/api/treatments/root%20canal?lang=en"])
def test_the_demonstrations_price_list_may_be_asked(path: str) -> None:
    outbound.check_url(OURS + path, Reach.TENANT)


OUTSIDE = [
    "/demo/mailbox/", "/demo/mailbox", "/", "", "/admin/", "/metrics", "/healthz", "/demo-llm/v1/models", "/demo/api",
    "/demo/apiary", "/demo/api/../mailbox/", "/demo/api/%2e%2e/mailbox/", "/demo/api/.%2e/mailbox/", "/DEMO/API/../mailbox/",
    "/demo/api/%252e%252e/mailbox/", "/demo/api/..%2fmailbox/", "/demo/api/..\\mailbox/",
    "/demo/api//demo/mailbox/", "//demo/mailbox/", "/demo/%61pi/../mailbox/", "/demo/api/\uff0e\uff0e/mailbox/",
    "/demo/api/.%E2%80%8B./mailbox/", "/demo/mailbox/?/demo/api/", "/demo/mailbox/#/demo/api/", "/demo/api/%0d%0a",
    "/demo/api/..;/mailbox/", "/demo/api/a/..;x=1/..;/mailbox/", "/demo/api/%2e%2e%3b/mailbox/",
]  # fmt: skip


@pytest.mark.parametrize("path", OUTSIDE)
@pytest.mark.parametrize("ours", [OURS, "http://LOCALHOST:8000", "http://127.0.0.1:8000"])
def test_no_other_address_of_ours_may_be_asked(ours: str, path: str) -> None:
    with pytest.raises(AddressRefused, match="Interworky itself"):
        outbound.check_url(ours + path, Reach.TENANT)


def test_no_address_of_ours_may_be_asked_without_the_demonstration(settings: Any) -> None:
    settings.DEMO_SITE = False
    with pytest.raises(AddressRefused, match="Interworky itself"):
        outbound.check_url(OURS + "/demo/api/treatments", Reach.TENANT)


def test_the_public_address_of_an_installation_is_its_own_too(settings: Any) -> None:
    settings.EMBEDDED, settings.PUBLIC_URL, settings.OUTBOUND_ALLOWED_ORIGINS = False, "https://chat.example.com", []
    for url in ("https://chat.example.com/admin/", "https://CHAT.example.com.:443/metrics"):
        with pytest.raises(AddressRefused, match="Interworky itself"):
            outbound.check_url(url, Reach.TENANT)
    outbound.check_url("https://www.example.com/admin/", Reach.TENANT)


def test_the_operators_own_settings_may_name_it() -> None:
    outbound.check_url(OURS + "/demo-llm/v1", Reach.OPERATOR)


async def test_a_redirect_within_our_own_address_is_checked_as_well(settings: Any) -> None:
    async def app(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
        moved = answering("HTTP/1.1 302 Found\nLocation: /demo/mailbox/\nContent-Length: 0")
        await moved(reader, writer, request)

    async with server(app) as (url, seen):
        settings.PUBLIC_URL, settings.OUTBOUND_ALLOWED_ORIGINS = url, [url]
        with pytest.raises(OutboundError) as refused:
            await outbound.fetch("GET", url + "/demo/api/moved", reach=Reach.TENANT, max_redirects=3)
    assert refused.value.code == "address_refused" and len(seen) == 1


@pytest.mark.parametrize("headers", [{}, {"User-Agent": "Mozilla/5.0"}, {"user-agent": ""}])
async def test_every_outbound_request_carries_the_mark_of_its_installation(headers: dict[str, str]) -> None:
    asked: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200)

    with outbound.transport_for_tests(httpx.MockTransport(answer)):
        await outbound.fetch("GET", "https://shop.example.com/", reach=Reach.TENANT, headers=headers)
    assert outbound.USER_AGENT in asked[0].headers["User-Agent"].split()
