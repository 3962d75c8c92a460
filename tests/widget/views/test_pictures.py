"""The public addresses of logos and avatars."""

from __future__ import annotations

import io

import pytest

from assistant.services.organizations import networks, pictures, rate_limits
from tests import make
from tests.assistant.services.files.pictures import png
from tests.rates import spend

pytestmark = pytest.mark.django_db


@pytest.fixture
def address() -> str:
    mia = make.assistant()
    pictures.keep(mia, pictures.examined(io.BytesIO(png()), pictures.AVATAR))
    return pictures.address(mia).partition("//")[2].partition("/")[2]


def test_a_picture_is_served_for_good_to_any_site_and_is_never_a_page_of_ours(client, address):
    answer = client.get(f"/{address}")
    assert answer.status_code == 200 and answer["content-type"] == "image/png" and answer.content.startswith(b"\x89PNG")
    assert answer["cache-control"] == "public, max-age=31536000, immutable"
    assert answer["x-content-type-options"] == "nosniff"
    assert answer["content-security-policy"] == "default-src 'none'; sandbox"
    assert (answer["access-control-allow-origin"], answer["cross-origin-resource-policy"]) == ("*", "cross-origin")
    again = client.get(f"/{address}", headers={"if-none-match": answer["etag"]})
    assert again.status_code == 304 and not again.content
    assert client.post(f"/{address}").status_code == 405


@pytest.mark.parametrize("name", ["0" * 40 + ".png", "x", "%00.png", "é.png", "a" * 500])
def test_what_is_no_address_of_a_picture_is_not_found_and_kept_by_nobody(client, name):
    answer = client.get(f"/pictures/{name}")
    assert answer.status_code == 404 and "immutable" not in answer.headers.get("cache-control", "")


def test_a_picture_has_one_address(client, address):
    assert client.get(f"/{address.removesuffix('.png')}.jpg").status_code == 404
    assert client.get(f"/{address.removesuffix('.png')}").status_code == 404


def test_how_often_a_network_asks_for_pictures_is_limited(client, address):
    rate_limits.reset()
    try:
        spend("picture", network=networks.network_of_request({"REMOTE_ADDR": "127.0.0.1"}))
        assert client.get(f"/{address}").status_code == 429
    finally:
        rate_limits.reset()
