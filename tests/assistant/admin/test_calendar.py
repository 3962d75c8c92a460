"""Calendars as staff type them: the week, the days that differ, and public holidays."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from assistant.models import Appointment, Calendar, Service
from assistant.services.booking.appointments import appointments, holds
from assistant.services.booking.availability import slot_ids
from assistant.services.booking.staff import holidays
from tests import make
from tests.assistant.admin.test_scoping import fields_of

pytestmark = pytest.mark.django_db
ROWS = [f"{name}-{total}_FORMS" for name in ("special_hours", "closures") for total in ("TOTAL", "INITIAL")]


def saved(client: Client, calendar: Calendar, **fields: Any):
    address = f"/admin/assistant/calendar/{calendar.pk}/change/"
    return client.post(address, fields_of(client, address) | dict.fromkeys(ROWS, 0) | fields, follow=True)


def week(calendar: Calendar) -> list[str]:
    return [str(row) for row in calendar.hours.all()]


def rows(name: str, *rows: dict[str, str]) -> dict[str, Any]:
    typed = {f"{name}-{number}-{field}": value for number, row in enumerate(rows) for field, value in row.items()}
    return {f"{name}-TOTAL_FORMS": len(rows), **typed}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("9-12.30, 1pm–6pm", ["09:00–12:30", "13:00–18:00"]),
        ("10 to 24", ["10:00–24:00"]),
        ("0–24:00", ["00:00–24:00"]),
        ("18:00-2:30", ["18:00–02:30"]),
        ("13–18 and 8.15–12", ["08:15–12:00", "13:00–18:00"]),
        ("closed", []),
        ("", []),
    ],
)
def test_a_day_takes_hours_as_people_write_them(boss, typed, kept):
    calendar = make.calendar(weekdays=[])
    saved(boss, calendar, day_5=typed)
    assert week(calendar) == [f"Saturday {hours}" for hours in kept]
    again = saved(boss, calendar)
    assert again.status_code == 200 and week(calendar) == [f"Saturday {hours}" for hours in kept], "as it is shown"


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ({"day_2": "9–13, 12–18"}, ["day_2"]),
        ({"day_6": "20–3", "day_0": "2–8"}, ["day_6"]),
        ({"day_1": "9–13, 12–18", "day_4": "8–9, 8–10, 11–12"}, ["day_1", "day_4"]),
    ],
)
def test_hours_that_overlap_are_named_beside_their_day(boss, typed, days):
    answer = saved(boss, make.calendar(weekdays=[]), **typed)
    assert list(answer.context["errors"].data) and list(answer.context["adminform"].form.errors) == days


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ({"day_5": "9-9"}, "“9-9” begins when it ends. For the whole day, enter 0–24."),
        ({"day_5": "9–25"}, "“25” is not a time. Enter it like 9, 9:30, 18.30 or 6pm."),
        ({"day_5": "9-5"}, "Enter 9–17 for the afternoon"),
        ({"day_5": "morning"}, "“morning” has no beginning and end"),
        ({"day_0": "9–13, 12–18"}, "Monday 9:00–13:00 and Monday 12:00–18:00 overlap. Change one of them."),
        ({"day_6": "20–3", "day_0": "2–8"}, "Monday 2:00–8:00 and Sunday 20:00–3:00 overlap"),
    ],
)
def test_invalid_hours_are_refused_with_the_reason_and_nothing_is_lost(boss, typed, why):
    calendar = make.calendar(weekdays=[2])
    answer = saved(boss, calendar, **typed)
    assert why in answer.content.decode() and week(calendar) == ["Wednesday 09:00–17:00"]
    assert all(f'value="{text}"' in answer.content.decode() for text in typed.values())


def test_the_page_names_the_calendars_zone_and_no_servers_time(boss):
    calendar = make.calendar(timezone="Europe/Berlin")
    page = boss.get(f"/admin/assistant/calendar/{calendar.pk}/change/").content.decode()
    assert "Times are in the calendar&#x27;s zone, Europe/Berlin." in page.replace("'", "&#x27;")
    assert "vTimeField" not in page and "DateTimeShortcuts" not in page


def test_days_are_typed_as_people_write_them(boss):
    calendar = make.calendar()
    closed = rows(
        "closures",
        {"first_day": "24.12.2030", "last_day": "26 Dec 2030", "reason": "Christmas"},
        {"first_day": "2030-12-31"},
    )
    other = rows("special_hours", {"first_day": "23.12.2030", "opens": "9", "closes": "6pm"})
    saved(boss, calendar, **closed, **other)
    assert [(row.first_day.day, row.last_day.day) for row in calendar.closures.all()] == [(24, 26), (31, 31)]
    assert [str(row) for row in calendar.special_hours.all()] == ["2030-12-23 09:00–18:00"]


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (rows("closures", {"first_day": "3/4/2030"}), "can be two different days"),
        (rows("closures", {"first_day": "31.2.2030"}), "does not exist"),
        (rows("closures", {"first_day": "24.12.2030", "last_day": "23.12.2030"}), "The last day is before the first day"),
        (
            rows("special_hours", {"first_day": "24.12.2030", "opens": "9", "closes": "9"}),
            "Opening and closing time are the same",
        ),
        (
            rows(
                "special_hours",
                {"first_day": "24.12.2030", "opens": "9", "closes": "13"},
                {"first_day": "20.12.2030", "last_day": "24.12.2030", "opens": "12", "closes": "14"},
            ),
            "9:00–13:00 on 2030-12-24 and 12:00–14:00 on 2030-12-24 overlap. Change one of them.",
        ),
    ],
)
def test_invalid_days_are_refused_with_the_reason(boss, typed, why):
    calendar = make.calendar()
    assert why in saved(boss, calendar, **typed).content.decode()
    assert not calendar.closures.exists() and not calendar.special_hours.exists()


NIGHT = {"first_day": "24.12.2030", "opens": "20", "closes": "3"}
MORNING = {"first_day": "25.12.2030", "opens": "9", "closes": "12"}


@pytest.mark.parametrize(
    ("day", "opens", "closes", "named"),
    [
        ("25.12.2030", "2", "8", "20:00–3:00 on 2030-12-24 and 2:00–8:00 on 2030-12-25"),
        ("25.12.2030", "11", "14", "9:00–12:00 on 2030-12-25 and 11:00–14:00 on 2030-12-25"),
        ("23.12.2030", "22", "20:30", "20:00–3:00 on 2030-12-24 and 22:00–20:30 on 2030-12-23"),
    ],
)
def test_special_hours_that_overlap_others_or_their_night_are_named_in_their_row(boss, day, opens, closes, named):
    calendar = make.calendar()
    later = {"first_day": day, "opens": opens, "closes": closes}
    answer = saved(boss, calendar, **rows("special_hours", NIGHT, MORNING, later))
    errors = answer.context["inline_admin_formsets"][0].formset.errors
    assert errors == [{}, {}, {"opens": [f"{named} overlap. Change one of them."]}]
    assert not calendar.special_hours.exists()


def test_special_hours_may_touch(boss):
    calendar, between = make.calendar(), {"first_day": "25.12.2030", "opens": "3", "closes": "9"}
    saved(boss, calendar, **rows("special_hours", NIGHT, MORNING, between))
    assert calendar.special_hours.count() == 3


def test_a_new_calendar_is_in_its_organizations_zone_unless_another_is_entered(boss):
    of = make.organization(timezone="Europe/Berlin")
    address = "/admin/assistant/calendar/add/"
    shown = fields_of(boss, address)
    assert shown["timezone"] == ""
    for name, zone in (("Mira", ""), ("Tom", "Asia/Tokyo")):
        boss.post(address, shown | dict.fromkeys(ROWS, 0) | {"organization": of.pk, "name": name, "timezone": zone})
    zones = dict(Calendar.objects.values_list("name", "timezone"))
    assert zones == {"Mira": "Europe/Berlin", "Tom": "Asia/Tokyo"}
    wrong = shown | dict.fromkeys(ROWS, 0) | {"organization": of.pk, "name": "X", "timezone": "Berlin"}
    assert "is not a time zone" in boss.post(address, wrong).content.decode()


# --- Closing a day that is booked ---------------------------------------------------------------------------------------


def booked_at(calendar: Calendar, number: int, name: str, email: str = "ann@example.com") -> Appointment:
    day = (timezone.now() + timedelta(days=3)).date().isoformat()
    start_at = make.offer(calendar, from_day=day).slots[number].start_at
    return appointments.confirm(holds.hold(make.pick(calendar, start_at)), name=name, email=email)


def closing(row: Appointment) -> dict[str, Any]:
    return rows("closures", {"first_day": row.start_at.date().isoformat()})


def test_closing_a_day_that_is_booked_asks_first_and_saves_nothing(boss):
    calendar = make.calendar(name="Mira")
    ann = booked_at(calendar, 0, "Ann")
    typed = closing(ann) | {"name": "Mira B."}
    page = saved(boss, calendar, **typed).content.decode()
    assert "1 appointment is booked when Mira" in page and ann.reference in page and "Nothing is saved yet" in page
    assert "was changed successfully" not in page and "Move to Mira" in page
    calendar.refresh_from_db()
    assert calendar.name == "Mira" and not calendar.closures.exists(), "and nothing else of the form is saved either"
    assert 'name="name" value="Mira B."' in page, "what was typed is kept"
    undecided = saved(boss, calendar, **typed, booked_decided="yes", **{f"booked-{ann.pk}": ""}).content.decode()
    assert "have no decision yet" in undecided and not calendar.closures.exists()
    ann.refresh_from_db()
    assert ann.state == "confirmed"


def test_what_is_decided_of_each_booking_is_carried_out_with_the_change(boss):
    calendar = make.calendar(name="Mira")
    ann, bob, cy = (booked_at(calendar, number, name) for number, name in enumerate(("Ann", "Bob", "Cy")))
    page = saved(boss, calendar, **closing(ann)).content.decode()
    times = re.findall(r'<option value="([a-z0-9-]+-[0-9a-f]{8})">', page)
    picked = slot_ids.read(times[0], Service.objects.all())
    assert picked.start_at.date() != ann.start_at.date(), "free times are those of the new hours"
    decided = {f"booked-{ann.pk}": times[0], f"booked-{bob.pk}": "cancel", f"booked-{cy.pk}": "keep"}
    said = {"booked_decided": "yes", "booked_notify": "on", "booked_message": "Mira is ill. Sorry!"}
    text = saved(boss, calendar, **closing(ann), **decided, **said).content.decode()
    for row in (ann, bob, cy):
        row.refresh_from_db()
    assert (ann.state, ann.start_at) == ("confirmed", picked.start_at)
    assert (bob.state, cy.state) == ("cancelled", "confirmed")
    assert calendar.closures.count() == 1
    assert f"Moved: {ann.reference}" in text and f"Cancelled: {bob.reference}" in text
    assert "Booked while the calendar is closed" in text and cy.reference in text
    for row in (ann, bob):
        assert "Mira is ill. Sorry!" in row.deliveries.filter(to="ann@example.com").latest("created_at").text
    again = saved(boss, calendar).content.decode()
    assert "Nothing is saved yet" not in again, "what was kept is not asked about again"


def test_a_booking_that_came_meanwhile_is_asked_about_as_well(boss):
    calendar = make.calendar()
    ann = booked_at(calendar, 0, "Ann")
    saved(boss, calendar, **closing(ann))
    bob = booked_at(calendar, 1, "Bob")
    page = saved(boss, calendar, **closing(ann), booked_decided="yes", **{f"booked-{ann.pk}": "cancel"}).content.decode()
    assert "have just been booked" in page and bob.reference in page and not calendar.closures.exists()
    ann.refresh_from_db()
    assert ann.state == "confirmed"


def test_a_time_that_is_taken_meanwhile_leaves_the_booking_as_it_was_and_says_so(boss):
    calendar = make.calendar()
    ann, bob = booked_at(calendar, 0, "Ann"), booked_at(calendar, 1, "Bob")
    page = saved(boss, calendar, **closing(ann)).content.decode()
    time = re.findall(r'<option value="([a-z0-9-]+-[0-9a-f]{8})">', page)[0]
    decided = {f"booked-{ann.pk}": time, f"booked-{bob.pk}": time, "booked_decided": "yes"}
    text = saved(boss, calendar, **closing(ann), **decided).content.decode()
    states = [Appointment.objects.get(pk=row.pk).start_at == row.start_at for row in (ann, bob)]
    assert sorted(states) == [False, True], "one of them has it"
    assert "is still booked as it was. That time is taken." in text


def test_shorter_hours_ask_about_what_they_leave_outside_and_longer_ones_about_nothing(boss):
    calendar = make.calendar()
    late = booked_at(calendar, -1, "Late")
    assert late.reference not in saved(boss, calendar, **{f"day_{day}": "8–18" for day in range(7)}).content.decode()
    page = saved(boss, calendar, **{f"day_{day}": "9–12" for day in range(7)}).content.decode()
    assert late.reference in page and "08:00–18:00" in " ".join(week(calendar))


def test_another_organizations_bookings_cannot_be_decided_there(boss):
    mine, theirs = make.calendar(), make.calendar(make.organization("Other"))
    row, other = booked_at(mine, 0, "Ann"), booked_at(theirs, 0, "Bob")
    decided = {f"booked-{row.pk}": "keep", f"booked-{other.pk}": "cancel", "booked_decided": "yes"}
    saved(boss, mine, **closing(row), **decided)
    other.refresh_from_db()
    assert mine.closures.exists() and other.state == "confirmed"


def test_public_holidays_on_booked_days_ask_as_well(boss):
    calendar = make.calendar(horizon_days=730)
    year = timezone.localdate().year + 1
    start_at = make.offer(calendar, from_day=f"{year}-12-25").slots[0].start_at
    row = appointments.confirm(holds.hold(make.pick(calendar, start_at)), name="Ann", email="ann@example.com")
    address = f"/admin/assistant/calendar/{calendar.pk}/holidays/?country=DE&region=BY"
    page = boss.post(address, {"day": [f"{year}-12-25"]}).content.decode()
    assert row.reference in page and not calendar.closures.exists()
    boss.post(address, {"day": [f"{year}-12-25"], "booked_decided": "yes", f"booked-{row.pk}": "cancel"})
    row.refresh_from_db()
    assert row.state == "cancelled" and calendar.closures.count() == 1
    assert not row.deliveries.filter(ics_method="CANCEL").exists(), "notifying was not ticked"


def test_public_holidays_are_listed_and_those_that_are_ticked_close_the_calendar(boss):
    calendar = make.calendar()
    address = f"/admin/assistant/calendar/{calendar.pk}/holidays/"
    listed = boss.get(f"{address}?country=DE&region=BY").content.decode()
    year = timezone.localdate().year + 1
    assert f"{year}-01-06" in listed and "Epiphany" in listed
    assert f'value="{year}-01-06"' not in boss.get(f"{address}?country=DE&region=BE").content.decode()
    ticked = [f"{year}-01-01", f"{year}-12-25", "2020-01-01", "x"]
    for _ in range(2):
        boss.post(f"{address}?country=DE&region=BY", {"day": ticked})
        assert [row.first_day for row in calendar.closures.all()] == [date(year, 1, 1), date(year, 12, 25)]
    assert boss.get(f"{address}?country=nowhere").status_code == 200


def test_every_country_has_holidays_and_one_that_is_not_known_is_refused():
    for code, name in holidays.countries()[::25]:
        assert name and holidays.of(code, "", [2026]) is not None
    with pytest.raises(ValueError, match="Choose a country"):
        holidays.of("XX", "", [2026])
