"""Asking for a person, in a real browser and with a real mail server: told, away, nobody to tell, and on by e-mail."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from playwright.sync_api import expect

from tests import servers
from tests.browser.harness.waiting import until
from tests.browser.office import Office, asks_for_a_person
from tests.browser.test_admin import signed_in

KEY = "a-key-of-enough-letters"
READ = """
from datetime import timedelta
from django.utils import timezone
from assistant.models import Conversation, Organization
home = Organization.objects.get(team_email="team@example.com")
"""


class Sink:
    """A mail server that keeps what it is sent."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"

    def to(self, address: str) -> EmailMessage:
        """The newest mail to that address, once there is one."""
        return until(lambda: [mail for mail in self.mails if address in mail["to"]])[-1]


@pytest.fixture(scope="module")
def sink() -> Iterator[tuple[Sink, int]]:
    found = Sink()
    controller = Controller(found, hostname="127.0.0.1", port=servers.free_port())
    controller.start()
    yield found, controller.port
    controller.stop()


@pytest.fixture(scope="module")
def office(start_app: Callable[..., servers.App], sink: tuple[Sink, int]) -> Office:
    return Office(
        start_app(
            EMAIL_URL=f"smtp://127.0.0.1:{sink[1]}",
            INBOUND_EMAIL_ADDRESS="reply@in.example.com",
            INBOUND_EMAIL_KEY=KEY,
        )
    )


def test_the_team_was_notified_and_the_conversation_goes_on_by_e_mail(office, sink, chromium, new_widget):
    widget = asks_for_a_person(office, new_widget(), "Is there a lift?")
    expect(widget.page.locator(".header")).to_contain_text("The team has been notified.")
    assert "asks for a person" in sink[0].to("team@example.com")["subject"]
    widget.page.get_by_label("E-mail").fill("ann@example.com")
    widget.page.get_by_role("button", name="Send", exact=True).first.click()
    expect(widget.log.get_by_text("Please write back.")).to_be_visible()
    widget.page.close()

    with signed_in(office.app, chromium, "/admin/assistant/conversation/inbox/") as staff:
        staff.locator("#inbox-lines .iw-inbox-line", has_text="ann@example.com").click()  # the address has named them
        staff.get_by_label("Reply", exact=True).fill("Yes, to the left.")
        staff.get_by_label("Reply", exact=True).press("Enter")
        expect(staff.locator("#inbox-talk [role=log]")).to_contain_text("Yes, to the left.")
        office.shell(READ + "Conversation.objects.filter(mail_due_at__isnull=False).update(mail_due_at=timezone.now())")
        answer = sink[0].to("ann@example.com")
        assert "Yes, to the left." in answer.get_body(("plain",)).get_content()

        reply = EmailMessage()
        reply["From"], reply["To"], reply["Message-ID"] = "ann@example.com", answer["reply-to"], "<1@example.com>"
        reply.set_content("And a ramp?\n\nOn Tue, 8 Jan 2030, Bright Smile wrote:\n> Yes, to the left.\n")
        request = urllib.request.Request(
            f"{office.app.url}/api/v1/inbound-mail", reply.as_bytes(), {"Authorization": f"Bearer {KEY}"}, method="POST"
        )
        with urllib.request.urlopen(request) as received:
            assert json.load(received) == {"outcome": "accepted"}
        expect(staff.locator("#inbox-talk .iw-by-visitor").last).to_contain_text("And a ramp?")
        expect(staff.locator("#inbox-talk .iw-by-visitor").last).not_to_contain_text("wrote:")


def test_outside_office_hours_the_visitor_reads_when_the_team_is_back(office, new_widget):
    office.shell(
        READ
        + """
from datetime import time
for weekday in range(7):
    home.office_hours.create(weekday=weekday, opens=time(), closes=time())
today = timezone.now().date()
home.closures.create(first_day=today - timedelta(days=1), last_day=today + timedelta(days=1))
"""
    )
    widget = asks_for_a_person(office, new_widget(locale="en-GB"), "Is anybody there?")
    expect(widget.page.locator(".header")).to_contain_text("The team is back on")
    expect(widget.page.locator(".contact")).to_contain_text("The team is away until")
    office.shell(READ + "home.office_hours.all().delete()")


def test_where_nobody_can_be_notified_the_visitor_reads_so_and_staff_are_warned(office, chromium, new_widget):
    widget = new_widget().visit(office.app.url).open()
    widget.ask("Where can I park?")
    office.shell(READ + "Organization.objects.filter(pk=home.pk).update(team_email='')")
    # The menu is of a moment ago: what it leads to is said as it is now.
    widget.page.get_by_role("button", name="More").click()
    widget.page.get_by_role("menuitem", name="Talk to a person").click()
    expect(widget.page.locator(".contact")).to_contain_text("Nobody from the team could be notified just now.")
    expect(widget.page.locator(".header")).to_contain_text("You asked for a person.")
    with signed_in(office.app, chromium, "/admin/") as staff:
        expect(staff.get_by_text("Nobody is notified when a visitor asks for a person.").first).to_be_visible()
        expect(staff.get_by_text("nobody was notified: 1")).to_be_visible()
