"""Looking through a slots card: services, people, days and months, by pointer and by keyboard, without a question."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from .harness import FakeServer, Site, Widget
from .harness.pages import page

NewWidget = Callable[..., Widget]


def asked(fake: FakeServer) -> list[dict[str, str]]:
    """What the server was asked for, without the card's id."""
    frames = [frame for frame in fake.frames if frame["type"] == "slots.browse"]
    return [{name: value for name, value in frame.items() if name not in ("type", "card")} for frame in frames]


@pytest.fixture
def card(new_widget: NewWidget, site: Site) -> Locator:
    widget = new_widget(locale="en-GB").visit(site.url).open()
    widget.ask("slots")
    found = widget.page.locator(".card.slots")
    expect(found.locator(".browse")).to_be_visible()
    return found


def test_one_leafs_to_later_and_earlier_days_and_chooses_a_time_there(card: Locator, fake: FakeServer) -> None:
    later = card.get_by_role("button", name="Later")
    later.click()
    expect(card.locator("h4")).to_have_text(["Wednesday, 9 January"])
    expect(later).to_be_focused()
    card.get_by_role("button", name="Earlier").click()
    expect(card.locator("h4")).to_have_text(["Tuesday, 8 January"])
    assert asked(fake) == [{"service": "3", "after": "2030-01-08"}, {"service": "3", "before": "2030-01-09"}]
    card.get_by_role("button", name="Tuesday, 8 January, 11:00").click()
    expect(card.page.locator(".confirm")).to_be_visible()
    assert not [frame for frame in fake.frames if frame["type"] == "message.send"][1:], "and nothing was asked of a model"


def test_a_day_is_chosen_from_a_month_with_the_keyboard_alone(card: Locator, fake: FakeServer) -> None:
    keys = card.page.keyboard
    toggle = card.get_by_role("button", name="Choose a day")
    toggle.focus()
    keys.press("Enter")
    expect(card.get_by_role("button", name=re.compile("Tuesday,? 8 January 2030"))).to_be_focused()
    expect(card.locator(".month .free")).to_have_count(13)
    keys.press("ArrowRight")
    full = card.get_by_role("button", name=re.compile("Wednesday,? 9 January 2030, no free times$"))
    expect(full).to_be_focused()
    keys.press("Enter")
    expect(card.locator(".month")).to_be_visible()
    keys.press("ArrowDown")
    keys.press("PageDown")
    expect(card.get_by_role("button", name=re.compile("Saturday,? 16 February 2030"))).to_be_focused()
    expect(card.locator(".month .free")).to_have_count(13)
    keys.press("End")
    expect(card.get_by_role("button", name=re.compile("Sunday,? 17 February 2030"))).to_be_focused()
    keys.press("Home")
    keys.press("ArrowRight")
    expect(card.get_by_role("button", name=re.compile("Tuesday,? 12 February 2030"))).to_be_focused()
    keys.press("Enter")
    expect(card.locator("h4")).to_have_text(["Tuesday, 12 February"])
    expect(card.locator(".slot").first).to_be_focused()
    expect(card.locator(".month")).to_be_hidden()
    assert [one.get("month") or one.get("day") for one in asked(fake)] == ["2030-01", "2030-02", "2030-02-12"]


def test_escape_leaves_the_month_and_not_the_panel(card: Locator) -> None:
    toggle = card.get_by_role("button", name="Choose a day")
    toggle.click()
    expect(card.locator(".month td button").first).to_be_visible()
    card.page.keyboard.press("Escape")
    expect(card.locator(".month")).to_be_hidden()
    expect(toggle).to_be_focused()
    expect(card.page.locator(".panel")).to_be_visible()


def test_days_that_cannot_be_booked_are_not_reached(card: Locator) -> None:
    card.get_by_role("button", name="Choose a day").click()
    expect(card.get_by_role("button", name="Previous month")).to_be_disabled()
    keys = card.page.keyboard
    expect(card.get_by_role("button", name=re.compile("Tuesday,? 8 January 2030"))).to_be_focused()
    keys.press("PageUp")
    expect(card.get_by_role("button", name=re.compile("Friday,? 4 January 2030"))).to_be_focused()
    for _ in range(3):
        keys.press("PageDown")
    expect(card.get_by_role("button", name=re.compile("Tuesday,? 5 March 2030"))).to_be_focused()
    expect(card.get_by_role("button", name="Next month")).to_be_disabled()


def test_service_and_person_are_changed_on_the_card(card: Locator, fake: FakeServer) -> None:
    expect(card.locator(".chosen")).to_contain_text(re.compile("45 mins? · £45"))
    expect(card.locator(".chosen")).to_contain_text("With a wash.")
    card.get_by_label("With").select_option("Tom")
    expect(card.get_by_label("With")).to_have_value("2")
    card.get_by_role("button", name="Change").click()
    card.get_by_role("button", name="Colour").click()
    expect(card.locator("h3")).to_have_text("Colour")
    expect(card.locator(".chosen")).to_contain_text(re.compile("2 hrs? · from £90"))
    assert asked(fake) == [{"service": "3", "calendar": "2"}, {"service": "4"}]


def test_a_day_without_anything_says_so_above_the_nearest(card: Locator) -> None:
    for day in (9, 10, 11, 12, 13):
        card.get_by_role("button", name="Later").click()
        expect(card.locator("h4")).to_contain_text(f", {day} January")
    expect(card.locator(".problem")).to_contain_text("Nothing is free then.")
    expect(card.locator("h4")).to_have_text(["Sunday, 13 January"])


def test_without_a_socket_it_works_as_well(fake: FakeServer, new_widget: NewWidget, site: Site) -> None:
    fake.sockets = False
    widget = new_widget().visit(site.url).open()
    widget.ask("slots")
    card = widget.page.locator(".card.slots")
    card.get_by_role("button", name="Later").click()
    expect(card.locator("h4")).to_have_text(["Wednesday, 9 January"])


@pytest.mark.parametrize("locale", ["ar", "de", "en-US"])
def test_a_month_is_written_as_the_locale_writes_it(
    locale: str, fake: FakeServer, new_widget: NewWidget, site: Site
) -> None:
    site.put("/", page(fake.url, attributes=f'data-locale="{locale}"'))
    widget = new_widget(viewport={"width": 375, "height": 800}).visit(site.url).open()
    widget.ask("slots")
    card = widget.page.locator(".card.slots")
    card.locator(".steps button").nth(1).click()
    expect(card.locator(".month .free").first).to_be_visible()
    first = {"ar": "السبت", "de": "Montag", "en-US": "Sunday"}[locale]
    expect(card.locator(".month th").first).to_have_attribute("abbr", first)
    focused = card.locator(".month button:focus")
    day = {"ar": "الثلاثاء، 8 يناير 2030", "de": "Dienstag, 8. Januar 2030", "en-US": "Tuesday, January 8, 2030"}[locale]
    expect(focused).to_have_accessible_name(day)
    widget.page.keyboard.press("ArrowRight")
    expect(focused).to_have_text("7" if locale == "ar" else "9")  # the arrow goes where it points
    assert not widget.page.evaluate("document.documentElement.scrollWidth > innerWidth")


def test_a_receipt_leads_to_a_map_and_into_calendars_by_keyboard(
    new_widget: NewWidget, site: Site, fake: FakeServer
) -> None:
    widget = new_widget(locale="en-GB").visit(site.url).open()
    widget.say("receipt")
    receipt = widget.page.locator(".card.receipt")
    place = receipt.get_by_role("link", name="12 Harbour Street")
    expect(place).to_have_attribute("href", re.compile(r"^https://www\.openstreetmap\.org/"))
    google = receipt.get_by_role("link", name="Google Calendar")
    expect(google).to_be_hidden()
    receipt.get_by_text("Add to calendar").focus()
    widget.page.keyboard.press("Enter")
    expect(google).to_have_attribute("href", re.compile(r"^https://calendar\.google\.com/"))
    expect(google).to_have_attribute("target", "_blank")
    expect(receipt.get_by_role("link", name="Calendar file (.ics)")).to_have_attribute("download", "")
