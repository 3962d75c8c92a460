"""What every e-mail to a visitor has of the business: its accent, its logo or name, and its phone number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from assistant.models import Assistant, Card, Conversation, Delivery
from assistant.services.booking.appointments import appointments, holds
from assistant.services.booking.messages import emails
from assistant.services.conversations import cards, email_answers, takeover, transcripts
from assistant.services.conversations.messages import append_message
from assistant.services.deliveries import email_receipts, verification
from assistant.services.deliveries.email_receipts import EmailContent
from assistant.services.organizations import looks, pictures
from tests import make
from tests.assistant.services.files.pictures import png
from tests.assistant.services.organizations.test_pictures import upload

pytestmark = pytest.mark.django_db
NINE = datetime(2030, 1, 8, 9, 0, tzinfo=UTC)
PHONE = "+44 20 7946 0000"


@pytest.fixture
def talk(queued_tasks: list[Any]) -> Conversation:
    of = make.organization("Smith & Daughters", phone=PHONE, website="https://example.com")
    talk = make.conversation(make.assistant(of, accent="#7c3aed"))
    talk.visitor.email, talk.visitor.locale = "ann@example.com", "de"
    talk.visitor.save()
    append_message(talk, "visitor", "Hallo")
    return talk


def queued() -> tuple[str, str]:
    email = Delivery.objects.latest("created_at")
    return email.text, email.html


def appointment(talk: Conversation) -> tuple[str, str]:
    calendar = make.calendar(talk.organization)
    now = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)
    hold = holds.hold(make.pick(calendar, NINE), conversation=talk, now=now)
    email = emails.visitors_email(appointments.confirm(hold, name="Ann", email="ann@example.com", now=now), "confirmed")
    return email.text, email.html


def answer(talk: Conversation) -> tuple[str, str]:
    takeover.answer(talk, User.objects.create_user("grace"), "Guten Tag")
    Conversation.objects.update(mail_due_at=timezone.now())
    email_answers.send_due()
    return queued()


def transcript(talk: Conversation) -> tuple[str, str]:
    transcripts.send(talk, "ann@example.com")
    return queued()


def notice(talk: Conversation) -> tuple[str, str]:
    about = EmailContent(subject="Your request", body="Thank you.", lines=[("Topic", "A crown")], to_team=False)
    return email_receipts.render(talk.organization, talk, about, "R1")


def code(talk: Conversation) -> tuple[str, str]:
    card = cards.add(talk, Card.Kind.VERIFY, verification.first_step(talk))
    verification.proceed(card, "confirm", {"email": "ann@example.com"})
    return queued()


WRITERS: list[Callable[[Conversation], tuple[str, str]]] = [appointment, answer, transcript, notice, code]


@pytest.mark.parametrize("write", WRITERS)
def test_an_e_mail_to_a_visitor_has_the_accent_the_logo_and_the_phone_number(talk, write):
    picture = pictures.keep(talk.organization, upload(png(400, 100), pictures.LOGO))
    text, html = write(talk)
    address = f"{settings.PUBLIC_URL}/pictures/{picture.file_name}"
    assert f'src="{address}" width="224" height="56"' in html and 'alt="Smith &amp; Daughters"' in html
    assert "border-top:6px solid #7c3aed" in html and 'href="tel:+442079460000"' in html and PHONE in html
    assert "Smith & Daughters" in text and PHONE in text and "/pictures/" not in text and "&amp;" not in text


@pytest.mark.parametrize("write", WRITERS)
def test_without_a_logo_the_name_is_in_its_place(talk, write):
    html = write(talk)[1]
    assert "<img" not in html and "font-size:18px" in html and html.index("Smith &amp; Daughters") < html.index("</p>")


def test_a_logo_is_never_shown_larger_than_it_is(talk):
    pictures.keep(talk.organization, upload(png(100, 20), pictures.LOGO))
    logo = looks.look_of(talk.organization).logo
    assert logo and (logo.width, logo.height) == (100, 20)


def test_an_e_mail_about_no_conversation_is_in_the_colour_of_the_first_assistant(talk):
    Assistant.objects.create(organization=talk.organization, name="Later", accent="#000000")
    assert looks.look_of(talk.organization).accent == "#7c3aed"
