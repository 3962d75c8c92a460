"""The inbox of a team, and visitors who ask for a person."""

from __future__ import annotations

import json

from playwright.sync_api import Page, expect

from tests import servers
from tests.browser.harness import Widget

# Two members of staff of the demonstration's organization, whose team can be told, and a canned reply; prints its id.
FILL = """
import json
from django.contrib.auth.models import User
from assistant.models import CannedReply, Membership, Method, Organization
home = Organization.objects.get(assistants__isnull=False)
home.team_email = "team@example.com"
home.save()
assistant = home.assistants.first()
if not assistant.methods.filter(kind="handoff").exists():
    assistant.methods.add(Method.objects.create(organization=home, name="person", kind="handoff", description="A person."))
for name, first in (("tester", "Grace"), ("alan", "Alan")):
    user = User.objects.create_user(name, password="tester", first_name=first, is_staff=True)
    Membership.objects.create(user=user, organization=home, role="owner")
CannedReply.objects.create(organization=home, shortcut="lift", text="Hello {visitor}, {me} here: the lift is to the left.")
print(json.dumps({"home": home.pk}))
"""


class Office:
    """The product, running, with its staff."""

    def __init__(self, app: servers.App) -> None:
        self.app = app
        self.home = json.loads(self.shell(FILL))["home"]

    def shell(self, code: str) -> str:
        return (self.app.shell(code).splitlines() or [""])[-1]


def asks_for_a_person(office: Office, widget: Widget, text: str) -> Widget:
    widget.visit(office.app.url).open()
    widget.ask(text)
    widget.page.get_by_role("button", name="More").click()
    widget.page.get_by_role("menuitem", name="Talk to a person").click()
    expect(widget.page.locator(".header")).not_to_contain_text("AI assistant")
    return widget


def found(page: Page, text: str) -> None:
    """Search for a conversation among the open ones, and open it."""
    page.get_by_role("tab", name="All open").click()
    page.get_by_label("Search conversations").fill(text)
    page.locator("#inbox-lines .iw-inbox-line", has_text=text).click()
    expect(page.locator("#inbox-talk [role=log]")).to_contain_text(text)
