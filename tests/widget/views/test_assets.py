"""The built widget, as browsers fetch it."""

from __future__ import annotations

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
