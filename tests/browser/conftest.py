"""Chromium for the tests in this folder. They run as a process of their own: Playwright brings an event loop along."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, expect, sync_playwright

from tests import servers

from .harness import FakeServer, Site, Widget
from .harness.pages import page
from .harness.slowness import BEFORE_EACH_STEP, slowed
from .harness.widget import ROOT
from .office import Office

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

# Of a widget's browser. What moves costs a fifth of each test, and is left to those of the product itself and of what moves.
USUAL = {"viewport": {"width": 1000, "height": 800}, "reduced_motion": "reduce"}

# Patience costs nothing where all is well, and this may be a small machine that has much to do.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With a failure come what the visitor saw and what the server printed.

    Playwright's own report is a tree of the page around the widget, which leaves the widget out.
    """
    if call.excinfo and "\nAria snapshot:" in str(call.excinfo.value):
        call.excinfo.value.args = (str(call.excinfo.value).partition("\nAria snapshot:")[0],)
    report = yield
    if report.when == "call" and report.failed and "chromium" in item.funcargs:
        for page in [page for context in item.funcargs["chromium"].contexts for page in context.pages]:
            with suppress(Error):
                report.sections.append((f"Widget on {page.url}", page.evaluate(f"{ROOT}.querySelector('.panel').innerText")))
        if isinstance(app := item.funcargs.get("app"), servers.App):
            report.sections.append(("End of the server's log", app.log.read_text(errors="replace")[-4000:]))
    return report


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable[..., Browser]]:
    """Starts a browser, with more arguments if given. Skipped where there is none, but not in CI."""
    try:
        path = servers.chromium()
    except servers.Missing as missing:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(missing))
    with sync_playwright() as playwright:

        def start(*more: str) -> Browser:
            browser = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS, *more], slow_mo=BEFORE_EACH_STEP)
            browser.on("context", lambda context: context.set_default_timeout(PATIENCE_MS))
            return slowed(browser)

        yield start


@pytest.fixture(scope="session")
def chromium(launch: Callable[..., Browser]) -> Iterator[Browser]:
    """One browser for all tests; each makes a context of its own."""
    browser = launch()
    yield browser
    browser.close()


@pytest.fixture
def new_widget(chromium: Browser) -> Iterator[Callable[..., Widget]]:
    """Makes a widget in a browser context of its own: `new_widget(color_scheme="dark")`."""
    contexts: list[BrowserContext] = []

    def make(**options: Any) -> Widget:
        contexts.append(chromium.new_context(**{**USUAL, **options}))
        return Widget(contexts[-1].new_page())

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def fake() -> Iterator[FakeServer]:
    """The wire without Django behind it."""
    with FakeServer() as server:
        yield server


@pytest.fixture
def site(fake: FakeServer) -> Iterator[Site]:
    """Another site, whose front page holds the widget of `fake`."""
    with Site() as site:
        site.put("/", page(fake.url))
        yield site


@pytest.fixture
def widget(new_widget: Callable[..., Widget], site: Site) -> Widget:
    """A widget on the site's front page, not yet opened."""
    return new_widget().visit(site.url)


@pytest.fixture(scope="module")
def office(start_app: Callable[..., servers.App]) -> Office:
    """The product, with a team."""
    return Office(start_app())
