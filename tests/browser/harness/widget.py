"""The widget as a visitor sees it."""

from __future__ import annotations

from playwright.sync_api import FloatRect, Locator, Page, expect

ROOT = "document.querySelector('interworky-widget').shadowRoot"
AT_REST = "(move) => move.playState !== 'running' || move.effect.getComputedTiming().endTime === Infinity"

LISTEN = f"""
    window.said = [];
    const shadow = {ROOT};
    const hear = (changes) => said.push(...changes.flatMap((c) => [...c.addedNodes].map((node) => node.textContent)));
    const find = () => {{
        const voice = shadow.querySelector('.panel > [role=status]');
        if (!voice || voice.heard) return;
        voice.heard = true;
        new MutationObserver(hear).observe(voice, {{ childList: true }});
        hear([{{ addedNodes: voice.childNodes }}]);
    }};
    new MutationObserver(find).observe(shadow, {{ childList: true, subtree: true }});
    find();
"""


class Widget:
    """Drives one widget on `page`; `errors` gathers what the page complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.errors: list[str] = []
        self.warnings: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._collect)
        self.launcher = page.locator(".launcher")
        self.panel = page.locator(".panel")
        self.box = page.locator("textarea[enterkeyhint=send]")
        self.log = page.locator(".log")
        self.replies = page.locator(".reply:not(.live)")
        self.own = page.locator(".own")
        self.root = page.locator("interworky-widget .root")

    def _collect(self, message: object) -> None:
        kind, text = message.type, message.text  # type: ignore[attr-defined]
        if kind == "error":
            self.errors.append(text)
        elif kind == "warning":
            self.warnings.append(text)

    def visit(self, url: str) -> Widget:
        self.page.goto(url)
        expect(self.launcher).to_be_attached()
        return self

    def open(self) -> Widget:
        self.launcher.click()
        expect(self.panel).to_be_visible()
        return self

    def say(self, text: str) -> Widget:
        self.box.fill(text)
        self.box.press("Enter")
        return self

    def ask(self, text: str) -> Locator:
        """Says it, and waits for the whole reply."""
        before = self.replies.count()
        self.say(text)
        reply = self.replies.nth(before)
        expect(reply).to_be_visible()
        self.answered()
        return reply

    def answered(self) -> Widget:
        """Waits for the end of the turn: until then a reply grows."""
        expect(self.page.locator(".stop")).to_be_hidden()
        return self

    def still(self) -> Widget:
        """Waits until nothing moves that will come to rest, so that what is measured next is measured in its place."""
        self.page.wait_for_function(f"() => {ROOT}.getAnimations({{ subtree: true }}).every({AT_REST})")
        return self

    def listen(self) -> Widget:
        """Notes down from now on what is announced to a screen reader, which the page takes away again after a while."""
        self.page.evaluate(f"(() => {{ {LISTEN} }})()")
        return self

    def announced(self, text: str) -> None:
        """Waits until that has been announced, by itself or as a part of something."""
        self.page.wait_for_function("(text) => said.some((one) => one.includes(text))", arg=text)

    def place_of(self, part: Locator) -> FloatRect:
        """Where it stands in the window, in CSS pixels, once nothing moves."""
        self.still()
        box = part.bounding_box()
        assert box, f"{part} is not to be seen"
        return box

    def shadow(self, expression: str) -> object:
        """`expression` in the page, where `root` is the widget's shadow root."""
        return self.page.evaluate(f"(() => {{ const root = {ROOT}; return {expression}; }})()")
