"""The inbox in a real browser: two members of staff and three visitors at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.harness.waiting import until_seen
from tests.browser.office import Office, asks_for_a_person, found
from tests.browser.test_admin import signed_in


@pytest.fixture
def grace(office: Office, chromium: Browser) -> Iterator[Page]:
    with signed_in(office.app, chromium, "/admin/assistant/conversation/inbox/") as page:
        yield page


@pytest.fixture
def alan(office: Office, chromium: Browser) -> Iterator[Page]:
    with signed_in(office.app, chromium, "/admin/assistant/conversation/inbox/", name="alan") as page:
        yield page


def test_two_members_of_staff_answer_three_visitors_live(office, grace, alan, new_widget):
    widgets = [asks_for_a_person(office, new_widget(), f"Question {number}?") for number in range(3)]
    tabs = {"Waiting": grace.get_by_role("tab", name="Waiting"), "Mine": grace.get_by_role("tab", name="Mine")}
    expect(tabs["Waiting"]).to_contain_text("3")  # without a reload
    lines = grace.locator("#inbox-lines .iw-inbox-line")
    expect(lines).to_have_count(3)

    grace.keyboard.press("j")
    log, box = grace.locator("#inbox-talk [role=log]"), grace.get_by_label("Reply", exact=True)
    expect(log).to_contain_text("Question 0?")
    alan.locator("#inbox-lines .iw-inbox-line").first.click()
    expect(grace.locator(".iw-inbox-others")).to_contain_text("Alan is here, too.")

    box.fill("/li")
    expect(grace.get_by_role("option", name="/lift")).to_be_visible()
    box.press("Enter")
    expect(box).to_have_value("Hello, Grace here: the lift is to the left.")
    alans, others = alan.get_by_label("Reply", exact=True), grace.locator(".iw-inbox-others")
    writing = widgets[0].page.get_by_text("is writing…")
    until_seen(lambda: alans.press_sequentially("To"), others.filter(has_text="Alan is writing…"), writing)
    alans.fill("To the right.")
    box.press("Enter")
    expect(widgets[0].log.get_by_text("Grace here: the lift is to the left.")).to_be_visible()
    expect(tabs["Mine"]).to_contain_text("1")
    expect(tabs["Waiting"]).to_contain_text("2")

    # Alan's page has heard of it; what Alan wrote before is not sent unseen where it had not.
    expect(alan.locator("#inbox-talk [role=log]")).to_contain_text("Grace here")
    expect(alans).to_have_value("To the right.")

    visitors = widgets[0].page.get_by_role("textbox", name="Write a message")
    until_seen(lambda: visitors.press_sequentially("Th"), others.filter(has_text="The visitor is writing…"))
    widgets[0].say("Thank you!")
    expect(log).to_contain_text("Thank you!")

    widgets[0].say("And is there a ramp?")
    expect(log).to_contain_text("And is there a ramp?")
    box.fill("A draft")
    grace.get_by_role("button", name="Hand back…").click()
    grace.get_by_label(re.compile("^Note for")).fill("Offer the ramp.")
    grace.get_by_role("dialog").get_by_role("button", name="Hand back").click()
    expect(widgets[0].log.get_by_text("Grace has left the chat.")).to_be_visible()
    expect(box).to_have_value("A draft")
    expect(widgets[0].log.locator(".reply").last).not_to_contain_text("lift")  # the assistant has answered

    lines.first.click()
    expect(log).to_contain_text("Question 1?")
    expect(box).to_have_value("")
    grace.get_by_role("button", name="Close").click()
    expect(widgets[1].page.get_by_text("This conversation has ended.").first).to_be_visible()
    expect(tabs["Waiting"]).to_contain_text("1")


def test_an_answer_that_crosses_with_anothers_is_held_back_and_shown(office, grace, alan, new_widget):
    widget = asks_for_a_person(office, new_widget(), "Who crosses?")
    alan.route_web_socket(re.compile("/ws/v1/inbox"), lambda socket: None)  # the page hears of nothing any more
    alan.reload()
    for page in (grace, alan):
        found(page, "Who crosses?")
    alan.get_by_label("Reply", exact=True).fill("From Alan.")
    grace.get_by_label("Reply", exact=True).fill("From Grace.")
    grace.get_by_label("Reply", exact=True).press("Enter")
    expect(widget.log.get_by_text("From Grace.")).to_be_visible()
    alan.get_by_label("Reply", exact=True).press("Enter")
    expect(alan.get_by_role("alert").filter(has_text="Grace answered while you were writing")).to_contain_text("From Grace.")
    expect(widget.log.get_by_text("From Alan.")).to_have_count(0)
    alan.get_by_role("button", name="Send mine too").click()
    expect(widget.log.get_by_text("From Alan.")).to_be_visible()


def test_tags_notes_assignment_and_snooze_stand_beside_the_conversation(office, grace, new_widget):
    asks_for_a_person(office, new_widget(), "Sort me")
    found(grace, "Sort me")
    side = grace.locator("#inbox-side")
    side.get_by_label("Add a tag").fill("refund")
    side.get_by_label("Add a tag").press("Enter")
    expect(grace.locator("#inbox-lines .iw-inbox-tag", has_text="refund")).to_be_visible()
    side.get_by_label("Assigned to").select_option(label="Alan")
    expect(grace.locator("#inbox-lines")).to_contain_text("Alan")
    grace.get_by_role("tab", name="Note for the team").click()
    grace.get_by_label("Note for the team", exact=True).fill("Knows the owner.")
    grace.get_by_label("Note for the team", exact=True).press("Enter")
    expect(side).to_contain_text("Knows the owner.")
    grace.get_by_label("Snooze").select_option(label="1 day")
    expect(grace.locator("#inbox-talk")).to_contain_text("Snoozed until")
    grace.get_by_role("tab", name="Waiting").click()
    expect(grace.locator("#inbox-lines .iw-inbox-line")).to_have_count(0)


def test_what_is_written_too_long_stays_in_its_box_and_says_by_how_much(office, grace, new_widget):
    asks_for_a_person(office, new_widget(), "Tell me everything")
    found(grace, "Tell me everything")
    talk = grace.locator("#inbox-talk")
    reply = talk.get_by_label("Reply", exact=True)
    reply.fill("x" * 4001)
    expect(talk.get_by_text("1 character too many: the limit is 4,000.")).to_be_visible()
    send = talk.get_by_role("button", name="Send", exact=True)
    expect(send).to_be_disabled()
    expect(send).to_have_css("opacity", "0.55")
    reply.fill("Hello.")
    expect(send).to_have_css("opacity", "1")
    reply.press("Enter")
    expect(talk.get_by_role("log")).to_contain_text("Hello.")
    talk.get_by_role("button", name="Hand back…").click()
    dialog = grace.get_by_role("dialog")
    dialog.get_by_role("textbox").fill("x" * 1010)
    expect(dialog.get_by_text("10 characters too many: the limit is 1,000.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Hand back")).to_be_disabled()
    dialog.get_by_role("textbox").fill("Be kind.")
    dialog.get_by_role("button", name="Hand back").click()
    expect(talk.get_by_role("button", name="Take over")).to_be_visible()


@pytest.mark.parametrize("width", [375, 800])
def test_the_inbox_fits_small_screens(office, chromium, new_widget, width):
    asks_for_a_person(office, new_widget(), "A word of three hundred letters: " + "x" * 300)
    with signed_in(office.app, chromium, "/admin/assistant/conversation/inbox/", width=width, height=812) as page:
        page.locator("#inbox-lines .iw-inbox-line").last.click()
        expect(page.locator("#inbox-talk [role=log]")).to_contain_text("xxx")
        assert page.evaluate("document.fonts.ready.then(() => document.documentElement.scrollWidth <= innerWidth)")
        if width == 375:
            page.get_by_role("button", name="Back to the list").click()
            expect(page.locator("#inbox-lines")).to_be_visible()
