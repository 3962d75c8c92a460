"""The admin in a real browser: text from strangers never runs there, and our scripts work."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests import servers
from tests.sampling import part

from .harness.waiting import until_seen

HOSTILE = "'\"><img src=x onerror=hacked=1>`${hacked=2}`{{x}}"
# Fills an organization with hostile text, and prints the addresses of every page that shows any of it.
FILL = """
import json, sys
from django.db.models import Value
from django.db.models.functions import Concat
from django.urls import reverse
from assistant.models import Conversation, Message, Method, Organization, Question
from django.contrib.auth.models import User
from tests.assistant.admin.filled import fill
from tests.assistant.admin.test_pages import pages
User.objects.create_superuser("tester", password="tester")
home = fill("hostile", sys.stdin.read())
for model, name in ((Question, "text"), (Message, "text"), (Conversation, "summary"), (Conversation, "rating_comment")):
    model.objects.update(**{name: Concat(name, Value("w" * 3000))})  # no place to break the line at
week = reverse("admin:assistant_first_run_services", args=[home.pk])
print(json.dumps({"pages": pages(home), "method": str(Method.objects.get(organization=home).pk), "week": week}))
"""


@pytest.fixture(scope="module")
def app(start_app: Callable[..., servers.App]) -> servers.App:
    return start_app()


@pytest.fixture(scope="module")
def filled(app: servers.App) -> dict:
    return json.loads(app.shell(FILL, HOSTILE).splitlines()[-1])


# Once a page has its fonts: whether strangers' words ran, it is too wide, or a line of a list's card is cut off or its label
# is in lower case.
SEEN = """document.fonts.ready.then(() => [
    window.hacked,
    document.documentElement.scrollWidth > innerWidth,
    [...document.querySelectorAll("#result_list tbody [data-label]")].some(
        (cell) => cell.scrollHeight > cell.clientHeight + 1 || /^\\p{Ll}/u.test(cell.dataset.label)),
])"""


# By product and name: a log-in costs a second of a core, for the sake of those who guess.
LOGGED_IN: WeakKeyDictionary[servers.App, dict[str, StorageState]] = WeakKeyDictionary()


@contextmanager
def signed_in(
    app: servers.App, chromium: Browser, at: str = "", *, name: str = "tester", script: str = "", **viewport: int
) -> Iterator[Page]:
    """A browser of that member of staff, `at` a page; every page runs the `script` first."""
    known = LOGGED_IN.setdefault(app, {})
    size = {"width": 1280, "height": 860, **viewport}
    context = chromium.new_context(viewport=size, base_url=app.url, storage_state=known.get(name))  # type: ignore[arg-type]
    if script:
        context.add_init_script(script)
    page = context.new_page()
    if name not in known:
        log_in(page, name)
        known[name] = context.storage_state()
    if at:
        page.goto(at)
    yield page
    context.close()


def log_in(page: Page, name: str, password: str = "tester") -> None:
    page.goto("/admin/login/?next=/admin/jsi18n/")  # nothing costs less
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")
    page.wait_for_url(re.compile("/admin/(?!login)"))


@pytest.fixture
def staff(app: servers.App, filled: dict, chromium: Browser) -> Iterator[Page]:
    with signed_in(app, chromium) as page:
        yield page


@dataclass
class Tour:
    """The pages on a telephone: what went wrong on which."""

    errors: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    too_wide: list[str] = field(default_factory=list)
    hacked: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)  # what the browser refused, by the page's policy, among it
    cut: list[str] = field(default_factory=list)  # lines of lists that are not shown whole, or labels in lower case


def toured(pages: list[str]) -> list[str]:
    """All but files and the ways out, and of the histories and the questions before a row is deleted a sample.

    Of these, each kind has one template, and strangers' words are looked for in all of them without a browser.
    """
    shown = [address for address in pages if "log" not in address and not address.endswith(("/export/", ".csv"))]
    alike = [[address for address in shown if address.endswith(end)] for end in ("/history/", "/delete/")]
    sampled = {address for some in alike for address in part(some, 4, "tour")}
    return [address for address in shown if address in sampled or not address.endswith(("/history/", "/delete/"))]


@pytest.fixture(scope="module")
def tour(app: servers.App, filled: dict, chromium: Browser) -> Tour:
    tour = Tour()
    with signed_in(app, chromium, width=390, height=844) as page:
        page.on("console", lambda said: tour.console.append(f"{page.url}: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda error: tour.errors.append(f"{page.url}: {error}"))
        page.on("request", lambda asked: tour.elsewhere.append(asked.url) if not asked.url.startswith(app.url) else None)
        for address in toured(filled["pages"]):
            page.goto(address)
            hacked, too_wide, cut = page.evaluate(SEEN)
            if hacked is not None:
                tour.hacked.append(address)
            if too_wide:
                tour.too_wide.append(address)
            if cut:
                tour.cut.append(address)
    return tour


def test_no_page_runs_what_strangers_wrote_or_asks_anybody_else(tour):
    assert (tour.hacked, tour.errors, tour.elsewhere) == ([], [], [])


def test_the_policy_forbids_nothing_that_a_page_needs(tour):
    assert [said for said in tour.console if "Content Security Policy" in said] == []


def test_nor_does_it_where_nobody_is_logged_in(app, chromium):
    context = chromium.new_context(base_url=app.url)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda entry: said.append(f"{page.url}: {entry.text}"))
    for address in ("login/", "password/", "password/MQ/set-password/", "invitation/forged/", "account/two-factor/log-in/"):
        policy = page.goto(f"/admin/{address}").headers["content-security-policy"]
        assert "script-src 'self' 'unsafe-eval';" in policy
    context.close()
    assert [entry for entry in said if "Content Security Policy" in entry] == []


def test_a_script_that_got_into_a_page_does_not_run(staff):
    staff.goto("/admin/")
    staff.evaluate(
        "window.refused = []; addEventListener('securitypolicyviolation', (event) => refused.push(event.sample)); 0"
    )
    staff.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))")
    staff.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 2\">')")
    staff.wait_for_function("refused.length === 2")
    assert staff.evaluate("window.ran") is None


def test_pages_fit_a_telephone(tour):
    assert tour.too_wide == []


def test_lists_on_a_telephone_show_each_line_whole_under_a_label_that_begins_with_a_capital(tour):
    assert tour.cut == []


def test_the_state_of_a_method_is_in_view_on_a_laptop(staff):
    """Lists scroll sideways when they must; what staff look for stands before that, whatever the names are."""
    staff.goto("/admin/assistant/method/")
    staff.evaluate("document.fonts.ready.then(() => 0)")
    state = staff.get_by_role("columnheader", name="State").bounding_box()
    assert state is not None and state["x"] + state["width"] < 1280


def test_a_telephone_shows_the_name_of_the_page_whole(app, filled, chromium):
    with signed_in(app, chromium, width=375, height=812) as page:
        for address, name in (("/admin/assistant/conversation/", "Conversations"), ("/admin/assistant/method/", "Methods")):
            page.goto(address)
            page.evaluate("document.fonts.ready.then(() => 0)")
            title = page.locator("h1").get_by_text(name)
            assert title.evaluate("part => part.scrollWidth <= part.clientWidth && part.clientWidth > 0"), address
            heading = page.locator("h1").evaluate("part => part.scrollWidth <= part.clientWidth")
            assert heading, address


def test_hours_with_a_break_are_shown_whole_on_a_telephone(app, filled, chromium):
    with signed_in(app, chromium, width=375, height=812) as page:
        page.goto(filled["week"])
        day = page.locator(".iw-week input").first
        day.fill("09:00–12:30, 13:30–18:00")
        assert day.evaluate("input => input.scrollWidth <= input.clientWidth")


def test_leaving_a_form_with_unsaved_changes_asks_first(filled, staff):
    staff.goto(f"/admin/assistant/method/{filled['method']}/change/")
    staff.locator("[name=description]").press_sequentially("x")
    with staff.expect_event("dialog") as dialog:
        staff.close(run_before_unload=True)
    assert dialog.value.type == "beforeunload"
    dialog.value.accept()


def test_a_row_is_added_to_a_methods_parameters(filled, staff):
    staff.goto(f"/admin/assistant/method/{filled['method']}/change/")
    rows = staff.locator("[data-rows=parameters] tbody tr")
    before = rows.count()
    staff.get_by_role("button", name="Add a parameter").click()
    expect(rows).to_have_count(before + 1)
    rows.last.locator("input[type=text]").first.fill("colour")
    staff.get_by_role("button", name="Save and continue editing").click()
    expect(staff.locator("[data-rows=parameters] input[value=colour]")).to_have_count(1)


def test_a_preset_shows_what_it_fills_in(staff):
    staff.goto("/admin/assistant/provider/add/")
    staff.select_option("[name=preset]", label="Groq")
    expect(staff.locator("[name=base_url]")).to_have_attribute("placeholder", "https://api.groq.com/openai/v1")
    expect(staff.locator("[name=key]")).to_have_attribute("placeholder", "gsk_…")
    expect(staff.locator("#preset-note")).to_contain_text("Get a key: https://console.groq.com/keys")


def test_the_script_tag_is_copied(app, staff):
    staff.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app.url)
    staff.goto("/admin/assistant/assistant/")
    staff.locator("#result_list a[href*=change]").first.click()
    copy = staff.get_by_role("button", name="Copy")
    copy.evaluate("window.setTimeout = () => 0")  # which would make it "Copy" again
    copy.click()
    expect(staff.get_by_role("button", name="Copied")).to_be_visible()
    copied = staff.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(
        r'<script async src="\S+/widget\.js" data-key="pk_\S+" data-look="#\w{6} (left|right)"></script>', copied
    )


def test_staff_and_a_visitor_talk_to_each_other(app, staff, new_widget):
    widget = new_widget().visit(app.url).open()
    widget.ask("Where can I park?")
    staff.goto("/admin/assistant/conversation/")
    staff.locator("#result_list a[href*=change]").first.click()
    expect(staff.get_by_text("Replying takes over the conversation")).to_be_visible()
    reply = staff.get_by_label("Reply")
    until_seen(lambda: reply.press_sequentially("Hello"), widget.page.get_by_text(re.compile("(Writing|is writing)…")))
    reply.fill("Hello, this is the front desk.")
    staff.get_by_role("button", name="Send reply").click()
    expect(widget.log.get_by_text("Hello, this is the front desk.")).to_be_visible()
    expect(widget.page.locator(".header")).to_contain_text("You are talking to tester")
    widget.say("Is there a lift?")
    expect(staff.locator("#talk").get_by_text("Is there a lift?")).to_be_visible()
    staff.get_by_role("button", name="Hand back").click()
    expect(widget.page.locator(".header")).not_to_contain_text("You are talking to tester")
    assert "front desk" not in widget.ask("Where can I park?").inner_text()
