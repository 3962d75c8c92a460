"""The assistant's picture in the widget: where it is, on which side, and what happens without it."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from PIL import Image
from playwright.sync_api import expect

from tests.sampling import is_thorough

from .harness import FakeServer, Site, Widget
from .harness.pages import page
from .harness.waiting import until

NewWidget = Callable[..., Widget]
RED = "220,20,60,255"
MIDDLE = "(all) => all.map((one) => [...one.getContext('2d').getImageData(20, 20, 1, 1).data].join())"


@pytest.fixture
def pictured(fake: FakeServer) -> FakeServer:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), (220, 20, 60)).save(out, "PNG")
    fake.picture, fake.config["avatar"] = out.getvalue(), "/pictures/mia.png"
    return fake


def test_the_picture_is_in_the_header_and_beside_messages_although_the_page_allows_no_images(
    new_widget: NewWidget, site: Site, pictured: FakeServer
) -> None:
    host = pictured.url
    policy = (
        f"default-src 'none'; script-src {host}; connect-src {host} {host.replace('http', 'ws')}; "
        "img-src 'none'; style-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    site.put("/strict", page(host), {"Content-Security-Policy": policy})
    widget = new_widget()
    widget.page.add_init_script(
        "window.violations = []; document.addEventListener('securitypolicyviolation', (e) => "
        "{ if (!e.blockedURI.startsWith('data')) violations.push(e.violatedDirective + ' ' + e.blockedURI); })"
    )
    widget.visit(f"{site.url}/strict").open()
    widget.ask("hello")
    expect(widget.page.locator(".avatar .face")).to_be_visible()
    expect(widget.page.locator(".intro > .face")).to_be_visible()
    expect(widget.page.locator(".reply > .face")).to_be_visible()
    expect(widget.page.locator(".own .face")).to_have_count(0)
    until(lambda: set(widget.page.locator("canvas").evaluate_all(MIDDLE)) == {RED})
    expect(widget.page.locator(".avatar")).to_have_text("")
    assert widget.page.evaluate("violations") == []
    assert sum(request == "GET /pictures/mia.png" for request in pictured.requests) == 1


def test_staff_do_not_write_under_the_assistants_picture(widget: Widget, pictured: FakeServer) -> None:
    widget.open()
    widget.ask("hello")
    pictured.call(pictured.say_staff("Ada"))
    pictured.call(pictured.say_message("staff", "Ada here."))
    expect(widget.page.locator(".staff")).to_be_visible()
    expect(widget.page.locator(".staff > .face")).to_be_hidden()


@pytest.mark.parametrize(("locale", "start"), [("en", "left"), ("ar", "right")])
def test_the_picture_is_on_the_side_where_reading_begins(
    new_widget: NewWidget, site: Site, pictured: FakeServer, locale: str, start: str
) -> None:
    site.put("/", page(pictured.url, attributes=f'data-locale="{locale}"'))
    widget = new_widget().visit(site.url).open()
    widget.ask("hello")
    expect(widget.page.locator(".reply > .face")).to_be_visible()
    for line in (".reply", ".intro"):
        face, bubble = (widget.place_of(widget.page.locator(f"{line} > {one}")) for one in (".face", ".bubble"))
        gap = bubble["x"] - face["x"] - face["width"] if start == "left" else face["x"] - bubble["x"] - bubble["width"]
        assert 4 <= gap <= 12


def test_a_picture_that_cannot_be_fetched_leaves_the_first_letter(widget: Widget, fake: FakeServer) -> None:
    fake.config["avatar"] = "/pictures/gone.png"
    with widget.page.expect_response("**/pictures/gone.png"):
        widget.open()
    widget.ask("hello")
    expect(widget.page.locator(".avatar")).to_have_text("B")
    expect(widget.page.locator(".face")).to_have_count(0)
    assert [error for error in widget.errors if "404" not in error] == []


@pytest.mark.parametrize("scheme", ["dark", *(["light"] if is_thorough() else [])])  # as it is in the gallery
def test_axe_finds_nothing_where_there_is_a_picture(
    new_widget: NewWidget, site: Site, pictured: FakeServer, scheme: str
) -> None:
    widget = new_widget(color_scheme=scheme).visit(site.url).open()
    widget.ask("hello")
    expect(widget.page.locator(".reply > .face")).to_be_visible()
    widget.page.evaluate(AXE_SCRIPT)
    found = widget.page.evaluate("axe.run('interworky-widget', {resultTypes: ['violations']})")
    assert [(rule["id"], node["target"]) for rule in found["violations"] for node in rule["nodes"]] == []
