"""Voice calls, with a fake microphone and a realtime API that speaks WebRTC.

With SCREENSHOTS set to a folder, every state is kept there in light and dark, wide and narrow.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Locator, expect

from .harness import FakeServer, RealtimeDouble, Site, Widget
from .harness.pages import page

NewWidget = Callable[..., Widget]
# The headless shell has no prompt of its own; without the second it has no microphone at all.
MEDIA = [
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--allow-loopback-in-peer-connection",
]  # fmt: skip


@pytest.fixture(scope="module")
def chromium(launch: Callable[..., Browser]) -> Iterator[Browser]:
    """One with a microphone that beeps."""
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


class Caller:
    """A widget, and the call in it."""

    def __init__(self, widget: Widget) -> None:
        self.widget, self.page = widget, widget.page
        self.microphone = widget.panel.get_by_role("button", name="Start a voice call")
        self.talk = widget.page.locator(".talk")
        self.state = widget.page.locator(".talk-state")
        self.caption = widget.page.locator(".talk-caption")
        self.note = widget.page.locator(".talk-note")

    def button(self, name: str) -> Locator:
        return self.talk.get_by_role("button", name=name)

    def begin(self) -> Caller:
        self.microphone.click()
        self.button("Start call").click()
        expect(self.state).to_have_text("Listening…")
        return self


@pytest.fixture
def caller(new_widget: NewWidget, site: Site) -> Caller:
    return Caller(new_widget(permissions=["microphone"]).visit(site.url).open())


@pytest.fixture
def call(new_widget: NewWidget, site: Site, fake: FakeServer) -> Caller:
    """A call in progress, of a visitor who has been asked for the microphone before."""
    caller = Caller(new_widget(permissions=["microphone"]).visit(site.url).open())
    caller.microphone.click()
    expect(caller.state).to_have_text("Listening…")
    return caller


def until(condition: Callable[[], object], seconds: float = 20) -> Any:
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
    return found


def reported(fake: FakeServer, action: str) -> list[dict[str, Any]]:
    return [body for name, body in fake.reports if name == action]


def sent(realtime: RealtimeDouble, type: str) -> list[dict[str, Any]]:
    return [event for event in realtime.received if event["type"] == type]


def test_a_call_goes_from_the_key_to_both_voices_and_is_written_down(
    call: Caller, realtime: RealtimeDouble, fake: FakeServer
) -> None:
    assert realtime.bearers == ["Bearer ek_test"]
    assert [sorted(body) for body in reported(fake, "start")] == [["key", "sdp"]]
    until(lambda: realtime.frames > 10)  # the visitor's voice arrives, and the model's plays
    realtime.hear("When are you open?")
    expect(call.widget.own.last).to_contain_text("When are you open?")
    speaking = realtime.begin_to_speak("Until six today.")
    expect(call.state).to_have_text("Speaking…")
    expect(call.caption).to_have_text("Until six today.")
    expect(call.widget.replies).to_have_count(0)  # it may yet be interrupted
    realtime.end_speaking(speaking, "Until six today.")
    expect(call.widget.replies.last).to_contain_text("Until six today.")
    expect(call.state).to_have_text("Listening…")
    call.button("End call").click()
    expect(call.talk).to_have_count(0)
    expect(call.widget.box).to_be_focused()
    until(lambda: reported(fake, "end"))
    assert reported(fake, "end") == [{"reason": "visitor", "input_tokens": 300, "output_tokens": 40}]
    assert [line["role"] for line in reported(fake, "lines")] == ["visitor", "assistant"]
    assert not call.widget.errors


def test_an_answer_is_saved_after_the_question_even_where_the_transcript_comes_later(
    call: Caller, realtime: RealtimeDouble, fake: FakeServer
) -> None:
    realtime.send(("input_audio_buffer.committed", {"item_id": "item_q"}))
    realtime.speak("We are open until six.")
    late = {"item_id": "item_q", "transcript": "Are you open?"}
    realtime.send(("conversation.item.input_audio_transcription.completed", late))
    expect(call.widget.replies.last).to_contain_text("We are open until six.")
    assert [line["text"] for line in reported(fake, "lines")] == ["Are you open?", "We are open until six."]


def test_before_the_browser_asks_the_visitor_reads_why(caller: Caller, fake: FakeServer) -> None:
    caller.page.context.clear_permissions()
    caller.microphone.click()
    expect(caller.talk).to_contain_text("Your voice goes to its AI provider")
    expect(caller.button("Start call")).to_be_focused()
    assert "POST /api/v1/widget/session-key" not in fake.requests
    caller.page.keyboard.press("Escape")
    expect(caller.talk).to_have_count(0)
    expect(caller.widget.panel).to_be_visible()
    expect(caller.widget.box).to_be_focused()


def test_a_call_is_held_by_keyboard_alone_and_its_states_are_announced(
    caller: Caller, realtime: RealtimeDouble, fake: FakeServer
) -> None:
    keys = caller.page.keyboard
    keys.press("Tab")
    expect(caller.microphone).to_be_focused()
    keys.press("Enter")
    status = caller.widget.panel.get_by_role("status").first
    expect(status).to_contain_text("Listening…")
    expect(caller.button("Mute")).to_be_focused()
    keys.press("Space")
    expect(caller.state).to_have_text("Microphone off")
    expect(caller.button("Mute")).to_have_attribute("aria-pressed", "true")
    keys.press("Space")
    expect(caller.state).to_have_text("Listening…")
    realtime.speak("It costs forty pounds.")
    expect(caller.widget.replies.last).to_contain_text("forty pounds")
    assert "forty pounds" not in status.inner_text(), "a screen reader would talk over the assistant"
    keys.press("Tab")
    expect(caller.button("End call")).to_be_focused()
    keys.press("Enter")
    expect(caller.widget.box).to_be_focused()
    expect(status).to_contain_text("The call has ended.")


def test_a_muted_microphone_sends_silence(call: Caller) -> None:
    level = "parseFloat(getComputedStyle(root.querySelector('.talk')).getPropertyValue('--level')) || 0"
    until(lambda: float(str(call.widget.shadow(level))) > 0.2)  # the fake microphone beeps every second
    call.button("Mute").click()
    expect(call.state).to_have_text("Microphone off")
    until(lambda: float(str(call.widget.shadow(level))) < 0.02)  # the meter falls slowly
    highest = call.page.evaluate(
        "async (read) => { let most = 0; const end = performance.now() + 1500;"
        " while (performance.now() < end) { await new Promise(requestAnimationFrame); most = Math.max(most, eval(read)); }"
        " return most; }",
        level.replace("root", "document.querySelector('interworky-widget').shadowRoot"),
    )
    assert highest < 0.05


def test_another_microphone_is_chosen_during_the_call(call: Caller, realtime: RealtimeDouble) -> None:
    devices = call.talk.get_by_label("Microphone")
    expect(devices.locator("option")).to_have_count(3)
    devices.select_option("Fake Audio Input 2")
    before = realtime.frames
    until(lambda: realtime.frames > before + 10)
    expect(call.state).to_have_text("Listening…")


def test_a_voice_that_interrupts_ends_the_answer_where_it_was_heard(
    call: Caller, realtime: RealtimeDouble, fake: FakeServer
) -> None:
    item = realtime.begin_to_speak("We have a great many things to tell you about our history.")
    expect(call.state).to_have_text("Speaking…")
    question = realtime.begin_to_hear()
    expect(call.state).to_have_text("Listening…")
    realtime.interrupt(item)
    realtime.hear("Just the price, please.", question)
    expect(call.widget.own.last).to_contain_text("Just the price, please.")
    assert [(line["role"], line["stopped"]) for line in reported(fake, "lines")] == [("assistant", True), ("visitor", False)]


def test_the_visitor_can_interrupt_without_a_word(call: Caller, realtime: RealtimeDouble) -> None:
    expect(call.button("Interrupt")).to_be_hidden()
    item = realtime.begin_to_speak("A long answer.")
    call.button("Interrupt").click()
    until(lambda: sent(realtime, "response.cancel") and sent(realtime, "output_audio_buffer.clear"))
    realtime.interrupt(item)
    expect(call.button("Interrupt")).to_be_hidden()
    expect(call.button("Mute")).to_be_focused()


# --- Tools and cards ----------------------------------------------------------------------------------------------------


def test_a_tool_runs_on_the_server_and_its_card_is_answered_on_the_screen(
    call: Caller, realtime: RealtimeDouble, fake: FakeServer
) -> None:
    realtime.call("slots", day="2030-01-08")
    card = call.page.locator(".card.slots")
    expect(card).to_be_visible()
    until(lambda: sent(realtime, "response.create"))
    (asked,) = fake.tool_calls
    assert asked["name"] == "slots" and asked["arguments"] == {"day": "2030-01-08"}
    (made,) = sent(realtime, "conversation.item.create")
    assert made["item"] == {
        "type": "function_call_output", "call_id": asked["call"], "output": "The slots are on the screen.",
    }  # fmt: skip
    card.locator(".slot").first.click()
    until(lambda: any(frame["type"] == "card.answer" for frame in fake.frames))
    expect(call.page.locator(".card.confirm, .card.receipt").first).to_be_visible()
    expect(call.talk).to_be_visible()


def test_what_is_answered_in_writing_during_a_call_is_also_said(
    call: Caller, realtime: RealtimeDouble, fake: FakeServer
) -> None:
    fake.call(fake.say_message("assistant", "You are booked for Tuesday at ten."))
    told = until(lambda: sent(realtime, "conversation.item.create"))[0]["item"]
    assert told["role"] == "system" and "You are booked for Tuesday at ten." in told["content"][0]["text"]


def test_a_claim_that_the_server_corrects_is_taken_back_aloud(call: Caller, realtime: RealtimeDouble) -> None:
    realtime.speak("I have booked you in.")
    told = until(lambda: sent(realtime, "conversation.item.create"))[0]["item"]
    assert told["content"][0]["text"] == "That has not been done."
    until(lambda: sent(realtime, "response.create"))


# --- What goes wrong ----------------------------------------------------------------------------------------------------


def test_without_voice_there_is_no_microphone_and_the_page_learns_why(new_widget: NewWidget, site: Site) -> None:
    with FakeServer(voice=False, voice_reason="Realtime sessions not available with this provider.") as fake:
        site.put("/", page(fake.url))
        widget = new_widget()
        widget.page.add_init_script(
            "document.addEventListener('interworky:ready', (event) => { window.ready = event.detail; });"
        )
        widget.visit(site.url).open()
        expect(Caller(widget).microphone).to_be_hidden()
        assert widget.page.evaluate("window.ready.voice_reason") == "Realtime sessions not available with this provider."


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (
            (503, {"error": "Realtime not available", "message": "Not available just now."}),
            "not available",
        ),
        ((429, {"code": "budget_exceeded", "title": "Limit"}), "No more calls are possible"),
    ],
)
def test_a_key_that_is_refused_late_leads_back_to_writing_with_its_reason(
    refusal: tuple[int, dict[str, Any]], words: str, caller: Caller, fake: FakeServer
) -> None:
    fake.voice_refusal = refusal
    caller.microphone.click()
    expect(caller.note).to_contain_text(words)
    expect(caller.talk).to_have_count(0)
    expect(caller.widget.box).to_be_focused()
    expect(caller.widget.panel.get_by_role("status").first).to_contain_text(words)
    assert any("there is no voice call" in warning for warning in caller.widget.warnings)
    caller.widget.ask("Then in writing")
    caller.note.get_by_role("button", name="Dismiss").click()
    expect(caller.note).to_have_count(0)


def test_a_provider_that_refuses_the_offer_leads_back_to_writing(
    caller: Caller, realtime: RealtimeDouble, fake: FakeServer
) -> None:
    realtime.status = 401
    caller.microphone.click()
    expect(caller.note).to_contain_text("not available")
    until(lambda: reported(fake, "end"))


def test_a_microphone_that_is_refused_leads_back_to_writing_and_costs_no_key(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    caller = Caller(new_widget().visit(site.url).open())
    caller.page.evaluate(
        "() => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('No', 'NotAllowedError'); }; }"
    )
    caller.microphone.click()
    caller.button("Start call").click()
    expect(caller.note).to_contain_text("The microphone is blocked.")
    assert "POST /api/v1/widget/session-key" not in fake.requests


def test_a_connection_that_is_lost_ends_the_call_and_keeps_what_was_said(
    call: Caller, realtime: RealtimeDouble, fake: FakeServer
) -> None:
    realtime.begin_to_speak("We are open until")
    expect(call.caption).to_have_text("We are open until")
    realtime.hang_up()
    expect(call.note).to_contain_text("connection of the call was lost")
    expect(call.widget.replies.last).to_contain_text("We are open until")
    assert until(lambda: reported(fake, "end"))[0]["reason"] == "network"


def test_the_end_of_its_minutes_ends_the_call(caller: Caller, fake: FakeServer) -> None:
    fake.voice_seconds = 1
    caller.microphone.click()
    expect(caller.note).to_contain_text("time limit")
    assert until(lambda: reported(fake, "end"))[0]["reason"] == "limit"


def test_a_call_ends_when_a_person_arrives_or_the_panel_closes(call: Caller, fake: FakeServer) -> None:
    fake.call(fake.say_staff("Mira"))
    expect(call.note).to_contain_text("A person is here now.")
    assert until(lambda: reported(fake, "end"))[0]["reason"] == "staff"
    expect(call.microphone).to_be_hidden()


def test_a_panel_that_closes_takes_the_microphone_with_it(call: Caller, fake: FakeServer) -> None:
    call.page.keyboard.press("Escape")
    expect(call.widget.panel).to_be_hidden()
    assert until(lambda: reported(fake, "end"))[0]["reason"] == "visitor"


# --- How it looks -------------------------------------------------------------------------------------------------------


def faults(widget: Widget) -> list[str]:
    if not widget.page.evaluate("'axe' in window"):
        widget.page.evaluate(AXE_SCRIPT)
    found = widget.page.evaluate("axe.run('interworky-widget', {resultTypes: ['violations']})")
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]]


def shot(widget: Widget, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        widget.page.wait_for_timeout(300)
        widget.page.screenshot(path=Path(folder) / f"voice-{name}.png")


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_accessibility_problem_in_any_state(
    scheme: str, width: int, new_widget: NewWidget, site: Site, realtime: RealtimeDouble, fake: FakeServer
) -> None:
    size = {"width": width, "height": 740}
    caller = Caller(new_widget(color_scheme=scheme, viewport=size, reduced_motion="reduce").visit(site.url).open())
    widget = caller.widget

    def looked_at(state: str) -> None:
        shot(widget, f"{state}-{scheme}-{width}")
        assert faults(widget) == [], state

    looked_at("microphone")
    caller.microphone.click()
    expect(caller.talk).to_be_visible()
    looked_at("explained")
    caller.page.context.grant_permissions(["microphone"])
    caller.button("Start call").click()
    expect(caller.state).to_have_text("Listening…")
    realtime.hear("Can I come in on Tuesday afternoon?")
    expect(widget.own.last).to_contain_text("Can I come in on Tuesday afternoon?")
    looked_at("thinking")
    realtime.call("slots")
    expect(caller.page.locator(".card.slots")).to_be_visible()
    item = realtime.begin_to_speak("Yes, on Tuesday afternoon we have several times free. Please choose one on your screen.")
    expect(caller.caption).to_contain_text("Please choose one on your screen.")
    looked_at("speaking")
    realtime.end_speaking(item, "Yes, on Tuesday afternoon we have several times free. Please choose one on your screen.")
    expect(caller.state).to_have_text("Listening…")
    looked_at("listening")
    caller.button("Mute").click()
    expect(caller.state).to_have_text("Microphone off")
    looked_at("muted")
    assert not caller.page.evaluate("document.documentElement.scrollWidth > innerWidth")
    realtime.hang_up()
    expect(caller.note).to_be_visible()
    looked_at("lost")


@pytest.mark.parametrize("locale", ["ar", "de", "ja"])
def test_a_call_speaks_the_languages_of_the_widget(locale: str, new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    site.put("/", page(fake.url, attributes=f'data-locale="{locale}"'))
    widget = new_widget(permissions=["microphone"], viewport={"width": 375, "height": 740}).visit(site.url).open()
    widget.page.locator(".field .icon").first.click()
    listening = {"ar": "يستمع…", "de": "Hört zu …", "ja": "聞いています…"}[locale]
    expect(widget.page.locator(".talk-state")).to_have_text(re.compile(listening))
    shot(widget, f"language-{locale}")
    assert not widget.page.evaluate("document.documentElement.scrollWidth > innerWidth")
