"""How a voice call looks. With SCREENSHOTS set to a folder, every state is kept there in light and dark, wide and narrow."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from tests.browser.harness import FakeServer, RealtimeDouble, Site, Widget
from tests.browser.harness.pages import page
from tests.browser.voice.caller import Caller, NewWidget


def faults(widget: Widget) -> list[str]:
    if not widget.page.evaluate("'axe' in window"):
        widget.page.evaluate(AXE_SCRIPT)
    found = widget.page.evaluate("axe.run('interworky-widget', {resultTypes: ['violations']})")
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found["violations"]]


def shot(widget: Widget, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        widget.page.wait_for_timeout(300)
        widget.page.screenshot(path=Path(folder) / f"voice-{name}.png")


@pytest.mark.sampled
@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_accessibility_problem_in_any_state(
    scheme: str, width: int, new_widget: NewWidget, site: Site, realtime: RealtimeDouble, fake: FakeServer
) -> None:
    size = {"width": width, "height": 740}
    caller = Caller(new_widget(color_scheme=scheme, viewport=size).visit(site.url).open())
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
