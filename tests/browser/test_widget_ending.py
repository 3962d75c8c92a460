"""The end of a conversation: asking first, a rating, an e-mail of it, and the next one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from .harness import FakeServer, Site, Widget
from .harness.pages import page
from .test_widget_access import LOOKS, RULES, look_at

NewWidget = Callable[..., Widget]


def choose(widget: Widget, name: str) -> Locator:
    """A choice of the menu; returns the sheet that it opens."""
    widget.page.get_by_role("button", name="More").click()
    widget.page.get_by_role("menuitem", name=name).click()
    return widget.page.locator(".sheet")


def test_a_conversation_is_ended_rated_and_followed_by_another(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("hello")
    sheet = choose(widget, "End conversation")
    end = sheet.get_by_role("button", name="End conversation")
    expect(end).to_be_focused()
    end.click()
    expect(widget.panel).to_contain_text("This conversation has ended.")
    expect(sheet.get_by_role("radio", name="1 of 5")).to_be_focused()
    expect(sheet.get_by_role("textbox")).to_be_hidden()
    sheet.get_by_role("radio", name="4 of 5").check()
    sheet.get_by_role("textbox", name="Would you like to add anything?").fill("Quick.")
    sheet.get_by_role("button", name="Send").click()
    expect(sheet.get_by_role("status")).to_have_text("Thank you for your rating.")
    assert fake.ratings == [{"value": 4, "comment": "Quick."}]
    widget.page.get_by_role("button", name="New conversation").click()
    expect(sheet).to_have_count(0)
    expect(widget.replies).to_have_count(0)
    widget.ask("hello again")


def test_who_does_not_want_to_end_it_goes_on(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("hello")
    sheet = choose(widget, "End conversation")
    sheet.get_by_role("button", name="Keep chatting").click()
    expect(sheet).to_have_count(0)
    expect(widget.box).to_be_focused()
    choose(widget, "End conversation").press("Escape")
    expect(sheet).to_have_count(0)
    expect(widget.panel).to_be_visible()
    assert not any(frame["type"] == "conversation.close" for frame in fake.frames)


def test_there_is_nothing_to_end_or_mail_before_anything_was_said(widget: Widget) -> None:
    widget.open()
    for name in ("End conversation", "Send by e-mail"):
        expect(widget.page.get_by_role("menuitem", name=name, include_hidden=True)).to_be_hidden()


def test_a_conversation_that_staff_have_ended_asks_for_a_rating_once(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("hello")
    widget.box.focus()
    fake.call(fake.say_closed())
    sheet = widget.page.locator(".sheet")
    sheet.get_by_role("radio", name="2 of 5").check()
    sheet.get_by_role("button", name="Send").click()
    expect(sheet.get_by_role("status")).to_be_visible()
    widget.page.reload()
    expect(widget.panel).to_contain_text("This conversation has ended.")
    expect(sheet).to_have_count(0)


def test_the_conversation_is_sent_to_an_address_that_is_checked_first(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("hello")
    sheet = choose(widget, "Send by e-mail")
    address = sheet.get_by_role("textbox", name="E-mail address")
    expect(address).to_be_focused()
    for typed, problem in (
        ("", "fill this in"),
        ("ada", "ada@example.com"),
        ("full@example.com", "Too many e-mails today."),
    ):
        address.fill(typed)
        address.press("Enter")
        expect(sheet.get_by_role("alert")).to_contain_text(problem)
    address.fill("ada@example.org")
    address.press("Enter")
    expect(sheet.get_by_role("status")).to_have_text("An e-mail to ada@example.org is on its way.")
    sheet.get_by_role("button", name="Dismiss").click()
    expect(sheet).to_have_count(0)


def test_an_address_that_is_known_need_only_be_confirmed(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("hello")
    fake.only().state["email"] = "ada@example.com"
    fake.call(fake.close_sockets())
    widget.ask("hello again")
    expect(choose(widget, "Send by e-mail").get_by_role("textbox")).to_have_value("ada@example.com")


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_no_problem_in_its_sheets(look: str, new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    site.put("/", page(fake.url, attributes='data-locale="he"' if look == "right to left" else ""))
    options = {"dark": {"color_scheme": "dark"}, "small": {"viewport": {"width": 375, "height": 700}, "is_mobile": True}}
    widget = new_widget(**options.get(look, {})).visit(site.url)
    widget.page.evaluate("document.body.append(document.querySelector('interworky-widget'))")
    widget.open().ask("hello")
    sheet, menu = widget.page.locator(".sheet"), widget.page.locator(".menu-place > .icon")
    for place, state, content in ((4, "mail", "input[type=email]"), (5, "end", ".button.plain")):
        menu.click()
        widget.page.locator(".menu button").nth(place).click()
        expect(sheet.locator(content)).to_be_visible()
        look_at(widget, RULES, state)
    sheet.locator(".button").first.click()
    sheet.locator("input").nth(3).check()
    expect(sheet.locator("textarea")).to_be_visible()
    look_at(widget, RULES, "rating")
