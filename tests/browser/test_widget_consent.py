"""Consent in the widget: nothing can be written before it, and it is asked for once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .harness import FakeServer, Site, Widget
from .harness.pages import page
from .harness.server import CONSENT

NewWidget = Callable[..., Widget]


@pytest.fixture
def asking() -> Iterator[tuple[FakeServer, Site]]:
    with FakeServer(consent=True) as fake, Site() as site:
        site.put("/", page(fake.url))
        yield fake, site


@pytest.mark.parametrize("sockets", [True, False])
def test_a_visitor_agrees_before_they_write(asking: tuple[FakeServer, Site], new_widget: NewWidget, sockets: bool) -> None:
    fake, site = asking
    fake.sockets = sockets
    widget = new_widget(viewport={"width": 375, "height": 740}).visit(site.url).open()
    agree = widget.panel.get_by_role("button", name="Agree and start")
    expect(agree).to_be_visible()
    expect(widget.panel.get_by_text(CONSENT)).to_be_visible()
    expect(widget.box).to_be_hidden()
    expect(widget.page.locator(".starters")).to_have_count(0)
    if folder := os.environ.get("SCREENSHOTS"):
        widget.page.wait_for_timeout(400)
        widget.page.screenshot(path=Path(folder) / "consent.png")
    agree.click()
    expect(widget.box).to_be_visible()
    widget.ask("hello")
    widget.page.reload()
    expect(widget.replies).to_have_count(1)
    expect(widget.box).to_be_visible()
    expect(agree).to_be_hidden()
    assert not sockets or not widget.errors  # the browser reports a socket that is refused
