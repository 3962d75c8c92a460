"""The built widget, as browsers fetch it."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from assistant.admin.organizations.install import script_tag
from assistant.services.pinned_loader import pin_of
from tests import make
from widget.assets import version


async def test_the_loader_and_its_modules_are_served(async_client):
    loader = await async_client.get("/widget.js", headers={"accept-encoding": "br"})
    assert loader.status_code == 200 and loader.headers["content-encoding"] == "br"
    assert "max-age=300" in loader.headers["cache-control"]
    assert (await async_client.get("/widget.js", headers={"if-none-match": loader.headers["etag"]})).status_code == 304
    module = await async_client.get(f"/widget/{version()}/panel.js")
    assert "immutable" in module.headers["cache-control"] and module.headers["access-control-allow-origin"] == "*"
    for path in ("/widget/x/../settings.py", "/widget/x/nope.js", "/widget/x/%2e%2e/%2e%2e/manage.py"):
        assert (await async_client.get(path)).status_code == 404


async def test_browsers_find_an_icon(async_client):
    answer = await async_client.get("/favicon.ico")
    assert answer.status_code == 302 and answer.url.endswith("icon.svg")


@pytest.mark.django_db
def test_the_pinned_tag_holds_the_digest_of_what_is_served_and_its_address_never_changes_meaning(client):
    tag = script_tag(make.assistant(), pinned=True)
    [source] = re.findall(r'src="[^"]*(/widget\.js\?v=\w+)"', tag)
    [integrity] = re.findall(r'integrity="sha384-([^"]+)" crossorigin="anonymous"', tag)
    answer = client.get(source)
    assert base64.b64decode(integrity) == hashlib.sha384(answer.content).digest()
    assert "immutable" in answer["cache-control"] and answer["access-control-allow-origin"] == "*"
    earlier = client.get("/widget.js?v=0123456789ab")
    assert earlier.content == answer.content and "immutable" not in earlier["cache-control"]


def test_another_loader_has_another_version_and_digest():
    one, other = pin_of(b"one"), pin_of(b"other")
    assert one.version != other.version and one.integrity != other.integrity
