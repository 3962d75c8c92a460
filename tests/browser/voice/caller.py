"""A visitor who makes a voice call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, expect

from tests.browser.harness import FakeServer, RealtimeDouble, Widget

NewWidget = Callable[..., Widget]


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


def reported(fake: FakeServer, action: str) -> list[dict[str, Any]]:
    return [body for name, body in fake.reports if name == action]


def sent(realtime: RealtimeDouble, type: str) -> list[dict[str, Any]]:
    return [event for event in realtime.received if event["type"] == type]
