"""Beats that remind: `prepare` books the appointments, `main` queues what is due until nothing is.

For a process of its own, whose environment names a database with tables, after `django.setup()`.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta

from assistant.models import Appointment, Delivery
from assistant.services.booking.messages import reminders
from tests import make

NOW = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)


def prepare(count: int) -> None:
    """So many appointments of which a reminder is due, on ten calendars."""
    organization = make.organization("Beats", team_email="team@example.com")
    calendars = [make.calendar(organization, reminder_hours="24", name=f"Chair {number}") for number in range(10)]
    services = {calendar.pk: calendar.services.get() for calendar in calendars}
    rows = []
    for number in range(count):
        calendar = calendars[number % 10]
        start_at = NOW + timedelta(hours=1, minutes=number // 10 * 5)
        end_at = start_at + timedelta(minutes=5)
        about = {"organization": organization, "calendar": calendar, "service": services[calendar.pk], "timezone": "UTC"}
        times = {"start_at": start_at, "end_at": end_at, "busy_from": start_at, "busy_until": end_at}
        rows.append(Appointment(state="confirmed", email=f"visitor{number}@example.com", **about, **times))
    Appointment.objects.bulk_create(rows)


def main() -> None:
    """Prints a line whenever it has queued a few, so that it can be killed in the middle of the next ones."""
    while sent := reminders.send_due(NOW, limit=5):
        sys.stdout.write(f"{sent}\n")
        sys.stdout.flush()


def outcome() -> None:
    keys = list(Delivery.objects.filter(key__startswith="reminder:").values_list("to", flat=True))
    json.dump({"reminders": len(keys), "reminded": len(set(keys))}, sys.stdout)
