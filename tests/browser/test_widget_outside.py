"""The widget on a page before it is opened: its place and name, invitations, its pages, a button of the page's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from .harness import FakeServer, Site, Widget
from .harness.pages import page
from .harness.waiting import until, until_same
from .test_widget_access import RULES, look_at

NewWidget = Callable[..., Widget]
PHONE = {"viewport": {"width": 375, "height": 740}, "has_touch": True, "is_mobile": True}


@contextmanager
def settings(fake: FakeServer, **outside: object) -> Iterator[None]:
    """What staff have set: the texts as they are, all else under `outside`."""
    texts = {name: outside.pop(name) for name in ("launcher_label", "teaser", "page_messages", "texts") if name in outside}
    before = fake.config
    fake.config = before | texts | {"outside": outside}
    try:
        yield
    finally:
        fake.config = before


def put(site: Site, fake: FakeServer, attributes: str = 'data-look="#0f766e right more"', body: str = "") -> str:
    return site.put("/", page(fake.url, attributes=attributes, body=body))


def box(widget: Widget) -> dict[str, float]:
    found = widget.place_of(widget.launcher)
    return {**found, "right": found["x"] + found["width"], "bottom": found["y"] + found["height"]}


def test_the_button_stands_where_staff_have_put_it_on_each_device(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    address = put(site, fake)
    with settings(fake, offset=[40, 60], phone_position="left", phone_offset=[8, 90], z_index=50):
        widget = new_widget().visit(address)
        expect(widget.launcher).to_be_visible()
        until_same(lambda: (box(widget)["right"], box(widget)["bottom"]), (960, 740))
        expect(widget.page.locator("interworky-widget")).to_have_css("z-index", "50")
        small = new_widget(**PHONE).visit(address)
        expect(small.launcher).to_be_visible()
        until_same(lambda: (box(small)["x"], box(small)["bottom"]), (8, 650))


def test_the_tag_goes_before_staff_and_the_pages_styles_before_both(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    style = "<style>interworky-widget { --interworky-y: 100px; --interworky-z: 7 }</style>"
    address = put(site, fake, 'data-offset="30 30" data-z-index="9" data-position="left"', style)
    with settings(fake, offset=[40, 60], z_index=50):
        widget = new_widget().visit(address)
        expect(widget.launcher).to_be_visible()
        until_same(lambda: (box(widget)["x"], box(widget)["bottom"]), (30, 700))
        expect(widget.page.locator("interworky-widget")).to_have_css("z-index", "7")


def test_what_the_tag_says_wrongly_is_named_in_the_console_and_staffs_setting_counts(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    address = put(site, fake, 'data-offset="far" data-position="top" data-launcher="#["')
    with settings(fake, offset=[40, 60]):
        widget = new_widget().visit(address)
        expect(widget.launcher).to_be_visible()
        until_same(lambda: box(widget)["right"], 960)
        widget.open()
        until(lambda: len([text for text in widget.warnings if "is not" in text]) >= 3, widget.page)
        named = [text for text in widget.warnings if "is not" in text]
        assert len(named) == 3 and 'data-offset="far" is not one or two numbers of pixels' in " ".join(named)


def test_settings_of_the_look_are_checked_too_once_the_panel_is_there(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    address = put(site, fake, 'data-theme="darkish" data-accent="nice"')
    widget = new_widget().visit(address)
    with widget.page.expect_console_message(lambda message: 'data-accent="nice" is not a colour' in message.text):
        widget.open()


@pytest.mark.parametrize("dir", ["ltr", "rtl"])
def test_the_button_has_a_text_in_the_visitors_language(
    dir: str, new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    locale = "ar" if dir == "rtl" else "de"
    words = {"ar": "هل لديك سؤال؟", "de": "Fragen? Wir chatten"}[locale]
    address = put(site, fake, f'data-look="#0f766e right more" data-locale="{locale}"')
    with settings(fake, launcher_label="Questions?", texts={locale: {"launcher_label": words}}):
        widget = new_widget().visit(address)
        expect(widget.launcher).to_have_text(words)
        expect(widget.launcher).to_have_accessible_name(words)
        until(lambda: box(widget)["width"] > 100)
        widget.open().ask("hello")
        widget.launcher.click()
        fake.call(fake.say_message("assistant", "One more thing."))
        expect(widget.launcher).to_have_accessible_name(f"{words} (1)")


def test_an_invitation_appears_opens_the_chat_and_does_not_come_back(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    address = put(site, fake)
    with settings(fake, teaser="Can I help you find something?", teaser_after=1):
        widget = new_widget()
        widget.page.clock.install()
        widget.visit(address)
        invite = widget.page.locator(".invite")
        widget.page.clock.run_for(2_000)
        expect(invite).to_contain_text("Can I help you find something?")
        invite.get_by_role("button", name="Can I help").click()
        expect(widget.panel).to_be_visible()
        expect(invite).to_be_hidden()
        with widget.page.expect_response("**/config/*"):
            widget.visit(address)
        for _ in range(3):  # what staff have set counts a moment later
            widget.page.clock.run_for(2_000)
            expect(invite).to_be_hidden()


def test_each_page_has_its_own_invitation_also_where_no_page_is_loaded(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    address = put(site, fake)
    with settings(fake, page_messages="/prices* A price?\n/team Meet us?", teaser_after=1):
        widget = new_widget().visit(address)
        invite = widget.page.locator(".invite")
        widget.page.evaluate("history.pushState({}, '', '/prices/2030')")
        expect(invite).to_contain_text("A price?")
        invite.get_by_role("button", name="Dismiss").click()
        expect(invite).to_be_hidden()
        widget.page.evaluate("history.pushState({}, '', '/team')")
        expect(invite).to_contain_text("Meet us?")
        widget.page.evaluate("history.back()")
        expect(invite).to_be_hidden()


def test_an_invitation_comes_when_the_pointer_leaves_the_page(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    address = put(site, fake)
    with settings(fake, teaser="Before you go?", teaser_after=0, teaser_on_exit=True):
        widget = new_widget().visit(address)
        expect(widget.launcher).to_be_visible()
        expect(widget.page.locator(".invite")).to_be_hidden()
        widget.page.evaluate(
            "document.documentElement.dispatchEvent(new MouseEvent('mouseleave', { clientY: -1, relatedTarget: null }))"
        )
        expect(widget.page.locator(".invite")).to_contain_text("Before you go?")


def test_it_is_shown_on_the_pages_that_are_chosen(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    put(site, fake)
    checkout = site.put("/checkout/pay", page(fake.url, attributes='data-look="#0f766e right more"'))
    with settings(fake, hide_on=["/checkout*"]):
        widget = new_widget().visit(checkout)
        widget.page.wait_for_function("!document.querySelector('interworky-widget').shadowRoot.adoptedStyleSheets[2]")
        expect(widget.launcher).to_be_hidden()
        widget.page.evaluate("history.pushState({}, '', '/thanks')")
        expect(widget.launcher).to_be_visible()
        widget.page.evaluate("history.replaceState({}, '', '/checkout')")
        expect(widget.launcher).to_be_hidden()


def test_where_the_chat_is_the_page_or_a_part_of_it_it_is_there_whatever_the_rules_say(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    pages = {
        "page": put(site, fake, 'data-look="#0f766e right more" data-mode="page"'),
        "part": site.put(
            "/part",
            page(
                fake.url,
                attributes='data-look="#0f766e right more"',
                body='<interworky-chat style="display: block; height: 500px"></interworky-chat>',
            ),
        ),
    }
    with settings(fake, hide_on=["*"], teaser="Hello", teaser_after=1):
        for address in pages.values():
            widget = new_widget()
            widget.page.clock.install()
            widget.page.goto(address)
            expect(widget.panel).to_be_visible()
            widget.page.clock.run_for(5_000)
            expect(widget.page.locator(".invite")).to_be_hidden()


def test_where_the_server_cannot_be_asked_the_button_is_there_all_the_same(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    address = put(site, fake)
    widget = new_widget()
    widget.page.route("**/config/*", lambda route: route.abort())
    widget.visit(address)
    expect(widget.launcher).to_be_visible()


def test_a_button_of_the_pages_own_opens_and_closes_the_chat(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    address = put(site, fake, 'data-launcher="#chat"', '<p>Hello</p><a href="/elsewhere" id="chat"><b>Chat</b></a>')
    widget = new_widget().visit(address)
    own = widget.page.locator("#chat")
    expect(own).to_have_attribute("aria-expanded", "false")
    expect(widget.launcher).to_be_hidden()
    widget.page.locator("#chat b").click()
    expect(widget.panel).to_be_visible()
    expect(own).to_have_attribute("aria-expanded", "true")
    own.click()
    expect(widget.panel).to_be_hidden()
    assert widget.page.url == address


def test_without_its_own_button_a_page_gets_ours_and_its_owner_the_reason(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    widget = new_widget()
    address = put(site, fake, 'data-launcher="#chat"')
    with widget.page.expect_console_message(lambda message: 'data-launcher="#chat"' in message.text):
        widget.visit(address)
    expect(widget.launcher).to_be_visible()


def test_a_message_makes_a_sound_only_where_staff_want_it_and_nobody_sees_it(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    address = put(site, fake)
    count = (
        "window.sounds = 0; const make = AudioContext.prototype.createOscillator; AudioContext.prototype.createOscillator ="
    )
    for sound in (True, False):
        with settings(fake, **({"sound": True} if sound else {"offset": [20, 20]})):
            widget = new_widget()
            widget.page.add_init_script(f"{count} function () {{ window.sounds += 1; return make.call(this); }}")
            widget.visit(address).open().ask("hello")
            assert widget.page.evaluate("sounds") == 0, "the visitor sees it"
            widget.launcher.click()
            expect(widget.panel).to_be_hidden()
            fake.call(fake.say_message("assistant", "One more thing."))
            expect(widget.page.locator(".badge")).to_be_visible()
            until_same(lambda page=widget.page: page.evaluate("sounds"), 2 if sound else 0)


def test_the_header_says_whether_the_team_is_there(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    for office, words in (
        ({"closes_at": "2099-01-01T17:00:00Z"}, "AI assistant · Team online"),
        ({"opens_at": "2099-01-01T09:00:00Z"}, "AI assistant · Team back: "),
        ({"closes_at": "2020-01-01T17:00:00Z"}, "AI assistant"),
    ):
        fake.config = fake.config | {"office": office}
        widget = new_widget().visit(site.url).open()
        expect(widget.page.locator(".who p span").first).to_have_text(words) if not words.endswith(": ") else expect(
            widget.page.locator(".who p")
        ).to_contain_text(words)


@pytest.mark.parametrize("look", ["light", "dark", "small", "right to left"])
def test_axe_finds_no_problem_in_an_invitation(look: str, new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    locale = 'data-locale="he"' if look == "right to left" else ""
    address = put(site, fake, f'data-look="#0f766e right more" {locale}')
    options = {"dark": {"color_scheme": "dark"}, "small": PHONE}
    with settings(fake, teaser="Can I help you find something?", teaser_after=1, launcher_label="Questions? Chat with us"):
        widget = new_widget(**options.get(look, {})).visit(address)
        expect(widget.page.locator(".invite")).to_be_visible()
        widget.page.evaluate("document.body.append(document.querySelector('interworky-widget'))")
        look_at(widget, RULES, "invitation")
