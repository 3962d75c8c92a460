"""Waiting for what no locator shows: a row, a mail, what a server has received."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from playwright.sync_api import Locator, Page, expect

T = TypeVar("T")

PATIENCE = 60.0  # seconds, of which none is spent where all is well


def until(condition: Callable[[], T], page: Page | None = None) -> T:
    """What `condition` returns, once that is true.

    What a page reports by itself, such as a line of its console, arrives only while Playwright waits: name the `page` then.
    """
    ends = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < ends, "It did not come about."
        if page:
            page.wait_for_timeout(20)
        else:
            time.sleep(0.02)
    return found


def until_same(read: Callable[[], object], wanted: object) -> None:
    """Waits until that is read; a failure shows both."""
    ends = time.monotonic() + PATIENCE
    while (found := read()) != wanted and time.monotonic() < ends:
        time.sleep(0.02)
    assert found == wanted


def until_seen(act: Callable[[], object], *shown: Locator) -> None:
    """Acts until all of `shown` have been seen at once: what disappears by itself may have gone before one looks."""

    def seen() -> bool:
        act()
        try:
            for one in shown:
                expect(one).to_be_visible(timeout=2_000)
        except AssertionError:
            return False
        return all(one.is_visible() for one in shown)

    until(seen)
