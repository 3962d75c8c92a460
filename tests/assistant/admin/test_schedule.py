"""The addresses behind the calendar page: what they say, what they refuse, and to whom."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from assistant.admin.spreadsheets import without_formula
from assistant.models import Appointment, BlockedTime, Calendar, Delivery, Membership
from assistant.services.booking.availability.slot_ids import Pick
from assistant.services.booking.staff import by_staff
from tests import make
from tests.assistant.admin.filled import member
from tests.assistant.admin.test_scoping import entered
from tests.assistant.services.booking.calendar_sync.outside_calendars import source

pytestmark = pytest.mark.django_db
ZONE = ZoneInfo("Europe/Berlin")
DAY = (timezone.now().astimezone(ZONE) + timedelta(days=7)).date()
BASE = "/admin/assistant/appointment/"


@pytest.fixture
def calendar(db: None) -> Calendar:
    return make.calendar(make.organization(), timezone="Europe/Berlin", minutes=30)


@pytest.fixture
def staff(calendar: Calendar) -> Client:
    return entered(member(calendar.organization, "editor"))


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(DAY.year, DAY.month, DAY.day, hour, minute, tzinfo=ZONE)


def booked(calendar: Calendar, hour: int = 10, name: str = "Ada Lovelace", **more: Any) -> Appointment:
    service = calendar.services.select_related("organization").get()
    return by_staff.book(Pick(service, calendar, at(hour), "any"), name=name, **more)


def fields(calendar: Calendar, **more: Any) -> dict[str, Any]:
    service = calendar.services.get().pk
    return {
        "calendar": calendar.pk,
        "service": service,
        "day": f"{DAY:%d.%m.%Y}",
        "time": "10",
        "name": "Bob Martin",
        **more,
    }


def test_staff_book_with_times_as_they_type_them(calendar, staff):
    answer = staff.post(f"{BASE}schedule/book/", fields(calendar, time="2pm", email="bob@example.org")).json()
    row = Appointment.objects.get(pk=answer["id"])
    assert (row.start_at, row.state, row.reference) == (at(14), "confirmed", answer["reference"])
    assert not Delivery.objects.exists(), "the box was not ticked"


def test_a_conflict_is_named_with_other_times_and_asking_books_nothing(calendar, staff):
    booked(calendar)
    for more in ({"check": "yes", "name": ""}, {}):
        answer = staff.post(f"{BASE}schedule/book/", fields(calendar, time="10:15", **more))
        said = answer.json()
        assert (answer.status_code, said["code"]) == (409, "slot_taken")
        assert said["conflicts"] == [f"10:00–10:30 {calendar.services.get()}, Ada Lovelace"]
        assert {one["day"] for one in said["alternatives"]} == {f"{DAY}"} and said["alternatives"][0]["time"]
    free = staff.post(f"{BASE}schedule/book/", fields(calendar, time="11", check="yes", name=""))
    assert free.json() == {"ok": True}
    assert Appointment.objects.count() == 1


def test_what_an_outside_calendar_has_then_is_named_as_the_conflict(calendar, staff):
    source(calendar).busy_times.create(calendar=calendar, start_at=at(10), end_at=at(10, 30))
    said = staff.post(f"{BASE}schedule/book/", fields(calendar)).json()
    assert said["error"] == "That time is taken." and said["conflicts"] == ["10:00–10:30 busy in Mira's own"]


@pytest.mark.parametrize(
    ("wrong", "field", "why"),
    [
        ({"time": "25"}, "time", "“25” is not a time"),
        ({"day": "3/4/2030"}, "day", "can be two different days"),
        ({"name": ""}, "name", "required"),
        ({"email": "nobody"}, "email", "valid email"),
        ({"minutes": "2"}, "minutes", "greater than or equal to 5"),
        ({"day": "31.3.2030", "time": "2:30"}, "time", "The clocks skip this time"),
        ({"service": "0"}, "service", "does not offer"),
    ],
)
def test_every_refused_value_says_which_field_and_why(calendar, staff, wrong, field, why):
    answer = staff.post(f"{BASE}schedule/book/", fields(calendar, **wrong))
    assert answer.status_code == 400 and why in answer.json()["fields"][field][0]
    assert not Appointment.objects.exists()


def test_staff_are_asked_what_the_service_asks_and_what_is_required_is_refused_by_name(calendar, staff):
    service = calendar.services.get()
    colour = service.form_fields.create(label="Colour", kind="choice", options="Red\nGrey", required=True, order=1)
    terms = service.form_fields.create(label="Terms", kind="checkbox", required=True, order=2)
    size = service.form_fields.create(label="Length in cm", kind="number", order=3)
    names = [f"field-{one.pk}" for one in (colour, terms, size)]
    page = staff.get(f"{BASE}schedule/").context["config"]["calendars"][0]["services"][0]
    assert [one["name"] for one in page["fields"]] == names and page["fields"][0]["options"] == ["Red", "Grey"]

    def posted(**more: Any) -> dict[str, Any]:
        return staff.post(f"{BASE}schedule/book/", fields(calendar, **more)).json()

    assert set(posted()["fields"]) == set(names[:2])
    assert posted(check="yes") == {"ok": True}, "whether there is time can be asked before"
    wrong = posted(**{names[0]: "Blue", names[1]: "yes", names[2]: "long"})["fields"]
    assert set(wrong) == {names[0], names[2]} and not Appointment.objects.exists()
    answer = posted(**{names[0]: "Grey", names[1]: "yes", names[2]: "12,5"})
    row = Appointment.objects.get(pk=answer["id"])
    assert [(one["label"], one["value"]) for one in row.answers] == [
        ("Colour", "Grey"), ("Terms", "Yes"), ("Length in cm", "12,5"),
    ]  # fmt: skip


def test_the_fields_of_a_service_of_another_organization_are_not_asked(calendar, staff):
    other = make.calendar(make.organization("elsewhere")).services.get()
    other.form_fields.create(label="Colour", required=True, order=1)
    answer = staff.post(f"{BASE}schedule/book/", fields(calendar) | {"service": other.pk}).json()
    assert set(answer["fields"]) == {"service"}


def test_a_closed_time_is_booked_only_when_staff_confirm_it_once_more(calendar, staff):
    refused = staff.post(f"{BASE}schedule/book/", fields(calendar, time="20"))
    assert (refused.status_code, refused.json()["code"]) == (409, "closed")
    assert staff.post(f"{BASE}schedule/book/", fields(calendar, time="20", anyway="on")).status_code == 200


def test_an_appointment_is_moved_resized_and_cancelled_and_that_undone(calendar, staff):
    row = booked(calendar, email="ada@example.org")
    place = {"calendar": calendar.pk, "day": f"{DAY}", "time": "11:00"}
    assert staff.post(f"{BASE}{row.pk}/move/", {**place, "minutes": "90"}).json()["ok"]
    assert staff.post(f"{BASE}{row.pk}/move/", {**place, "time": "12:00"}).json()["ok"]
    row.refresh_from_db()
    assert (row.start_at, row.end_at) == (at(12), at(13, 30)), "it keeps the length that it was given"
    before = Delivery.objects.count()
    answer = staff.post(f"{BASE}{row.pk}/cancel/", {"reason": "Ill", "message": "Sorry!", "notify": "on"}).json()
    assert Delivery.objects.count() == before + 1
    assert staff.post(f"{BASE}schedule/undo/", {"token": answer["undo"]}).json()["reference"] == row.reference
    row.refresh_from_db()
    assert (row.state, row.end_at) == ("confirmed", at(13, 30))


def test_a_request_is_approved_and_nothing_unknown_is_recorded(calendar, staff):
    row = booked(calendar)
    Appointment.objects.update(state="requested")
    assert staff.post(f"{BASE}{row.pk}/mark/", {"as": "approve"}).json()["state"] == "confirmed"
    assert staff.post(f"{BASE}{row.pk}/mark/", {"as": "attended"}).json()["code"] == "too_early"
    assert staff.post(f"{BASE}{row.pk}/mark/", {"as": "held"}).status_code == 400


def test_a_time_is_blocked_changed_and_unblocked_but_not_over_an_appointment(calendar, staff):
    booked(calendar, 15)
    span = {"calendar": calendar.pk, "day": f"{DAY}", "time": "11", "until": "13", "reason": "Delivery"}
    assert staff.post(f"{BASE}schedule/block/", span).json() == {"ok": True}
    row = BlockedTime.objects.get()
    refused = staff.post(f"{BASE}schedule/block/", {**span, "id": row.pk, "until": "24:00"})
    assert (refused.status_code, len(refused.json()["conflicts"])) == (409, 1)
    assert staff.post(f"{BASE}schedule/block/", {**span, "id": row.pk, "until": "15"}).json() == {"ok": True}
    row.refresh_from_db()
    assert (row.start_at, row.end_at) == (at(11), at(15))
    assert staff.post(f"{BASE}schedule/unblock/", {"id": row.pk}).json() == {"ok": True}
    assert not BlockedTime.objects.exists()


def test_the_page_is_given_days_by_the_calendars_own_clock(calendar, staff):
    row = booked(calendar, reason="Window seat")
    by_staff.block(calendar, at(12), at(13), "Delivery")
    said = staff.get(f"{BASE}schedule/events/", {"first": DAY, "last": DAY, "calendar": calendar.pk}).json()
    (one,) = said["appointments"]
    assert (one["id"], one["start"], one["reason"]) == (str(row.pk), f"{DAY}T10:00:00", "Window seat")
    assert one["movable"] and said["blocked"][0]["start"] == f"{DAY}T12:00:00"
    assert {"calendar": calendar.pk, "start": f"{DAY}T09:00:00", "end": f"{DAY}T17:00:00"} in said["open"]
    assert {"calendar": calendar.pk, "start": f"{DAY}T17:00:00", "end": f"{DAY + timedelta(days=1)}T09:00:00"} in said[
        "shut"
    ]
    for wrong in ({"first": "soon"}, {"first": "2030-01-01", "last": "2031-01-01"}):
        assert staff.get(f"{BASE}schedule/events/", wrong).status_code == 400


# --- Roles and organizations ------------------------------------------------------------------------------------------


def every_change(calendar: Calendar, row: Appointment, block: BlockedTime) -> list[tuple[str, dict[str, Any]]]:
    span = {"calendar": calendar.pk, "day": f"{DAY}", "time": "8", "until": "8:30", "anyway": "on"}
    _, token = by_staff.cancel(booked(calendar, 16, "Cy"))
    return [
        ("schedule/book/", fields(calendar, time="13")),
        ("schedule/block/", span),
        ("schedule/block/", {**span, "id": block.pk}),
        ("schedule/unblock/", {"id": block.pk}),
        ("schedule/undo/", {"token": token}),
        (f"{row.pk}/move/", {**span, "time": "14"}),
        (f"{row.pk}/cancel/", {}),
        (f"{row.pk}/mark/", {"as": "decline"}),
    ]


def state() -> list[Any]:
    rows = Appointment.objects.order_by("pk").values_list("pk", "state", "start_at", "sequence")
    return [*rows, *BlockedTime.objects.values_list("pk", "start_at")]


@pytest.mark.parametrize("who", ["viewer", "stranger", "viewer here and owner elsewhere"])
def test_those_who_may_not_change_a_calendar_change_nothing(calendar, who):
    row, block = booked(calendar), by_staff.block(calendar, at(11), at(12))
    elsewhere = make.organization("Elsewhere")
    user = member(calendar.organization, "viewer") if "viewer" in who else member(elsewhere, "owner")
    if "elsewhere" in who:
        Membership.objects.create(user=user, organization=elsewhere, role="owner")
    client = entered(user)
    changes = every_change(calendar, row, block)
    before = state()
    for address, sent in changes:
        answer = client.post(BASE + address, sent)
        assert answer.status_code in (400, 403, 404), address
        assert "Ada Lovelace" not in answer.content.decode()
    assert state() == before
    if who == "stranger":
        query = {"first": DAY, "last": DAY, "calendar": calendar.pk}
        assert client.get(f"{BASE}schedule/events/", query).json()["appointments"] == []
        assert "Ada Lovelace" not in client.get(f"{BASE}schedule/print/", {"day": DAY}).content.decode()
        assert "Ada Lovelace" not in client.get(f"{BASE}schedule/export/").content.decode()


def test_an_appointment_is_not_moved_to_another_organizations_calendar(calendar, boss):
    row, other = booked(calendar), make.calendar(make.organization("Elsewhere"))
    answer = boss.post(f"{BASE}{row.pk}/move/", {"calendar": other.pk, "day": f"{DAY}", "time": "12"})
    assert "no such calendar" in answer.json()["fields"]["calendar"][0]


# --- On paper ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["=1+1", "+49 30 1", "-2", "@SUM(A1)", "\t=1", " =1"])
def test_no_cell_of_the_export_is_a_formula(calendar, staff, typed):
    booked(calendar, name=f"x{typed}", reason=typed)
    Appointment.objects.update(name=typed)
    text = staff.get(f"{BASE}schedule/export/").content.decode("utf-8-sig")
    (line,) = csv.DictReader(io.StringIO(text))
    assert line["Name"] == without_formula(typed) and line["Name"].startswith("'")
    assert (line["Start"], line["Time zone"]) == ("10:00", "Europe/Berlin")


def test_the_export_has_the_rows_that_the_list_is_filtered_to(calendar, staff):
    booked(calendar)
    by_staff.cancel(booked(calendar, 12, "Bob Martin"))
    text = staff.get(f"{BASE}schedule/export/?state__exact=cancelled").content.decode()
    assert "Bob Martin" in text and "Ada Lovelace" not in text
    page = staff.get(f"{BASE}?state__exact=cancelled").content.decode()
    assert f"{BASE}schedule/export/?state__exact=cancelled" in page


def test_a_day_is_printed_with_its_appointments_and_blocked_times(calendar, staff):
    booked(calendar, phone="0123")
    by_staff.block(calendar, at(12), at(13), "Delivery")
    page = staff.get(f"{BASE}schedule/print/", {"day": DAY}).content.decode()
    for said in ("10:00–10:30", "Ada Lovelace", "0123", "Delivery", "9:00–17:00"):
        assert said in page
    assert "Ada Lovelace" not in staff.get(f"{BASE}schedule/print/", {"day": DAY + timedelta(days=1)}).content.decode()
    assert staff.get(f"{BASE}schedule/print/", {"day": "soon"}).status_code == 302


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])  # where it is never the same day
def test_the_page_opens_on_the_day_that_it_is_where_the_calendars_are(calendar, staff, zone):
    Calendar.objects.update(timezone=zone)
    config = staff.get(f"{BASE}schedule/").context["config"]
    now = timezone.now().astimezone(ZoneInfo(zone))
    assert (config["today"], config["offset"]) == (now.date().isoformat(), now.isoformat()[-6:])
