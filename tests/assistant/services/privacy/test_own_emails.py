"""A visitor's download has the messages that were for them, and none of the team's, whatever address they name."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from assistant.models import Appointment, Conversation, Delivery, Method, ToolCall, Visitor
from assistant.services.conversations import transcripts, unheld
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.sessions import update_visitor
from assistant.services.deliveries.email_receipts import EmailContent, queue_with_receipt
from assistant.services.privacy import export
from tests import make
from tests.assistant.services.booking.appointments.bookings import booked
from tests.assistant.services.booking.messages.test_channels import channel

pytestmark = pytest.mark.django_db
TEAM, ANN, METHODS, MEMBERS = "Team@practice.example", "ann@example.com", "intake@practice.example", "grace@practice.example"


@pytest.fixture(autouse=True)
def no_broker(queued_tasks: list[Any]) -> None:
    pass


@pytest.fixture
def talk() -> Conversation:
    home = make.organization(team_email=TEAM, visitors_manage_data=True)
    home.memberships.create(user=User.objects.create_user("grace", MEMBERS), role="editor")
    made = make.conversation(make.assistant(home))
    post_message(made, "c-1", "Is there a ramp?")
    return made


def mail_of_a_method(talk: Conversation, recipient: str, to: str, text: str, now: str = "") -> None:
    """By a method that writes to `recipient`, or does so `now`."""
    method = Method.objects.create(
        organization=talk.organization, name=f"mail_{Method.objects.count()}", kind="email", description="Mails.",
        config={"recipient": recipient, "to": METHODS, "subject": "News", "body": "News"},
    )  # fmt: skip
    call = ToolCall.objects.create(
        organization=talk.organization, conversation=talk, method=method, name="mail", idempotency_key=method.name
    )
    queue_with_receipt(call, talk.organization, talk, [to], EmailContent("News", text), per_recipient_per_day=9)
    Method.objects.filter(pk=method.pk).update(config={**method.config, "recipient": now or recipient})


def downloaded(talk: Conversation) -> list[dict[str, Any]]:
    visitor = Visitor.objects.get(pk=talk.visitor_id)
    return export.collect(talk.organization, visitor, own=True)["tables"].get("Deliveries", [])


def write_to_the_team(talk: Conversation) -> None:
    channel(talk.organization, kind="webhook", name="CRM")
    unheld.wait_for_person(talk, "qzinternalqz")
    mail_of_a_method(talk, "team", METHODS, "qzinternalqz")
    make.email(
        talk.organization, to=MEMBERS, subject="qzinternalqz", text="qzinternalqz", key="notification:7", conversation=talk
    )
    booked(make.calendar(talk.organization), talk, email=ANN)


@pytest.mark.parametrize("address", [TEAM, METHODS, MEMBERS])
@pytest.mark.parametrize("claim", ["typed", "booked", "logged in", "proven"])
def test_naming_an_address_of_the_team_opens_none_of_its_e_mails(talk, address, claim):
    write_to_the_team(talk)
    if claim == "booked":
        Appointment.objects.update(email=address.lower(), phone=address)
    else:
        update_visitor(talk, email=address.upper())
    if claim in ("logged in", "proven"):
        Visitor.objects.update(email_verified_at=timezone.now(), external_id="user-7" if claim == "logged in" else None)
    mails = downloaded(talk)
    assert "qzinternalqz" not in json.dumps(mails, default=str)
    assert not {row["to"].casefold() for row in mails} & {TEAM.casefold(), METHODS, MEMBERS}


def test_a_former_address_of_the_team_opens_none_of_its_e_mails_either(talk):
    write_to_the_team(talk)
    type(talk.organization).objects.update(team_email="other@practice.example")
    Method.objects.update(config={"recipient": "team", "to": "other@practice.example"})
    talk.organization.memberships.all().delete()
    for address in (TEAM, METHODS, MEMBERS):
        Visitor.objects.update(email=address, email_verified_at=timezone.now())
        assert "qzinternalqz" not in json.dumps(downloaded(talk), default=str)


def test_what_was_for_the_visitor_is_there_whether_they_have_proven_their_address_or_not(talk):
    channel(talk.organization, name="Texts")
    transcripts.send(talk, "elsewhere@example.com")
    booked(make.calendar(talk.organization), talk, email=ANN, phone="+44 20 7946 0018")
    make.email(talk.organization, to=ANN, subject="Code", text="••••••", key="code:7:1", conversation=talk)
    make.email(talk.organization, to=ANN, subject="Answer", text="Yes", key=f"answer:{talk.pk}:3", conversation=talk)
    found = {(row["kind"], row["to"]) for row in downloaded(talk)}
    assert found == {("email", "elsewhere@example.com"), ("email", ANN), ("sms", "+442079460018")}
    assert len(downloaded(talk)) == Delivery.objects.exclude(to=TEAM).count() == 5


def test_a_method_writes_to_visitors_at_the_address_that_they_have_proven(talk):
    mail_of_a_method(talk, "visitor", ANN, "qzminqz")
    assert downloaded(talk) == []
    Visitor.objects.update(email=ANN.title(), email_verified_at=timezone.now())
    assert "qzminqz" in json.dumps(downloaded(talk), default=str)


def test_what_a_method_wrote_to_the_team_before_it_wrote_to_visitors_stays_with_the_team(talk):
    mail_of_a_method(talk, "team", "old@practice.example", "qzinternalqz", now="visitor")
    update_visitor(talk, email="old@practice.example")
    assert downloaded(talk) == []
