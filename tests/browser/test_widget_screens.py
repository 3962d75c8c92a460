"""The widget on small screens, zoomed in, and in the look that its page chooses."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.harness.chat import NewWidget

from .harness import FakeServer, Site, Widget
from .harness.pages import page
from .harness.waiting import until_same


def test_the_tag_chooses_colour_side_and_theme(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    site.put("/", page(fake.url, attributes='data-accent="#7c3aed" data-position="left" data-theme="dark" data-locale="fr"'))
    widget = new_widget().visit(site.url)
    assert widget.place_of(widget.launcher)["x"] == 20, "before any other request"
    widget.open()
    expect(widget.panel).to_have_css("background-color", "rgb(22, 24, 29)")
    expect(widget.page.get_by_role("button", name="Fermer le chat")).to_be_visible()
    expect(widget.page.locator(".avatar")).to_have_css("background-color", "rgb(124, 58, 237)")


def small(new_widget: NewWidget) -> Widget:
    return new_widget(viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True)


def test_a_small_screen_is_covered_and_left_again(new_widget: NewWidget, site: Site) -> None:
    widget = small(new_widget).visit(site.url)
    widget.launcher.tap()
    expect(widget.panel).to_have_attribute("aria-modal", "true")
    until_same(lambda: widget.place_of(widget.panel), {"x": 0, "y": 0, "width": 360, "height": 700})
    expect(widget.launcher).to_be_hidden()
    expect(widget.box).not_to_be_focused()
    widget.page.get_by_role("button", name="Close chat").tap()
    expect(widget.launcher).to_be_focused()


def test_a_small_screen_is_not_covered_again_on_the_next_page(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    site.put("/next", page(fake.url))
    widget = small(new_widget).visit(site.url)
    widget.launcher.tap()
    widget.ask("hello")
    widget.page.reload()
    expect(widget.panel).to_be_visible()
    widget.visit(f"{site.url}/next")
    widget.page.wait_for_load_state("networkidle")
    expect(widget.panel).to_be_hidden()


def overflow(page: Page) -> bool:
    return bool(
        page.evaluate(
            "[...document.querySelector('interworky-widget').shadowRoot.querySelectorAll('.panel, .log, .footer, .header')]"
            ".some((e) => e.scrollWidth > e.clientWidth + 1)"
        )
    )


@pytest.mark.parametrize(("width", "height"), [(320, 256), (500, 400), (1280, 420)])
def test_zoomed_in_everything_is_still_there(width: int, height: int, new_widget: NewWidget, site: Site) -> None:
    """A page of 1280 × 1024 at 400 % is 320 × 256 (WCAG 1.4.10); at 200 % of a small window, 500 × 400."""
    widget = new_widget(viewport={"width": width, "height": height}).visit(site.url).open()
    widget.ask("confirm")
    widget.page.get_by_label("Your name").scroll_into_view_if_needed()
    widget.page.get_by_label("Your name").fill("Ada")
    box = widget.place_of(widget.panel)
    assert box["x"] >= 0 and box["y"] >= 0 and box["x"] + box["width"] <= width and box["y"] + box["height"] <= height
    assert not overflow(widget.page)
