"""A whole visit by keyboard alone, as a screen reader has it: a chat, a booking and a voice call.

Nothing is clicked and nothing is found by its class: keys go to what has the focus, and what is asserted is the tree of
roles and names that the browser gives to assistive technology.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from .harness import FakeServer, RealtimeDouble, Site, Widget
from .voice.conftest import MEDIA

NewWidget = Callable[..., Widget]
STEPS = 60  # of the focus, until it must have come to what is looked for


@pytest.fixture(scope="module")
def chromium(launch: Callable[..., Browser]) -> Iterator[Browser]:
    browser = launch(*MEDIA)
    yield browser
    browser.close()


@pytest.fixture
def realtime() -> Iterator[RealtimeDouble]:
    with RealtimeDouble() as double:
        yield double


@pytest.fixture
def fake(realtime: RealtimeDouble) -> Iterator[FakeServer]:
    with FakeServer(voice=True, demo=False) as server:
        server.voice_url = realtime.url
        yield server


class Visitor:
    """Somebody with a keyboard and a screen reader."""

    def __init__(self, widget: Widget) -> None:
        self.page, self.widget = widget.page, widget
        self.keys = widget.page.keyboard
        self.dialog = widget.page.get_by_role("dialog", name="Bright Smile Dental")
        self.log = self.dialog.get_by_role("log", name="Conversation")
        self.status = self.dialog.get_by_role("status").first
        self.box = self.dialog.get_by_role("textbox", name="Write a message…")

    def go_to(self, found: Locator, key: str = "Tab") -> None:
        """Press `key` until `found` has the focus."""
        expect(found).to_be_visible()
        for _ in range(STEPS):
            if found.evaluate("(one) => one.matches(':focus')"):
                return
            self.keys.press(key)
        raise AssertionError(f"{key} never leads to {found}")

    def press(self, found: Locator, key: str = "Tab") -> None:
        self.go_to(found, key)
        self.keys.press("Enter")

    def write(self, text: str) -> None:
        self.go_to(self.box)
        self.keys.type(text)
        self.keys.press("Enter")


@pytest.fixture
def visitor(new_widget: NewWidget, site: Site) -> Visitor:
    visitor = Visitor(new_widget(permissions=["microphone"], locale="en-GB").visit(site.url).listen())
    visitor.press(visitor.page.get_by_role("button", name="Chat"))
    expect(visitor.box).to_be_focused()
    expect(visitor.status).to_be_attached()
    return visitor


def test_a_chat_is_held_and_ended_by_keyboard_and_read_from_the_tree(visitor: Visitor, fake: FakeServer) -> None:
    expect(visitor.dialog).to_match_aria_snapshot("""
      - dialog "Bright Smile Dental":
        - heading "Bright Smile Dental" [level=2]
        - button "More"
        - button "Close chat"
        - log "Conversation":
          - paragraph: Hi! I can answer questions and book you in. How can I help?
          - paragraph: You are chatting with an AI assistant. It can make mistakes.
          - button "What are your opening hours?"
        - textbox "Write a message…"
        - button "Start a voice call"
    """)
    visitor.widget.announced("You are chatting with an AI assistant.")
    visitor.write("hello")
    expect(visitor.log.get_by_role("button", name="Good answer")).to_be_attached()
    expect(visitor.log).to_match_aria_snapshot("""
      - log "Conversation":
        - text: /You:/
        - paragraph: hello
        - time
        - img "Sent"
        - text: /AI assistant:/
        - paragraph
        - button "Copy"
        - button "Good answer"
        - button "Bad answer"
    """)
    fake.call(fake.say_staff("Ada"))
    visitor.widget.announced("You are talking to Ada")
    fake.call(fake.say_message("staff", "Good morning, Ada here."))
    visitor.widget.announced("Good morning, Ada here.")
    fake.call(fake.say({"type": "conversation.read", "upto": 99}))
    expect(visitor.log.get_by_role("img", name="Read by the team")).to_have_count(1)
    visitor.press(visitor.dialog.get_by_role("button", name="More"), "Shift+Tab")
    visitor.press(visitor.dialog.get_by_role("menuitem", name="End conversation"), "ArrowDown")
    visitor.press(visitor.dialog.get_by_role("button", name="End conversation"))
    rating = visitor.dialog.get_by_role("radiogroup", name="How was this conversation?")
    visitor.go_to(rating.get_by_role("radio", name="1 of 5"))
    for _ in range(3):
        visitor.keys.press("ArrowRight")
    expect(rating.get_by_role("radio", name="4 of 5")).to_be_checked()
    visitor.press(visitor.dialog.get_by_role("button", name="Send"))
    expect(visitor.dialog.get_by_text("Thank you for your rating.")).to_be_visible()
    assert [one["value"] for one in fake.ratings] == [4]
    visitor.keys.press("Escape")
    visitor.keys.press("Escape")
    expect(visitor.dialog).to_be_hidden()
    expect(visitor.page.get_by_role("button", name="Chat")).to_be_focused()
    assert not visitor.widget.errors


def test_an_appointment_is_booked_by_keyboard_and_its_receipt_is_read_from_the_tree(visitor: Visitor) -> None:
    visitor.write("slots")
    visitor.press(visitor.log.get_by_role("button", name=re.compile(r"\d:\d\d")).first, "Shift+Tab")
    form = visitor.log.get_by_role("group", name="Book this appointment?")
    visitor.go_to(form.get_by_role("textbox", name="Your name"))
    visitor.keys.type("Ada Lovelace")
    visitor.go_to(form.get_by_role("textbox", name="Your e-mail"))
    visitor.keys.type("ada@example.com")
    visitor.press(form.get_by_role("button", name="Book it"))
    expect(visitor.log).to_match_aria_snapshot("""
      - log "Conversation":
        - group "Appointment booked":
          - heading "Appointment booked" [level=3]
          - link "Change or cancel"
    """)
    visitor.widget.announced("Appointment booked")
    assert not visitor.widget.errors


def test_a_call_is_held_by_keyboard_and_its_states_are_in_the_tree(visitor: Visitor, realtime: RealtimeDouble) -> None:
    visitor.press(visitor.dialog.get_by_role("button", name="Start a voice call"))
    call = visitor.dialog.get_by_role("group", name="Voice call")
    expect(call).to_contain_text("Listening…")
    visitor.widget.announced("Listening…")
    expect(call.get_by_role("button", name="Mute")).to_be_focused()
    expect(call.get_by_role("button", name="Mute", pressed=False)).to_be_visible()
    visitor.keys.press("Space")
    expect(call.get_by_role("button", name="Mute", pressed=True)).to_be_visible()
    visitor.keys.press("Space")
    realtime.hear("When are you open?")
    realtime.speak("Until six today.")
    expect(visitor.log).to_contain_text("Until six today.")
    visitor.press(call.get_by_role("button", name="End call"))
    visitor.widget.announced("The call has ended.")
    expect(visitor.box).to_be_focused()
    expect(visitor.log).to_match_aria_snapshot("""
      - log "Conversation":
        - text: /You:/
        - paragraph: When are you open?
        - time
        - img "Sent"
        - text: /AI assistant:/
        - paragraph: Until six today.
    """)
    assert not visitor.widget.errors


def test_a_person_who_takes_over_is_announced_once_and_so_is_a_colleague(visitor: Visitor, fake: FakeServer) -> None:
    visitor.write("hello")
    expect(visitor.log.get_by_role("button", name="Good answer")).to_be_attached()
    fake.call(fake.say_staff("Grace"))
    visitor.widget.announced("You are talking to Grace")
    fake.call(fake.say_staff("Grace"))
    fake.call(fake.say_staff("Ada"))
    visitor.widget.announced("You are talking to Ada")
    said = visitor.page.evaluate("said.filter((one) => one.startsWith('You are talking to'))")
    assert said == ["You are talking to Grace", "You are talking to Ada"]
