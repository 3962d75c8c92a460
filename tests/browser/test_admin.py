"""The admin in a real browser: nothing that strangers write runs there, and our few lines of script do their work."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import servers

HOSTILE = "'\"><img src=x onerror=hacked=1>`${hacked=2}`{{x}}"
# Fills an organization with hostile text, and prints the addresses of every page that shows any of it.
FILL = """
import json, sys
from assistant.models import Method, Organization
from django.contrib.auth.models import User
from tests.assistant.admin.filled import fill
from tests.assistant.admin.test_pages import pages
User.objects.create_superuser("tester", password="tester")
home = fill("hostile", sys.stdin.read())
print(json.dumps({"pages": pages(home), "method": str(Method.objects.get(organization=home).pk)}))
"""


@pytest.fixture(scope="module")
def app(start_app: Callable[..., servers.App]) -> servers.App:
    return start_app()


@pytest.fixture(scope="module")
def filled(app: servers.App) -> dict:
    code = f"exec({FILL!r})"
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    done = subprocess.run(
        command, cwd=servers.ROOT, env=app.environment, input=HOSTILE, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def staff(app: servers.App, chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 860}, base_url=app.url)
    page = context.new_page()
    page.goto("/admin/login/")
    page.fill("[name=username]", "tester")
    page.fill("[name=password]", "tester")
    page.press("[name=password]", "Enter")
    page.wait_for_url(re.compile("/admin/$"))
    yield page
    context.close()


def test_no_page_runs_what_strangers_wrote_or_asks_anybody_else(app, filled, staff):
    errors, elsewhere = [], []
    staff.on("pageerror", lambda error: errors.append(f"{staff.url}: {error}"))
    staff.on("request", lambda request: elsewhere.append(request.url) if not request.url.startswith(app.url) else None)
    for address in filled["pages"]:
        if "log" in address:  # out again
            continue
        staff.goto(address)
        assert staff.evaluate("window.hacked") is None, address
    assert not errors
    assert not elsewhere


def test_pages_fit_a_telephone(filled, staff):
    staff.set_viewport_size({"width": 390, "height": 844})
    too_wide = []
    for address in filled["pages"]:
        if "log" in address:
            continue
        staff.goto(address)
        if staff.evaluate("document.documentElement.scrollWidth > innerWidth"):
            too_wide.append(address)
    assert not too_wide


def test_a_row_is_added_to_a_methods_parameters(filled, staff):
    staff.goto(f"/admin/assistant/method/{filled['method']}/change/")
    rows = staff.locator("[data-rows=parameters] tbody tr")
    before = rows.count()
    staff.get_by_role("button", name="Add a parameter").click()
    expect(rows).to_have_count(before + 1)
    rows.last.locator("input[type=text]").first.fill("colour")
    staff.get_by_role("button", name="Save and continue editing").click()
    expect(staff.locator("[data-rows=parameters] input[value=colour]")).to_have_count(1)


def test_a_preset_shows_what_it_fills_in(filled, staff):
    staff.goto("/admin/assistant/provider/add/")
    staff.select_option("[name=preset]", label="Groq")
    expect(staff.locator("[name=base_url]")).to_have_attribute("placeholder", "https://api.groq.com/openai/v1")
    expect(staff.locator("#preset-note")).not_to_be_empty()


def test_the_script_tag_is_copied(app, filled, staff):
    staff.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app.url)
    staff.goto("/admin/assistant/assistant/")
    staff.locator("#result_list a[href*=change]").first.click()
    staff.get_by_role("button", name="Copy").click()
    expect(staff.get_by_role("button", name="Copied")).to_be_visible()
    copied = staff.evaluate("navigator.clipboard.readText()")
    assert re.fullmatch(r'<script async src="\S+/widget\.js" data-key="pk_\S+"></script>', copied)
