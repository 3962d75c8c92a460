"""What a page's own scripts can do with the widget, and what of it they can hear."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from .harness import FakeServer, Site, Widget
from .harness.pages import page
from .harness.waiting import until
from .test_widget_access import RULES, look_at

NewWidget = Callable[..., Widget]
HEAR = """<script>window.heard = [];
for (const name of ["ready", "open", "close", "message:sent", "message:received", "identified", "error"])
  document.addEventListener("interworky:" + name, ({ detail }) => heard.push([name, detail]));
window.unhandled = []; addEventListener("unhandledrejection", ({ reason }) => unhandled.push(String(reason)));</script>"""


def test_a_tag_manager_hears_events_on_the_document(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    site.put("/events", page(fake.url, head=HEAR))
    widget = new_widget().visit(f"{site.url}/events")
    widget.open().ask("hello")
    widget.page.wait_for_function("heard.some(([name]) => name === 'message:received')")
    names = [name for name, _ in widget.page.evaluate("heard")]
    assert names[:3] == ["ready", "open", "message:sent"]
    assert "text" not in str(widget.page.evaluate("heard.at(-1)"))


def test_settings_before_the_script_hold_where_the_tag_says_nothing(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    settings = (
        "<script>window.interworkySettings = { key: 'pk_test', locale: 'de', position: 'left', theme: 'dark' }</script>"
    )
    site.put("/settings", f'{settings}<p>Page</p><script src="{fake.url}/widget.js"></script>')
    widget = new_widget().visit(f"{site.url}/settings").open()
    for name, value in (("lang", "de"), ("data-theme", "dark"), ("data-position", "left")):
        expect(widget.root).to_have_attribute(name, value)


def test_a_page_may_say_later_which_assistant_it_wants(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    site.put("/late", f'<p>Page</p><script src="{fake.url}/widget.js"></script>')
    widget = new_widget()
    widget.page.goto(f"{site.url}/late")
    expect(widget.page.locator("interworky-widget")).to_have_count(0)
    widget.page.evaluate("Interworky.init({ key: 'pk_test', locale: 'fr' })")
    widget.open()
    expect(widget.root).to_have_attribute("lang", "fr")
    widget.page.evaluate("Interworky.init({ locale: 'es' })")
    expect(widget.panel).to_be_hidden()  # or not there yet: a pointer on the button fetches it
    widget.open()
    expect(widget.root).to_have_attribute("lang", "es")
    expect(widget.page.locator("interworky-widget")).to_have_count(1)


def test_another_language_or_theme_keeps_what_was_said_and_typed(widget: Widget) -> None:
    widget.open().ask("hello")
    widget.box.fill("half a sen")
    widget.page.evaluate("Interworky.setLocale('ar')")
    expect(widget.root).to_have_attribute("lang", "ar")
    expect(widget.root).to_have_attribute("dir", "rtl")
    expect(widget.panel).to_be_visible()
    expect(widget.replies).to_have_count(1)
    expect(widget.box).to_have_value("half a sen")
    expect(widget.panel).to_have_count(1)
    widget.page.evaluate("Interworky.setTheme('dark')")
    expect(widget.root).to_have_attribute("data-theme", "dark")
    widget.ask("hello")
    assert widget.errors == []


def test_a_page_with_a_button_of_its_own_hides_the_launcher(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    button = '<button id="help" onclick="Interworky.toggle()">Help</button>'
    site.put("/own", f'{button}<script src="{fake.url}/widget.js" data-key="pk_test" data-hidden></script>')
    widget = new_widget().visit(f"{site.url}/own")
    expect(widget.launcher).to_be_hidden()
    widget.page.click("#help")
    expect(widget.panel).to_be_visible()
    widget.box.press("Escape")
    expect(widget.panel).to_be_hidden()
    expect(widget.page.locator("#help")).to_be_focused()
    widget.page.evaluate("Interworky.show()")
    expect(widget.launcher).to_be_visible()
    widget.page.evaluate("Interworky.open()")
    widget.page.evaluate("Interworky.hide()")
    expect(widget.panel).to_be_hidden()
    expect(widget.launcher).to_be_hidden()


def test_the_page_says_which_page_it_is(widget: Widget, fake: FakeServer) -> None:
    widget.page.evaluate("Interworky.setContext({ url: 'https://shop.example/p/7', title: 'A red chair' }); null")
    widget.open().ask("hello")
    sent = [frame for frame in fake.frames if frame["type"] == "message.send"]
    assert sent[-1]["page"] == {"url": "https://shop.example/p/7", "title": "A red chair"}


def corner(widget: Widget) -> tuple[float, float]:
    """The lower right one of the launcher."""
    box = widget.place_of(widget.launcher)
    return box["x"] + box["width"], box["y"] + box["height"]


def test_offsets_and_the_layer_are_the_pages_own_style(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    style = """<style>interworky-widget { --interworky-x: 40px; --interworky-y: 90px; --interworky-z: 7 }
    @media (max-width: 640px) { interworky-widget { --interworky-y: 120px } }</style>"""
    site.put("/placed", page(fake.url, head=style))
    widget = new_widget().visit(f"{site.url}/placed")
    until(lambda: corner(widget) == (1000 - 40, 800 - 90))
    expect(widget.page.locator("interworky-widget")).to_have_css("z-index", "7")
    widget.page.set_viewport_size({"width": 375, "height": 700})
    until(lambda: corner(widget)[1] == 700 - 120)


INLINE = """<style>interworky-chat { display: block; height: 520px; border-radius: 12px; border: 1px solid #ccc }</style>
<h1>Contact</h1><interworky-chat></interworky-chat><p id="after">After</p>"""


def test_an_element_of_the_page_holds_the_chat(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    tag = f'<script src="{fake.url}/widget.js" data-key="pk_test" data-mode="inline"></script>'
    site.put("/inline", f'<!doctype html><html lang="en"><title>Contact</title><main>{INLINE}</main>{tag}')
    site.put("/plain", page(fake.url))
    widget = new_widget()
    widget.page.goto(f"{site.url}/inline")
    expect(widget.panel).to_be_visible()
    expect(widget.launcher).to_be_hidden()
    outer = widget.place_of(widget.page.locator("interworky-chat"))
    until(lambda: [widget.place_of(widget.panel)[side] for side in ("height", "width")] == [520, outer["width"] - 2])
    assert widget.page.evaluate("document.activeElement.tagName") == "BODY"  # it takes no focus from the page
    widget.ask("hello")
    widget.box.press("Escape")
    expect(widget.panel).to_be_visible()
    look_at(widget, RULES, "inline")
    widget.page.evaluate("document.querySelector('interworky-chat').remove()")
    expect(widget.page.locator("interworky-widget")).to_have_count(0)
    widget.page.goto(f"{site.url}/plain")
    expect(widget.launcher).to_be_visible()
    expect(widget.panel).to_be_hidden()
    assert widget.errors == []


# --- Logging in -------------------------------------------------------------------------------------------------------


def log_in(widget: Widget, token: str, id: str = "") -> None:
    known = f"{{ id: '{id}' }}" if id else "{}"
    widget.page.evaluate(
        f"window.told = Interworky.identify({known}, {{ token: () => '{token}' }}); told.catch(() => {{}}); 0"
    )


def test_logging_in_fetches_nothing_until_the_chat_is_opened(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    site.put("/events", page(fake.url, head=HEAR))
    widget = new_widget().visit(f"{site.url}/events")
    log_in(widget, "ada", "ada")
    widget.page.wait_for_load_state("networkidle")
    assert not any("panel.js" in asked or "identity" in asked for asked in fake.requests)
    widget.open()
    assert widget.page.evaluate("told") == {"id": "ada", "ignored": []}
    widget.ask("hello")
    assert fake.sessions[-1]["identity"] == fake.sessions[-1]["id"] == "ada"
    assert ["identified", {"id": "ada"}] in widget.page.evaluate("heard")


def test_a_user_finds_their_conversation_in_another_browser_and_the_next_user_does_not(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    first, second = new_widget().visit(f"{site.url}/"), new_widget().visit(f"{site.url}/")
    first.open().ask("hello")
    log_in(first, "ada")
    first.page.evaluate("told")
    first.ask("hello")
    expect(first.replies).to_have_count(2)
    log_in(second, "ada")
    second.open()
    expect(second.replies).to_have_count(2)
    log_in(second, "bob")
    second.page.evaluate("told")
    expect(second.replies).to_have_count(0)
    second.page.evaluate("Interworky.reset()")
    second.page.wait_for_function("!Object.keys(localStorage).some((name) => /session|user|unsent/.test(name))")
    assert first.errors == second.errors == []


def test_a_refused_login_is_explained_in_the_console_and_the_visitor_goes_on(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    site.put("/events", page(fake.url, head=HEAR))
    widget = new_widget().visit(f"{site.url}/events")
    widget.page.evaluate("Interworky.identify({}, { token: 'refused' }); 0")
    widget.open().ask("hello")
    assert any("signature" in warning and "No key has signed" in warning for warning in widget.warnings)
    assert ["error", {"code": "identity_refused", "reason": "signature"}] in widget.page.evaluate("heard")
    assert widget.page.evaluate("unhandled") == []
