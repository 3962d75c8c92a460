"""What a conversation offers beside words: tables, a copy to keep, the phone's Back, and the truth about the network."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from .harness import FakeServer, Site, Widget
from .harness.pages import TABLE, page
from .harness.waiting import until

NewWidget = Callable[..., Widget]
PHONE = {"viewport": {"width": 375, "height": 740}, "has_touch": True, "is_mobile": True, "reduced_motion": "no-preference"}


def test_a_table_is_a_table_and_a_wide_one_is_scrolled(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    for options in ({}, PHONE, {"color_scheme": "dark"}):
        widget = new_widget(**options).visit(site.url).open()
        widget.ask("hello")
        fake.call(fake.say_message("assistant", TABLE))
        table = widget.page.locator("table")
        expect(table.locator("th")).to_have_text(["Service", "Minutes", "Price", "Who"])
        expect(table.locator("tr").nth(2).locator("a")).to_have_attribute("href", "https://www.example.com/team")
        lines = widget.still().page.locator(".lines")
        assert lines.evaluate("(lines) => lines.scrollWidth <= lines.clientWidth")


def test_a_finger_finds_every_button_below_a_reply(new_widget: NewWidget, site: Site) -> None:
    widget = new_widget(**PHONE).visit(site.url).open()
    widget.ask("hello")
    sizes = widget.still().shadow(
        "[...root.querySelectorAll('.panel button:not(.chip)')].filter((b) => b.checkVisibility())"
        ".map((b) => b.getBoundingClientRect()).map(({ width, height }) => Math.min(width, height))"
    )
    assert isinstance(sizes, list) and len(sizes) >= 6 and round(min(sizes), 1) >= 44


def test_back_closes_the_panel_that_covers_the_page_and_then_leaves_it(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    site.put("/before", page(fake.url))
    widget = new_widget(**PHONE)
    widget.page.add_init_script("history.replaceState({ router: 7 }, '')")
    widget.page.goto(f"{site.url}/before")
    widget.visit(site.url)
    before = widget.page.evaluate("history.length")
    for _ in range(2):
        widget.open()
        widget.page.wait_for_function("history.state.interworky === true && history.state.router === 7")
        widget.page.locator(".header .icon").last.click()
        expect(widget.panel).to_be_hidden()
    assert widget.page.evaluate("history.length") == before + 1
    widget.open()
    widget.page.wait_for_function("history.state.interworky === true")
    widget.page.go_back()
    expect(widget.panel).to_be_hidden()
    until(lambda: widget.page.evaluate("history.state") == {"router": 7})
    widget.page.go_back()
    expect(widget.page).to_have_url(re.compile("/before$"))


def test_beside_the_page_back_is_the_pages_own(widget: Widget) -> None:
    before = widget.page.evaluate("history.length")
    widget.open().ask("hello")
    assert widget.page.evaluate("history.length") == before


def test_without_a_network_a_message_says_so_at_once_and_goes_out_when_it_is_back(widget: Widget) -> None:
    widget.open().ask("hello")
    # "At once" is without any timer, such as that of an answer that does not come.
    widget.page.evaluate("{ window.own = setTimeout; window.setTimeout = () => 0 }")
    widget.page.context.set_offline(True)
    expect(widget.page.locator(".banner")).to_be_visible()
    widget.say("hello?")
    expect(widget.own.nth(1)).to_have_class(re.compile("stuck"))
    expect(widget.page.locator(".dots")).to_have_count(0)
    widget.page.evaluate("{ window.setTimeout = own }")
    widget.page.context.set_offline(False)
    expect(widget.replies).to_have_count(2)
    expect(widget.page.locator(".banner")).to_be_hidden()


def test_a_visitor_can_keep_the_conversation_as_a_file(widget: Widget, tmp_path: Path) -> None:
    widget.open().ask("hello")
    widget.page.get_by_role("button", name="More").click()
    with widget.page.expect_download() as download:
        widget.page.get_by_role("menuitem", name="Save as text").click()
    assert re.fullmatch(r"Bright Smile Dental \d{4}-\d\d-\d\d\.txt", download.value.suggested_filename)
    download.value.save_as(tmp_path / "saved.txt")
    assert "You: hello" in (tmp_path / "saved.txt").read_text(encoding="utf-8")


def test_a_page_of_its_own_says_whose_it_is(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    fake.config |= {"organization": "Bright Smile Ltd"}
    tag = f'<script src="{fake.url}/widget.js" data-key="pk_test" data-mode="page"></script>'
    site.put("/page", f'<!doctype html><html lang="en"><title>Chat</title><body>{tag}')
    hosted = new_widget()
    hosted.page.goto(f"{site.url}/page")
    expect(hosted.page.locator(".who p")).to_contain_text("Bright Smile Ltd · AI assistant")
    beside = new_widget().visit(site.url).open()
    expect(beside.page.locator(".who p")).not_to_contain_text("Ltd")
