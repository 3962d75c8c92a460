"""What staff choose to be told of, and the webhooks of their teams."""

from __future__ import annotations

import pytest

from assistant.models import Notification, StaffEvent, TeamWebhook
from assistant.services.notifications import choices
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered

PAGE = "/admin/assistant/conversation/notifications/"
HOOKS = "/admin/assistant/teamwebhook/"


def test_everybody_chooses_for_themselves(home, editor):
    other = member(home, "viewer")
    assert "A visitor asks for a person" in editor.get(PAGE).content.decode()
    editor.post(PAGE, {"page-budget": "on", "email-waiting": "on"})
    mine = choices.of_user(home.memberships.get(role="editor").user)
    assert mine[StaffEvent.WAITING] == choices.Choice(False, True) and mine[StaffEvent.BUDGET] == choices.Choice(True, False)
    assert choices.of_user(other)[StaffEvent.WAITING] == choices.Choice(True, False)
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
    owner.post(HOOKS, {"action": "send_test", "_selected_action": [hook.pk]})
    assert Notification.objects.get(webhook=hook).title.startswith("A test")


@pytest.mark.parametrize("address", ["http://127.0.0.1/x", "https://localhost/", "ftp://hooks.example.com/", "nonsense"])
def test_a_webhook_leads_to_no_private_address(home, address):
    owner = entered(member(home, "owner"))
    form = {"organization": home.pk, "name": "x", "kind": "json", "enabled": "on", "events": ["waiting"], "address": address}
    assert owner.post(f"{HOOKS}add/", form).status_code == 200
    assert not TeamWebhook.objects.filter(name="x").exists()
