"""For everyone: by keyboard, by ear, enlarged, without motion, in every state (WCAG 2.2 AA)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from tests.sampling import is_thorough

from .harness import FakeServer, Site, Widget
from .harness.pages import TABLE, page
from .harness.waiting import until

NewWidget = Callable[..., Widget]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def look_at(widget: Widget, rules: list[str], state: str) -> None:
    """Nothing moves any more, and axe finds nothing in the widget, contrast included."""
    widget.still()
    if not widget.page.evaluate("'axe' in window"):
        widget.page.evaluate(AXE_SCRIPT)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    found = widget.page.evaluate("(options) => axe.run('interworky-widget', options)", options)
    wrong = [(rule["id"], node["target"]) for rule in found["violations"] for node in rule["nodes"]]
    assert wrong == [], state
    seen = [rule for rule in found["passes"] if rule["id"] == "color-contrast"]
    assert state == "launcher" or seen, "axe has not looked at contrast at all"


# Each state in all colours is in the gallery; here are the ways there.
LOOKS = ["small", "right to left", *(["light", "dark", "pale accent"] if is_thorough() else [])]


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_no_accessibility_problem_in_any_state(
    look: str, new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    fake.delay_seconds = 0.003
    attributes = {"pale accent": 'data-accent="#ffe680"', "right to left": 'data-locale="ar"'}.get(look, "")
    site.put("/", page(fake.url, attributes=attributes))
    options = {"dark": {"color_scheme": "dark"}, "small": {"viewport": {"width": 360, "height": 700}, "is_mobile": True}}
    widget = new_widget(reduced_motion="reduce", **options.get(look, {})).visit(site.url)
    # Another colour changes contrast alone.
    check = partial(look_at, widget, ["color-contrast"] if look in ("dark", "pale accent") else RULES)
    # Axe looks for what lies behind a text within the body alone.
    widget.page.evaluate("document.body.append(document.querySelector('interworky-widget'))")
    check("launcher")
    widget.open()
    check("greeting")
    widget.say("slow")
    expect(widget.page.locator(".live")).to_contain_text("history")
    check("typing")
    fake.hurry()
    expect(widget.replies).to_have_count(1)
    check("replied")
    widget.say("tool")
    expect(widget.page.locator(".status")).to_contain_text("Looking")
    check("tool")
    fake.hurry()
    expect(widget.replies).to_have_count(2)
    widget.ask("slots-many")
    widget.page.locator(".steps button").nth(1).click()
    expect(widget.page.locator(".month .free").first).to_be_visible()
    check("a month of days")
    widget.page.locator(".chosen button").click()
    check("slots")
    widget.page.locator(".slot").first.click()
    expect(widget.page.locator(".confirm")).to_be_visible()
    widget.page.click(".confirm [type=submit]")
    check("confirm, with what is wrong")
    widget.page.fill("input[name=name]", "Ada Lovelace")
    widget.page.fill("input[name=email]", "ada@example.com")
    widget.page.click(".confirm [type=submit]")
    expect(widget.page.locator(".receipt.done")).to_be_visible()
    widget.page.locator(".receipt summary").click()
    expect(widget.page.get_by_role("link", name="Google Calendar")).to_be_visible()
    check("receipt")
    widget.ask("contact")
    check("contact")
    widget.say("fail")
    expect(widget.page.locator(".notice")).to_be_visible()
    widget.say("refuse")
    expect(widget.page.locator(".stuck")).to_be_visible()
    check("failed and refused")
    widget.page.locator("[aria-haspopup=menu]").click()
    expect(widget.page.get_by_role("menu")).to_be_visible()
    check("menu")
    widget.page.keyboard.press("Escape")
    fake.sockets = False
    fake.call(fake.close_sockets())
    expect(widget.page.get_by_role("alert")).to_be_visible()
    check("offline")
    fake.sockets = True
    expect(widget.page.get_by_role("alert")).to_have_count(0)
    fake.call(fake.say_staff("Grace"))
    fake.call(fake.say_message("staff", "Hello"))
    expect(widget.page.locator(".name:not(.hidden)")).to_be_visible()
    check("with a person")
    fake.call(fake.say_message("staff", TABLE))
    expect(widget.page.locator("table")).to_be_visible()
    check("a table")
    widget.page.evaluate("Interworky.close()")
    fake.call(fake.say_message("staff", "Still there?"))
    expect(widget.page.locator(".teaser")).to_be_visible()
    check("teaser")
    widget.page.evaluate("Interworky.open()")
    fake.call(fake.say_closed())
    expect(widget.page.locator(".ended")).to_be_visible()
    check("ended")


def test_an_appointment_is_booked_with_the_keyboard_alone(widget: Widget, fake: FakeServer) -> None:
    keys = widget.page.keyboard

    def focused() -> str:
        return str(widget.shadow("((e) => e && (e.ariaLabel || e.name || e.textContent))(root.activeElement)"))

    def tab_to(name: str, limit: int = 25) -> None:
        for _ in range(limit):
            if re.search(name, focused()):
                return
            keys.press("Tab")
        raise AssertionError(f"Tab does not lead to {name}, it ended at {focused()}.")

    tab_to("^Chat$")
    keys.press("Enter")
    expect(widget.box).to_be_focused()
    keys.type("slots")
    keys.press("Enter")
    expect(widget.replies).to_have_count(1)
    keys.press("Shift+Tab")
    for _ in range(10):
        if "14:30" in focused():
            break
        keys.press("Shift+Tab")
    assert "14:30" in focused()
    keys.press("Space")
    expect(widget.page.locator(".confirm")).to_be_visible()
    tab_to("^name$")
    keys.type("Ada Lovelace")
    keys.press("Tab")
    keys.type("ada@example.com")
    keys.press("Enter")
    expect(widget.page.locator(".receipt.done")).to_be_visible()
    tab_to("^Add to calendar$")
    keys.press("Escape")
    expect(widget.panel).to_be_hidden()
    expect(widget.launcher).to_be_focused()
    keys.press("Space")
    expect(widget.box).to_be_focused()


def test_the_keyboard_leaves_the_panel_on_a_large_screen_and_stays_on_a_small_one(new_widget: NewWidget, site: Site) -> None:
    large = new_widget().visit(site.url).open()
    expect(large.box).to_be_focused()
    for _ in range(12):
        large.page.keyboard.press("Tab")
        if large.page.evaluate("document.activeElement.tagName") != "INTERWORKY-WIDGET":
            break
    else:
        raise AssertionError("Tab never leaves the widget.")

    small = new_widget(viewport={"width": 360, "height": 700}).visit(site.url).open()
    expect(small.box).to_be_focused()
    for step in ["Tab"] * 12 + ["Shift+Tab"] * 12:
        small.page.keyboard.press(step)
        assert small.shadow("root.querySelector('.panel').contains(root.activeElement)")


def test_the_menu_is_worked_with_arrows_and_left_with_escape(widget: Widget) -> None:
    widget.open().ask("hello")
    keys = widget.page.keyboard
    widget.page.get_by_role("button", name="More").focus()
    keys.press("Enter")
    expect(widget.page.get_by_role("menuitem", name="Talk to a person")).to_be_focused()
    keys.press("ArrowDown")
    expect(widget.page.get_by_role("menuitem", name="New conversation")).to_be_focused()
    keys.press("ArrowDown")
    expect(widget.page.get_by_role("menuitem", name="Search this conversation")).to_be_focused()
    keys.press("ArrowDown")
    expect(widget.page.get_by_role("menuitem", name="Save as text")).to_be_focused()
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    expect(widget.page.get_by_role("menuitem", name="End conversation")).to_be_focused()
    keys.press("ArrowDown")
    expect(widget.page.get_by_role("menuitem", name="Talk to a person")).to_be_focused()
    keys.press("Escape")
    expect(widget.page.get_by_role("menu")).to_have_count(0)
    expect(widget.panel).to_be_visible()
    expect(widget.page.get_by_role("button", name="More")).to_be_focused()


def test_the_launcher_and_the_panel_say_what_they_are(widget: Widget) -> None:
    expect(widget.launcher).to_have_attribute("aria-expanded", "false")
    widget.open()
    expect(widget.launcher).to_have_attribute("aria-expanded", "true")
    expect(widget.launcher).to_have_attribute("aria-controls", "panel")
    expect(widget.page.get_by_role("dialog", name="Bright Smile Dental")).to_be_visible()
    expect(widget.page.get_by_role("log", name="Conversation")).to_be_visible()


REPLY = "These times are free on Tuesday afternoon. Pick the one that suits you."


def test_a_reply_is_announced_once_and_whole(widget: Widget, fake: FakeServer) -> None:
    widget.listen().open()
    widget.say("tool")
    widget.page.wait_for_function("said.length === 2")
    fake.hurry()
    widget.page.wait_for_function("said.length === 3")
    greeting, tool, reply = widget.page.evaluate("said")  # no token by itself, nor what the visitor wrote
    assert greeting.endswith("You are chatting with an AI assistant. It can make mistakes.")
    assert (tool, reply) == ("Looking for free times…", REPLY)
    expect(widget.log).to_have_attribute("aria-live", "off")


def test_what_comes_at_once_is_announced_one_after_the_other(widget: Widget) -> None:
    widget.open().ask("hello")
    widget.listen().page.evaluate("""
        window.waits = [];
        window.requestAnimationFrame = (draw) => waits.push(draw);
        Interworky.on('message:received', () => waits.push('replied'));
        null""")
    widget.say("confirm")
    widget.page.wait_for_function("waits.includes('replied')", polling=50)
    widget.page.evaluate("waits.forEach((draw) => draw.call?.())")
    until(lambda: widget.page.evaluate("said.at(-1)") == REPLY)
    card, reply = widget.page.evaluate("said")[-2:]
    assert card.split("\n")[:3] == ["Book this appointment?", "When", "Tuesday, 8 January 2030, 14:00"]
    assert reply == REPLY


@pytest.mark.parametrize("viewport", [{"width": 1000, "height": 800}, {"width": 360, "height": 700}])
def test_everything_that_can_be_pressed_is_large_enough(viewport: dict, new_widget: NewWidget, site: Site) -> None:
    widget = new_widget(viewport=viewport, reduced_motion="reduce").visit(site.url).open()
    widget.ask("slots-many")
    widget.ask("confirm")
    widget.say("fail")
    expect(widget.page.locator(".notice")).to_be_visible()
    widget.say("refuse")
    expect(widget.page.locator(".stuck")).to_be_visible()
    widget.page.locator("[aria-haspopup=menu]").click()
    expect(widget.page.get_by_role("menu")).to_be_visible()
    small = widget.still().shadow(
        "[...root.querySelectorAll('button, a, input, textarea')].filter((e) => e.checkVisibility() && !e.closest('.prose'))"
        ".map((e) => [e.ariaLabel || e.textContent || e.name, e.getBoundingClientRect()])"
        ".filter(([, { width, height }]) => width < 24 || height < 24).map(([name]) => name)"
    )
    assert small == []


def test_reduced_motion_is_respected(new_widget: NewWidget, site: Site) -> None:
    widget = new_widget(reduced_motion="reduce").visit(site.url).open()
    widget.say("slow")
    expect(widget.page.locator(".live")).to_be_visible()
    assert widget.shadow("root.getAnimations({ subtree: true }).filter((a) => a.playState === 'running').length") == 0
