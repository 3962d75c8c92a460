"""Voice calls, with a fake microphone and a realtime API that speaks WebRTC."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.harness import FakeServer, RealtimeDouble, Site
from tests.browser.harness.pages import page
from tests.browser.harness.waiting import until
from tests.browser.voice.caller import Caller, NewWidget, reported, sent


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
    caller.widget.listen()
    expect(caller.widget.box).to_be_focused()
    keys.press("Tab")
    expect(caller.microphone).to_be_focused()
    keys.press("Enter")
    caller.widget.announced("Listening…")
    expect(caller.button("Mute")).to_be_focused()
    keys.press("Space")
    expect(caller.state).to_have_text("Microphone off")
    expect(caller.button("Mute")).to_have_attribute("aria-pressed", "true")
    keys.press("Space")
    expect(caller.state).to_have_text("Listening…")
    realtime.speak("It costs forty pounds.")
    expect(caller.widget.replies.last).to_contain_text("forty pounds")
    heard = caller.page.evaluate("said.some((one) => one.includes('forty pounds'))")
    assert not heard, "a screen reader would talk over the assistant"
    keys.press("Tab")
    expect(caller.button("End call")).to_be_focused()
    keys.press("Enter")
    expect(caller.widget.box).to_be_focused()
    caller.widget.announced("The call has ended.")


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


# --- Tools and cards --------------------------------------------------------------------------------------------------


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


# --- What goes wrong --------------------------------------------------------------------------------------------------


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
    caller.widget.listen()
    caller.microphone.click()
    expect(caller.note).to_contain_text(words)
    expect(caller.talk).to_have_count(0)
    expect(caller.widget.box).to_be_focused()
    caller.widget.announced(words)
    until(lambda: any("there is no voice call" in warning for warning in caller.widget.warnings), caller.page)
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


def test_a_call_ends_when_its_visitor_erases_what_was_said(
    new_widget: NewWidget, site: Site, fake: FakeServer, realtime: RealtimeDouble
) -> None:
    fake.config["own_data"] = True
    call = Caller(new_widget(permissions=["microphone"]).visit(site.url).open())
    call.microphone.click()
    expect(call.state).to_have_text("Listening…")
    call.page.get_by_role("button", name="More").click()
    call.page.get_by_role("menuitem", name="Your data").click()
    call.page.get_by_role("button", name="Erase…").click()
    call.page.get_by_role("button", name="Erase for good").click()
    expect(call.page.get_by_role("status").filter(has_text="Your data has been erased.")).to_be_visible()
    expect(call.state).to_have_count(0)


def test_a_panel_that_closes_takes_the_microphone_with_it(call: Caller, fake: FakeServer) -> None:
    call.page.keyboard.press("Escape")
    expect(call.widget.panel).to_be_hidden()
    assert until(lambda: reported(fake, "end"))[0]["reason"] == "visitor"
