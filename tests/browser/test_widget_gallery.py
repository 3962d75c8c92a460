"""Every state of the widget in every theme, and what axe finds in it.

With SCREENSHOTS set to a folder, a picture of each is kept there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Locator, expect

from .harness import FakeServer, Site, Widget

ROOT = Path(__file__).parents[2]
LOOKS = ["light", "dark", "right to left", "pale accent"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def gallery(fake: FakeServer) -> str:
    """The page as Django renders it, with the module of the fake server."""
    html = (ROOT / "widget" / "templates" / "widget" / "gallery.html").read_text()
    html = re.sub(r"{% load static %}|<link[^>]*>", "", html)
    return html.replace("/widget/{{ version }}", f"{fake.url}/widget/x")


# Names of states in which nothing is shown.
EMPTY = """(figures) => figures
    .filter((one) => one.offsetHeight < 50 || !one.querySelector("interworky-widget").shadowRoot.textContent.trim())
    .map((one) => one.dataset.state)"""


def shots(figures: Locator, look: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        for figure in figures.all():
            name = str(figure.get_attribute("data-state")).replace(":", "").replace(" ", "-")
            figure.screenshot(path=Path(folder) / f"gallery-{look}-{name}.png")


@pytest.mark.sampled  # colours know nothing of widths
@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("look", LOOKS)
def test_every_state_can_be_looked_at_and_has_no_accessibility_problem(
    look: str, width: int, new_widget: Callable[..., Widget], site: Site, fake: FakeServer
) -> None:
    address = site.put("/gallery", gallery(fake))
    widget = new_widget(viewport={"width": width, "height": 800})
    page = widget.page
    page.goto(f"{address}?look={look}")
    expect(page.locator("#gallery[data-ready]")).to_be_attached()
    figures = page.locator("figure")
    assert figures.count() == figures.evaluate_all("(all) => new Set(all.map((one) => one.dataset.state)).size") >= 30
    for sheet in ("ending it", "by e-mail", "ended, to be rated"):
        expect(page.locator(f"[data-state='{sheet}'] .sheet")).to_be_visible()
    expect(page.locator("[data-state='menu'] .menu")).to_be_visible()
    expect(page.locator("[data-state='search'] .find")).to_be_visible()
    expect(page.locator("[data-state='files sent and received'] .file")).to_have_count(2)
    expect(page.locator("[data-state='files to send'] .attach")).to_be_visible()
    expect(page.locator("[data-state='files on their way'] progress")).to_have_count(2)
    expect(page.locator("[data-state='files refused'] .file.failed")).to_have_count(2)
    expect(page.locator("[data-state='file removed'] .file.failed")).to_be_visible()
    assert figures.evaluate_all(EMPTY) == []
    shots(figures, f"{look}-{width}")
    page.evaluate(AXE_SCRIPT)
    options = {"runOnly": RULES, "resultTypes": ["violations"]}
    found = page.evaluate("(options) => axe.run('#gallery', options)", options)
    wrong = [(rule["id"], node["target"]) for rule in found["violations"] for node in rule["nodes"]]
    assert wrong == []
    assert any(rule["id"] == "color-contrast" for rule in found["passes"])
    assert widget.errors == []


def test_a_finger_finds_whatever_there_is_to_press_in_every_state(
    new_widget: Callable[..., Widget], site: Site, fake: FakeServer
) -> None:
    address = site.put("/gallery", gallery(fake))
    widget = new_widget(viewport={"width": 375, "height": 800}, has_touch=True, is_mobile=True)
    widget.page.goto(f"{address}?look=light")
    expect(widget.page.locator("#gallery[data-ready]")).to_be_attached()
    expect(widget.page.locator("[data-state='ended, to be rated'] .sheet")).to_be_visible()
    found = widget.page.locator("figure").evaluate_all(
        """(figures) => figures.flatMap((figure) =>
             [...figure.querySelector("interworky-widget").shadowRoot.querySelectorAll(
               "button, select, summary, textarea, .tick, a.button, input:not([type=checkbox], [type=radio])")]
               .filter((one) => one.checkVisibility() && one.getBoundingClientRect().width)
               .map((one) => ({
                 name: figure.dataset.state + ": " + (one.ariaLabel ?? one.textContent),
                 height: Math.round(one.getBoundingClientRect().height),
               })))"""
    )
    assert len(found) > 200
    assert [one for one in found if one["height"] < 44] == []
