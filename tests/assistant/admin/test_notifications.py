"""What staff choose to be told of, and the webhooks of their teams."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from PIL import Image

from assistant.models import Notification, PushSubscription, StaffEvent, TeamWebhook
from assistant.services.notifications import choices, push
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered
from tests.assistant.services.notifications.test_push import FIREFOX, Browser

PAGE = "/admin/assistant/conversation/notifications/"
HOOKS = "/admin/assistant/teamwebhook/"


def test_everybody_chooses_for_themselves(home, editor):
    other = member(home, "viewer")
    assert "A visitor asks for a person" in editor.get(PAGE).content.decode()
    editor.post(PAGE, {"page-budget": "on", "email-waiting": "on", "push-budget": "on"})
    mine = choices.of_user(home.memberships.get(role="editor").user)
    assert mine[StaffEvent.WAITING] == choices.Choice(email=True)
    assert mine[StaffEvent.BUDGET] == choices.Choice(in_page=True, push=True)
    assert choices.of_user(other)[StaffEvent.WAITING] == choices.Choice(in_page=True, push=True)
    assert 'name="email-waiting"' in editor.get(PAGE).content.decode()


def test_an_owner_adds_a_webhook_whose_address_is_shown_to_nobody(home, editor, queued_tasks):
    owner = entered(member(home, "owner"))
    home.team_webhooks.all().delete()
    form = {"organization": home.pk, "name": "#reception", "kind": "slack", "enabled": "on", "events": ["waiting"]}
    assert "Enter the address" in owner.post(f"{HOOKS}add/", form).content.decode()
    address = "https://hooks.example.com/services/T0/secret"
    assert "at least one event" in owner.post(f"{HOOKS}add/", form | {"address": address, "events": []}).content.decode()
    assert editor.post(f"{HOOKS}add/", form | {"address": address}).status_code == 403
    assert owner.post(f"{HOOKS}add/", form | {"address": address}).status_code == 302
    hook = TeamWebhook.objects.get(organization=home)
    assert hook.address() == address and "secret" not in hook.sealed_address
    page = owner.get(f"{HOOKS}{hook.pk}/change/").content.decode()
    assert "T0/secret" not in page and "hooks.example.com" in page
    assert owner.post(f"{HOOKS}{hook.pk}/change/", form | {"name": "#desk"}).status_code == 302
    hook.refresh_from_db()
    assert (hook.name, hook.address()) == ("#desk", address)
    for secret in ("short", "whsec_c2hvcnQ=", "whsec_%%%", "whsec_ä"):
        answer = owner.post(f"{HOOKS}{hook.pk}/change/", form | {"secret": secret})
        assert "at least 24 random bytes" in answer.content.decode()
    signing = "whsec_" + "A" * 44
    assert owner.post(f"{HOOKS}{hook.pk}/change/", form | {"kind": "json", "secret": signing}).status_code == 302
    hook.refresh_from_db()
    assert hook.secret() == signing and signing not in hook.sealed_secret
    assert signing not in owner.get(f"{HOOKS}{hook.pk}/change/").content.decode()
    owner.post(HOOKS, {"action": "send_test", "_selected_action": [hook.pk]})
    assert Notification.objects.get(webhook=hook).title.startswith("This is a test")


@pytest.mark.parametrize("address", ["http://127.0.0.1/x", "https://localhost/", "ftp://hooks.example.com/", "nonsense"])
def test_a_webhook_leads_to_no_private_address(home, address):
    owner = entered(member(home, "owner"))
    form = {"organization": home.pk, "name": "x", "kind": "json", "enabled": "on", "events": ["waiting"], "address": address}
    assert owner.post(f"{HOOKS}add/", form).status_code == 200
    assert not TeamWebhook.objects.filter(name="x").exists()


# --- Browsers ---------------------------------------------------------------------------------------------------------

PUSH = f"{PAGE}push/"


def added(client: Client, address: str = "https://push.example.com/ours") -> PushSubscription:
    browser = Browser(address)
    fields = {"address": address, **browser.keys(), "key": push.current_key().public_key}
    assert client.post(f"{PUSH}subscribe/", fields, headers={"User-Agent": FIREFOX}).json() == {"ok": True}
    return PushSubscription.objects.get(digest=push.digest_of(address))


def test_a_browser_is_added_tested_and_turned_off_by_its_own_person_alone(home, editor, queued_tasks):
    other = entered(member(home, "viewer", "other"))
    row = added(editor)
    page = editor.get(PAGE).content.decode()
    assert "Firefox on Windows" in page and "Turn off" in page and "push.example.com" not in page
    assert "Firefox on Windows" not in other.get(PAGE).content.decode()
    for act in ("test", "remove"):
        assert "Reload the page" in other.post(f"{PUSH}{act}/", {"browser": row.pk}).json()["error"]
    assert editor.post(f"{PUSH}test/", {"browser": row.pk}).json() == {"ok": True}
    assert Notification.objects.get(subscription=row).key.startswith("test:")
    assert editor.post(f"{PUSH}remove/", {"browser": row.pk}).json() == {"ok": True}
    assert not PushSubscription.objects.filter(pk=row.pk).exists()


def test_logging_out_turns_off_what_was_turned_on_in_that_session(home, editor):
    row = added(editor)
    elsewhere = entered(home.memberships.get(role="editor").user)
    elsewhere.post("/admin/logout/")
    assert PushSubscription.objects.filter(pk=row.pk).exists()
    editor.post("/admin/logout/")
    assert not PushSubscription.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("address", ["http://push.example.com/x", "https://127.0.0.1/x", "https://localhost/x", ""])
def test_a_browser_whose_push_service_is_not_public_is_refused_with_a_sentence(editor, address):
    fields = {"address": address, **Browser().keys(), "key": push.current_key().public_key}
    answer = editor.post(f"{PUSH}subscribe/", fields)
    assert answer.status_code == 400 and "push service" in answer.json()["error"]
    assert not PushSubscription.objects.filter(user__memberships__role="editor").exists()


def test_adding_browsers_without_end_is_stopped(editor):
    statuses = [editor.post(f"{PUSH}test/", {"browser": "x"}).status_code for _ in range(25)]
    assert (statuses[0], statuses[-1]) == (400, 429)


def test_the_service_worker_covers_the_admin_and_no_cache_keeps_it(editor):
    answer = editor.get(f"{PUSH}worker.js")
    assert answer["Content-Type"].startswith("text/javascript") and answer["Service-Worker-Allowed"] == "/admin/"
    assert "no-cache" in answer["Cache-Control"]
    assert "fetch" not in answer.content.decode()  # what it does not handle, the browser asks the server for


def test_the_admin_can_be_put_on_a_home_screen_with_icons_that_exist(boss):
    """Where iPhones and iPads show notifications, and nowhere else."""
    page = boss.get("/admin/")
    [address] = re.findall(r'rel="manifest" href="([^"]+)"', page.content.decode())
    [touch_icon] = re.findall(r'rel="apple-touch-icon" href="([^"]+)"', page.content.decode())
    assert "manifest-src 'self'" in page.headers["Content-Security-Policy"]
    answer = Client().get(address)  # browsers ask for it without the session
    about = answer.json()
    assert answer.headers["Content-Type"] == "application/manifest+json"
    assert {urljoin(address, about[name]) for name in ("start_url", "scope")} == {"/admin/"}
    for icon in (*about["icons"], {"src": touch_icon, "sizes": "180x180"}):
        with Image.open(str(finders.find(icon["src"].removeprefix("/static/")))) as image:
            assert f"{image.width}x{image.height}" == icon["sizes"]
