"""An appointment's page: its link is all that it takes, and nothing happens by looking."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import icalendar
import pytest
from django.test import Client
from django.utils import timezone

from assistant.errors import ToolError
from assistant.models import Appointment, Calendar, Organization, Service, Visitor
from assistant.services.booking.appointments import appointments, holds
from assistant.services.booking.invitations import links
from assistant.services.booking.locks import Busy
from assistant.services.organizations import pictures
from tests import make
from tests.assistant.services.files.pictures import png
from tests.assistant.services.organizations.test_pictures import upload
from widget.appointments import refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def appointment() -> Appointment:
    conversation = make.conversation(make.assistant(make.organization(team_email="team@example.com")))
    calendar = make.calendar(conversation.organization, name="Check-up <b>")
    slot = make.offer(calendar, from_day=(timezone.now() + timedelta(days=2)).date().isoformat()).slots[0]
    hold = holds.hold(make.pick(calendar, slot.start_at), conversation=conversation)
    return appointments.confirm(hold, name="Ann", email="ann@example.com")


@pytest.fixture
def visitor(settings: Any) -> Client:
    settings.RATE_LIMITS = False  # all of these tests are one network, which other tests are in as well
    return Client(enforce_csrf_checks=True)


def address(appointment: Appointment) -> str:
    return f"/appointments/{links.token_of(appointment)}/"


def test_the_page_says_what_is_booked_and_keeps_its_address_to_itself(visitor, appointment):
    page = visitor.get(address(appointment))
    text = page.content.decode()
    assert page.status_code == 200
    assert appointment.reference in text
    assert "Check-up &lt;b&gt;" in text
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert not page.cookies


def test_the_page_speaks_the_visitors_language(visitor, appointment):
    Visitor.objects.update(locale="de-CH")
    text = visitor.get(address(appointment)).content.decode()
    assert '<html lang="de" dir="ltr">' in text and "Ihr Termin" in text and "Wann" in text and "Andere Zeit wählen" in text
    text = visitor.get(address(appointment) + "?do=move").content.decode()
    assert "Zeiten in UTC." in text and "Zurück" in text
    Visitor.objects.update(locale="ar")
    assert '<html lang="ar" dir="rtl">' in visitor.get(address(appointment)).content.decode()


def test_the_page_leads_to_a_map_and_into_the_usual_calendars_until_the_appointment_is_cancelled(visitor, appointment):
    Calendar.objects.update(location="12 High Street")
    text = visitor.get(address(appointment)).content.decode()
    links = ["www.openstreetmap.org", "calendar.google.com", "outlook.live.com", "outlook.office.com", "invitation.ics"]
    assert all(link in text for link in links) and "Calendar file (.ics)" in text
    appointments.cancel(appointment)
    text = visitor.get(address(appointment)).content.decode()
    assert not any(link in text for link in links)


def test_looking_changes_nothing(visitor, appointment):
    for query in ("", "?do=cancel", "?do=move", "?do=move&day=2030-02-30", "?do=move&day=x", "?do=nonsense", "?day=%00"):
        assert visitor.get(address(appointment) + query).status_code == 200
    appointment.refresh_from_db()
    assert (appointment.state, appointment.sequence) == ("confirmed", 0)


def test_the_page_says_until_when_it_can_be_changed_whom_to_call_and_what_will_happen(visitor, appointment):
    Organization.objects.update(phone="+44 20 7946 0000")
    text = visitor.get(address(appointment)).content.decode()
    assert "You can change or cancel it here until " in text
    assert 'href="tel:+442079460000"' in text and "border-top: 6px solid #0f766e" in text
    assert "You and the team get an e-mail" in visitor.get(address(appointment) + "?do=cancel").content.decode()
    Service.objects.update(cancel_hours=100)
    late = visitor.get(address(appointment)).content.decode()
    assert "until 100 hours before" in late and "+44 20 7946 0000" in late and "?do=cancel" not in late


def test_free_days_are_leafed_through_in_both_directions(visitor, appointment):
    first = visitor.get(address(appointment) + "?do=move").content.decode()
    later = re.search(r"from=later&amp;day=([0-9-]+)", first)
    assert later and "from=earlier" not in first
    second = visitor.get(address(appointment) + f"?do=move&from=later&day={later[1]}").content.decode()
    earlier = re.search(r"from=earlier&amp;day=([0-9-]+)", second)
    assert earlier and earlier[1] == later[1]
    back = visitor.get(address(appointment) + f"?do=move&from=earlier&day={earlier[1]}").content.decode()
    assert re.findall("<h2>.*?</h2>", back) == re.findall("<h2>.*?</h2>", first)


def test_cancelling_there_is_seen_in_the_chat(visitor, appointment):
    assert visitor.post(address(appointment), {"do": "cancel"}).status_code == 302
    appointment.refresh_from_db()
    assert appointment.state == "cancelled"
    assert "This appointment is cancelled" in visitor.get(address(appointment)).content.decode()
    assert visitor.post(address(appointment), {"do": "cancel"}).status_code == 302
    assert appointment.deliveries.filter(ics_method="CANCEL", to="ann@example.com").count() == 1


def test_another_time_is_picked_from_those_that_are_free(visitor, appointment):
    day = (appointment.start_at + timedelta(days=1)).date().isoformat()
    page = visitor.get(address(appointment) + f"?do=move&day={day}")
    slot = make.offer(appointment.calendar, from_day=day).slots[3]
    assert slot.id in page.content.decode()
    assert visitor.post(address(appointment), {"slot": slot.id}).status_code == 302
    appointment.refresh_from_db()
    assert (appointment.start_at, appointment.sequence) == (slot.start_at, 1)


def test_a_time_that_is_gone_or_made_up_is_refused_in_words(visitor, appointment):
    other = make.offer(appointment.calendar).slots[0]
    holds.hold(make.pick(appointment.calendar, other.start_at))
    assert "has just been taken" in visitor.post(address(appointment), {"slot": other.id}).content.decode()
    for slot in ("", "x", "zzzzzzzz-00000000"):
        page = visitor.post(address(appointment), {"do": "move", "slot": slot})
        text = page.content.decode()
        assert page.status_code == 200 and "Please choose one of the times shown." in text
        assert 'role="alert"' in text and "Choose another time" in text and "can no longer be changed" not in text
    appointment.refresh_from_db()
    assert appointment.sequence == 0


def test_what_can_no_longer_be_moved_is_not_asked_for_another_time(visitor, appointment):
    appointments.cancel(appointment)
    text = visitor.post(address(appointment), {"do": "move", "slot": "x"}).content.decode()
    assert "can no longer be changed" in text and "choose one of the times" not in text


@pytest.mark.parametrize("do", ["", "keep", "cancelled", "MOVE", "\x00", None])
def test_a_form_that_asks_for_anything_else_changes_nothing_and_is_told_so(visitor, appointment, do):
    slot = make.offer(appointment.calendar).slots[3]
    asked = {} if do is None else {"do": do, "slot": slot.id}
    page = visitor.post(address(appointment), asked)
    assert page.status_code == 400 and "That could not be understood." in page.content.decode()
    assert appointment.reference in page.content.decode()
    appointment.refresh_from_db()
    assert (appointment.sequence, appointment.state) == (0, "confirmed")


def test_a_page_that_waited_too_long_for_the_calendar_says_that_nothing_was_changed_and_to_try_again():
    assert "Nothing was changed" in refusal(Busy(), "en") and "Es wurde nichts geändert" in refusal(Busy(), "de-AT")
    assert "can no longer be changed" in refusal(ToolError("Over.", code="too_late"), "en")


def test_the_calendar_file_adds_the_appointment_and_later_cancels_it(visitor, appointment):
    file = visitor.get(address(appointment) + "invitation.ics")
    assert file["Content-Type"].startswith("text/calendar")
    assert icalendar.Calendar.from_ical(file.content)["METHOD"] == "PUBLISH"
    appointments.cancel(appointment)
    assert icalendar.Calendar.from_ical(visitor.get(address(appointment) + "invitation.ics").content)["METHOD"] == "CANCEL"


def test_a_link_that_we_did_not_sign_finds_nothing(visitor, appointment):
    token = links.token_of(appointment)
    for bad in (token[:-1], token + "x", appointment.pk.hex, "x", appointment.reference):
        assert visitor.get(f"/appointments/{bad}/").status_code == 404
        assert visitor.post(f"/appointments/{bad}/", {"do": "cancel"}).status_code == 404
        assert visitor.get(f"/appointments/{bad}/invitation.ics").status_code == 404
    appointment.refresh_from_db()
    assert appointment.state == "confirmed"


def test_a_time_is_moved_only_after_the_page_has_asked_and_then_it_says_so(visitor, appointment):
    slot = make.offer(appointment.calendar).slots[3]
    asked = visitor.get(address(appointment) + f"?do=move&slot={slot.id}").content.decode()
    appointment.refresh_from_db()
    assert "Move this appointment?" in asked and slot.label in asked and appointment.sequence == 0
    form = dict(re.findall(r'name="(\w+)" value="([^"]+)"', asked))
    assert form == {"do": "move", "slot": slot.id}
    moved = visitor.post(address(appointment), form, follow=True).content.decode()
    assert "The new time is saved." in moved
    made_up = visitor.get(address(appointment) + "?do=move&slot=x").content.decode()
    assert "Choose another time" in made_up


def test_later_days_follow_those_that_are_shown(visitor, appointment):
    seen = set()
    page = visitor.get(address(appointment) + "?do=move").content.decode()
    for _ in range(3):
        days = re.findall(r"<h2>(\w+day \d+ \w+)", page)
        assert len(days) == 3 and not seen & set(days)
        seen |= set(days)
        page = visitor.get(
            address(appointment) + re.search(r'href="(\?do=move&amp;from=later[^"]+)"', page)[1].replace("&amp;", "&")
        )
        page = page.content.decode()


def test_what_is_too_late_to_change_says_until_when_it_could_be(visitor, appointment):
    appointment.service.__class__.objects.update(cancel_hours=720)
    page = visitor.get(address(appointment)).content.decode()
    assert "until 720 hours before it starts. Please call us" in page and "?do=cancel" not in page
    assert visitor.post(address(appointment), {"do": "cancel"}).status_code == 200
    appointment.refresh_from_db()
    assert appointment.state == "confirmed"


def test_a_reason_that_is_too_long_is_refused_by_name_and_nothing_of_it_is_lost(visitor, appointment):
    appointment.service.__class__.objects.update(ask_cancel_reason=True)
    reason = "Because of the weather. " * 20
    page = visitor.post(address(appointment), {"do": "cancel", "reason": reason})
    appointment.refresh_from_db()
    assert appointment.state == "confirmed" and page.status_code == 200
    assert "Please use 300 characters at most." in page.content.decode()
    assert reason in page.content.decode(), "it can be shortened"
    visitor.post(address(appointment), {"do": "cancel", "reason": "é\r\n" * 150})
    appointment.refresh_from_db()
    assert appointment.state == "cancelled" and appointment.cancel_reason == " ".join("é" * 150)


def test_a_reason_is_asked_where_staff_want_one_and_the_team_reads_it(visitor, appointment):
    assert "<textarea" not in visitor.get(address(appointment) + "?do=cancel").content.decode()
    appointment.service.__class__.objects.update(ask_cancel_reason=True)
    assert "<textarea" in visitor.get(address(appointment) + "?do=cancel").content.decode()
    visitor.post(address(appointment), {"do": "cancel", "reason": "I have a cold"})
    appointment.refresh_from_db()
    assert appointment.cancel_reason == "I have a cold"


def test_the_page_has_the_business_s_accent_phone_number_and_logo_or_its_name(visitor, appointment):
    of = appointment.organization
    Organization.objects.update(phone="+44 20 7946 0000")
    of.assistants.update(accent="#7c3aed")
    feedback = f"/feedback/{links.feedback_url(appointment).rstrip('/').rpartition('/')[2]}/"
    for page in (address(appointment), feedback):
        text = visitor.get(page).content.decode()
        assert "border-top: 6px solid #7c3aed" in text and 'href="tel:+442079460000"' in text
        assert f'<p class="from">{of.name}</p>' in text and "<img" not in text
    logo = pictures.keep(of, upload(png(400, 100), pictures.LOGO))
    for page in (address(appointment), feedback):
        answer = visitor.get(page)
        text = answer.content.decode()
        assert f'/pictures/{logo.file_name}" width="224" height="56"\n alt="{of.name}"' in text
        assert 'class="from"' not in text and "img-src 'self'" in answer["Content-Security-Policy"]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("day", ["0001-01-01", "0001-01-02", "9999-12-31", "2000-02-30", "soon", ""])
@pytest.mark.parametrize("way", ["later", "earlier", ""])
def test_a_day_outside_of_time_shows_the_next_free_ones(visitor, appointment, zone, day, way):
    Calendar.objects.update(timezone=zone)
    page = visitor.get(address(appointment), {"do": "move", "day": day, "from": way})
    assert page.status_code == 200 and 'name="slot"' in page.content.decode()
