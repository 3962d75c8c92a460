"""A slower machine, on which a test fails that does not wait for what it asserts.

With SLOW=6 in the environment, pages compute six times slower, and the double takes its time over each request and frame.
With SLOW_TEST=300, the test itself is 300 ms late for each of its steps, and misses what is there for a moment only.
"""

from __future__ import annotations

import os
from contextlib import suppress

from playwright.sync_api import Browser, BrowserContext, Error, Page

RATE = float(os.environ.get("SLOW", "1"))
LATE = 0.02 * (RATE - 1)  # seconds, of the double
BEFORE_EACH_STEP = float(os.environ.get("SLOW_TEST", "0"))  # milliseconds, of the test


def slowed(browser: Browser) -> Browser:
    if RATE > 1:
        browser.on("context", _slow_down_all)
    return browser


def _slow_down_all(context: BrowserContext) -> None:
    context.on("page", _slow_down)


def _slow_down(page: Page) -> None:
    with suppress(Error):  # of a page that has gone meanwhile
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": RATE})
