"""A conversation as a visitor has it: nothing lost, nothing twice, whatever happens to page, tab and network."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .harness import FakeServer, Site, Widget
from .harness.pages import page
from .harness.server import LONG

NewWidget = Callable[..., Widget]


def sent(fake: FakeServer, kind: str) -> list[dict]:
    return [frame for frame in fake.frames if frame["type"] == kind]


def words(text: str) -> str:
    return re.sub(r"\W+", "", text)


def test_a_message_shows_at_once_and_its_reply_is_typed(widget: Widget, fake: FakeServer) -> None:
    widget.open().say("slow")
    expect(widget.own).to_have_text(re.compile("slow"))
    expect(widget.page.locator(".live")).to_be_visible()
    expect(widget.page.get_by_role("button", name="Stop")).to_be_visible()
    fake.hurry()
    expect(widget.replies).to_have_count(1)
    assert "first visit" in widget.replies.inner_text()
    expect(widget.page.get_by_role("button", name="Stop")).to_be_hidden()


def test_dots_show_that_an_answer_is_due_and_a_tool_says_what_it_does(widget: Widget, fake: FakeServer) -> None:
    fake.delay_seconds = 0.1
    widget.open().say("tool")
    expect(widget.page.locator(".dots")).to_be_visible()
    expect(widget.page.locator(".status")).to_contain_text("Looking for free times…")
    fake.delay_seconds = 0.01
    fake.hurry()
    expect(widget.replies).to_have_count(1)
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
    expect(widget.own).to_contain_text("Please wait a moment")
    assert len({frame["id"] for frame in sent(fake, "message.send")}) == 1, "the same message keeps its id"
    widget.own.get_by_role("button", name="Discard").click()
    expect(widget.own).to_have_count(0)


def test_an_appointment_from_question_to_receipt(widget: Widget, fake: FakeServer) -> None:
    widget.open()
    widget.page.get_by_role("button", name="Can I come in on Tuesday afternoon?").click()
    widget.page.get_by_role("button", name="Tuesday, 8 January, 14:30").click()
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
    assert confirm.get_by_label("Your e-mail").get_attribute("autocomplete") == "email"
    confirm.get_by_label("Your e-mail").fill("ada@example.com")
    confirm.get_by_label("Your e-mail").press("Enter")

    receipt = widget.page.get_by_role("group", name="Appointment booked")
    expect(receipt).to_contain_text("On its way")
    expect(receipt).not_to_contain_text("On its way")
    expect(receipt).to_contain_text("A7K2QF")
    receipt.get_by_text("Add to calendar").click()
    link = receipt.get_by_role("link", name="Calendar file")
    assert (link.get_attribute("href") or "").startswith(f"{fake.url}/appointments/")
    answers = sent(fake, "card.answer")
    assert [answer["choice"] for answer in answers] == ["s-2", "confirm"]
    assert answers[1]["fields"] == {"name": "Ada Lovelace", "email": "ada@example.com"}


def test_two_clicks_on_a_card_are_one_answer(widget: Widget, fake: FakeServer) -> None:
    fake.delay_seconds = 0.05
    widget.open().say("slots")
    first = widget.page.locator(".slot").first
    expect(first).to_be_visible()
    first.evaluate("(button) => { button.click(); button.click(); button.nextElementSibling.click() }")
    expect(widget.page.locator(".confirm")).to_be_visible()
    assert len(sent(fake, "card.answer")) == 1


def test_a_click_arrives_although_the_server_cannot_save_and_the_connection_dies(widget: Widget, fake: FakeServer) -> None:
    fake.unsaved = ["unavailable", "lost"]
    widget.open().say("slots")
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
    shown = widget.page.locator(".slot").count()
    assert shown < 12
    widget.page.get_by_role("button", name="More times").click()
    expect(widget.page.locator(".slot")).to_have_count(24)
    expect(widget.page.get_by_role("group", name="Cut and finish")).to_be_focused()


def test_what_is_being_typed_into_a_card_survives_what_happens_around_it(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("contact")
    widget.page.get_by_label("Message", exact=True).fill("Please call me")
    fake.call(fake.say_message("staff", "Hello"))
    expect(widget.replies).to_have_count(2)
    expect(widget.page.get_by_label("Message", exact=True)).to_have_value("Please call me")


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
    assert other.log.inner_text() == widget.log.inner_text()
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


def test_a_spent_token_begins_anew_and_keeps_what_was_written(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("hello")
    fake.conversations.clear()
    fake.call(fake.close_sockets())
    widget.say("hello again")
    expect(widget.own).to_have_text([re.compile("hello again")])
    expect(widget.replies).to_have_count(1)
    assert fake.only().events[0]["message"]["text"] == "hello again"


def test_an_origin_that_loses_its_permission_is_quiet(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("hello")
    fake.refusal = 4403
    fake.call(fake.close_sockets())
    expect(widget.page.get_by_role("alert")).to_contain_text("The chat is not available on this page.")
    expect(widget.box).to_be_hidden()
    opened = len(sent(fake, "session.open"))
    widget.page.wait_for_timeout(1_500)
    assert len(sent(fake, "session.open")) == opened
    assert any("allowed origins" in warning for warning in widget.warnings)


def test_without_sockets_the_whole_conversation_runs_over_http(widget: Widget, fake: FakeServer) -> None:
    fake.sockets = False
    widget.open().say("slots")
    expect(widget.page.locator(".slot").first).to_be_visible()
    widget.page.locator(".slot").first.click()
    widget.page.get_by_role("button", name="Not now").click()
    expect(widget.page.locator(".confirm")).to_contain_text("You declined.")
    assert "GET /api/v1/widget/events" in fake.requests
    expect(widget.page.get_by_role("alert")).to_have_count(0)


def test_a_person_takes_over(widget: Widget, fake: FakeServer) -> None:
    widget.open()
    widget.page.get_by_role("button", name="More").click()
    widget.page.get_by_role("menuitem", name="Talk to a person").click()
    expect(widget.page.locator(".header")).to_contain_text("You asked for a person.")
    fake.call(fake.say_notified())
    expect(widget.page.locator(".header")).to_contain_text("The team has been notified.")
    fake.call(fake.say_staff("Grace"))
    expect(widget.page.locator(".header")).to_contain_text("You are talking to Grace")
    fake.call(fake.say({"type": "staff.typing"}))
    expect(widget.page.locator(".status")).to_contain_text("Grace is writing…")
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
    assert widget.page.evaluate("navigator.clipboard.readText()") == "Here I am again 👋 – thank you for your patience."
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


def test_the_list_follows_the_end_until_one_reads_back(widget: Widget) -> None:
    widget.open().ask("long")
    widget.ask("long")
    assert scrolled(widget)[1] <= 1
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
    fake.hurry()
    expect(widget.replies).to_have_count(2)
    assert scrolled(widget)[0] == 50


def test_a_gap_in_the_text_is_filled_from_the_server(widget: Widget, fake: FakeServer) -> None:
    widget.open().say("slow")
    expect(widget.page.locator(".live")).to_contain_text("history")
    turn = fake.only().turn
    assert turn
    fake.call(fake.say({"type": "reply.delta", "turn": turn["id"], "offset": 5_000, "text": "lost before this"}))
    expect(widget.page.locator(".live")).to_contain_text("history")
    expect(widget.page.locator(".live")).not_to_contain_text("lost before this")
    fake.hurry()
    expect(widget.replies).to_have_count(1)
    assert len(sent(fake, "session.open")) == 2


@pytest.mark.parametrize(
    ("language", "direction", "placeholder"),
    [
        ("de-AT", "ltr", "Nachricht"),
        ("ar", "rtl", "اكتب"),
        ("he", "rtl", "כתיבת"),
        ("zh-Hans", "ltr", "输入"),
        ("fi", "ltr", "Write"),
    ],
)
def test_the_page_chooses_the_language(
    language: str, direction: str, placeholder: str, new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    site.put("/", page(fake.url).replace('lang="en"', f'lang="{language}"'))
    widget = new_widget().visit(site.url).open()
    assert placeholder in (widget.box.get_attribute("placeholder") or "")
    assert widget.shadow("getComputedStyle(root.querySelector('.panel')).direction") == direction


def test_only_the_language_that_is_spoken_is_fetched(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    for language, files in (("pl", ["locale-pl.js"]), ("en", [])):
        site.put("/", page(fake.url, attributes=f'data-locale="{language}"'))
        widget = new_widget()
        fetched: list[str] = []
        widget.page.on("request", lambda request, to=fetched: to.append(request.url.rpartition("/")[2]))
        widget.visit(site.url).open()
        assert [name for name in fetched if name.startswith("locale-")] == files


def test_a_language_that_cannot_be_fetched_is_replaced_by_english(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    site.put("/", page(fake.url, attributes='data-locale="he"'))
    widget = new_widget()
    widget.page.route("**/locale-he.js", lambda route: route.abort())
    widget.visit(site.url).open()
    expect(widget.box).to_have_attribute("placeholder", "Write a message…")
    assert widget.shadow("getComputedStyle(root.querySelector('.panel')).direction") == "ltr"


def test_the_first_words_are_in_the_visitors_language(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    fake.config |= {"texts": {"de": {"greeting": "Schön, dass Sie da sind!", "starters": ["Wann ist offen?"]}}}
    site.put("/", page(fake.url, attributes='data-locale="de-AT"'))
    widget = new_widget().visit(site.url).open()
    expect(widget.page.get_by_text("Schön, dass Sie da sind!", exact=True)).to_be_visible()
    expect(widget.page.get_by_role("button", name="Wann ist offen?")).to_be_visible()
    expect(widget.page.locator(".disclosure")).to_contain_text("It can make mistakes.")


def test_from_right_to_left_latin_names_stay_beside_their_avatar_and_the_placeholder_reads_as_arabic(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    site.put("/", page(fake.url, attributes='data-locale="ar"'))
    widget = new_widget().visit(site.url).open()
    gap = widget.shadow(
        """(() => {
            const name = document.createRange();
            name.selectNodeContents(root.querySelector('h2'));
            return root.querySelector('.avatar').getBoundingClientRect().left - name.getBoundingClientRect().right;
        })()"""
    )
    assert isinstance(gap, int | float) and 0 <= gap <= 20
    expect(widget.box).to_have_css("direction", "rtl")
    widget.box.fill("Hello.")
    expect(widget.box).to_have_css("direction", "ltr")
    widget.box.fill("")
    expect(widget.box).to_have_css("direction", "rtl")
    widget.say("fail")
    expect(widget.page.locator(".notice bdi")).to_have_css("direction", "ltr")
    expect(widget.page.locator(".notice")).to_have_css("direction", "rtl")


@pytest.mark.parametrize(("browser", "time"), [("en-US", r"^\d{1,2}:\d{2} [AP]M$"), ("en-GB", r"^\d{2}:\d{2}$")])
def test_on_a_page_in_english_the_browsers_region_decides_how_times_are_written(
    browser: str, time: str, new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    widget = new_widget(locale=browser).visit(site.url).open()
    widget.ask("hello")
    assert fake.sessions[-1]["locale"] == browser, "so that the server writes its times in the same way"
    expect(widget.own.locator("time")).to_have_text(re.compile(time))
    expect(widget.replies.locator("time")).to_have_text(re.compile(time))


def test_the_tag_chooses_colour_side_and_theme(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    site.put("/", page(fake.url, attributes='data-accent="#7c3aed" data-position="left" data-theme="dark" data-locale="fr"'))
    widget = new_widget().visit(site.url)
    box = widget.launcher.bounding_box()
    assert box and box["x"] == 20, "before any other request"
    widget.open()
    assert widget.shadow("getComputedStyle(root.querySelector('.panel')).backgroundColor") == "rgb(22, 24, 29)"
    expect(widget.page.get_by_role("button", name="Fermer le chat")).to_be_visible()
    assert widget.shadow("getComputedStyle(root.querySelector('.avatar')).backgroundColor") == "rgb(124, 58, 237)"


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
    assert [links.nth(i).get_attribute("href") for i in range(links.count())] == [
        "https://evil.example/?q=secret",
        "https://good.example/",
    ]
    assert links.first.get_attribute("rel") == "noopener noreferrer nofollow"
    assert widget.page.evaluate("window.hit") is None
    assert [url for url in asked if "evil" in url] == []


def test_the_demonstration_says_that_it_is_one(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    widget = new_widget().visit(site.url).open()
    expect(widget.page.locator(".header")).to_contain_text("Demonstration model")
    expect(widget.page.get_by_role("button", name=re.compile("mic|voice|speak", re.I))).to_have_count(0)
    fake.config["demo"] = False
    real = new_widget().visit(site.url).open()
    expect(real.page.locator(".header")).not_to_contain_text("Demonstration model", use_inner_text=True)


def small(new_widget: NewWidget) -> Widget:
    return new_widget(viewport={"width": 360, "height": 700}, has_touch=True, is_mobile=True, reduced_motion="reduce")


def test_a_small_screen_is_covered_and_left_again(new_widget: NewWidget, site: Site) -> None:
    widget = small(new_widget).visit(site.url)
    widget.launcher.tap()
    expect(widget.panel).to_have_attribute("aria-modal", "true")
    assert widget.panel.bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 700}
    expect(widget.launcher).to_be_hidden()
    expect(widget.box).not_to_be_focused()
    widget.page.get_by_role("button", name="Close chat").tap()
    expect(widget.launcher).to_be_focused()


def test_a_small_screen_is_not_covered_again_on_the_next_page(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    site.put("/next", page(fake.url))
    widget = small(new_widget).visit(site.url)
    widget.launcher.tap()
    widget.ask("hello")
    widget.page.reload()
    expect(widget.panel).to_be_visible()
    widget.visit(f"{site.url}/next")
    widget.page.wait_for_load_state("networkidle")
    expect(widget.panel).to_be_hidden()


def overflow(page: Page) -> bool:
    return bool(
        page.evaluate(
            "[...document.querySelector('interworky-widget').shadowRoot.querySelectorAll('.panel, .log, .footer, .header')]"
            ".some((e) => e.scrollWidth > e.clientWidth + 1)"
        )
    )


@pytest.mark.parametrize(("width", "height"), [(320, 256), (500, 400), (1280, 420)])
def test_zoomed_in_everything_is_still_there(width: int, height: int, new_widget: NewWidget, site: Site) -> None:
    """A page of 1280 × 1024 at 400 % is 320 × 256 (WCAG 1.4.10); at 200 % of a small window, 500 × 400."""
    widget = new_widget(viewport={"width": width, "height": height}).visit(site.url).open()
    widget.ask("confirm")
    widget.page.get_by_label("Your name").scroll_into_view_if_needed()
    widget.page.get_by_label("Your name").fill("Ada")
    box = widget.panel.bounding_box()
    assert (
        box and box["x"] >= 0 and box["y"] >= 0 and box["x"] + box["width"] <= width and box["y"] + box["height"] <= height
    )
    assert not overflow(widget.page)


def test_a_card_that_waits_for_an_answer_is_seen_from_its_top(new_widget: NewWidget, site: Site) -> None:
    widget = new_widget(viewport={"width": 1000, "height": 560}).visit(site.url).open()
    widget.ask("long")
    widget.ask("confirm")
    card, log = widget.page.locator(".confirm").bounding_box(), widget.log.bounding_box()
    assert card and log and 0 <= card["y"] - log["y"] <= 20
    widget.ask("hello")
    assert scrolled(widget)[1] <= 1, "who goes on writing has left the card behind"
