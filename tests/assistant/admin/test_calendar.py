"""Calendars as staff type them: the week, the days that differ, and public holidays."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from assistant.models import Calendar
from assistant.services.booking import appointments, holidays, typed_hours
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
            "The hours 9:00–13:00 and 12:00–14:00 overlap on 2030-12-24.",
        ),
    ],
)
def test_invalid_days_are_refused_with_the_reason(boss, typed, why):
    calendar = make.calendar()
    assert why in saved(boss, calendar, **typed).content.decode()
    assert not calendar.closures.exists() and not calendar.special_hours.exists()


def test_closing_a_day_that_is_booked_names_the_appointments(boss):
    calendar = make.calendar()
    start_at = make.offer(calendar, from_day=(timezone.now() + timedelta(days=3)).date().isoformat()).slots[0].start_at
    booked = appointments.confirm(appointments.hold(make.pick(calendar, start_at)), name="Ann", email="ann@example.com")
    answer = saved(boss, calendar, **rows("closures", {"first_day": start_at.date().isoformat()}))
    text = answer.content.decode()
    assert "Booked while the calendar is closed" in text and booked.reference in text
    booked.refresh_from_db()
    assert booked.state == "confirmed"


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


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("9", time(9)),
        ("9:05", time(9, 5)),
        ("18.30", time(18, 30)),
        ("6pm", time(18)),
        ("12 a.m.", time()),
        ("18h", time(18)),
        ("24", time()),
    ],
)
def test_a_time_is_read(text, at):
    assert typed_hours.parse_time(text) == at


@pytest.mark.parametrize("text", ["", "noonish", "13pm", "24:01", "9:60", "-1", "9:0", "99999"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="is not a time"):
        typed_hours.parse_time(text)
