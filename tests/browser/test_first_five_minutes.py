"""A new user's first five minutes with the product as `manage.py up` starts it, without doubles or configuration.

With SCREENSHOTS set to a folder, what a person would see is kept there.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import servers

from .harness import Widget
from .harness.waiting import until

ASKED = "Can I come in on Tuesday afternoon?"


def shot(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.wait_for_timeout(400)  # what slides in has arrived
        page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture(scope="module")
def app(start_app: Callable[..., servers.App]) -> servers.App:
    return start_app(DEMO_MODEL_DELAY_MS="10")


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[[str], Widget]]:
    """Opens a page for a visitor of its own, or with `context=` for one who is here already."""
    contexts = []

    def open_page(url: str, context=None, **options) -> Widget:
        if context is None:
            context = chromium.new_context(viewport={"width": 1280, "height": 860}, **options)
            contexts.append(context)
        return Widget(context.new_page()).visit(url)

    yield open_page
    for context in contexts:
        context.close()


def book(widget: Widget) -> str:
    """From the question to the receipt; returns the reference."""
    widget.say(ASKED)
    slots = widget.page.locator(".card.slots button.slot")
    expect(slots.first).to_be_visible()
    widget.answered()
    shot(widget.page, "slots")
    slots.first.click()
    confirm = widget.page.locator(".card.confirm")
    expect(confirm).to_be_visible()
    widget.answered()
    confirm.get_by_label(re.compile("name", re.I)).fill("Ada Lovelace")
    confirm.get_by_label(re.compile("e-?mail", re.I)).fill("ada@example.com")
    shot(widget.page, "confirm")
    confirm.get_by_role("button", name=re.compile("^Book")).click()
    receipt = widget.page.locator(".card.receipt")
    expect(receipt).to_be_visible()
    widget.answered()
    receipt.get_by_text("Add to calendar").click()
    expect(receipt.get_by_role("link", name="Calendar file (.ics)")).to_be_visible()
    found = re.search(r"\b[2-9A-HJKMNP-Z]{6}\b", receipt.inner_text())
    assert found, receipt.inner_text()
    return found.group()


def rows(app: servers.App, sql: str, *values: object) -> list[tuple]:
    with sqlite3.connect(f"file:{app.data_dir}/interworky.sqlite3?mode=ro", uri=True) as database:
        return database.execute(sql, values).fetchall()


def test_a_visitor_gets_from_the_question_to_the_confirmation_email(app, visit):
    widget = visit(app.url)
    shot(widget.page, "demo")
    expect(widget.open().panel).to_contain_text(re.compile("demonstration", re.I))
    shot(widget.page, "greeting")
    reference = book(widget)
    # The assistant says what the ledger backs, and the database holds it.
    expect(widget.replies.last).to_contain_text(reference)
    shot(widget.page, "receipt")
    booked = rows(app, "SELECT state, name, email FROM assistant_appointment WHERE reference = ?", reference)
    assert booked == [("confirmed", "Ada Lovelace", "ada@example.com")]
    # The worker delivers; a person reads it in the mailbox, the invitation attached.
    until(lambda: rows(app, "SELECT 1 FROM assistant_delivery WHERE state = 'kept' AND \"to\" = 'ada@example.com'"))
    mailbox = widget.page.context.new_page()
    mailbox.goto(app.mailbox)
    shot(mailbox, "mailbox")
    mailbox.get_by_role("link").filter(has_text="ada@example.com").first.click()  # the team has one too
    expect(mailbox.locator("body")).to_contain_text(reference)
    expect(mailbox.get_by_role("link", name=re.compile(r"\.ics")).first).to_be_visible()
    shot(mailbox, "mail")
    assert not widget.errors


def test_the_price_list_goes_to_a_mailbox_that_a_code_has_proven(app, visit):
    widget = visit(app.url).open()
    widget.say("Can you e-mail me the price list?")
    card = widget.page.locator(".card.verify")
    expect(card).to_be_visible()
    widget.answered()
    card.get_by_label(re.compile("address")).fill("grace@example.com")
    shot(widget.page, "verify-address")
    card.get_by_role("button", name="Send me a code").click()
    code = card.get_by_label(re.compile("code"))
    expect(code).to_be_focused()
    mailbox = widget.page.context.new_page()
    until(lambda: rows(app, "SELECT 1 FROM assistant_delivery WHERE state = 'kept' AND key LIKE 'code:%'"))
    mailbox.goto(app.mailbox)
    mailbox.get_by_role("link").filter(has_text="Your code").first.click()
    letter = mailbox.frame_locator("iframe").locator("body")
    expect(letter).to_contain_text(re.compile(r"\b\d{6}\b"))
    found = re.search(r"\b\d{6}\b", letter.inner_text())
    assert found
    shot(mailbox, "verify-mail")
    wrong = f"{(int(found[0]) + 1) % 10**6:06}"
    code.fill(wrong)
    code.press("Enter")
    expect(card).to_contain_text("That is not the code. You have 4 tries left.")
    expect(code).to_be_focused()
    shot(widget.page, "verify-wrong")
    code.fill(found[0])
    code.press("Enter")
    receipt = widget.page.locator(".card.receipt")
    expect(receipt).to_contain_text("Prices at Bright Smile Dental")
    expect(widget.replies.last).to_contain_text("no e-mail leaves")
    shot(widget.page, "verify-done")
    until(lambda: rows(app, "SELECT 1 FROM assistant_delivery WHERE state = 'kept' AND subject LIKE 'Prices at%'"))
    assert rows(app, "SELECT email FROM assistant_visitor WHERE email_verified_at IS NOT NULL") == [("grace@example.com",)]
    assert not widget.errors


def test_small_talk_knowledge_a_message_to_the_team_and_an_honest_dont_know(app, visit):
    widget = visit(app.url).open()
    assert widget.ask("Hi!").inner_text()
    expect(widget.ask("Where can I park?")).to_contain_text(re.compile("park", re.I))
    expect(widget.ask("How much is a check-up?")).to_contain_text("£")
    expect(widget.ask("What is the capital of Mongolia?")).not_to_contain_text("Ulaanbaatar")
    before = len(rows(app, "SELECT 1 FROM assistant_delivery"))
    widget.say("Please tell the team that I am running ten minutes late. My name is Ada.")
    until(
        lambda: len(rows(app, "SELECT 1 FROM assistant_delivery")) > before or widget.page.locator(".card.confirm").count()
    )
    if widget.page.locator(".card.confirm").count():
        widget.answered()
        widget.page.locator(".card.confirm").get_by_role("button").first.click()
    until(lambda: len(rows(app, "SELECT 1 FROM assistant_delivery")) > before)
    assert not widget.errors


def test_two_tabs_of_one_visitor_converge(app, visit):
    one = visit(app.url).open()
    one.ask("Hi!")
    two = visit(f"{app.url}/demo/treatments/", context=one.page.context)
    expect(two.panel).to_be_visible()  # it was open on the page before
    expect(two.own).to_contain_text(["Hi!"])
    one.say("Where can I park?")
    two.say("How much is a check-up?")
    for widget in (one, two):
        expect(widget.own).to_have_count(3)
        expect(widget.replies).to_have_count(3)
    until(lambda: one.own.all_inner_texts() == two.own.all_inner_texts())
    until(lambda: one.replies.all_inner_texts() == two.replies.all_inner_texts())


class SlowModel:
    """A provider that counts words and pauses before the one in `pause_at`, until it is told to go on: for cutting into."""

    WORDS = 60

    def __init__(self) -> None:
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = self.rfile.read(int(self.headers["content-length"]))
                by_clock = b"You name conversations" in asked  # for a title, once in a minute
                model.asked += not by_clock
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.send_header("connection", "close")
                self.end_headers()
                try:
                    for number in range(model.WORDS):
                        while number == model.pause_at and not by_clock:
                            self.wfile.write(b": still here\n\n")  # fails once nobody listens
                            time.sleep(0.05)
                        self.say({"content": f"word{number} "})
                    self.say({}, "stop")
                    self.wfile.write(b"data: [DONE]\n\n")
                except OSError:
                    model.hung_up += 1

            def say(self, delta: dict, finish: str | None = None) -> None:
                chunk = {
                    "id": "x",
                    "object": "chat.completion.chunk",
                    "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
                }
                self.wfile.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
                self.wfile.flush()

            def log_message(self, *_) -> None:
                pass

        self.asked = self.hung_up = 0
        self.pause_at: int | None = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def whole(self) -> str:
        return " ".join(f"word{number}" for number in range(self.WORDS))


@pytest.fixture(scope="module")
def slow_model() -> Iterator[SlowModel]:
    model = SlowModel()
    yield model
    model.pause_at = None
    model.server.shutdown()
    model.server.server_close()


@pytest.fixture
def slow(slow_model: SlowModel) -> SlowModel:
    slow_model.asked, slow_model.hung_up, slow_model.pause_at = 0, 0, None
    return slow_model


@pytest.fixture(scope="module")
def slow_app(slow_model: SlowModel, start_app: Callable[..., servers.App]) -> servers.App:
    return start_app(AI_API_KEY="test", AI_BASE_URL=slow_model.url, AI_MODEL="slow")


def messages(app: servers.App, *columns: str) -> list[tuple]:
    """Those of the newest conversation, in their order."""
    newest = "SELECT id FROM assistant_conversation ORDER BY created_at DESC LIMIT 1"
    return rows(app, f"SELECT {', '.join(columns)} FROM assistant_message WHERE conversation_id = ({newest}) ORDER BY seq")


def tell_a_story(slow: SlowModel, app: servers.App, visit: Callable[..., Widget]) -> Widget:
    """A visitor in the middle of a reply: ten of its words are on the screen and no more come for now."""
    slow.pause_at = 10
    widget = visit(app.url).open()
    widget.say("Tell me a story")
    expect(widget.page.locator(".reply.live")).to_contain_text("word9")
    return widget


def test_a_reload_in_the_middle_of_a_reply_loses_and_repeats_nothing(slow, slow_app, visit):
    widget = tell_a_story(slow, slow_app, visit)
    widget.page.reload()
    expect(widget.page.locator(".reply.live")).to_contain_text("word9")
    slow.pause_at = None
    expect(widget.replies).to_have_count(1)
    assert re.sub(r"\s+", " ", widget.replies.first.inner_text()).count(slow.whole) == 1
    assert slow.asked == 1


def test_a_stop_ends_the_reply_and_hangs_up_on_the_provider(slow, slow_app, visit):
    widget = tell_a_story(slow, slow_app, visit)
    widget.panel.get_by_role("button", name=re.compile("stop", re.I)).click()
    expect(widget.replies).to_have_count(1)
    expect(widget.replies.first).to_contain_text("word9")
    until(lambda: slow.hung_up == 1)
    assert "word10" not in widget.replies.first.inner_text()


def test_a_server_killed_in_the_middle_of_a_reply_gives_it_once_after_its_return(slow, slow_app, visit):
    widget = tell_a_story(slow, slow_app, visit)
    slow_app.kill()
    slow.pause_at = None
    slow_app.start()
    expect(widget.replies).to_have_count(1, timeout=90_000)
    text = re.sub(r"\s+", " ", widget.replies.first.inner_text())
    assert slow.whole in text and text.count("word7 ") == 1
    assert messages(slow_app, "role", "state") == [("visitor", "complete"), ("assistant", "complete")]
    widget.page.reload()
    expect(widget.replies).to_have_count(1)


def test_a_message_sent_while_the_server_is_away_arrives_once_when_it_is_back(slow, slow_app, visit):
    widget = visit(slow_app.url).open()
    widget.ask("One")
    slow_app.kill()
    widget.say("Two")
    slow_app.start()
    expect(widget.replies).to_have_count(2, timeout=90_000)
    asked = [text for role, text in messages(slow_app, "role", "text") if role == "visitor"]
    assert asked == ["One", "Two"]
