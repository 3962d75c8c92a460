"""Notifications of a real browser: turned on, pushed, shown by the service worker, and opened with a click."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import servers
from tests.browser.harness.waiting import until, until_same
from tests.browser.office import Office, asks_for_a_person
from tests.browser.test_admin import signed_in

ROWS = "from assistant.models import PushSubscription\n"
PAGE = "/admin/assistant/conversation/notifications/"
# The browser's own push service is out of reach: this one gives an address and keys as that does. And a browser without a
# screen says "denied", whatever it was granted.
PUSH_SERVICE = """
(() => {
  Object.defineProperty(Notification, "permission", { get: () => localStorage.permission ?? "default" });
  Notification.requestPermission = async () => (localStorage.permission = "granted");
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
  const made = () => ({
    endpoint: "https://push.example.com/a-browser",
    options: { applicationServerKey: bytes(localStorage.subscribed).buffer },
    getKey: (name) => bytes(name === "p256dh" ? localStorage.point : "A".repeat(22)).buffer,
    unsubscribe: async () => (localStorage.removeItem("subscribed"), true),
  });
  // A subscription outlasts its page.
  PushManager.prototype.getSubscription = async () => (localStorage.subscribed ? made() : null);
  PushManager.prototype.subscribe = async function ({ userVisibleOnly, applicationServerKey }) {
    if (!userVisibleOnly) throw new Error("what is pushed must be visible");
    const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
    const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    localStorage.point = btoa(String.fromCharCode(...point));
    localStorage.subscribed = applicationServerKey;
    return made();
  };
})();
"""


# A notice leaves by itself after a quarter of a minute. Here it waits to be looked at.
STAY = "{ const own = setTimeout; window.setTimeout = (run, ms, ...more) => ms === 15_000 ? 0 : own(run, ms, ...more) }"


@pytest.fixture(scope="module")
def office(start_app: Callable[..., servers.App]) -> Office:
    return Office(start_app())


@pytest.fixture
def grace(office: Office, chromium: Browser) -> Iterator[Page]:
    with signed_in(office.app, chromium, script=PUSH_SERVICE) as page:
        page.context.grant_permissions(["notifications"])
        page.goto(PAGE)
        yield page


class ServiceWorker:
    """The page's service worker, to which the test delivers as a push service would; what it shows is noted down there."""

    def __init__(self, page: Page) -> None:
        self.page, found = page, []
        self.session = page.context.new_cdp_session(page)
        self.session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
        self.session.send("ServiceWorker.enable")
        until(lambda: bool(found and page.context.service_workers), page)
        self.registration: dict[str, Any] = found[-1]
        self.worker = page.context.service_workers[-1]
        note = "(title, { body, data }) => self.shown.push([title, body, data.url])"
        self.worker.evaluate(f"() => {{ self.shown = []; registration.showNotification = async {note}; }}")

    def push(self, **told: str) -> None:
        about = {"origin": self.page.evaluate("origin"), "registrationId": self.registration["registrationId"]}
        self.session.send("ServiceWorker.deliverPushMessage", {**about, "data": json.dumps(told)})

    def shown(self) -> list[list[str]]:
        return self.worker.evaluate("self.shown")


def test_a_browser_is_turned_on_shows_what_is_pushed_and_is_turned_off(office, grace):
    expect(grace.get_by_text("the browser asks whether you allow them")).to_be_visible()
    grace.get_by_role("button", name="Turn on notifications in this browser").click()
    expect(grace.get_by_text("(this one)")).to_be_visible()
    assert office.shell("from assistant.models import *; print(PushSubscription.objects.get().address())").endswith(
        "/a-browser"
    )
    worker = ServiceWorker(grace)
    assert worker.registration["scopeURL"].endswith("/admin/")
    worker.push(title="A visitor asks for a person", body="Bright Smile", url="/admin/", tag="t")
    until_same(worker.shown, [["A visitor asks for a person", "Bright Smile", "/admin/"]])
    grace.get_by_role("button", name="Turn off").click()
    expect(grace.get_by_role("button", name="Turn on notifications in this browser")).to_be_visible()
    assert office.shell(ROWS + "print(PushSubscription.objects.count())") == "0"


def test_every_tab_shows_that_a_visitor_waits_and_one_of_them_holds_the_socket(office, grace, new_widget):
    sockets: list[str] = []
    grace.context.add_init_script(STAY)
    grace.context.on("page", lambda page: page.on("websocket", lambda socket: sockets.append(socket.url)))
    today, inbox = grace.context.new_page(), grace.context.new_page()
    today.goto("/admin/")
    inbox.goto("/admin/assistant/conversation/inbox/")
    grace.close()  # it held the socket, which goes to another tab
    until(lambda: any(url.endswith("?only=notices") for url in sockets), inbox)
    asks_for_a_person(office, new_widget(), "Is there a lift?")
    for page in (today, inbox):
        expect(page.locator("#iw-notices")).to_contain_text("A visitor is waiting for a person")
    assert [url.endswith("?only=notices") for url in sockets].count(True) == 1
    inbox.locator("#iw-notices a").click()
    expect(inbox.locator("#inbox-talk [role=log]")).to_contain_text("Is there a lift?")
    today.get_by_role("button", name="Dismiss").click()
    expect(today.locator("#iw-notices p")).to_have_count(0)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("Object.defineProperty(Notification, 'permission', { value: 'denied' })", "Allow them in its settings"),
        ("delete window.PushManager", "This browser does not support notifications."),
        ("Object.defineProperty(window, 'isSecureContext', { value: false })", "an address with https://"),
    ],
)
def test_where_a_browser_cannot_show_notifications_the_page_says_why(office, chromium, script, said):
    with signed_in(office.app, chromium, PAGE, script=script) as page:
        expect(page.get_by_text(said)).to_be_visible()
        expect(page.get_by_role("button", name="Turn on notifications in this browser")).to_be_hidden()
