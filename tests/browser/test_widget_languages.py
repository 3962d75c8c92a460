"""The widget in the visitor's language."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.harness.chat import NewWidget

from .harness import FakeServer, Site
from .harness.pages import page


@pytest.mark.parametrize(
    ("language", "direction", "placeholder"),
    [
        ("de-AT", "ltr", "Nachricht"),
        ("ar", "rtl", "اكتب"),
        ("he", "rtl", "כתיבת"),
        ("zh-Hans", "ltr", "输入"),
        ("fi", "ltr", "Write"),
    ],
)
def test_the_page_chooses_the_language(
    language: str, direction: str, placeholder: str, new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    site.put("/", page(fake.url).replace('lang="en"', f'lang="{language}"'))
    widget = new_widget().visit(site.url).open()
    expect(widget.box).to_have_attribute("placeholder", re.compile(placeholder))
    expect(widget.panel).to_have_css("direction", direction)


def test_only_the_language_that_is_spoken_is_fetched(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    for language, files in (("pl", ["locale-pl.js"]), ("en", [])):
        site.put("/", page(fake.url, attributes=f'data-locale="{language}"'))
        widget = new_widget()
        fetched: list[str] = []
        widget.page.on("request", lambda request, to=fetched: to.append(request.url.rpartition("/")[2]))
        widget.visit(site.url).open()
        expect(widget.root).to_have_attribute("lang", language)
        assert [name for name in fetched if name.startswith("locale-")] == files


def test_a_language_that_cannot_be_fetched_is_replaced_by_english(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    site.put("/", page(fake.url, attributes='data-locale="he"'))
    widget = new_widget()
    widget.page.route("**/locale-he.js", lambda route: route.abort())
    widget.visit(site.url).open()
    expect(widget.box).to_have_attribute("placeholder", "Write a message…")
    expect(widget.panel).to_have_css("direction", "ltr")


def test_the_first_words_are_in_the_visitors_language(new_widget: NewWidget, site: Site, fake: FakeServer) -> None:
    fake.config |= {"texts": {"de": {"greeting": "Schön, dass Sie da sind!", "starters": ["Wann ist offen?"]}}}
    site.put("/", page(fake.url, attributes='data-locale="de-AT"'))
    widget = new_widget().visit(site.url).open()
    expect(widget.page.get_by_text("Schön, dass Sie da sind!", exact=True)).to_be_visible()
    expect(widget.page.get_by_role("button", name="Wann ist offen?")).to_be_visible()
    expect(widget.page.locator(".disclosure")).to_contain_text("It can make mistakes.")


def test_from_right_to_left_latin_names_stay_beside_their_avatar_and_the_placeholder_reads_as_arabic(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    site.put("/", page(fake.url, attributes='data-locale="ar"'))
    widget = new_widget().visit(site.url).open()
    gap = widget.still().shadow(
        """(() => {
            const name = document.createRange();
            name.selectNodeContents(root.querySelector('h2'));
            return root.querySelector('.avatar').getBoundingClientRect().left - name.getBoundingClientRect().right;
        })()"""
    )
    assert isinstance(gap, int | float) and 0 <= gap <= 20
    expect(widget.box).to_have_css("direction", "rtl")
    widget.box.fill("Hello.")
    expect(widget.box).to_have_css("direction", "ltr")
    widget.box.fill("")
    expect(widget.box).to_have_css("direction", "rtl")
    widget.say("fail")
    expect(widget.page.locator(".notice bdi")).to_have_css("direction", "ltr")
    expect(widget.page.locator(".notice")).to_have_css("direction", "rtl")


@pytest.mark.parametrize(("browser", "time"), [("en-US", r"^\d{1,2}:\d{2} [AP]M$"), ("en-GB", r"^\d{2}:\d{2}$")])
def test_on_a_page_in_english_the_browsers_region_decides_how_times_are_written(
    browser: str, time: str, new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    widget = new_widget(locale=browser).visit(site.url).open()
    widget.ask("hello")
    assert fake.sessions[-1]["locale"] == browser, "so that the server writes its times in the same way"
    expect(widget.own.locator("time")).to_have_text(re.compile(time))
    expect(widget.replies.locator("time")).to_have_text(re.compile(time))
