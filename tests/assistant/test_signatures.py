"""A change of SECRET_KEY: what was signed before it is still accepted while the old key is kept."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from assistant.errors import NotFound, ToolError
from assistant.models import Appointment, CalendarFeed, Card, Conversation, Delivery, Service
from assistant.services.booking.appointments import appointments, holds
from assistant.services.booking.availability import slot_ids
from assistant.services.booking.calendar_sync import feeds
from assistant.services.booking.invitations import links
from assistant.services.conversations import cards, email_answers
from assistant.services.deliveries import verification
from assistant.services.organizations import members
from tests import make

pytestmark = pytest.mark.django_db
Used = Callable[[], bool]  # uses what was given out, and says whether it was accepted


def booked(*, over: bool = False) -> Appointment:
    start_at = timezone.now().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=-1 if over else 2)
    early = start_at - timedelta(days=1)
    hold = holds.hold(make.pick(make.calendar(), start_at), now=early)
    return appointments.confirm(hold, name="Ann", email="ann@example.com", now=early)


def opens(address: str) -> Used:
    path = "/" + address.split("/", 3)[3]
    return lambda: Client().get(path).status_code == 200


def slot() -> Used:
    calendar = make.calendar()
    given = make.slot_id(calendar, timezone.now() + timedelta(days=1))

    def used() -> bool:
        return slot_ids.read(given, Service.objects.all()).calendar == calendar

    return used


def reply_address() -> Used:
    talk = make.conversation()
    given = email_answers.reply_address(talk)
    return lambda: email_answers.conversation_at(given) == talk


def code() -> Used:
    talk: Conversation = make.conversation()
    card = cards.add(talk, Card.Kind.VERIFY, verification.first_step(talk))
    verification.proceed(card, "confirm", {"email": "ann@example.com"})
    found = re.search(r"\b\d{6}\b", verification.completed(Delivery.objects.get())[0])
    assert found
    return lambda: verification.proceed(card, "confirm", {"code": found[0]})


def invitation() -> Used:
    home = make.organization()
    made = members.invite(home, "new@example.com", "viewer", User.objects.create_user("grace"))
    token = members.token_of(made.pk, made.number)
    return lambda: members.for_token(token) == made


def feed() -> Used:
    return opens(feeds.address_of(CalendarFeed.objects.create(organization=make.organization())))


GIVEN: dict[str, Callable[[], Used]] = {
    "an appointment's link": lambda: opens(links.manage_url(booked())),
    "an appointment's file": lambda: opens(links.ics_url(booked())),
    "a link for feedback": lambda: opens(links.feedback_url(booked(over=True))),
    "a calendar feed": feed,
    "a slot id": slot,
    "a reply address": reply_address,
    "an e-mailed code": code,
    "an invitation": invitation,
}


@pytest.fixture(autouse=True)
def mail_comes_in(settings: Any, queued_tasks: list[Any]) -> None:
    settings.INBOUND_EMAIL_ADDRESS = "reply@in.example.com"


def change_key(settings: Any, *, kept: bool) -> None:
    old = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, old if kept else []


@pytest.mark.parametrize("name", GIVEN)
def test_what_was_given_out_under_a_former_key_is_accepted_while_that_key_is_kept(name, settings):
    used = GIVEN[name]()
    change_key(settings, kept=True)
    assert used()


@pytest.mark.parametrize("name", GIVEN)
def test_without_the_former_key_it_is_refused(name, settings):
    used = GIVEN[name]()
    change_key(settings, kept=False)
    with suppress(NotFound, ToolError):
        assert not used()


def test_what_is_given_out_after_the_change_needs_the_new_key_alone(settings):
    change_key(settings, kept=True)
    used = slot()
    settings.SECRET_KEY_FALLBACKS = []
    assert used()
