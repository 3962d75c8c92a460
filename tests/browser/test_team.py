"""A colleague in real browsers: invited, made to set up a second factor, given another role, and removed."""

from __future__ import annotations

import email
import email.policy
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import servers

from .harness.waiting import until

FILL = """
from django.contrib.auth.models import User
from assistant.models import Membership, Organization
from tests import make
home = make.organization(f"Salon {Organization.objects.count()}")
make.calendar(home, name="Mira")
name = f"boss{home.pk}"
boss = User.objects.create_user(name, f"{name}@example.com", "a password of the boss", is_staff=True)
Membership.objects.create(user=boss, organization=home, role="owner")
print(home.pk)
"""
PASSWORD = "several words in a row"


class Team:
    """The product with an organization and its owner, and browsers that are logged in or not."""

    def __init__(self, app: servers.App, chromium: Browser) -> None:
        self.app, self.chromium = app, chromium
        self.contexts: list[BrowserContext] = []
        self.refused: list[str] = []  # by the page's policy
        self.organization = app.shell(FILL).split()[-1]
        self.boss = f"boss{self.organization}"

    def browser(self, **options: object) -> Page:
        size = {"width": 1280, "height": 860}
        self.contexts.append(self.chromium.new_context(base_url=self.app.url, **{"viewport": size, **options}))  # type: ignore[arg-type]
        page = self.contexts[-1].new_page()
        page.on("console", lambda said: self.refused.append(said.text) if "Content Security" in said.text else None)
        return page

    def owner(self) -> Page:
        return self.log_in(self.browser(), self.boss, "a password of the boss")

    def log_in(self, page: Page, name: str, password: str) -> Page:
        page.goto("/admin/login/")
        page.fill("[name=username]", name)
        page.fill("[name=password]", password)
        page.press("[name=password]", "Enter")
        return page

    def mailed_link(self, to: str) -> str:
        """The link of the newest e-mail to that address, once it has been sent."""
        folder = Path(self.app.environment["DATA_DIR"]) / "mail"

        def newest() -> str | None:
            for path in sorted(folder.glob("*"), key=lambda one: -one.stat().st_mtime) if folder.exists() else ():
                message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                body = message.get_body(("plain",))
                link = re.search(r"http\S+(/admin/\S+)", body.get_content()) if body and to in str(message["To"]) else None
                if link:
                    return link[1]
            return None

        return str(until(newest))

    def invite(self, owner: Page, address: str, role: str) -> None:
        owner.goto("/admin/assistant/membership/")
        owner.get_by_role("link", name="Invite a colleague").click()
        owner.fill("[name=email]", address)
        owner.select_option("[name=role]", label=role)
        owner.get_by_role("button", name="Save", exact=True).click()
        expect(owner.get_by_text(address).first).to_be_visible()

    def accept(self, page: Page, link: str, name: str) -> None:
        page.goto(link)
        page.fill("[name=first_name]", name)
        page.fill("[name=password]", PASSWORD)
        page.fill("[name=again]", PASSWORD)
        page.get_by_role("button", name="Create account and join").click()


@pytest.fixture(scope="module")
def app(start_app: Callable[..., servers.App]) -> servers.App:
    return start_app()


@pytest.fixture
def team(app: servers.App, chromium: Browser) -> Iterator[Team]:
    """An organization of its own for each test."""
    team = Team(app, chromium)
    yield team
    for context in team.contexts:
        context.close()


def code(secret: str, steps: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def require_second_factor(team: Team, owner: Page) -> None:
    owner.goto(f"/admin/assistant/organization/{team.organization}/change/")
    owner.locator("[name=require_two_factor]").check()
    owner.get_by_role("button", name="Save", exact=True).click()


def set_up_app(page: Page) -> str:
    """One of the recovery codes."""
    expect(page).to_have_url(re.compile("/account/two-factor/$"))
    page.get_by_role("link", name="Add an app").click()
    shown = page.get_by_alt_text("QR code of the secret below")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.naturalWidth") > 0
    page.fill("[name=code]", code(page.locator("code").inner_text()))
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator(".iw-codes li")).to_have_count(10)
    spare = page.locator(".iw-codes li").first.inner_text()
    page.get_by_role("link", name="Done").click()
    expect(page).to_have_url(re.compile("/admin/$"))
    return spare


def test_a_colleague_is_invited_protected_promoted_and_removed(team: Team) -> None:
    owner, ada = team.owner(), team.browser()
    expect(owner).to_have_url(re.compile("/admin/$"))
    team.invite(owner, "ada@example.com", "Agent")
    team.accept(ada, team.mailed_link("ada@example.com"), "Ada")
    expect(ada).to_have_url(re.compile("/admin/$"))
    expect(ada.get_by_text("You have joined Salon")).to_be_visible()

    require_second_factor(team, owner)
    set_up_app(owner)  # which binds the owner, too
    ada.goto("/admin/assistant/conversation/")
    spare = set_up_app(ada)

    elsewhere = team.log_in(team.browser(), "ada@example.com", PASSWORD)
    expect(elsewhere).to_have_url(re.compile("/two-factor/log-in/"))
    elsewhere.fill("[name=code]", spare)
    elsewhere.get_by_role("button", name="Log in").click()
    expect(elsewhere).to_have_url(re.compile("/admin/$"))

    assert ada.goto("/admin/assistant/calendar/add/").status == 403  # type: ignore[union-attr]
    owner.goto("/admin/assistant/membership/")
    owner.locator("#result_list").get_by_role("link", name="Ada").click()
    owner.select_option("[name=role]", label="Editor")
    owner.get_by_role("button", name="Save", exact=True).click()
    expect(owner).to_have_url(re.compile("/membership/$"))
    assert ada.goto("/admin/assistant/calendar/add/").status == 200  # type: ignore[union-attr]

    owner.locator("#result_list").get_by_role("link", name="Ada").click()
    owner.get_by_role("link", name="Delete member").click()
    owner.get_by_role("button", name=re.compile("Yes")).click()
    expect(owner).to_have_url(re.compile("/membership/$"))
    for page in (ada, elsewhere):
        page.goto("/admin/assistant/conversation/")
        expect(page).to_have_url(re.compile("/admin/login/"))
    owner.goto("/admin/assistant/auditentry/")
    for said in ("role: agent → editor", "require_two_factor: False → True", "Deleted"):
        expect(owner.get_by_text(said).first).to_be_visible()
    assert team.refused == []


def test_a_passkey_is_a_second_factor(team: Team) -> None:
    page = team.browser()
    keys = page.context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasUserVerification": True, "isUserVerified": True}
    keys.send("WebAuthn.addVirtualAuthenticator", {"options": {**options, "automaticPresenceSimulation": True}})
    local = team.app.url.replace("127.0.0.1", "localhost")  # passkeys are bound to a name, never to an address
    page.goto(f"{local}/admin/login/")
    for _ in range(2):  # before there is a passkey, and with it
        page.fill("[name=username]", team.boss)
        page.fill("[name=password]", "a password of the boss")
        page.press("[name=password]", "Enter")
        page.wait_for_url(re.compile("/admin/$|/two-factor/log-in/"))
        if "two-factor" not in page.url:
            page.goto(f"{local}/admin/account/two-factor/passkeys/add/")
            page.get_by_role("button", name="Add the passkey").click()
            expect(page.locator(".iw-codes li")).to_have_count(10)
            page.context.clear_cookies()
            page.goto(f"{local}/admin/login/")
    expect(page).to_have_url(re.compile("/two-factor/log-in/"))
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile("/admin/$"))
    assert team.refused == []


def test_sessions_are_ended_everywhere_else_and_log_ins_are_in_the_audit_log(team: Team) -> None:
    here, there, guess = team.owner(), team.owner(), team.log_in(team.browser(), team.boss, "a guess")
    expect(guess.get_by_text("Please enter the correct")).to_be_visible()
    for page in (here, there):
        expect(page).to_have_url(re.compile("/admin/$"))
    here.goto("/admin/account/sessions/")
    expect(here.get_by_text("This session")).to_have_count(1)
    here.get_by_role("button", name=re.compile("[Ll]og out")).click()
    expect(here.get_by_text("You are logged out everywhere else.")).to_be_visible()
    there.goto("/admin/")
    expect(there).to_have_url(re.compile("/admin/login/"))
    here.goto("/admin/assistant/auditentry/")
    for said in ("Logged in", "Log-in refused", "wrong password", "logged out everywhere else"):
        expect(here.locator("#result_list").get_by_text(said).first).to_be_visible()
    assert team.refused == []
