"""What our e-mails name or link to exists."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from assistant import jobs, llm
from assistant.models import Budget, Conversation, Delivery, Provider, ToolCall
from assistant.providers import retirements
from assistant.services.booking.appointments import appointments, holds
from assistant.services.conversations import handoffs
from assistant.services.providers import budgets, health
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk() -> Conversation:
    return make.conversation(make.assistant(make.organization(team_email="team@example.com")))


def budget_letter(talk: Conversation) -> None:
    Budget.objects.create(organization=talk.organization, month_tokens=1000)
    asking = budgets.Requester(talk.assistant, "reply", talk)
    kept = budgets.reserve(asking, model="m", prompt_tokens=500, completion_tokens=400)
    spent = llm.TokenUsage(500, 400)
    budgets.settle(kept, [budgets.Attempt(provider_name="a", source="platform", health_key="k", model="m", usage=spent)])


def provider_letter(talk: Conversation) -> None:
    row = Provider.objects.create(
        organization=talk.organization, name="Own", base_url="https://llm.example.com/v1", smart="m"
    )
    health.failed("key", "m", "unauthorized", name="Own", provider_id=row.pk)


def sunset_letter(talk: Conversation) -> None:
    jobs._warn_of(retirements.Retirement("Own", "m", date(2031, 6, 1), days=20, stage=30), talk.organization)


def handoff_letter(talk: Conversation) -> None:
    call = ToolCall.objects.create(organization=talk.organization, conversation=talk, name="person", idempotency_key="p")
    told = {"team": "team@example.com", "text": "", "contact_tool": "person_contact", "per_day": 5}
    assert handoffs.wait_for_person(call, talk, reason="A refund.", **told).problem == ""


def booking_letters(talk: Conversation) -> None:
    calendar = make.calendar(talk.organization)
    day = (timezone.now() + timedelta(days=2)).date().isoformat()
    hold = holds.hold(make.pick(calendar, make.offer(calendar, from_day=day).slots[0].start_at), conversation=talk)
    appointments.confirm(hold, name="Ann", email="ann@example.com")


@pytest.mark.parametrize("write", [budget_letter, provider_letter, sunset_letter, handoff_letter, booking_letters])
def test_every_page_that_an_e_mail_names_or_links_is_there(talk, settings, write):
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss"))
    write(talk)
    emails = list(Delivery.objects.all())
    assert emails
    for email in emails:
        links = [link.rstrip(").,") for link in re.findall(rf"{re.escape(settings.PUBLIC_URL)}\S+", email.text)]
        pages = {link: boss.get(link.removeprefix(settings.PUBLIC_URL)) for link in links}
        assert {link: page.status_code for link, page in pages.items()} == dict.fromkeys(links, 200)
        shown = "".join(page.content.decode() for page in pages.values())
        for name in re.findall(r"under ([A-Z]\w+)", email.text) + re.findall(r" or ([A-Z]\w+) \(http", email.text):
            assert name.lower() in shown.lower(), f"{name} is on none of the pages that the e-mail links"
        assert links or "in the admin" not in email.text, "a page of the admin is linked, not described"
