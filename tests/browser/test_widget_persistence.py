"""What survives a reload, another page, another tab, and a network that comes and goes."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.harness.chat import NewWidget, sent, words

from .harness import FakeServer, Site, Widget
from .harness.pages import page
from .harness.turns import LONG
from .harness.waiting import until


def test_a_reload_in_the_middle_of_a_reply_continues_it(widget: Widget, fake: FakeServer) -> None:
    widget.open().say("slow")
    expect(widget.page.locator(".live")).to_contain_text("history")
    widget.page.reload()
    expect(widget.page.locator(".live")).to_contain_text("history")
    fake.hurry()
    expect(widget.replies).to_have_count(1)
    assert words(widget.replies.locator(".prose").inner_text()) == words(re.sub(r"\d\. |\(.*?\)|```", "", LONG))
    expect(widget.own).to_have_count(1)


def test_an_answer_is_found_on_the_next_page_without_a_click(widget: Widget, fake: FakeServer, site: Site) -> None:
    site.put("/next", page(fake.url))
    widget.open().say("slow")
    expect(widget.page.locator(".live")).to_be_visible()
    widget.box.press("Escape")
    widget.visit(f"{site.url}/next")
    fake.hurry()
    expect(widget.page.locator(".badge")).to_have_text("1")
    expect(widget.page.locator(".teaser")).to_contain_text("Of course. Here is what a first visit is like")
    widget.page.locator(".teaser").click()
    expect(widget.replies).to_be_visible()
    expect(widget.page.locator(".badge")).to_be_hidden()


def test_nobody_who_has_not_written_costs_a_second_request_on_the_next_page(widget: Widget, fake: FakeServer) -> None:
    widget.open()
    widget.box.press("Escape")
    fake.requests.clear()
    widget.visit(widget.page.url)
    widget.page.wait_for_load_state("networkidle")
    assert fake.requests == ["GET /widget.js"]


def test_a_lost_socket_loses_nothing_and_repeats_nothing(widget: Widget, fake: FakeServer) -> None:
    widget.open().say("slow")
    expect(widget.page.locator(".live")).to_contain_text("history")
    fake.call(fake.close_sockets())
    fake.hurry()
    expect(widget.replies).to_have_count(1)
    assert words(widget.replies.locator(".prose").inner_text()) == words(re.sub(r"\d\. |\(.*?\)|```", "", LONG))
    assert [frame["after"] for frame in sent(fake, "session.open")][:2] == [0, 1]


def test_what_was_written_without_a_network_is_sent_when_it_is_back(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("hello")
    widget.page.context.set_offline(True)
    fake.call(fake.close_sockets())
    expect(widget.page.get_by_role("alert")).to_contain_text("No connection")
    widget.say("hello")
    expect(widget.own.last).to_contain_text("Not sent.")
    widget.page.context.set_offline(False)
    expect(widget.replies).to_have_count(2)
    expect(widget.page.get_by_role("alert")).to_have_count(0)
    assert len([m for m in fake.only().events if m.get("message", {}).get("role") == "visitor"]) == 2


def test_what_was_not_sent_survives_a_reload(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("hello")
    fake.sockets = False
    fake.call(fake.close_sockets())
    widget.say("hello")
    expect(widget.own).to_have_count(2)
    fake.sockets = True
    widget.page.reload()
    expect(widget.replies).to_have_count(2)
    expect(widget.own).to_have_count(2)


def test_what_was_being_written_survives_a_reload(widget: Widget) -> None:
    widget.open().ask("hello")
    widget.box.fill("half a thou")
    widget.page.reload()
    expect(widget.box).to_have_value("half a thou")


def test_two_tabs_of_one_visitor_converge(widget: Widget, fake: FakeServer, site: Site) -> None:
    widget.open().ask("hello")
    other = Widget(widget.page.context.new_page()).visit(site.url)
    expect(other.replies).to_have_count(1)
    other.ask("hello")
    expect(widget.replies).to_have_count(2)
    widget.say("slow")
    expect(other.page.locator(".live")).to_contain_text("history")
    fake.hurry()
    expect(other.replies).to_have_count(3)
    expect(widget.replies).to_have_count(3)
    until(lambda: other.log.inner_text() == widget.log.inner_text())
    assert len(fake.conversations) == 1


def test_two_tabs_that_begin_together_are_one_visitor(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    one = new_widget().visit(site.url).open()
    two = Widget(one.page.context.new_page()).visit(site.url).open()
    for widget in (one, two):
        widget.page.evaluate("void Interworky.sendMessage('hello')")
    expect(one.replies).to_have_count(2)
    expect(two.replies).to_have_count(2)
    assert fake.requests.count("POST /api/v1/widget/sessions") == 1


def test_a_new_conversation_begins_in_both_tabs(widget: Widget, site: Site, fake: FakeServer) -> None:
    widget.open().ask("hello")
    other = Widget(widget.page.context.new_page()).visit(site.url)
    expect(other.replies).to_have_count(1)
    widget.page.get_by_role("button", name="More").click()
    widget.page.get_by_role("menuitem", name="New conversation").click()
    expect(widget.page.locator(".chip")).to_have_count(3)
    widget.ask("hello")
    expect(other.own).to_have_count(1)
    expect(other.replies).to_have_count(1)
    assert len({conversation.id for conversation in fake.conversations.values()}) == 2
    assert fake.only().events[0]["message"]["text"] == "hello"


def test_a_tab_that_has_not_learnt_of_a_new_conversation_does_not_undo_it(
    widget: Widget, site: Site, fake: FakeServer
) -> None:
    widget.open().ask("hello")
    other = Widget(widget.page.context.new_page()).visit(site.url)
    expect(other.replies).to_have_count(1)
    # As in a browser that is slow to tell one process of another's writes.
    other.page.evaluate(
        """() => {
          const before = { ...localStorage };
          Storage.prototype.getItem = (name) => before[name] ?? null;
          window.addEventListener("storage", (event) => event.stopImmediatePropagation(), true);
        }"""
    )
    widget.page.get_by_role("button", name="More").click()
    widget.page.get_by_role("menuitem", name="New conversation").click()
    expect(widget.page.locator(".chip")).to_have_count(3)
    other.launcher.click()  # closes the panel, and writes that
    widget.ask("hello")
    widget.page.reload()
    widget.open()
    expect(widget.own).to_have_count(1)
    assert fake.only().events[0]["message"]["text"] == "hello"
    assert len({conversation.id for conversation in fake.conversations.values()}) == 2


def test_a_spent_token_begins_anew_and_keeps_what_was_written(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("hello")
    fake.conversations.clear()
    fake.call(fake.close_sockets())
    widget.say("hello again")
    expect(widget.own).to_have_text([re.compile("hello again")])
    expect(widget.replies).to_have_count(1)
    assert fake.only().events[0]["message"]["text"] == "hello again"


def test_an_origin_that_loses_its_permission_is_quiet(widget: Widget, fake: FakeServer) -> None:
    widget.page.clock.install()
    widget.open().ask("hello")
    fake.refusal = 4403
    fake.call(fake.close_sockets())
    expect(widget.page.get_by_role("alert")).to_contain_text("The chat is not available on this page.")
    expect(widget.box).to_be_hidden()
    opened = len(sent(fake, "session.open"))
    widget.page.clock.run_for(120_000)
    assert len(sent(fake, "session.open")) == opened
    until(lambda: any("allowed origins" in warning for warning in widget.warnings), widget.page)


def test_without_sockets_the_whole_conversation_runs_over_http(widget: Widget, fake: FakeServer) -> None:
    fake.sockets = False
    widget.open().ask("slots")
    expect(widget.page.locator(".slot").first).to_be_visible()
    widget.page.locator(".slot").first.click()
    widget.page.get_by_role("button", name="Not now").click()
    expect(widget.page.locator(".confirm")).to_contain_text("You declined.")
    assert "GET /api/v1/widget/events" in fake.requests
    expect(widget.page.get_by_role("alert")).to_have_count(0)
