"""A browser with a microphone, and a realtime API that speaks WebRTC."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.harness import FakeServer, RealtimeDouble, Site
from tests.browser.voice.caller import Caller, NewWidget

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
