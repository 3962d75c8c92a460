"""Cards as a visitor has them: answered once, never lost, and seen whole."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.harness.chat import NewWidget, sent
from tests.browser.test_widget_chat import scrolled
from tests.browser.test_widget_screens import overflow

from .harness import FakeServer, Site, Widget
from .harness.waiting import until
from .harness.widget import ROOT


def test_an_appointment_from_question_to_receipt(widget: Widget, fake: FakeServer) -> None:
    fake.holds_receipts = True
    widget.open()
    widget.page.get_by_role("button", name="Can I come in on Tuesday afternoon?").click()
    expect(widget.replies).to_have_count(1)
    widget.answered().page.get_by_role("button", name="Tuesday, 8 January, 14:30").click()
    expect(widget.page.locator(".slots")).to_contain_text("Your choice: Tuesday, 8 January, 14:30")

    confirm = widget.page.get_by_role("group", name="Book this appointment?")
    confirm.get_by_role("button", name="Book it").click()
    expect(confirm.get_by_label("Your name")).to_be_focused()
    expect(confirm).to_contain_text("Please fill this in.")
    confirm.get_by_label("Your name").fill("Ada Lovelace")
    confirm.get_by_label("Your e-mail").fill("nonsense")
    confirm.get_by_label("Your e-mail").press("Enter")
    expect(confirm).to_contain_text("Please enter an e-mail address")
    assert len(sent(fake, "card.answer")) == 1, "nothing that is not complete goes out"
    expect(confirm.get_by_label("Your e-mail")).to_have_attribute("autocomplete", "email")
    confirm.get_by_label("Your e-mail").fill("ada@example.com")
    confirm.get_by_label("Your e-mail").press("Enter")

    receipt = widget.page.get_by_role("group", name="Appointment booked")
    expect(receipt).to_contain_text("On its way")
    fake.hurry()
    expect(receipt).not_to_contain_text("On its way")
    expect(receipt).to_contain_text("A7K2QF")
    receipt.get_by_text("Add to calendar").click()
    link = receipt.get_by_role("link", name="Calendar file")
    expect(link).to_have_attribute("href", re.compile(f"^{re.escape(fake.url)}/appointments/"))
    answers = sent(fake, "card.answer")
    assert [answer["choice"] for answer in answers] == ["s-2", "confirm"]
    assert answers[1]["fields"] == {"name": "Ada Lovelace", "email": "ada@example.com"}


def test_a_number_is_typed_in_the_digits_of_any_script(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("hello")

    async def ask_for_a_number() -> None:
        fake.only().card("confirm", fields=[{"name": "length", "label": "Length in cm", "type": "number"}])

    fake.call(ask_for_a_number())
    length = widget.page.get_by_label("Length in cm")
    expect(length).to_have_attribute("inputmode", "decimal")
    length.fill("long")
    length.press("Enter")
    expect(widget.page.locator(".confirm .why")).to_have_text("Please enter a number.")
    length.fill("٤٥٫٥")
    length.press("Enter")
    expect(widget.page.locator(".confirm .buttons")).to_have_count(0)
    [answer] = sent(fake, "card.answer")
    assert answer["fields"] == {"length": "٤٥٫٥"}


def test_two_clicks_on_a_card_are_one_answer(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("slots")
    first = widget.page.locator(".slot").first
    first.evaluate("(button) => { button.click(); button.click(); button.nextElementSibling.click() }")
    expect(widget.page.locator(".confirm")).to_be_visible()
    widget.ask("hello")  # frames arrive in their order: no second answer is on its way
    assert len(sent(fake, "card.answer")) == 1


def test_a_click_arrives_although_the_server_cannot_save_and_the_connection_dies(widget: Widget, fake: FakeServer) -> None:
    fake.unsaved = ["unavailable", "lost"]
    widget.open().ask("slots")
    widget.page.locator(".slot").first.click()
    expect(widget.page.locator(".confirm")).to_be_visible()
    answers = sent(fake, "card.answer")
    assert len(answers) == 3 and answers[0] == answers[1] == answers[2]


@pytest.mark.parametrize("width", [320, 360, 400])
def test_a_time_is_one_line_and_the_business_own_another(width: int, new_widget: NewWidget, site: Site) -> None:
    widget = new_widget(viewport={"width": width, "height": 700}).visit(site.url).open()
    widget.ask("slots")
    widget.page.evaluate("document.fonts.ready")
    lines = widget.shadow("[...root.querySelectorAll('.slot > *')].map((el) => el.getClientRects().length)")
    heights = widget.shadow("[...root.querySelectorAll('.slot small')].map((el) => el.offsetHeight)")
    assert lines == [1, 1, 1, 1] and max(heights) < 20, (lines, heights)
    assert not overflow(widget.page)


def test_a_long_list_of_times_unfolds(widget: Widget) -> None:
    widget.open().ask("slots-many")
    expect(widget.page.locator(".slot").first).to_be_visible()
    assert widget.page.locator(".slot").count() < 12
    widget.page.get_by_role("button", name="More times").click()
    expect(widget.page.locator(".slot")).to_have_count(24)
    expect(widget.page.get_by_role("group", name="Cut and finish")).to_be_focused()


def test_what_is_being_typed_into_a_card_survives_what_happens_around_it(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("contact")
    widget.page.get_by_label("Message", exact=True).fill("Please call me")
    fake.call(fake.say_message("staff", "Hello"))
    expect(widget.replies).to_have_count(2)
    expect(widget.page.get_by_label("Message", exact=True)).to_have_value("Please call me")


def test_what_is_to_be_confirmed_stands_whole_above_the_button(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("hello")

    async def ask_to_confirm() -> None:
        fake.only().card("confirm", lines=[["Note", "Thank you. " * 200 + "And pay 1,000."]])

    fake.call(ask_to_confirm())
    note = widget.page.locator(".confirm dd")
    expect(note).to_contain_text("And pay 1,000.")
    assert note.evaluate("el => el.scrollHeight <= el.clientHeight")
    button = widget.page.locator(".confirm button").first
    assert button.evaluate("el => el.getBoundingClientRect().top") > note.evaluate("el => el.getBoundingClientRect().bottom")


def test_a_card_that_waits_for_an_answer_is_seen_from_its_top(new_widget: NewWidget, site: Site) -> None:
    widget = new_widget(viewport={"width": 1000, "height": 560}).visit(site.url).open()
    widget.ask("long")
    widget.ask("confirm")
    card, log = widget.page.locator(".confirm"), widget.log
    until(lambda: 0 <= widget.place_of(card)["y"] - widget.place_of(log)["y"] <= 20)
    widget.ask("hello")
    until(lambda: scrolled(widget)[1] <= 1)  # who goes on writing has left the card behind


HEAR_MESSAGES = "window.heard = 0; document.addEventListener('interworky:message:received', () => (heard += 1))"
NEXT_FRAME = "new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))"


def press(widget: Widget, part: Locator) -> None:
    """Presses and holds the mouse's button on it."""
    place = widget.place_of(part)
    widget.page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    widget.page.mouse.down()


FOCUS_OWN_FIELD = "document.body.appendChild(document.createElement('input')).focus({ preventScroll: true })"


@pytest.mark.parametrize("focused", ["the widget", "the page"])
def test_a_press_counts_although_its_card_is_changed_and_moved_before_it_is_let_go(
    focused: str, widget: Widget, fake: FakeServer
) -> None:
    widget.open().ask("slots")
    widget.page.evaluate(HEAR_MESSAGES)
    if focused == "the page":
        widget.page.evaluate(FOCUS_OWN_FIELD)  # which loses the keyboard to what is pressed
    press(widget, widget.page.get_by_role("button", name="Tuesday, 8 January, 14:30"))

    async def change_and_speak() -> None:
        [card] = fake.only().cards
        fake.only().update_card(card, title="Choose a time")
        fake.only().message("staff", "These times are free. " * 40)

    fake.call(change_and_speak())
    widget.page.wait_for_function("heard")
    widget.page.evaluate(NEXT_FRAME)
    expect(widget.page.get_by_text("Choose a time")).to_have_count(0)
    widget.page.mouse.up()
    expect(widget.page.locator(".slots")).to_contain_text("Your choice: Tuesday, 8 January, 14:30")
    expect(widget.replies).to_have_count(2)
    assert [answer["choice"] for answer in sent(fake, "card.answer")] == ["s-2"]


def test_a_press_counts_although_more_of_its_card_is_loaded_before_it_is_let_go(widget: Widget) -> None:
    held: list[Route] = []
    widget.page.route("**/booking.js*", lambda route: held.append(route))
    widget.open().ask("slots-many")
    until(lambda: held, widget.page)
    sheets = widget.shadow("root.adoptedStyleSheets.length")
    press(widget, widget.page.get_by_role("button", name="More times"))
    held[0].continue_()
    widget.page.wait_for_function(f"{ROOT}.adoptedStyleSheets.length > {sheets}")
    widget.page.evaluate(NEXT_FRAME)
    widget.page.mouse.up()
    expect(widget.page.locator(".slot")).to_have_count(24)
    expect(widget.page.get_by_role("button", name="Choose a day")).to_be_visible()


@pytest.mark.parametrize("ending", ["let go elsewhere", "cancelled", "with a menu", "never"])
def test_what_came_during_a_press_is_shown_after_it(ending: str, widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("slots")
    widget.page.evaluate(HEAR_MESSAGES)
    press(widget, widget.page.get_by_role("button", name="Tuesday, 8 January, 14:30"))
    fake.call(fake.say_message("staff", "Hello"))
    widget.page.wait_for_function("heard")
    if ending == "let go elsewhere":
        widget.page.mouse.move(1, 1)
        widget.page.mouse.up()
    elif ending == "cancelled":
        widget.page.locator(".slots").dispatch_event("pointercancel", {"bubbles": True, "composed": True})
    elif ending == "with a menu":
        widget.page.locator(".slots").dispatch_event("contextmenu", {"bubbles": True, "composed": True})
    expect(widget.replies).to_have_count(2)
    assert not sent(fake, "card.answer")
