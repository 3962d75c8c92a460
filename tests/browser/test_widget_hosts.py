"""Host pages that change prototypes, storage or the whole document: the widget works there, and the page notices nothing."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.servers import ROOT

from .harness import FakeServer, Site, Widget
from .harness.pages import page
from .harness.waiting import until

NewWidget = Callable[..., Widget]

# What old libraries and careless scripts do to a page.
CHANGED = {
    "arrays as text": "Array.prototype.toJSON = function () { return '[' + this.join(', ') + ']' }",
    "objects as text": "Object.defineProperty(Object.prototype, 'toJSON', { value() { return String(this) } })",
    "lists without a mapping": "Array.from = (list) => Array.prototype.slice.call(list)",
    "functions bound otherwise": "Function.prototype.bind = function (self) { return () => this.call(self) }",
    "no randomness": "Object.defineProperty(window, 'crypto', { value: undefined, configurable: true })",
    "elements that nobody may define": "customElements.define = function () { throw new Error('no more elements') }",
    "names on every object": "Object.prototype.extend = Array.prototype.each = function () {}",
    "requests that are watched": "{ const own = fetch; window.fetch = async (...all) => own(...all) }",
}


@pytest.mark.parametrize("name", CHANGED)
def test_a_page_that_changes_what_is_built_in_has_a_chat_that_survives_a_reload(
    name: str, new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    address = site.put("/changed", page(fake.url, head=f"<script>{CHANGED[name]}</script>"))
    widget = new_widget().visit(address).open()
    widget.ask("hello")
    widget.visit(address)
    expect(widget.replies).to_have_count(1)
    widget.ask("and again")
    expect(widget.own).to_have_count(2)
    widget.visit(site.url)  # a page of the same site that is as the browser made it
    expect(widget.replies).to_have_count(2)
    assert widget.errors == []


# What the panel cannot do without: its code runs in a frame, whose built-ins are as the browser made them.
BROKEN = {
    "no requests": "delete window.fetch",
    "requests that answer with text": "{ const own = fetch; window.fetch = (to) => own(to).then((it) => it.text()) }",
    "no dates or numbers": "delete window.Intl",
    "nothing to abort with": "delete window.AbortController",
    "lists that are not mapped": "Array.prototype.map = function () { return this }",
    "lists that refuse": "Array.prototype.forEach = Array.prototype.flat = () => { throw new Error('use the library') }",
    "no entries": "delete Object.entries; delete Object.fromEntries",
    "an early parser": "JSON.parse = (text) => ({ text })",
    "promises of a library": "window.Promise = function () { throw new Error('use the library') }",
    "sets of a library": "window.Set = function () { this.size = 0 }",
    "elements without shadows": "Element.prototype.attachShadow = function () { throw new Error('use the library') }",
    "elements that stay where they are": "Element.prototype.remove = function () {}",
    "elements that cannot append": "Element.prototype.append = ShadowRoot.prototype.append = undefined",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_page_whose_built_ins_do_not_work_has_a_chat_and_stays_as_it_is(
    name: str, new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    head = f"<script>{BROKEN[name]}; window.before = [window.fetch, [].map]</script>"
    address = site.put("/broken", page(fake.url, head=head))
    widget = new_widget().visit(address).open()
    widget.ask("slots")
    expect(widget.page.locator(".slot").first).to_be_visible()
    assert widget.page.evaluate("before[0] === window.fetch && before[1] === [].map"), "the page's own are left alone"
    widget.visit(address)
    expect(widget.replies).to_have_count(1)
    widget.ask("and again")
    assert widget.errors == []
    assert widget.page.locator("interworky-widget").count() == 1


def test_a_page_that_replaces_its_document_does_not_lose_the_chat_that_runs_in_a_frame(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    widget = new_widget().visit(site.put("/broken", page(fake.url, head="<script>delete window.Intl</script>"))).open()
    widget.ask("hello")
    widget.page.evaluate(
        """{ const next = document.createElement('html'); next.innerHTML = '<head></head><body><h1>New</h1></body>';
             document.replaceChild(next, document.documentElement) }"""
    )
    expect(widget.replies).to_have_count(1)
    widget.ask("still there?")
    assert widget.errors == []


def test_a_page_that_writes_its_document_anew_has_a_chat_that_still_hears(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    widget = new_widget().visit(site.put("/written", page(fake.url))).open()
    widget.ask("hello")
    widget.page.evaluate("{ document.open(); document.write('<!doctype html><h1>New</h1>'); document.close() }")
    expect(widget.replies).to_have_count(1)
    widget.ask("still there?")
    assert widget.page.locator("interworky-widget").count() == 1
    assert widget.errors == []


def test_a_dialog_of_the_page_that_keeps_the_focus_leaves_it_to_the_chat(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    keeps = "document.addEventListener('focusin', () => document.getElementById('own').focus())"
    widget = new_widget().visit(site.put("/modal", page(fake.url, head=f"<script>{keeps}</script>"))).open()
    widget.ask("hello")
    assert widget.errors == []


def test_where_nothing_can_be_done_the_page_is_whole_and_its_owner_is_told_once(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    head = "<script>window.CSSStyleSheet = function () { throw new Error('no stylesheets here') }</script>"
    widget = new_widget()
    with widget.page.expect_console_message(lambda message: "no stylesheets here" in message.text):
        widget.page.goto(site.put("/hopeless", page(fake.url, head=head)))
    assert len([warning for warning in widget.warnings if "Interworky" in warning]) <= 1
    assert widget.page.locator("interworky-widget").count() == 0
    assert widget.errors == []


def test_a_frame_that_the_page_does_not_allow_is_tried_once_however_long_the_pointer_rests_on_the_button(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    policy = {"Content-Security-Policy": "require-trusted-types-for 'script'; trusted-types 'none'"}
    html = page(fake.url, head="<script>delete window.AbortController</script>")
    widget = new_widget()
    widget.page.goto(site.put("/strict-and-broken", html, policy))
    for _ in range(2):
        with widget.page.expect_console_message(lambda message: "removed or replaced AbortController" in message.text):
            widget.page.locator("interworky-widget").get_by_role("button").click()
    told = [warning for warning in widget.warnings if "removed or replaced AbortController" in warning]
    assert len(told) <= 3  # once per press, and once for the pointer that came over the button
    assert widget.page.locator("interworky-widget").count() == 1


@pytest.mark.parametrize(
    "left", ['"[]"', "[1]", "7", "{", "null", '{"outbox": "x", "seen": "y", "config": 3, "open": "no"}']
)
def test_whatever_another_script_left_in_storage_the_panel_opens(left: str, new_widget: NewWidget, site: Site) -> None:
    widget = new_widget()
    widget.page.goto(f"{site.url}/nothing-here")
    for name in ("", ":session", ":seen", ":config", ":unsent:x"):
        widget.page.evaluate(f"localStorage.setItem('interworky:pk_test{name}', {json.dumps(left)})")
    widget.errors.clear()  # the page that is not there
    widget.visit(site.url).open().ask("hello")
    assert widget.errors == []


# --- Frameworks that own the document ---------------------------------------------------------------------------------

REACT = ROOT / "node_modules" / "react" / "umd" / "react.production.min.js"
REACT_DOM = ROOT / "node_modules" / "react-dom" / "umd" / "react-dom.production.min.js"
# The whole document is a component, as Remix and Next have it. A module hydrates it once the page was parsed, which is after
# our script has run here.
HYDRATED = """<!DOCTYPE html><html lang="en"><head><meta charSet="utf-8"/><title>Bright Smile</title></head><body><h1>Bright
 Smile</h1><p>0</p><script src="/react.js"></script><script src="/react-dom.js"></script><script
 src="HOST/widget.js" data-key="pk_test"></script><script type="module" src="/app.js"></script></body></html>""".replace(
    "\n", ""
)
APP = """
const { createElement: e, useEffect, useState } = React;
function Page() {
  const [seen, see] = useState(0);
  useEffect(() => { see(1) }, []);
  return e("html", { lang: "en" },
    e("head", null, e("meta", { charSet: "utf-8" }), e("title", null, "Bright Smile")),
    e("body", null, e("h1", null, "Bright Smile"), e("p", null, String(seen)),
      e("script", { src: "/react.js" }), e("script", { src: "/react-dom.js" }),
      e("script", { src: "HOST/widget.js", "data-key": "pk_test" }),
      e("script", { type: "module", src: "/app.js" })));
}
ReactDOM.hydrateRoot(document, e(Page), { onRecoverableError: (error) => console.error("hydration: " + error.message) });
"""


def put_react(site: Site, host: str) -> str:
    script = {"Content-Type": "text/javascript; charset=utf-8"}
    site.put("/react.js", REACT.read_text(), script)
    site.put("/react-dom.js", REACT_DOM.read_text(), script)
    site.put("/app.js", APP.replace("HOST", host), script)
    return site.put("/hydrated", HYDRATED.replace("HOST", host))


def test_a_document_that_react_hydrates_meets_no_stranger(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    widget = new_widget().visit(put_react(site, fake.url))
    expect(widget.page.locator("p", has_text="1")).to_be_visible()  # hydrated
    widget.open().ask("hello")
    assert widget.errors == []


def test_a_page_that_rebuilds_itself_keeps_its_widget_and_the_conversation(widget: Widget) -> None:
    widget.open().ask("hello")
    widget.page.evaluate("document.querySelector('interworky-widget').remove()")
    expect(widget.replies).to_have_count(1)
    widget.page.evaluate(
        """{ const next = document.createElement('html'); next.innerHTML = '<head></head><body><h1>New</h1></body>';
             document.replaceChild(next, document.documentElement) }"""
    )
    expect(widget.replies).to_have_count(1)
    widget.ask("still there?")
    assert widget.errors == []


def test_a_widget_that_was_destroyed_stays_away(widget: Widget) -> None:
    widget.page.evaluate("Interworky.destroy()")
    widget.page.evaluate("document.documentElement.append(document.createElement('aside'))")
    widget.page.evaluate("new Promise((done) => requestIdleCallback(() => requestIdleCallback(done)))")
    expect(widget.launcher).to_have_count(0)


# --- The first frame ---------------------------------------------------------------------------------------------------


def test_the_first_frame_of_the_first_visit_has_the_owners_colour_and_side(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    address = site.put("/look", page(fake.url, attributes='data-look="#7c3aed left"'))
    widget = new_widget().visit(address)
    expect(widget.root).to_have_attribute("data-position", "left")
    expect(widget.launcher).to_have_css("background-color", "rgb(124, 58, 237)")
    assert fake.requests == ["GET /widget.js"]
    widget.open()  # and what staff have chosen since counts from the first answer on
    expect(widget.root).to_have_attribute("data-position", "right")


# --- Something new below an open card ----------------------------------------------------------------------------------


def test_a_persons_answer_is_seen_below_a_card_that_still_waits(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("slots")
    expect(widget.page.locator(".card.open")).to_be_visible()
    fake.call(fake.say_staff("Ada"))
    fake.call(fake.say_message("staff", "Hello, this is Ada. I can see you at ten.\n\n" * 3))
    expect(widget.replies.last).to_be_in_viewport()
    expect(widget.page.locator(".latest")).to_be_hidden()


def test_what_comes_in_below_while_the_visitor_reads_above_is_offered(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("long")
    widget.log.evaluate("(log) => { log.scrollTop = 0 }")
    latest = widget.page.locator(".latest")
    expect(latest).to_be_visible()
    below = """(button) => button.getBoundingClientRect().top
        - button.getRootNode().querySelector('.log').getBoundingClientRect().bottom"""
    assert widget.still().page.locator(".latest").evaluate(below) >= 0, "it covers nothing of a card"
    latest.click()
    expect(widget.page.locator(".latest")).to_be_hidden()
    fake.call(fake.say_message("assistant", "One more thing.\n\n" * 30))
    expect(widget.replies.last).to_be_in_viewport()


@pytest.mark.parametrize("width", [1000, 390])
def test_a_page_that_its_own_style_enlarges_has_a_panel_as_large_as_the_window_allows(
    width: int, new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    widget = new_widget()
    widget.page.set_viewport_size({"width": width, "height": 700})
    widget.visit(site.put("/large", page(fake.url, head="<style>html { zoom: 1.5 }</style>"))).open()
    until(lambda: 500 < widget.place_of(widget.panel)["height"] <= 701)
    box = widget.place_of(widget.panel)
    assert box["y"] >= 0 and box["y"] + box["height"] <= 701 and box["x"] >= 0 and box["x"] + box["width"] <= width + 1
    widget.ask("hello")
