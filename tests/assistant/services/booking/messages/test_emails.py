"""E-mails about appointments: the business's look, and the team's language."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from assistant.models import Appointment, Assistant, MessageTemplate, Organization
from assistant.services.booking.appointments import appointments, holds
from assistant.services.booking.messages import emails
from assistant.services.organizations import looks
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)
NINE = datetime(2030, 1, 8, 9, 0, tzinfo=UTC)


@pytest.fixture
def appointment() -> Appointment:
    """Confirmed, at nine in London; its visitor is in Tokyo and reads French."""
    of = make.organization(
        team_email="team@example.com", team_language="de", phone="+44 20 7946 0000", website="https://example.com"
    )
    talk = make.conversation(make.assistant(of, accent="#ffcc00"))
    talk.visitor.timezone, talk.visitor.locale = "Asia/Tokyo", "fr"
    talk.visitor.save()
    calendar = make.calendar(of, name="Mira", timezone="Europe/London", place="in_person")
    hold = holds.hold(make.pick(calendar, NINE), conversation=talk, now=NOW)
    return appointments.confirm(hold, name="Ann <b>", email="ann@example.com", phone="123", now=NOW)


def test_the_teams_e_mail_is_in_their_language_and_colours_with_the_entry_and_the_link(appointment):
    email = emails.teams_email(appointment, "confirmed")
    for text in (email.text, email.html):
        assert "Termin bestätigt" in text and "Dienstag" in text and "Angaben des Besuchers (nicht geprüft)" in text
        assert f"/appointment/{appointment.pk}/" in text and "09:00–09:30 (Europe/London)" in text
        assert "Tokyo" not in text, "the clock on the wall is all that the team reads"
    assert email.subject.startswith("Termin bestätigt: ")
    assert '<html lang="de"' in email.html and "#ffcc00" in email.html and "Ann &lt;b&gt;" in email.html
    entry = email.ics.replace("\r\n ", "")
    assert "METHOD:PUBLISH" in entry and "In der Verwaltung" in entry and f"/appointment/{appointment.pk}/" in entry
    assert "/appointments/" not in entry, "the visitor's own link is the visitor's"


def test_a_subject_says_when_it_begins_on_the_clock_that_leads_and_nothing_that_the_e_mail_says_better(appointment):
    assert emails.visitors_email(appointment, "confirmed").subject == (
        "Rendez-vous confirmé: mardi 8 janvier 2030, 09:00 · Bright Smile"
    )
    assert emails.teams_email(appointment, "cancelled").subject == "Termin abgesagt: Dienstag, 8. Januar 2030, 09:00 · Mira"
    appointment.service.place = "link"
    assert ": mardi 8 janvier 2030, 18:00 · " in emails.visitors_email(appointment, "reminder").subject


def test_a_subject_leaves_out_the_year_that_everybody_knows(appointment):
    appointment.start_at = timezone.now().replace(month=7, day=1)
    year = timezone.now().year
    assert str(year) not in emails.visitors_email(appointment, "confirmed").subject


def test_the_teams_own_text_is_that_of_their_language(appointment):
    own = {"organization": appointment.organization, "message": "confirmed", "audience": "team"}
    MessageTemplate.objects.create(language="en", text="In English", **own)
    assert "In English" not in emails.teams_email(appointment, "confirmed").text
    MessageTemplate.objects.create(language="de", text="Neu: {name}", **own)
    assert "Neu: Ann <b>" in emails.teams_email(appointment, "confirmed").text


def test_the_visitors_e_mail_has_the_business_name_colour_phone_and_the_clock_of_the_place(appointment):
    email = emails.visitors_email(appointment, "confirmed")
    for text in (email.text, email.html):
        assert "Bright Smile" in text and "+44 20 7946 0000" in text and "Appelez-nous" in text
        assert text.index("09:00–09:30 (Europe/London)") < text.index("18:00")
    assert "border-top:6px solid #ffcc00" in email.html and 'href="tel:+442079460000"' in email.html
    assert 'href="https://example.com"' in email.html
    assert "color:#ffcc00" not in email.html, "nobody can read yellow on white"


@pytest.mark.parametrize("accent", ["#ffcc00", "#ffffff", "#000000", "#0f766e", "#abc", "#777777", "#ff0000"])
def test_any_accent_can_be_read_as_text_and_below_text(appointment, accent):
    Assistant.objects.update(accent=accent)
    look = looks.look_of_appointment(Appointment.objects.get(pk=appointment.pk))
    assert looks.contrast(look.on_white, "#ffffff") >= 4.5
    assert looks.contrast(look.on_dark, looks.DARK_SHEET) >= 4.5
    assert looks.contrast(look.on_accent, look.accent) >= 4.5


def test_an_accent_that_can_be_read_stays_as_it_is():
    assert looks.readable("#0f766e", "#ffffff") == "#0f766e"
    assert round(looks.contrast("#000000", "#ffffff")) == 21


def test_a_new_organization_is_written_to_in_english():
    assert Organization(name="New").team_language == "en"
