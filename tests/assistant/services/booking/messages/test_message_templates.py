"""Staff's own texts of messages about appointments."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User

from assistant.admin.booking.messages import MessageTemplateForm, email_of
from assistant.models import Appointment, Delivery, MessageTemplate
from assistant.services.booking.appointments import appointments, holds
from assistant.services.booking.messages import message_templates
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)
NINE = datetime(2030, 1, 8, 9, 0, tzinfo=UTC)


def write(organization, text="Welcome to {organization}, {service} {reference}.", **fields) -> MessageTemplate:
    return MessageTemplate.objects.create(
        organization=organization, text=text, **{"message": "confirmed", "audience": "visitor", **fields}
    )


def booked(conversation) -> Appointment:
    calendar = make.calendar(conversation.organization, name="Cut")
    hold = holds.hold(make.pick(calendar, NINE), conversation=conversation, now=NOW)
    return appointments.confirm(hold, name="{reference}", email="ann@example.com", now=NOW)


def sent_to(address: str) -> Delivery:
    return Delivery.objects.get(to=address)


def test_a_visitor_gets_the_text_of_their_language_and_else_the_one_of_every_language():
    conversation = make.conversation()
    conversation.visitor.locale = "de-AT"
    conversation.visitor.save()
    write(conversation.organization, subject="For all")
    write(conversation.organization, "Willkommen zu {service}!", language="de", subject="{title} {reference}")
    write(make.organization("Other"), "Not ours", language="de")
    appointment = booked(conversation)
    email = sent_to("ann@example.com")
    assert email.subject == f"Termin bestätigt {appointment.reference}"
    assert "Willkommen zu Cut!" in email.text and "Willkommen zu Cut!" in email.html
    appointments.cancel(appointment, now=NOW)
    assert Delivery.objects.filter(to="ann@example.com", subject="For all").count() == 0  # it is of confirmations alone


def test_what_fills_a_placeholder_is_neither_markup_nor_a_placeholder():
    conversation = make.conversation(make.assistant(make.organization("<b>{reference}</b>", team_email="t@example.com")))
    write(conversation.organization)
    write(conversation.organization, "{name} comes", audience="team")
    booked(conversation)
    email = sent_to("ann@example.com")
    assert "Welcome to <b>{reference}</b>, Cut" in email.text and "<b>" not in email.html
    assert "\n{reference} comes\n" in sent_to("t@example.com").text


@pytest.mark.parametrize(
    "text", ["{nane}", "{ service }", "{}", "{service.organization}", "{service", "service}", "{{service}}"]
)
def test_what_is_no_placeholder_is_refused_where_it_is_saved(text):
    about = {
        "organization": make.organization().pk,
        "message": "reminder",
        "audience": "visitor",
        "text": f"See you. {text}",
    }
    form = MessageTemplateForm(about)
    assert set(form.errors) == {"text"}
    assert MessageTemplateForm({**about, "text": "See you at {when}.", "subject": "{service}"}).is_valid()


def test_only_the_team_reads_what_a_visitor_typed():
    with pytest.raises(ValueError, match="Only messages to the team"):
        message_templates.check("Dear {name}", "visitor")
    message_templates.check("{name} comes", "team")


@pytest.mark.parametrize("audience", ["visitor", "team"])
@pytest.mark.parametrize("message", MessageTemplate.Message.values)
def test_every_message_is_shown_with_sample_data(message, audience):
    template = write(make.organization(), "{when}|{reference}", message=message, audience=audience, language="de")
    email = email_of(template)
    assert "|SAMPLE" in email.text and ("Uhr" in email.text or "(UTC)" in email.text)


def test_staff_send_a_test_to_themselves(client):
    organization = make.organization()
    boss = User.objects.create_superuser("boss", "boss@example.com")
    client.force_login(boss)
    template = write(organization)
    about = {"action": "send_test", "_selected_action": [template.pk]}
    client.post("/admin/assistant/messagetemplate/", about)
    email = sent_to("boss@example.com")
    assert email.subject.startswith("Test: Appointment confirmed") and "Welcome to Bright Smile" in email.text
    page = client.get(f"/admin/assistant/messagetemplate/{template.pk}/change/").content.decode()
    assert "Welcome to Bright Smile" in page and "{manage_link}" in page
