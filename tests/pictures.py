"""`python -m tests.pictures`: takes the picture of the inbox in `docs/images` again.

The product runs on a temporary directory with the demonstration's data and model; three visitors ask, and Grace answers one.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests import servers
from tests.browser.harness import Widget
from tests.browser.office import Office
from tests.browser.test_admin import signed_in

FOLDER = servers.ROOT / "docs" / "images"
ASKED = (
    "How much is a check-up?",
    "Where can I park?",
    "My crown came loose this morning. Can somebody have a look at it today?",
)


def ask(office: Office, browser: Browser, text: str) -> Widget:
    widget = Widget(browser.new_context(viewport={"width": 1000, "height": 800}).new_page()).visit(office.app.url).open()
    widget.ask(text)
    widget.page.get_by_role("button", name="More", exact=True).click()
    widget.page.get_by_role("menuitem", name="Talk to a person").click()
    expect(widget.page.locator(".header")).not_to_contain_text("AI assistant")
    return widget


def take_pictures(office: Office, browser: Browser) -> None:
    widgets = [ask(office, browser, text) for text in ASKED]
    with signed_in(office.app, browser, height=760) as page:
        page.goto("/admin/assistant/conversation/inbox/")
        page.locator("#inbox-lines .iw-inbox-line", has_text=ASKED[2][:20]).click()
        log = page.locator("#inbox-talk [role=log]")
        expect(log).to_contain_text(ASKED[2])
        page.get_by_label("Reply", exact=True).fill("Hello, Grace here. Come at 14:30, and bring the crown with you.")
        page.get_by_label("Reply", exact=True).press("Enter")
        expect(widgets[2].log).to_contain_text("Come at 14:30")
        widgets[2].say("Thank you, I'll be there.")
        expect(log).to_contain_text("I'll be there")
        page.screenshot(path=FOLDER / "inbox.png")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        app = servers.App(Path(folder) / "var", DEMO_MODEL_DELAY_MS="5").start(120)
        try:
            browser = playwright.chromium.launch(executable_path=servers.chromium(), args=["--no-sandbox", "--disable-gpu"])
            expect.set_options(timeout=60_000)
            take_pictures(Office(app), browser)
            browser.close()
        finally:
            app.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
