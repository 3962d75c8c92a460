"""A newcomer sets up a salon in the admin, without documentation, and a visitor books there.

With SCREENSHOTS set to a folder, each page is kept there as it looks on a desk and on a phone, in light and in dark.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import servers
from tests.browser.test_admin import signed_in

from .harness import Widget

# Someone who has just been given an organization and an assistant; prints the assistant's key.
FILL = """
from django.contrib.auth.models import User
from assistant.models import Membership
from tests import make
home = make.organization("Salon Lind", timezone="Europe/Berlin", team_email="team@example.org")
owner = User.objects.create_user("tester", password="tester", is_staff=True)
Membership.objects.create(user=owner, organization=home, role="owner")
print(make.assistant(home, name="Lia").public_key)
"""
BOOKED = """
import json
from assistant.models import Appointment
rows = Appointment.objects.filter(organization__name="Salon Lind", state="confirmed").order_by("created_at")
length = lambda row: (row.end_at - row.start_at).total_seconds() / 60
print(json.dumps([[row.service.name, row.calendar.name, length(row), row.name] for row in rows]))
"""
MOST_CLICKS = 28  # with the opening of each page; without what is typed and chosen in fields


def shell(app: servers.App, code: str) -> str:
    return app.shell(code).splitlines()[-1]


class Newcomer:
    """Somebody at the admin; counts the clicks."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0

    def opens(self, model: str, *, add: bool = False) -> None:
        """The list of a model from the menu at the side, and from there the page that adds one."""
        for page in (model, f"{model}/add")[: 2 if add else 1]:
            self.clicks += 1
            self.page.locator(f"a[href$='/admin/assistant/{page}/']:visible").first.click()
            self.page.wait_for_url(f"**/{page}/")

    # The name of a button may begin with that of its icon.
    def presses(self, name: str) -> None:
        self.clicks += 1
        self.page.get_by_role("button", name=re.compile(f"{re.escape(name)}$")).first.click()

    def follows(self, name: str) -> None:
        self.clicks += 1
        self.page.get_by_role("link", name=name, exact=True).first.click()

    def reads(self, text: str) -> None:
        expect(self.page.locator("body")).to_contain_text(text)

    def shot(self, name: str) -> None:
        folder = os.environ.get("SCREENSHOTS")
        if not folder:
            return
        for width in (1280, 375):
            for scheme in ("light", "dark"):
                self.page.emulate_media(color_scheme=scheme)
                self.page.set_viewport_size({"width": width, "height": 860})
                self.page.wait_for_timeout(300)
                self.page.screenshot(path=Path(folder) / f"salon-{name}-{width}-{scheme}.png", full_page=True)
        self.page.emulate_media(color_scheme="light")
        self.page.set_viewport_size({"width": 1280, "height": 860})


@pytest.fixture(scope="module")
def app(start_app: Callable[..., servers.App]) -> servers.App:
    return start_app(DEMO_MODEL_DELAY_MS="10")


@pytest.fixture(scope="module")
def key(app: servers.App) -> str:
    return shell(app, FILL)


@pytest.fixture(scope="module")
def newcomer(app: servers.App, key: str, chromium: Browser) -> Iterator[Newcomer]:
    with signed_in(app, chromium, "/admin/") as page:
        yield Newcomer(page)


def add_calendar(newcomer: Newcomer, name: str) -> None:
    """Open from 9 to 6 with a break for lunch, closed on Sundays and public holidays."""
    page = newcomer.page
    newcomer.opens("calendar", add=True)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Monday").fill("9-12.30, 1:30pm-6pm")
    newcomer.presses("Copy to the days below")
    expect(page.get_by_label("Sunday")).to_have_value("9-12.30, 1:30pm-6pm")
    page.get_by_label("Sunday").fill("")
    newcomer.shot("calendar")
    newcomer.presses("Save")
    newcomer.reads(f"Is {name} closed on public holidays?")
    newcomer.shot("calendars")
    newcomer.follows("Select the days")
    page.get_by_label("Country").select_option(label="Germany")
    newcomer.presses("Show holidays")
    newcomer.reads("German Unity Day")
    newcomer.shot("holidays")
    newcomer.presses("Close on the selected days")
    newcomer.reads("Closed days added")
    expect(page.get_by_label("Saturday")).to_have_value("9:00–12:30, 13:30–18:00")


def add_service(newcomer: Newcomer, name: str, minutes: int) -> None:
    newcomer.opens("service", add=True)
    newcomer.page.get_by_label("Name").fill(name)
    newcomer.page.get_by_label("Length in minutes").fill(str(minutes))
    newcomer.shot("service")
    newcomer.presses("Save")
    row = newcomer.page.get_by_role("row").filter(has=newcomer.page.get_by_role("link", name=name, exact=True))
    expect(row).to_contain_text("Chair 1, Chair 2")
    expect(row).to_contain_text(f"{minutes} min")


def test_a_newcomer_sets_up_a_salon_with_few_clicks(newcomer: Newcomer) -> None:
    add_calendar(newcomer, "Chair 1")
    newcomer.reads("Closed days added")
    add_calendar(newcomer, "Chair 2")
    for name, minutes in (("Cut", 45), ("Colour", 120), ("Kids' cut", 30)):
        add_service(newcomer, name, minutes)
    newcomer.shot("services")
    newcomer.opens("method", add=True)
    newcomer.clicks += 1
    newcomer.page.get_by_role("heading", name="Appointment").click()
    newcomer.clicks += 1
    expect(newcomer.page.locator("[name=name]")).to_have_value("appointment")
    newcomer.shot("method")
    newcomer.presses("Save")
    newcomer.reads("was added successfully")
    assert newcomer.clicks <= MOST_CLICKS


def test_what_a_newcomer_mistypes_is_named_beside_its_field_and_nothing_is_saved(newcomer: Newcomer) -> None:
    page = newcomer.page
    newcomer.opens("calendar", add=True)
    page.get_by_label("Name").fill("Basin")
    page.get_by_label("Monday").fill("9 to late")
    page.get_by_label("Tuesday").fill("9-12, 11-14")
    newcomer.presses("Save")
    rows = page.locator(".field-day_0, .field-day_1")
    expect(rows.nth(0)).to_contain_text("late")
    expect(rows.nth(1)).to_contain_text("overlap")
    newcomer.shot("mistyped")
    newcomer.opens("calendar")
    expect(page.get_by_role("link", name="Basin")).to_have_count(0)


def book(app: servers.App, key: str, chromium: Browser, name: str, service: str) -> str:
    """In the widget; returns the start of the appointment as its receipt says it."""
    context = chromium.new_context(viewport={"width": 420, "height": 860}, timezone_id="America/New_York", locale="en-GB")
    widget = Widget(context.new_page())
    widget.page.goto(f"{app.url}/chat/{key}")
    widget.say("I would like to book an appointment")
    card = widget.page.locator(".card.slots")
    expect(card).to_be_visible()
    widget.answered()
    card.get_by_role("button", name="Change").click()
    card.get_by_role("button", name=re.compile(f"^{service}")).click()
    expect(card.locator("h3")).to_have_text(service)  # and not in the list of services
    slot = card.locator("button.slot").first
    expect(slot).to_contain_text("New York")  # the place's own clock leads, and the visitor's stands beside it
    slot.click()
    confirm = widget.page.locator(".card.confirm")
    expect(confirm).to_be_visible()
    widget.answered()
    confirm.get_by_label(re.compile("name", re.I)).fill(name)
    confirm.get_by_label(re.compile("e-?mail", re.I)).fill(f"{name.lower()}@example.com")
    confirm.get_by_role("button", name=re.compile("^Book")).click()
    receipt = widget.page.locator(".card.receipt")
    expect(receipt).to_contain_text(service)
    if folder := os.environ.get("SCREENSHOTS"):
        widget.page.screenshot(path=Path(folder) / f"salon-receipt-{service}.png")
    context.close()
    return service


def test_visitors_book_each_service_at_its_own_length_and_share_the_chairs(
    app: servers.App, key: str, newcomer: Newcomer, chromium: Browser
) -> None:
    for name, service in (("Ada", "Cut"), ("Grace", "Colour"), ("Alan", "Kids' cut")):
        book(app, key, chromium, name, service)
    booked = json.loads(shell(app, BOOKED))
    assert [[service, minutes, name] for service, _, minutes, name in booked] == [
        ["Cut", 45, "Ada"], ["Colour", 120, "Grace"], ["Kids' cut", 30, "Alan"],
    ]  # fmt: skip
    assert {chair for _, chair, _, _ in booked} == {"Chair 1", "Chair 2"}
    newcomer.opens("appointment")
    for name, service in (("Ada", "Cut"), ("Grace", "Colour"), ("Alan", "Kids' cut")):
        row = newcomer.page.get_by_role("row").filter(has_text=name)
        expect(row).to_contain_text(service)
    newcomer.shot("appointments")
