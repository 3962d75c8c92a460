"""Beats that remind, and are killed: `race` forks a process for each.

For a process of its own, whose environment names a database with tables, after `django.setup()`.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection

from assistant.models import Appointment, Delivery
from assistant.services.booking.messages import reminders
from tests import make

NOW = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)
forked = multiprocessing.get_context("fork")  # to load the product takes two seconds of a core, and each beat needs it


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


def remind(queued: Connection) -> None:
    """Queue what is due until nothing is, a few at a time, and say so of each few."""
    while sent := reminders.send_due(NOW, limit=5):
        queued.send(sent)


class Beat:
    def __init__(self) -> None:
        self.queued, queued = forked.Pipe(duplex=False)
        self.process = forked.Process(target=remind, args=(queued,))
        self.process.start()
        queued.close()

    def kill_after(self, times: int) -> None:
        """In the middle of the next few, if any are left by then."""
        with suppress(EOFError):
            for _ in range(times):
                self.queued.recv()
        self.kill()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()


def race(count: int, beats: int, kills: int) -> None:
    """Prints how many reminders there are in the end, and of how many appointments."""
    preparing = forked.Process(target=prepare, args=(count,))  # no connection of this process's may be forked
    preparing.start()
    preparing.join()
    chance = random.Random(7)
    for _ in range(kills):
        first, *others = [Beat() for _ in range(beats)]
        first.kill_after(chance.randint(1, max(1, count // 5 // kills)))
        for beat in others:
            beat.kill()
    last = [Beat() for _ in range(beats)]
    for beat in last:
        beat.process.join()
    assert [process.exitcode for process in (preparing, *(beat.process for beat in last))] == [0] * (beats + 1)
    outcome()


def outcome() -> None:
    keys = list(Delivery.objects.filter(key__startswith="reminder:").values_list("to", flat=True))
    json.dump({"reminders": len(keys), "reminded": len(set(keys))}, sys.stdout)
