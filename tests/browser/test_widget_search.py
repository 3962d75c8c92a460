"""Search in the conversation: by keyboard, in what the widget has and in what it has not, and from right to left."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator, expect

from .harness import FakeServer, Site, Widget
from .harness.pages import page

NewWidget = Callable[..., Widget]


def findings(widget: Widget) -> list[str]:
    widget.still().page.evaluate(AXE_SCRIPT)
    found = widget.page.evaluate("axe.run('interworky-widget', {resultTypes: ['violations']})")
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]]


def shot(widget: Widget, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        widget.page.screenshot(path=Path(folder) / f"search-{name}.png")


class Search:
    def __init__(self, widget: Widget) -> None:
        self.widget, self.page = widget, widget.page
        self.place = widget.panel.get_by_role("search")
        self.box = self.place.get_by_role("searchbox")
        self.results = self.place.get_by_role("listitem")
        expect(widget.panel.get_by_role("status").first).to_be_attached()
        widget.listen()

    def open(self) -> Search:
        """By keyboard, through the menu."""
        self.widget.panel.get_by_role("button", name="More").focus()
        self.page.keyboard.press("Enter")
        entry = self.widget.panel.get_by_role("menuitem", name="Search this conversation")
        while not entry.evaluate("(entry) => entry.matches(':focus')"):
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Enter")
        expect(self.box).to_be_focused()
        return self


@pytest.fixture
def search(new_widget: NewWidget, site: Site, fake: FakeServer) -> Search:
    """In a conversation of which the widget has been given the newest events alone."""
    widget = new_widget().visit(site.url).open()
    widget.ask("Where can I park my bicycle?")
    for number in range(40):
        fake.call(fake.say_message("assistant", f"Answer {number}: we look forward to seeing you."))
    fake.only().newest = 8
    widget.visit(site.url)  # where the panel is still open
    expect(widget.replies.last).to_contain_text("Answer 39")
    expect(widget.own).to_have_count(0)
    return Search(widget).open()


def focused(found: Locator) -> None:
    expect(found).to_be_focused()
    expect(found).to_have_attribute("data-found", "")
    expect(found).to_be_in_viewport()


def test_what_was_said_long_ago_is_found_and_gone_to_by_keyboard_alone(search: Search, fake: FakeServer) -> None:
    keys = search.page.keyboard
    keys.type("bicycle")
    expect(search.results).to_have_count(1)
    search.widget.announced("Results: 1")
    expect(search.results.locator("mark")).to_have_text("bicycle")
    assert not findings(search.widget)
    shot(search.widget, "found")
    keys.press("ArrowDown")
    expect(search.results.get_by_role("button")).to_be_focused()
    keys.press("Enter")
    focused(search.page.locator(".line.own"))
    shot(search.widget, "shown")
    expect(search.place).to_have_count(0)
    expect(search.page.locator(".line.reply")).to_have_count(41)
    assert not [said for said in search.page.evaluate("said") if "Answer" in said], "older messages are no news"
    keys.press("Tab")
    expect(search.page.locator("[data-found]")).to_have_count(0)
    assert not search.widget.errors


def test_a_search_that_finds_nothing_says_so_and_escape_leads_back(search: Search) -> None:
    search.page.keyboard.type("giraffe")
    expect(search.place).to_contain_text("Nothing found.")
    search.widget.announced("Nothing found.")
    search.page.keyboard.press("Escape")
    expect(search.place).to_have_count(0)
    expect(search.widget.panel).to_be_visible()
    expect(search.widget.panel.get_by_role("button", name="More")).to_be_focused()


def test_a_search_without_a_connection_says_so_and_can_be_repeated(search: Search) -> None:
    search.page.route("**/api/v1/widget/search", lambda route: route.abort())
    search.page.keyboard.type("bicycle")
    expect(search.place).to_contain_text("No connection.")
    search.page.unroute("**/api/v1/widget/search")
    search.page.keyboard.press("Enter")
    expect(search.results).to_have_count(1)


def test_a_search_looks_the_other_way_round_from_right_to_left(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    site.put("/", page(fake.url, attributes='data-locale="ar"'))
    widget = new_widget(color_scheme="dark", viewport={"width": 375, "height": 740}).visit(site.url).open()
    widget.ask("hello")
    widget.panel.locator(".menu-place button").first.click()
    widget.panel.get_by_role("menuitem", name="البحث في المحادثة").click()
    place = widget.panel.get_by_role("search")
    expect(place.get_by_role("searchbox")).to_be_focused()
    widget.page.keyboard.type("hello")
    expect(place.get_by_role("listitem").first).to_be_visible()
    box, close = (widget.place_of(place.get_by_role(role).first) for role in ("searchbox", "button"))
    assert close["x"] < box["x"]
    shot(widget, "arabic")
    assert not findings(widget)
