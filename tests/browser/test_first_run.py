"""A newcomer's first run, from the log-in to a widget that has been opened on their own site, in few clicks.

With SCREENSHOTS set to a folder, each step is kept there as a laptop and a telephone show it, light and dark.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import servers

from .harness import Site, Widget
from .test_admin import log_in

MOST_CLICKS = 60
FILL = "from django.contrib.auth.models import User; User.objects.create_superuser('tester', password='tester')"


@pytest.fixture
def model() -> Iterator[str]:
    """The address of a model server on the machine itself, which says where one can park."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer("application/json", json.dumps({"data": [{"id": "llama3.2"}]}))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            said = {"choices": [{"index": 0, "delta": {"content": "Behind the house."}, "finish_reason": "stop"}]}
            self.answer("text/event-stream", f"data: {json.dumps(said)}\n\ndata: [DONE]\n\n")

        def answer(self, kind: str, body: str) -> None:
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


class Newcomer:
    """A person with a mouse and a keyboard, whose clicks are counted: filling a field is one, choosing from a list two."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0
        self.complaints: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def press(self, name: str | re.Pattern[str], role: Any = "button") -> None:
        self.clicks += 1
        self.page.get_by_role(role, name=name, exact=isinstance(name, str)).first.click()

    def fill(self, label: str, text: str) -> None:
        self.clicks += 1
        self.page.get_by_label(label, exact=True).first.fill(text)

    def choose(self, label: str, option: str) -> None:
        self.clicks += 2
        self.page.get_by_label(label, exact=True).select_option(label=option)

    def at(self, title: str) -> None:
        expect(self.page.get_by_role("heading", level=2, name=title, exact=True)).to_be_visible()
        self.shot(title)

    def shot(self, title: str) -> None:
        folder = os.environ.get("SCREENSHOTS")
        if not folder:
            return
        name = title.lower().replace(" ", "-")
        for scheme in ("light", "dark"):
            self.page.evaluate(f"document.documentElement.classList.toggle('dark', {json.dumps(scheme == 'dark')})")
            for width, height in ((1280, 860), (375, 812)):
                self.page.set_viewport_size({"width": width, "height": height})
                self.page.wait_for_timeout(400)
                self.page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)
        self.page.set_viewport_size({"width": 1280, "height": 860})
        self.page.evaluate("document.documentElement.classList.remove('dark')")


@pytest.fixture(scope="module")
def app(start_app: Callable[..., servers.App]) -> servers.App:
    app = start_app()
    app.shell(FILL)
    return app


def test_a_newcomer_gets_a_widget_onto_their_site(
    app: servers.App, model: str, chromium: Browser, new_widget: Callable[..., Widget]
) -> None:
    context = chromium.new_context(
        base_url=app.url, viewport={"width": 1280, "height": 860}, timezone_id="Europe/Lisbon", color_scheme="light"
    )
    page = context.new_page()
    me = Newcomer(page)
    log_in(page, "tester")
    page.goto("/admin/")
    me.press("Set up an organization", "link")

    with Site() as site:
        me.at("Your organization")
        expect(page.get_by_label("Your time zone")).to_have_value("Europe/Lisbon")
        me.fill("What is your organization called?", "Salon Mira")
        me.fill("Your website", f"{site.url}/contact")
        me.press("Save and continue")

        me.at("Who is notified")
        me.fill("Your team's e-mail address", "hello@salon.example")
        me.press("Save and continue")

        me.at("The model")
        expect(page.get_by_label("Address of the server")).to_be_hidden()
        me.choose("Who provides it?", "Another server, such as Ollama or vLLM")
        me.fill("Address of the server", model)
        me.fill("Model", "llama3.2")
        me.press("Save and test")
        expect(page.get_by_text("Own server works")).to_be_visible()

        me.at("Services and hours")
        me.fill("Service", "Haircut")
        me.fill("Minutes", "45")
        me.press("Save and continue")

        me.at("The assistant")
        me.fill("What is it called?", "Mia")
        me.fill("What should it know?", "Park behind the house.")
        me.press("Save and try it")
        frame = page.frame_locator("iframe")
        me.clicks += 1
        frame.locator("textarea[enterkeyhint=send]").fill("Where can I park?")
        frame.locator("textarea[enterkeyhint=send]").press("Enter")
        expect(frame.locator(".reply:not(.live)")).to_contain_text("Behind the house.")
        me.shot("The assistant, tried")
        me.press("Save and continue")

        me.at("Your sites")
        expect(page.get_by_label("Which sites will show it?")).to_have_value(site.url)
        me.press("Save and continue")

        me.at("On your site")
        tag = page.locator(".iw-copy code").inner_text()
        me.press(re.compile("Copy"))
        site.put("/", f"<!doctype html><html lang=en><title>Salon</title><h1>Salon</h1>{tag}")
        new_widget().visit(site.url).open()
        expect(page.get_by_text("Seen on your site ✓")).to_be_visible()
        me.shot("On your site, seen")
        me.press("Finish", "link")

    expect(page).to_have_url(re.compile("/admin/$"))
    expect(page.get_by_text("Next steps for Salon Mira")).to_be_hidden()
    assert me.clicks < MOST_CLICKS
    assert me.complaints == []
    context.close()


def test_a_first_run_that_was_left_goes_on_where_it_was(app: servers.App, chromium: Browser) -> None:
    context = chromium.new_context(base_url=app.url, viewport={"width": 1280, "height": 860})
    page = context.new_page()
    me = Newcomer(page)
    log_in(page, "tester")
    page.goto("/admin/assistant/organization/first-run/")
    me.fill("What is your organization called?", "Garage")
    me.press("Save and continue")
    me.at("Who is notified")
    me.press("Skip for now", "link")
    me.at("The model")
    page.goto("/admin/")
    me.shot("First page")
    page.get_by_role("link", name="Continue the set-up").first.click()
    me.at("Who is notified")
    context.close()
