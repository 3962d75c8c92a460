"""What the widget may do to the page that holds it, and what a page may do to the widget."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Request, expect

from .harness import FakeServer, Site, Widget
from .harness.pages import page
from .harness.waiting import until_same

NewWidget = Callable[..., Widget]

HOSTILE = {
    "everything important": "* { all: unset !important; color: red !important; font: 40px/1 serif !important }",
    "bootstrap-like reset": "*, ::before, ::after { box-sizing: content-box; margin: 7px; padding: 9px; border: 3px solid }",
    "hidden elements": "html > :not(head, body), body > :not(h1, p, button) { display: none !important }",
    "forms of its own": "button, input, textarea, form { width: 300px !important; height: 9px !important; color: lime }",
    "transformed page": "html { font-size: 62.5%; letter-spacing: 5px } body { transform: scale(.8); filter: blur(1px) }",
    "shouting": "html { text-transform: uppercase; font: italic 900 30px/3 cursive; text-align: right; direction: rtl }",
    "no pointer": "* { pointer-events: none !important; user-select: none !important; opacity: .1 !important }",
    "on top": "body::after { content: ''; position: fixed; inset: 0; z-index: 2147483646; background: #fff }",
    "custom properties": "html, * { --accent: red; --surface: lime; --text: lime; --gap: 300px; --soft: lime }",
}

LOOKS = ["launcher", "panel", "intro .bubble", "own .bubble", "reply .bubble", "slot", "chip", "send", "avatar"]

PROPERTIES = [
    "color", "backgroundColor", "fontSize", "fontFamily", "fontStyle", "fontWeight", "letterSpacing", "wordSpacing",
    "lineHeight", "textAlign", "textTransform", "direction", "opacity", "visibility", "pointerEvents", "cursor",
    "userSelect", "padding", "margin", "border",
]  # fmt: skip


def looks(widget: Widget) -> dict[str, object]:
    """Where every part is and how it looks, once nothing moves any more."""
    found = widget.still().shadow(
        f"""Object.fromEntries({LOOKS!r}.map((name) => {{
            const part = root.querySelector('.' + name);
            if (!part) return [name, null];
            const {{ x, y, width, height }} = part.getBoundingClientRect();
            const style = getComputedStyle(part);
            const read = {PROPERTIES!r}.map((property) => style[property]);
            return [name, [x, y, width, height].map(Math.round).concat(read).join(' | ')];
        }}))"""
    )
    assert isinstance(found, dict)
    return found


def talk(widget: Widget) -> None:
    widget.open()
    widget.ask("slots")
    expect(widget.page.locator(".slot").first).to_be_visible()
    widget.page.mouse.move(0, 0)
    widget.box.blur()


@pytest.fixture(scope="module")
def plain(chromium: Browser) -> tuple[dict[str, object], dict[str, object]]:
    """How the widget looks on a page that leaves it alone, before and during a conversation."""
    with FakeServer() as fake, Site() as site:
        site.put("/", page(fake.url))
        with chromium.new_context(viewport={"width": 1000, "height": 800}, reduced_motion="reduce") as context:
            widget = Widget(context.new_page()).visit(site.url)
            before = looks(widget.open())
            widget.page.evaluate("localStorage.clear()")
            widget.visit(site.url)
            talk(widget)
            return before, looks(widget)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_stylesheet_changes_nothing(
    name: str, plain: tuple[dict[str, object], dict[str, object]], new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    site.put("/hostile", page(fake.url, head=f"<style>{HOSTILE[name]}</style>"))
    widget = new_widget(reduced_motion="reduce").visit(f"{site.url}/hostile")
    widget.open()
    until_same(lambda: looks(widget), plain[0])
    widget.page.evaluate("localStorage.clear()")
    widget.visit(f"{site.url}/hostile")
    talk(widget)
    until_same(lambda: looks(widget), plain[1])
    assert widget.errors == []


def test_the_page_looks_the_same_with_us(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    measure = """() => [...document.body.querySelectorAll('*')].filter((e) => e.tagName !== 'SCRIPT').map((e) => {
        const { x, y, width, height } = e.getBoundingClientRect();
        return [e.tagName, x, y, width, height, getComputedStyle(e).cssText].join(' ');
    }).concat(document.documentElement.scrollHeight, document.documentElement.scrollWidth)"""
    site.put("/without", page(fake.url, script=False))
    widget = new_widget()
    widget.page.goto(f"{site.url}/without")
    without = widget.page.evaluate(measure)
    widget.visit(site.url).open()
    assert widget.page.evaluate(measure) == without


def test_one_request_before_the_first_click_no_cookie_no_third_party_one_global(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    site.put("/without", page(fake.url, script=False))
    widget = new_widget()
    widget.page.goto(f"{site.url}/without")
    globals_without = set(widget.page.evaluate("Object.getOwnPropertyNames(window)"))
    asked: list[Request] = []
    widget.page.on("request", lambda request: asked.append(request))
    widget.visit(site.url)
    widget.page.wait_for_load_state("networkidle")
    assert fake.requests == ["GET /widget.js"]
    assert set(widget.page.evaluate("Object.getOwnPropertyNames(window)")) - globals_without == {"Interworky"}

    talk(widget)
    strangers = {r.url for r in asked if not r.url.startswith((site.url, fake.url, "data:"))}
    assert strangers == set()
    assert widget.page.context.cookies() == []
    kept = widget.page.evaluate("Object.keys(localStorage)")
    assert kept and all(name.startswith("interworky:pk_test:") for name in kept)


def test_invalid_visitor_data_from_the_page_does_not_disturb_the_chat(widget: Widget, fake: FakeServer) -> None:
    widget.open().ask("hello")
    fake.call(fake.say({"type": "error", "code": "bad_input", "text": "Not understood.", "of": "visitor.update"}))
    widget.ask("hello")
    expect(widget.page.get_by_text("Not understood.")).to_have_count(0)
    assert any("identify() was refused" in warning for warning in widget.warnings)


def test_opening_the_panel_makes_no_visitor_before_one_writes(widget: Widget, fake: FakeServer) -> None:
    widget.open()
    widget.page.wait_for_load_state("networkidle")
    assert "POST /api/v1/widget/sessions" not in fake.requests
    with widget.page.expect_response("**/sessions"):
        widget.box.press_sequentially("H")


def strict_policy(host: str) -> str:
    """What docs/widget.md asks of a page with a strict policy: our host, twice."""
    return (
        f"default-src 'none'; script-src {host}; connect-src {host} {host.replace('http', 'ws')}; "
        "style-src 'none'; img-src data:; base-uri 'none'; "
        "form-action 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def test_a_strict_policy_with_trusted_types_sees_no_violation(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    site.put("/strict", page(fake.url), {"Content-Security-Policy": strict_policy(fake.url)})
    widget = new_widget()
    widget.page.add_init_script(
        "window.violations = []; document.addEventListener('securitypolicyviolation', (e) => "
        "violations.push(e.violatedDirective + ' ' + e.blockedURI))"
    )
    widget.visit(f"{site.url}/strict")
    talk(widget)
    widget.page.locator(".slot").first.click()
    widget.page.fill("input[name=name]", "Ada Lovelace")
    widget.page.fill("input[name=email]", "ada@example.com")
    widget.page.click(".confirm [type=submit]")
    expect(widget.page.locator(".receipt.done")).to_be_visible()
    widget.ask("long")
    widget.box.fill("two\nlines\nand\nmore")
    assert widget.page.evaluate("violations") == []
    assert widget.errors == []
    # The look does not depend on styles that the policy forbids.
    expect(widget.launcher).to_have_css("background-color", "rgb(15, 118, 110)")


def test_a_script_tag_twice_is_one_widget(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    tag = f'<script src="{fake.url}/widget.js" data-key="pk_test"></script>'
    site.put("/twice", page(fake.url, body=tag))
    widget = new_widget().visit(f"{site.url}/twice")
    widget.page.wait_for_load_state("networkidle")
    assert widget.page.locator("interworky-widget").count() == 1
    assert widget.errors == []


def test_a_body_that_is_swapped_takes_nothing_away(widget: Widget) -> None:
    widget.open().ask("hello")
    widget.page.evaluate("document.body = document.createElement('body')")
    expect(widget.panel).to_be_visible()
    widget.ask("hello")


def test_commands_queued_before_the_script_are_run(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    head = (
        "<script>window.heard = []; window.Interworky = [['on', 'message:received', (m) => heard.push(m.role)],"
        " ['on', 'open', () => heard.push('open')], ['sendMessage', 'hello'], ['no-such-verb']];</script>"
    )
    site.put("/queue", page(fake.url, head=head))
    widget = new_widget().visit(f"{site.url}/queue")
    expect(widget.replies).to_have_count(1)
    widget.page.wait_for_function("heard.length === 2")
    assert widget.page.evaluate("heard") == ["open", "assistant"]
    assert widget.errors == []


def test_the_page_can_open_listen_introduce_and_remove(widget: Widget, fake: FakeServer) -> None:
    run = widget.page.evaluate
    run("window.heard = []; window.stop = Interworky.on('unread', ({ count }) => heard.push(count)); null")
    run("Interworky.toggle()")
    expect(widget.panel).to_be_visible()
    run("Interworky.identify({ name: 'Ada', email: 'ada@example.com' })")
    widget.ask("hello")
    assert {"type": "visitor.update", "name": "Ada", "email": "ada@example.com"} in fake.frames
    run("Interworky.close()")
    expect(widget.panel).to_be_hidden()
    fake.call(fake.say_message("staff", "Are you still there?"))
    widget.page.wait_for_function("heard.length === 1")
    run("stop()")
    run("Interworky.reset()")
    widget.page.wait_for_function("!localStorage['interworky:pk_test:session']")
    run("Interworky.open()")
    expect(widget.own).to_have_count(0)
    run("Interworky.destroy()")
    expect(widget.page.locator("interworky-widget")).to_have_count(0)
    assert run("'Interworky' in window") is False
    assert run("heard") == [1]
    assert widget.errors == []


def test_a_page_whose_prototypes_were_changed_still_has_a_widget(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    head = "<script>Array.prototype.extra = () => 1; Object.prototype.more = 1; window.name = 'x'</script>"
    site.put("/old", page(fake.url, head=head))
    widget = new_widget().visit(f"{site.url}/old")
    talk(widget)
    assert widget.errors == []


def test_where_storage_is_refused_one_can_still_talk(new_widget: NewWidget, site: Site) -> None:
    widget = new_widget()
    widget.page.add_init_script(
        "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError') } })"
    )
    widget.visit(site.url).open().ask("hello")
    assert widget.errors == []


def test_a_site_that_is_not_allowed_shows_nothing(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    fake.refusal = 403
    widget = new_widget().visit(site.url)
    with widget.page.expect_console_message(lambda message: "allowed origins" in message.text):  # the owner is told
        widget.launcher.click()
    expect(widget.panel).to_have_count(0)


def test_keys_typed_to_us_are_no_shortcuts_of_the_page(widget: Widget) -> None:
    widget.page.evaluate(
        "window.keys = []; for (const n of ['keydown', 'keyup']) addEventListener(n, (e) => keys.push(e.key))"
    )
    widget.open()
    widget.box.press_sequentially("/k")
    assert widget.page.evaluate("keys") == []


def test_the_chat_can_be_a_page_of_its_own(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    site.put("/chat", page(fake.url, body=" ", attributes='data-mode="page"'))
    widget = new_widget().visit(f"{site.url}/chat")
    expect(widget.panel).to_be_visible()
    expect(widget.launcher).to_be_hidden()
    widget.box.press("Escape")
    widget.ask("hello")
    until_same(lambda: widget.place_of(widget.panel), {"x": 120, "y": 0, "width": 760, "height": 800})
