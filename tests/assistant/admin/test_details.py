"""The page on which staff correct who is booked and what they said."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from assistant.models import Appointment, Calendar, OutsideEntry
from assistant.services.booking.appointments import appointments, holds
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered
from tests.assistant.services.booking.calendar_sync.outside_calendars import source

pytestmark = pytest.mark.django_db
BASE = "/admin/assistant/appointment/"


@pytest.fixture
def calendar() -> Calendar:
    calendar = make.calendar(make.organization(team_email="team@example.com"), name="Mira")
    service = calendar.services.get()
    options = "Short\nLong"
    for order, (label, kind) in enumerate((("Length", "choice"), ("Allergies", "text"), ("Patch test", "checkbox"))):
        service.form_fields.create(label=label, kind=kind, required=True, order=order, options=options if not order else "")
    return calendar


@pytest.fixture
def staff(calendar: Calendar) -> Client:
    return entered(member(calendar.organization, "agent"))


@pytest.fixture
def row(calendar: Calendar) -> Appointment:
    held = holds.hold(make.pick(calendar, make.offer(calendar).slots[0].start_at))
    return appointments.confirm(held, name="Ann", email="ann@example.com", phone="+49 30 123456")


def page_of(row: Appointment) -> str:
    return f"{BASE}{row.pk}/details/"


def shown(client: Client, row: Appointment) -> dict[str, Any]:
    form = client.get(page_of(row)).context["form"]
    return {bound.html_name: bound.value() for bound in form if bound.value()}


def own(row: Appointment, label: str) -> str:
    return f"field-{row.service.form_fields.get(label=label).pk}"


def test_staff_correct_who_is_booked_and_fill_in_what_they_were_told(row, staff):
    answers = {own(row, "Length"): "Long", own(row, "Patch test"): "on"}
    sent = {**shown(staff, row), **answers, "name": "Anne", "phone": "+49 30 654321", "reason": "Nervous"}
    assert staff.post(page_of(row), sent).url == f"{BASE}{row.pk}/change/"
    row.refresh_from_db()
    assert (row.name, row.email, row.phone, row.reason) == ("Anne", "ann@example.com", "+49 30 654321", "Nervous")
    read = staff.get(f"{BASE}{row.pk}/change/").content.decode()
    assert "Length: Long" in read and "Patch test: Yes" in read
    assert row.deliveries.filter(to="ann@example.com").count() == 1, "nothing is sent unless staff choose it"
    assert shown(staff, row) == {**sent, own(row, "Patch test"): True}


def test_the_confirmation_goes_to_the_new_address_where_staff_choose_it(row, staff):
    staff.post(page_of(row), {**shown(staff, row), "email": "anne@example.com", "notify": "on"})
    [mail] = row.deliveries.filter(to="anne@example.com")
    ics = mail.ics.replace("\r\n ", "")  # as it was before its lines were folded
    assert mail.subject.startswith("Appointment confirmed")
    assert "SEQUENCE:1" in ics and "mailto:anne@example.com" in ics


def test_a_time_and_state_stay_and_outside_calendars_are_brought_up_to_date(row, staff):
    outside = source(row.calendar, kind="caldav", writes_bookings=True)
    entry = OutsideEntry.objects.create(outside=outside, appointment=row, wanted=1, written=1)
    before = (row.start_at, row.end_at, row.state, row.reference)
    staff.post(page_of(row), {**shown(staff, row), "name": "Anne"})
    row.refresh_from_db()
    entry.refresh_from_db()
    assert (row.start_at, row.end_at, row.state, row.reference) == before and entry.wanted == 2


@pytest.mark.parametrize(
    ("wrong", "field", "why"),
    [
        ({"name": " "}, "name", "required"),
        ({"name": "x" * 121}, "name", "at most 120 characters"),
        ({"email": "ann@@example"}, "email", "is not an e-mail address"),
        ({"email": "x" * 250 + "@example.com"}, "email", "at most 254 characters"),
        ({"email": "", "notify": "on"}, "email", "Enter the address"),
        ({"phone": "call me"}, "phone", "phone number"),
        ({"phone": "1" * 41}, "phone", "at most 40 characters"),
        ({"reason": "x" * 301}, "reason", "at most 300 characters"),
        ({"Length": "Huge"}, "Length", "not one of the available choices"),
        ({"Allergies": "x" * 301}, "Allergies", "at most 300 characters"),
    ],
)
def test_every_refused_value_says_which_field_and_why_and_nothing_typed_is_lost(row, staff, wrong, field, why):
    fields = {name: own(row, name) for name in ("Length", "Allergies")}
    sent = {**shown(staff, row), "name": "Anne", **{fields.get(name, name): value for name, value in wrong.items()}}
    form = staff.post(page_of(row), sent).context["form"]
    assert list(form.errors) == [fields.get(field, field)] and why in str(form.errors)
    assert {name: value for name, value in form.data.items() if name in sent} == sent
    row.refresh_from_db()
    assert (row.name, row.sequence) == ("Ann", 0)


def test_what_a_field_no_longer_offers_can_stay(row, staff):
    staff.post(page_of(row), {**shown(staff, row), own(row, "Length"): "Long", own(row, "Allergies"): "None"})
    row.service.form_fields.filter(label="Length").update(options="Short\nMedium")
    row.service.form_fields.get(label="Allergies").delete()
    staff.post(page_of(row), {**shown(staff, row), "name": "Anne"})
    row.refresh_from_db()
    assert row.name == "Anne"
    assert {one["label"]: one["value"] for one in row.answers} == {"Length": "Long", "Allergies": "None"}


def test_only_what_is_booked_has_details_to_correct(row, staff):
    typed = shown(staff, row)
    appointments.cancel(row, by_staff=True)
    form = staff.post(page_of(row), {**typed, "name": "Anne"}).context["form"]
    assert "Only the details of what is booked" in str(form.errors)
    row.refresh_from_db()
    assert row.name == "Ann" and "Edit details" not in staff.get(f"{BASE}{row.pk}/change/").content.decode()


def test_the_page_of_an_appointment_leads_there(row, staff):
    assert "Edit details" in staff.get(f"{BASE}{row.pk}/change/").content.decode()
    answer = staff.post(BASE, {"action": "edit", "_selected_action": str(row.pk)})
    assert answer.url == page_of(row)


def test_nobody_else_reads_or_changes_them(row):
    viewer = entered(member(row.organization, "viewer", "vi"))
    stranger = entered(member(make.organization("Other"), "owner", "so"))
    for client in (viewer, stranger, Client()):
        for answer in (client.get(page_of(row)), client.post(page_of(row), {"name": "Eve"})):
            assert answer.status_code in (302, 403, 404) and b"ann@example.com" not in answer.content
    row.refresh_from_db()
    assert row.name == "Ann"
