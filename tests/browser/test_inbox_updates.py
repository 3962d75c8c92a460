"""What a member of staff is doing in the inbox goes on while visitors and colleagues write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.harness import Widget
from tests.browser.harness.waiting import until
from tests.browser.office import Office, asks_for_a_person, found
from tests.browser.test_admin import signed_in
from tests.browser.test_notifications import STAY

numbers = count(101)


@pytest.fixture
def grace(office: Office, chromium: Browser) -> Iterator[Page]:
    with signed_in(office.app, chromium, "/admin/assistant/conversation/inbox/") as page:
        yield page


@pytest.fixture
def visitor(office: Office, grace: Page, new_widget: Callable[..., Widget]) -> Widget:
    """A visitor who waits for a person, and whose conversation is open in Grace's inbox."""
    question = f"Question {next(numbers)}?"
    widget = asks_for_a_person(office, new_widget(), question)
    found(grace, question)
    return widget


def reply_box(page: Page) -> Locator:
    return page.get_by_label("Reply", exact=True)


def log_of(page: Page) -> Locator:
    return page.locator("#inbox-talk [role=log]")


def question_of(page: Page) -> str:
    """What the visitor of the open conversation asked first."""
    return log_of(page).locator(".iw-by-visitor p").first.inner_text()


def arrives(widget: Widget, page: Page, text: str) -> None:
    """The visitor writes that, and it is shown in the inbox."""
    widget.say(text)
    expect(log_of(page)).to_contain_text(text)


@contextmanager
def held(page: Page, address: str, then: Literal["continue_", "abort"] = "continue_") -> Iterator[list[Route]]:
    """The page's requests of that address, which get no answer until the end."""
    routes: list[Route] = []
    page.route(address, lambda route: routes.append(route))
    yield routes
    for route in routes:
        getattr(route, then)()
    page.unroute(address)


def hold_down(page: Page, target: Locator) -> None:
    target.hover()
    page.mouse.down()


def test_a_reply_is_typed_on_at_the_caret_while_the_visitor_writes(grace, visitor):
    reply_box(grace).focus()
    grace.keyboard.type("Yes, left")
    for _ in "left":
        grace.keyboard.press("ArrowLeft")
    arrives(visitor, grace, "Is there a ramp?")
    grace.keyboard.type("just round the corner: ")
    expect(reply_box(grace)).to_have_value("Yes, just round the corner: left")


def test_a_tag_is_typed_on_while_the_visitor_writes(grace, visitor):
    side = grace.locator("#inbox-side")
    side.get_by_label("Add a tag").focus()
    grace.keyboard.type("par")
    arrives(visitor, grace, "Where can I park?")
    grace.keyboard.type("king")
    grace.keyboard.press("Enter")
    expect(side.get_by_role("button", name="Remove the tag parking")).to_be_visible()
    expect(side.get_by_label("Add a tag")).to_have_value("")
    expect(side.get_by_label("Add a tag")).to_be_focused()


@pytest.mark.parametrize("label", ["Snooze", "Assigned to", "Close", "Messages"])
def test_the_keyboard_stays_where_it_is_while_the_visitor_writes(grace, visitor, label):
    control = grace.locator("#inbox").get_by_label(label, exact=True)
    if label == "Close":
        control = grace.locator("#inbox").get_by_role("button", name=label)
    control.focus()
    arrives(visitor, grace, "Hello?")
    expect(control).to_be_focused()


def test_the_keyboard_goes_on_from_what_takes_the_place_of_a_button(grace, visitor):
    inbox = grace.locator("#inbox")
    inbox.get_by_label("Snooze").select_option(label="1 day")
    inbox.get_by_role("button", name="End snooze").press("Enter")
    expect(inbox.get_by_label("Snooze")).to_be_focused()
    tag = inbox.get_by_label("Add a tag")
    for name in ("parking", "ramp"):
        tag.fill(name)
        tag.press("Enter")
    inbox.get_by_role("button", name="Remove the tag ramp").press("Enter")
    expect(inbox.get_by_role("button", name="Remove the tag ramp")).to_have_count(0)
    expect(tag).to_be_focused()  # and not the button that removes the other tag


def test_a_button_that_is_being_pressed_acts_although_the_visitor_writes_meanwhile(grace, visitor):
    hold_down(grace, grace.get_by_role("button", name="Take over"))
    arrives(visitor, grace, "Hello?")
    grace.mouse.up()
    expect(grace.get_by_role("button", name="Hand back…")).to_be_visible()


def test_what_is_selected_in_the_messages_stays_selected_while_the_visitor_writes(grace, visitor):
    selected = "getSelection().toString()"
    log_of(grace).locator(".iw-by-visitor p").first.evaluate("(p) => getSelection().selectAllChildren(p)")
    before = grace.evaluate(selected)
    arrives(visitor, grace, "Hello?")
    assert before.startswith("Question ")
    assert grace.evaluate(selected) == before


def test_the_messages_do_not_move_on_while_somebody_selects_in_them(grace, visitor):
    log = log_of(grace)
    expect(log).to_contain_text("I would like to talk to a person.")
    for number in range(6):
        arrives(visitor, grace, f"Line {number}")
    bottom = "(log) => log.scrollHeight - log.clientHeight - log.scrollTop"
    grace.wait_for_function(f"({bottom})(document.querySelector('#inbox-talk [role=log]')) < 1")
    hold_down(grace, log.get_by_text("Line 4"))
    before = log.evaluate("(log) => log.scrollTop")
    arrives(visitor, grace, "One more")
    assert log.evaluate("(log) => log.scrollTop") == before > 0
    grace.mouse.up()
    grace.wait_for_function(f"({bottom})(document.querySelector('#inbox-talk [role=log]')) < 1")


def test_a_search_is_typed_on_while_a_conversation_is_being_opened(office, grace, visitor):
    line = grace.locator("#inbox-lines .iw-inbox-line").first
    with held(grace, f"**/inbox/{line.get_attribute('data-id')}/"):
        grace.reload()
        grace.get_by_label("Search conversations").focus()
    expect(log_of(grace)).to_contain_text("I would like to talk to a person.")
    grace.keyboard.type("lift")
    expect(grace.get_by_label("Search conversations")).to_have_value("lift")
    expect(reply_box(grace)).to_have_value("")


def test_a_line_that_is_being_pressed_opens_although_the_list_changes_meanwhile(office, grace, visitor, new_widget):
    other = asks_for_a_person(office, new_widget(), "Whose line is it?")
    grace.get_by_label("Search conversations").fill("")
    hold_down(grace, grace.locator("#inbox-lines .iw-inbox-line", has_text="Whose line is it?"))
    waiting = grace.get_by_role("tab", name="Waiting").locator("b")
    before = int(waiting.inner_text())
    asks_for_a_person(office, new_widget(), "Who comes before it?")
    expect(waiting).to_have_text(str(before + 1))  # the list has been read
    grace.mouse.up()
    expect(log_of(grace)).to_contain_text("Whose line is it?")
    expect(grace.locator("#inbox-lines")).to_contain_text("Who comes before it?")
    assert other.errors == []


def test_what_was_begun_for_one_visitor_is_not_there_for_another(office, grace, visitor, new_widget):
    asks_for_a_person(office, new_widget(), "Begin with me")
    side = grace.locator("#inbox-side")
    side.get_by_label("Add a tag").fill("only for the first")
    found(grace, "Begin with me")
    expect(side.get_by_label("Add a tag")).to_have_value("")


def test_nothing_is_typed_for_the_visitor_before_while_another_conversation_is_being_opened(
    office, grace, visitor, new_widget
):
    asks_for_a_person(office, new_widget(), "Open me slowly")
    question = question_of(grace)
    reply_box(grace).fill("A draft.")
    grace.get_by_label("Search conversations").fill("")
    line = grace.locator("#inbox-lines .iw-inbox-line", has_text="Open me slowly")
    with held(grace, f"**/inbox/{line.get_attribute('data-id')}/"):
        line.click()
        expect(grace.locator("#inbox-talk")).to_have_attribute("inert", "")
        grace.keyboard.press("Enter")
        grace.keyboard.type("x")
    expect(log_of(grace)).to_contain_text("Open me slowly")
    expect(reply_box(grace)).to_be_focused()
    expect(reply_box(grace)).to_have_value("")
    found(grace, question)
    expect(reply_box(grace)).to_have_value("A draft.")


def test_a_reply_that_fails_after_another_conversation_was_opened_says_so_and_is_kept(office, grace, visitor, new_widget):
    asks_for_a_person(office, new_widget(), "Another one")
    question = question_of(grace)
    with held(grace, "**/reply/", then="abort"):
        reply_box(grace).fill("Too late.")
        reply_box(grace).press("Enter")
        found(grace, "Another one")
    expect(grace.get_by_role("alert").filter(has_text="was not sent. It is kept there as a draft.")).to_be_visible()
    expect(reply_box(grace)).to_have_value("")
    found(grace, question)
    expect(reply_box(grace)).to_have_value("Too late.")


def test_two_tags_that_are_typed_one_after_the_other_are_both_added(grace, visitor):
    side = grace.locator("#inbox-side")
    box = side.get_by_label("Add a tag")
    with held(grace, "**/tag/"):
        for name in ("parking", "ramp"):
            box.fill(name)
            box.press("Enter")
            expect(box).to_have_value("")
    for name in ("parking", "ramp"):
        expect(side.get_by_role("button", name=f"Remove the tag {name}")).to_be_visible()


def test_a_tag_that_could_not_be_added_comes_back_and_the_reason_stays(grace, visitor):
    box = grace.locator("#inbox-side").get_by_label("Add a tag")
    with held(grace, "**/tag/", then="abort"):
        box.fill("parking")
        box.press("Enter")
    reason = grace.get_by_role("alert").filter(has_text="The server cannot be reached.")
    expect(reason).to_be_visible()
    expect(box).to_have_value("parking")
    arrives(visitor, grace, "Hello?")
    expect(reason).to_be_visible()
    box.press("Enter")
    expect(grace.get_by_role("button", name="Remove the tag parking")).to_be_visible()
    expect(reason).to_be_hidden()


def test_the_list_is_shown_although_visitors_write_faster_than_it_is_read(office, grace, visitor, new_widget):
    grace.get_by_label("Search conversations").fill("")
    expect(grace.locator("#inbox-lines")).to_contain_text(question_of(grace))
    with held(grace, "**/inbox/list/*") as routes:
        asks_for_a_person(office, new_widget(), "First of two")
        until(lambda: routes, grace)
        more = len(routes)
        visitor.say("Hello?")
        until(lambda: len(routes) > more, grace)
        routes.pop(0).continue_()
        expect(grace.locator("#inbox-lines")).to_contain_text("First of two")


def covered(page: Page, *parts: Locator) -> list[bool]:
    """Which of them notifications lie upon."""
    notices = [one.bounding_box() for one in page.locator("#iw-notices p:visible").all()]
    assert notices

    def meet(a: Any, b: Any) -> bool:
        return all(a[at] < b[at] + b[size] and b[at] < a[at] + a[size] for at, size in (("x", "width"), ("y", "height")))

    return [any(meet(part.bounding_box(), one) for one in notices) for part in parts]


@pytest.mark.parametrize("width", [375, 1280])
def test_notifications_cover_nothing_that_is_needed(office, chromium, new_widget, width):
    asks_for_a_person(office, new_widget(), f"Answer me at {width}")
    inbox = "/admin/assistant/conversation/inbox/"
    with signed_in(office.app, chromium, inbox, width=width, height=812, script=STAY) as page:
        form = page.context.new_page()
        form.goto("/admin/assistant/tag/add/")
        page.locator("#inbox-lines .iw-inbox-line", has_text=f"Answer me at {width}").click()
        expect(reply_box(page)).to_be_visible()
        for number in ("two", "three"):
            asks_for_a_person(office, new_widget(), f"Number {number} waits, and has more to say than fits into a line")
            expect(page.locator("#iw-notices p", has_text=f"Number {number}")).to_have_count(1)
        menu = page.locator("#header-inner .cursor-pointer").first
        head, composer = page.locator(".iw-inbox"), page.locator(".iw-inbox-composer")
        assert covered(page, menu, head, composer) == [False] * 3
        expect(form.locator("#iw-notices p")).to_have_count(2)
        buttons = form.locator("#submit-row").get_by_role("button").all()
        assert len(buttons) == 3 and covered(form, *buttons) == [False] * 3


def test_a_conversation_that_cannot_be_opened_leads_back_to_the_list_on_a_phone(office, chromium, new_widget):
    asks_for_a_person(office, new_widget(), "Gone soon")
    with signed_in(office.app, chromium, "/admin/assistant/conversation/inbox/", width=375, height=812) as page:
        line = page.locator("#inbox-lines .iw-inbox-line", has_text="Gone soon")
        with held(page, f"**/inbox/{line.get_attribute('data-id')}/", then="abort"):
            line.click()
        expect(page.get_by_role("alert")).to_contain_text("The server cannot be reached.")
        page.get_by_role("button", name="Back to the list").click()
        expect(line).to_be_visible()


def test_on_the_conversations_own_page_what_staff_are_doing_goes_on_as_well(office, grace, visitor):
    grace.locator("#inbox-side").get_by_role("link", name="Show what the assistant did").click()
    talk = grace.locator("#talk")
    note = grace.get_by_label("Note", exact=True)
    note.fill("A regular.")
    details = talk.locator("details").first
    was_open = details.evaluate("(one) => (one.open = !one.open)")
    talk.locator(".iw-bubble").first.evaluate("(bubble) => getSelection().selectAllChildren(bubble)")
    selected = grace.evaluate("getSelection().toString()")
    visitor.say("Hello?")
    expect(talk).to_contain_text("Hello?")
    assert (grace.evaluate("getSelection().toString()"), details.evaluate("(one) => one.open")) == (selected, was_open)
    expect(note).to_have_value("A regular.")
    grace.get_by_role("button", name="Close conversation").click()
    expect(visitor.page.get_by_text("This conversation has ended.").first).to_be_visible()


def test_a_hand_back_is_of_the_conversation_that_it_was_begun_for(office, grace, visitor, new_widget):
    grace.get_by_role("button", name="Take over").click()
    second = asks_for_a_person(office, new_widget(), "Leave me with a person")
    grace.get_by_label("Search conversations").fill("")
    expect(grace.locator("#inbox-lines")).to_contain_text("Leave me with a person")
    grace.get_by_role("button", name="Hand back…").click()
    dialog = grace.get_by_role("dialog")
    address = grace.url
    dialog.get_by_role("button", name="Cancel").press("k")  # opens the conversation before, where no dialog is open
    assert grace.url == address
    line = grace.locator("#inbox-lines .iw-inbox-line", has_text="Leave me with a person")
    # A click on a notification opens its conversation, whatever is shown.
    open_it = "(id) => dispatchEvent(new CustomEvent('iw:open', { detail: id, cancelable: true }))"
    grace.evaluate(open_it, line.get_attribute("data-id"))
    expect(log_of(grace)).to_contain_text("Leave me with a person")
    dialog.get_by_role("button", name="Hand back").click()
    expect(visitor.log.get_by_text("Grace has left the chat.")).to_be_visible()
    expect(second.page.locator(".header")).not_to_contain_text("AI assistant")


def test_a_reply_on_the_conversations_own_page_is_sent_although_its_button_would_move_during_the_press(grace, visitor):
    grace.locator("#inbox-side").get_by_role("link", name="Show what the assistant did").click()
    grace.get_by_label("Reply", exact=True).fill("To the left of the lift.")
    hold_down(grace, grace.get_by_role("button", name="Send reply"))
    with grace.expect_response(grace.url) as read:
        visitor.say("Hello?\n" * 20)
    read.value.finished()
    grace.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
    grace.mouse.up()
    expect(visitor.log.get_by_text("To the left of the lift.")).to_be_visible()
