"""Opening hours as staff type them."""

from __future__ import annotations

from datetime import time

import pytest
from django.test import Client

from assistant.models import Calendar
from tests import make
from tests.assistant.admin.test_scoping import fields_of

pytestmark = pytest.mark.django_db


def saved(client: Client, calendar: Calendar, opens: str, closes: str):
    address = f"/admin/assistant/calendar/{calendar.pk}/change/"
    hours = {"hours-TOTAL_FORMS": 1, "hours-INITIAL_FORMS": 0, "closures-TOTAL_FORMS": 0, "closures-INITIAL_FORMS": 0}
    row = {"hours-0-calendar": calendar.pk, "hours-0-weekday": 5, "hours-0-opens": opens, "hours-0-closes": closes}
    return client.post(address, fields_of(client, address) | hours | row)


@pytest.mark.parametrize(
    ("opens", "closes", "kept", "shown"),
    [
        ("10:00", "24:00", time(0), "24:00"),
        ("10:00", "24.00", time(0), "24:00"),
        ("00:00", "24:00", time(0), "24:00"),
        ("18:00", "02:30", time(2, 30), "02:30"),
    ],
)
def test_hours_may_end_at_midnight_or_past_it(boss, opens, closes, kept, shown):
    calendar = make.calendar(weekdays=[])
    assert saved(boss, calendar, opens, closes).status_code == 302
    hours = calendar.hours.get()
    assert (hours.closes, str(hours)) == (kept, f"Saturday {opens}–{shown}")
    assert f'value="{shown}"' in boss.get(f"/admin/assistant/calendar/{calendar.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("closes", "why"), [("10:00", "Opening and closing time are the same"), ("24:30", "valid time"), ("25:00", "valid time")]
)
def test_invalid_hours_are_refused_with_the_reason(boss, closes, why):
    calendar = make.calendar(weekdays=[])
    answer = saved(boss, calendar, "10:00", closes)
    assert answer.status_code == 200 and why in answer.content.decode()
    assert not calendar.hours.exists()
