"""What a client has already is answered by 304, however it names it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import AsyncClient

from assistant.async_db import in_db
from assistant.models import Assistant, CalendarFeed
from assistant.services.booking.calendar_sync import feeds
from assistant.services.organizations import pictures
from tests import make
from tests.assistant.services.files.pictures import png

pytestmark = pytest.mark.django_db
NAMED = ["{}", "W/{}", '"other", {}', 'W/"other",W/{} , "third"', "*", " * "]
OTHER = ["", '"other"', 'W/"other"', "W/", "x{}", '"*"', ","]


def config(mia: Assistant) -> str:
    return f"/api/v1/widget/config/{mia.public_key}"


def picture(mia: Assistant) -> str:
    pictures.keep(mia, pictures.examined(io.BytesIO(png()), pictures.AVATAR))
    return "/" + pictures.address(mia).partition("//")[2].partition("/")[2]


def feed(mia: Assistant) -> str:
    made = CalendarFeed.objects.create(organization=mia.organization)
    return "/" + feeds.address_of(made).partition("//")[2].partition("/")[2]


ADDRESSES: list[Callable[[Assistant], str]] = [config, picture, feed, lambda mia: "/widget.js"]


@pytest.mark.parametrize("address", ADDRESSES, ids=["config", "picture", "feed", "loader"])
async def test_a_client_that_names_what_it_has_is_not_sent_it_again(
    settings: Any, address: Callable[[Assistant], str]
) -> None:
    settings.RATE_LIMITS = False
    path = await in_db(lambda: address(make.assistant()))()

    async def get(known: str) -> HttpResponse:
        return await AsyncClient().get(path, headers={"origin": make.ORIGIN, "if-none-match": known})

    etag = (await get(""))["etag"]
    assert [(await get(known.format(etag))).status_code for known in NAMED] == [304] * len(NAMED)
    assert [(await get(known.format(etag))).status_code for known in OTHER] == [200] * len(OTHER)
