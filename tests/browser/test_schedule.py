"""The calendar page in a real browser: dragged, clicked and typed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, FloatRect, Locator, Page, Response, expect

from tests import servers
from tests.browser.harness.waiting import until_same
from tests.browser.test_admin import HOSTILE, signed_in

# A salon with two chairs, open all day and all week, and two customers tomorrow; prints their ids and the day.
FILL = """
import json, sys
from datetime import time, timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from assistant.models import Appointment
from assistant.services.booking.staff import by_staff
from assistant.services.booking.availability.slot_ids import Pick
from tests import make
User.objects.create_superuser("tester", password="tester")
home = make.organization("Salon")
mira = make.calendar(home, opens="08:00", closes="18:00", name="Mira", timezone="Europe/Berlin", minutes=45)
tom = make.calendar(home, opens="08:00", closes="18:00", name="Tom", timezone="Europe/Berlin")
cut = make.service(mira, tom, name="Cut", minutes=60, colour="#7c3aed")
from zoneinfo import ZoneInfo
from datetime import datetime
zone = ZoneInfo("Europe/Berlin")
day = (timezone.now().astimezone(zone) + timedelta(days=1)).date()
def at(hour): return datetime.combine(day, time(hour), zone).astimezone(timezone.get_fixed_timezone(0))
def book(name, calendar, hour, **more):
    return by_staff.book(Pick(cut, calendar, at(hour), "any"), name=name, **more)
ada, bob = book("Ada", mira, 10, email="ada@example.org"), book(sys.stdin.read()[:100], tom, 10)
print(json.dumps({"day": day.isoformat(), "ada": str(ada.pk), "bob": str(bob.pk)}))
"""
ASK = "import json; from assistant.models import Appointment, BlockedTime; print(json.dumps({code}, default=str))"


ADA = "Appointment.objects.filter(name='Ada').first()"


class Salon:
    def __init__(self, app: servers.App) -> None:
        self.app = app
        self.filled = json.loads(self.shell(FILL, HOSTILE))

    def shell(self, code: str, typed: str = "") -> str:
        return self.app.shell(code, typed).splitlines()[-1]

    def ask(self, code: str) -> object:
        return json.loads(self.shell(ASK.replace("{code}", code)))

    def times(self, name: str) -> list[str]:
        """Calendar, start and end of that customer's appointment that stands, in Berlin."""
        row = f"Appointment.objects.filter(name={name!r}).exclude(state='cancelled').get()"
        zone = "__import__('zoneinfo').ZoneInfo(r.timezone)"
        times = ", ".join(f"r.{end}.astimezone({zone}).strftime('%H:%M')" for end in ("start_at", "end_at"))
        return list(self.ask(f"[[r.calendar.name, {times}] for r in [{row}]][0]"))  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def salon(start_app: Callable[..., servers.App]) -> Salon:
    return Salon(start_app())


@pytest.fixture
def staff(salon: Salon, chromium: Browser) -> Iterator[Page]:
    with signed_in(salon.app, chromium, script=ON_DEMAND) as page:
        opened(page)
        yield page


# Once a minute the calendar looks for what is new; here, whenever a test calls `lookAgain()`.
ON_DEMAND = """{ const own = setInterval;
    window.setInterval = (run, ms, ...more) => (ms === 60_000 ? ((window.lookAgain = run), 0) : own(run, ms, ...more)) }"""


def opened(page: Page) -> None:
    page.goto("/admin/assistant/appointment/schedule/")
    page.locator("#schedule[aria-busy=false]").wait_for()
    page.get_by_role("button", name="Next").click()
    settled(page)


def settled(page: Page) -> None:
    """Both customers are drawn, and nothing is being fetched that would redraw them."""
    page.locator("#schedule[aria-busy=false]").wait_for()
    for name in ("Ada", "onerror"):
        expect(event(page, name)).to_be_visible()


def event(page: Page, name: str):
    return page.locator(".ec-event").filter(has_text=name).first


def place_of(event: Locator) -> FloatRect:
    """Where it stands in the window, once the calendar has come to rest: until then it may be redrawn."""
    box, before = None, None
    while box is None or box != before:
        before = box
        event.evaluate("(element) => element.scrollIntoView({ block: 'nearest' })")
        box = event.bounding_box()
        event.page.wait_for_timeout(50)
    return box


def look_again(page: Page) -> None:
    """The calendar asks what is new, and has been answered."""
    with page.expect_response("**/schedule/events/**") as answer:
        page.evaluate("lookAgain()")
    answered(page, answer.value)


def answered(page: Page, response: Response) -> None:
    """The page has read the response, and had the time to draw what is in it."""
    response.finished()
    page.evaluate("new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))")


def drag(
    page: Page, name: str, minutes: int, *, edge: bool = False, sideways: float = 0, halfway: Callable[[], object] = bool
) -> None:
    """Drag an event, or its lower edge, by minutes: an hour is as high as the other customer's appointment."""
    settled(page)
    hour = place_of(event(page, "onerror"))["height"]
    box = place_of(event(page, name))
    x, y = box["x"] + box["width"] / 2, box["y"] + (box["height"] - 3 if edge else 12)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + sideways, y + minutes / 60 * hour / 2, steps=5)
    halfway()
    page.mouse.move(x + sideways, y + minutes / 60 * hour, steps=5)
    page.mouse.up()


def test_an_appointment_is_dragged_asked_about_and_moved(salon, staff):
    drag(staff, "Ada", 120)
    dialog = staff.get_by_role("dialog", name="Move the appointment")
    expect(dialog.get_by_label("Time")).to_have_value("12:00")
    dialog.get_by_role("button", name="Move", exact=True).click()
    expect(staff.get_by_role("status")).to_contain_text("Moved.")
    assert salon.times("Ada") == ["Mira", "12:00", "13:00"]
    drag(staff, "Ada", 30, edge=True)
    expect(dialog.get_by_label("Minutes")).to_have_value("90")
    dialog.get_by_role("button", name="Move", exact=True).click()
    expect(dialog).to_be_hidden()
    assert salon.times("Ada") == ["Mira", "12:00", "13:30"]


def test_a_drag_goes_on_while_the_calendar_looks_for_what_is_new(salon, staff):
    before = salon.times("Ada")
    was = place_of(event(staff, "Ada"))
    drag(staff, "Ada", 60, halfway=lambda: look_again(staff))
    dialog = staff.get_by_role("dialog", name="Move the appointment")
    expect(dialog).to_be_visible()
    dropped = event(staff, "Ada").bounding_box()
    assert dropped and dropped["y"] > was["y"] + 10  # it is shown where it was dropped, until that is decided
    dialog.get_by_role("button", name="Keep the old time").click()
    until_same(lambda: place_of(event(staff, "Ada")), was)
    assert salon.times("Ada") == before


def test_the_keyboard_and_a_press_stay_on_an_appointment_while_the_calendar_looks_for_what_is_new(salon, staff):
    event(staff, "Ada").focus()
    look_again(staff)
    expect(event(staff, "Ada")).to_be_focused()
    box = place_of(event(staff, "Ada"))
    staff.mouse.move(box["x"] + 20, box["y"] + 12)
    staff.mouse.down()
    look_again(staff)
    staff.mouse.up()
    expect(staff.get_by_role("dialog")).to_be_visible()


def test_a_drag_that_is_not_saved_goes_back(salon, staff):
    before = place_of(event(staff, "Ada"))
    drag(staff, "Ada", 60)
    staff.get_by_role("button", name="Keep the old time").click()
    expect(staff.get_by_role("dialog")).to_have_count(0)
    until_same(lambda: place_of(event(staff, "Ada")), before)


def test_a_conflict_is_named_before_saving_and_an_alternative_is_taken(salon, staff):
    staff.get_by_role("button", name="Book", exact=False).first.click()
    dialog = staff.get_by_role("dialog", name="Book an appointment")
    dialog.get_by_label("Calendar").select_option(label="Tom · Salon")
    dialog.get_by_label("Service").select_option(label="Cut, 60 min")
    dialog.get_by_label("Day").fill(salon.filled["day"])
    dialog.get_by_label("Time").fill("10:30")
    dialog.get_by_label("Name").fill("Cy")
    expect(dialog.get_by_role("alert")).to_contain_text("That time is taken.")
    expect(dialog.get_by_role("alert")).to_contain_text("10:00–11:00 Cut")
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("That time is taken.")
    dialog.locator("[data-alternatives] button").last.click()
    expect(dialog.get_by_role("alert")).to_be_hidden()
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(staff.get_by_role("status")).to_contain_text("Booked.")
    assert salon.times("Cy")[0] == "Tom"


def test_a_button_is_pressed_although_what_is_said_about_the_time_changes_meanwhile(salon, staff):
    staff.get_by_role("button", name="Book", exact=False).first.click()
    dialog = staff.get_by_role("dialog", name="Book an appointment")
    dialog.get_by_label("Calendar").select_option(label="Tom · Salon")
    dialog.get_by_label("Service").select_option(label="Cut, 60 min")
    dialog.get_by_label("Day").fill(salon.filled["day"])
    dialog.get_by_label("Name").fill("Eve")
    dialog.get_by_label("Time").fill("10:30")
    dialog.get_by_label("Name").focus()
    expect(dialog.get_by_role("alert")).to_contain_text("That time is taken.")
    dialog.get_by_label("Time").focus()
    staff.keyboard.press("ControlOrMeta+a")
    staff.keyboard.type("16:00")
    dialog.get_by_role("button", name="Book", exact=True).hover()
    with staff.expect_response("**/schedule/book/") as answer:
        staff.mouse.down()  # leaves the field of the time, which asks the server
    answered(staff, answer.value)
    staff.mouse.up()
    expect(staff.get_by_role("status")).to_contain_text("Booked.")
    assert salon.times("Eve")[:2] == ["Tom", "16:00"]


def test_a_click_books_there_and_a_closed_time_is_booked_only_when_staff_insist(salon, staff):
    slot = place_of(staff.locator(".ec-body .ec-day").last)
    staff.mouse.click(slot["x"] + slot["width"] / 2, slot["y"] + slot["height"] - 8)
    dialog = staff.get_by_role("dialog", name="Book an appointment")
    expect(dialog.locator("[name=calendar] option:checked")).to_have_text("Tom · Salon")
    dialog.get_by_label("Time").fill("19:00")
    dialog.get_by_label("Name").fill("Dee")
    expect(dialog.get_by_role("alert")).to_contain_text("The calendar is closed at that time.")
    dialog.get_by_label("Book it all the same").check()
    dialog.get_by_role("button", name="Book", exact=True).click()
    expect(staff.get_by_role("status")).to_contain_text("Booked.")
    assert salon.times("Dee")[:2] == ["Tom", "19:00"]


def test_all_of_it_works_by_keyboard_and_a_cancellation_is_undone(salon, staff):
    settled(staff)  # a calendar that is redrawn takes the focus away
    place_of(event(staff, "Ada"))
    event(staff, "Ada").press("Enter")
    about = staff.get_by_role("dialog")
    expect(about).to_contain_text("ada@example.org")
    expect(about.get_by_role("link", name="Edit details")).to_have_attribute("href", re.compile("/[0-9a-f-]{36}/details/$"))
    about.get_by_role("button", name="Cancel appointment").focus()
    staff.keyboard.press("Enter")
    asked = staff.get_by_role("dialog", name="Cancel the appointment?")
    asked.get_by_label("Reason, for the team").fill("Double booking")
    staff.keyboard.press("Enter")
    expect(staff.get_by_role("status")).to_contain_text("Cancelled")
    assert salon.ask("Appointment.objects.get(name='Ada').cancel_reason") == "Double booking"
    staff.get_by_role("button", name="Undo").focus()
    staff.keyboard.press("Enter")
    expect(staff.get_by_role("status")).to_contain_text("is booked again")
    expect(event(staff, "Ada")).to_be_visible()


def test_a_time_is_blocked_and_unblocked(salon, staff):
    staff.get_by_role("button", name="Block a time").click()
    dialog = staff.get_by_role("dialog", name="Block a time")
    dialog.get_by_label("Day", exact=True).fill(salon.filled["day"])
    dialog.get_by_label("Time").fill("16")
    dialog.get_by_label("Until").fill("15:30")
    dialog.get_by_label("Reason").click()
    expect(dialog.get_by_text("It ends before it begins")).to_be_visible()
    dialog.get_by_label("Until").fill("5pm")
    dialog.get_by_label("Reason").fill("Delivery")
    dialog.get_by_role("button", name="Block", exact=True).click()
    expect(event(staff, "Delivery")).to_be_visible()
    event(staff, "Delivery").click()
    dialog.get_by_role("button", name="Remove the block").click()
    expect(event(staff, "Delivery")).to_be_hidden()
    assert salon.ask("BlockedTime.objects.count()") == 0


def test_the_page_asks_nobody_else_runs_no_strangers_words_and_breaks_no_policy(salon, chromium):
    with signed_in(salon.app, chromium, width=375, height=812) as page:
        console: list[str] = []
        elsewhere: list[str] = []
        page.on("console", lambda said: console.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: console.append(str(error)))
        page.on("request", lambda asked: elsewhere.append(asked.url) if not asked.url.startswith(salon.app.url) else None)
        opened(page)
        for view in ("Week", "Month", "List", "Day"):
            page.get_by_role("button", name=view, exact=True).click()
            page.locator("#schedule[aria-busy=false]").wait_for()
            expect(page.get_by_role("button", name=view, exact=True)).to_have_attribute("aria-pressed", "true")
        event(page, "onerror").click()
        expect(page.get_by_role("dialog")).to_contain_text("onerror=hacked")
        assert page.evaluate("window.hacked") is None
        assert page.evaluate("document.fonts.ready.then(() => document.documentElement.scrollWidth <= innerWidth)")
        assert (console, elsewhere) == ([], [])


def wrong_on(page: Page, inside: str = "body") -> list[object]:
    """What axe finds wrong there, contrast included."""
    page.evaluate(AXE_SCRIPT)
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    # The calendar's library calls its grid a table and its events buttons, without rows between them.
    options = {"runOnly": rules, "resultTypes": ["violations"], "rules": {"aria-required-children": {"enabled": False}}}
    found = page.evaluate("([inside, options]) => axe.run(inside, options)", [inside, options])
    assert any(rule["id"] == "color-contrast" for rule in found["passes"] + found["violations"])
    return [(rule["id"], node["target"], node["html"]) for rule in found["violations"] for node in rule["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_accessibility_problem_on_the_calendar_page(salon, staff, scheme):
    staff.emulate_media(color_scheme=scheme)
    assert wrong_on(staff, "#schedule-page") == []
    staff.get_by_role("button", name="Book", exact=False).first.click()
    expect(staff.get_by_role("dialog", name="Book an appointment")).to_be_visible()
    assert wrong_on(staff, "dialog") == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_accessibility_problem_on_the_visitors_pages(salon, chromium, scheme):
    links = "__import__('assistant.services.booking.invitations.links', fromlist=['token_of'])"
    token = salon.ask(f"{links}.token_of({ADA})")
    with chromium.new_context(
        base_url=salon.app.url, color_scheme=scheme, viewport={"width": 375, "height": 800}
    ) as context:
        page = context.new_page()
        for query in ("", "?do=move", "?do=cancel"):
            page.goto(f"/appointments/{token}/{query}")
            if not query:
                page.get_by_text("Add to calendar").click()
            assert wrong_on(page) == [], query
