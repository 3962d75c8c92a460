"""A visitor's own data: what it covers, the download, and erasing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import expect

from .harness import FakeServer, Site, Widget
from .harness.pages import page
from .harness.waiting import until_same
from .test_widget_access import RULES, look_at
from .test_widget_ending import choose

NewWidget = Callable[..., Widget]


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    with FakeServer(own_data=True) as server:
        yield server


def test_what_is_stored_is_downloaded(widget: Widget, fake: FakeServer) -> None:
    fake.covered = {"covers": "address", "email": "ada@example.com", "conversations": 3, "appointments": 2}
    widget.open().ask("hello")
    sheet = choose(widget, "Your data")
    expect(sheet).to_contain_text("every browser in which you confirmed ada@example.com")
    expect(sheet).to_contain_text("Conversations: 3 · Upcoming appointments: 2")
    download = sheet.get_by_role("button", name="Download")
    expect(download).to_be_focused()
    with widget.page.expect_download() as started:
        download.click()
    assert started.value.suggested_filename == "visitor.zip"
    expect(sheet.get_by_role("status")).to_have_text("The download has started.")
    sheet.get_by_role("button", name="Dismiss").click()
    expect(sheet).to_have_count(0)


def test_erasing_asks_first_and_leaves_nothing_in_the_panel_or_the_browser(widget: Widget, fake: FakeServer) -> None:
    fake.covered["appointments"] = 1
    widget.open().ask("hello")
    sheet = choose(widget, "Your data")
    sheet.get_by_role("button", name="Erase…").click()
    expect(sheet).to_contain_text("Appointments that will be cancelled: 1")
    expect(sheet.get_by_role("button", name="Keep my data")).to_be_focused()
    assert fake.erased == []
    sheet.get_by_role("button", name="Erase for good").click()
    expect(sheet.get_by_role("status")).to_have_text("Your data has been erased.")
    expect(widget.replies).to_have_count(0)
    assert len(fake.erased) == 1
    kept = "Object.keys(localStorage).filter((key) => /:(session|unsent|seen|draft)/.test(key))"
    until_same(lambda: widget.page.evaluate(kept), [])
    assert len(fake.sessions) == 1  # nothing has started over by itself
    widget.ask("hello again")
    expect(sheet).to_have_count(0)
    assert len(fake.sessions) == 2


def test_another_tab_lets_go_of_what_was_erased(widget: Widget, fake: FakeServer, site: Site) -> None:
    widget.open().ask("hello")
    other = Widget(widget.page.context.new_page()).visit(site.url)
    expect(other.replies).to_have_count(1)
    sheet = choose(widget, "Your data")
    sheet.get_by_role("button", name="Erase…").click()
    sheet.get_by_role("button", name="Erase for good").click()
    expect(other.replies).to_have_count(0)


def test_who_keeps_their_data_goes_on(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("hello")
    sheet = choose(widget, "Your data")
    sheet.get_by_role("button", name="Erase…").click()
    sheet.get_by_role("button", name="Keep my data").click()
    expect(sheet).to_have_count(0)
    assert fake.erased == []
    widget.ask("hello again")


def test_a_refusal_is_said_in_the_sheet(widget: Widget, fake: FakeServer) -> None:
    fake.export_refusal = "That was a little too fast."
    widget.open().ask("hello")
    sheet = choose(widget, "Your data")
    sheet.get_by_role("button", name="Download").click()
    expect(sheet.get_by_role("alert")).to_have_text("That was a little too fast.")


def test_without_the_owners_leave_there_is_no_such_choice(new_widget: NewWidget) -> None:
    with FakeServer() as fake, Site() as site:
        site.put("/", page(fake.url))
        widget = new_widget().visit(site.url)
        widget.open().ask("hello")
        expect(widget.page.get_by_role("menuitem", name="Your data", include_hidden=True)).to_be_hidden()


@pytest.mark.parametrize("look", ["light", "dark", "small", "right to left"])
def test_axe_finds_no_problem_in_its_sheets(look: str, new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    fake.covered = {"covers": "user", "conversations": 12, "appointments": 1}
    site.put("/", page(fake.url, attributes='data-locale="ar"' if look == "right to left" else ""))
    options = {"dark": {"color_scheme": "dark"}, "small": {"viewport": {"width": 375, "height": 700}, "is_mobile": True}}
    widget = new_widget(**options.get(look, {})).visit(site.url)
    widget.page.evaluate("document.body.append(document.querySelector('interworky-widget'))")
    widget.open().ask("hello")
    sheet, menu = widget.page.locator(".sheet"), widget.page.locator(".menu-place > .icon")
    menu.click()
    expect(widget.page.locator(".menu")).to_be_visible()
    look_at(widget, RULES, "menu")
    widget.page.locator(".menu button").last.click()
    expect(sheet.locator(".button")).to_have_count(2)
    look_at(widget, RULES, "what is covered")
    sheet.locator(".button").nth(1).click()
    expect(sheet.locator(".danger")).to_be_visible()
    look_at(widget, RULES, "whether to erase")
