"""Concurrent bookings: `main` forks a process for each, race after race, and prints the outcomes as JSON.

For a process of its own, whose environment names a database with tables, after `django.setup()`.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from assistant import tasks
from assistant.errors import ToolError
from assistant.models import Appointment, Calendar, Delivery
from assistant.services.booking import locks
from assistant.services.booking.appointments import appointments, holds, placing
from assistant.services.booking.availability import slots
from tests import make
from tests.faults import mixed_bookers

NOW = datetime(2030, 1, 7, 0, 0, tzinfo=UTC)
GATE_SECONDS = 300  # that the slowest of a round may take on a busy machine


def nine(round: int) -> datetime:
    """Nine o'clock, on a different day for each round."""
    return NOW.replace(hour=9) + timedelta(days=round + 1)


def book(calendar: Calendar, round: int, booker: int) -> None:
    """Half of them book 9:00, the others the overlapping 9:15; each holds, then confirms."""
    start_at = nine(round) + timedelta(minutes=15 * (booker % 2))
    hold = holds.hold(make.pick(calendar, start_at), now=NOW)
    appointments.confirm(hold, name="Ann", email=f"ann{round}.{booker}@example.com", now=NOW)


def confirm(calendar: Calendar, round: int, booker: int) -> None:
    """All confirm the same hold."""
    hold = Appointment.objects.get(calendar=calendar, start_at=nine(round))
    appointments.confirm(hold, name="Ann", email=f"{round}@b.co", now=NOW)


def confirm_lapsed(calendar: Calendar, round: int, booker: int) -> None:
    """One confirms an expired hold, while the others book the same time."""
    late = NOW + timedelta(hours=1)
    if booker:
        hold = holds.hold(make.pick(calendar, nine(round)), now=late)
    else:
        hold = Appointment.objects.filter(calendar=calendar, start_at=nine(round)).earliest("created_at")
    appointments.confirm(hold, name="Ann", email=f"ann{round}.{booker}@example.com", now=late)


def move(calendar: Calendar, round: int, booker: int) -> None:
    """Each moves their own appointment to the same time."""
    own = Appointment.objects.get(calendar=calendar, start_at=nine(round) + timedelta(minutes=30 * (booker + 1)))
    appointments.reschedule(own, make.pick(calendar, nine(round)), now=NOW)


def cancel_and_book(calendar: Calendar, round: int, booker: int) -> None:
    """One cancels; one of the others may then get the time."""
    if booker == 0:
        appointments.cancel(Appointment.objects.get(calendar=calendar, start_at=nine(round), state="confirmed"), now=NOW)
    else:
        book(calendar, round, 2 * booker)


def deliver(calendar: Calendar, round: int, booker: int) -> None:
    """All run the task of the same e-mail; the file backend writes one file each time it is sent."""
    tasks.deliver(str(Delivery.objects.get(key=f"race-{round}").pk))


def mixed(calendar: Calendar, round: int, booker: int) -> None:
    """Tool calls, cards, links and staff, all for times that overlap."""
    mixed_bookers.race(calendar, round, booker)


RACES = {race.__name__: race for race in (book, confirm, confirm_lapsed, move, cancel_and_book, deliver, mixed)}


def prepare(race: str, bookers: int, rounds: int) -> Calendar:
    if race == "mixed":
        return mixed_bookers.prepare(bookers, rounds)
    calendar = make.calendar(make.organization(race), closes="23:00", horizon_days=rounds + 40)
    for weekday in range(7):
        calendar.hours.create(weekday=weekday, opens=clock(9, 15), closes=clock(23))

    def taken(start_at: datetime, email: str) -> None:
        hold = holds.hold(make.pick(calendar, start_at), now=NOW)
        appointments.confirm(hold, name="Ann", email=email, now=NOW)

    for round in range(rounds):
        if race in ("confirm", "confirm_lapsed"):
            holds.hold(make.pick(calendar, nine(round)), now=NOW)
        elif race == "move":
            for booker in range(bookers):
                taken(nine(round) + timedelta(minutes=30 * (booker + 1)), f"own{round}.{booker}@example.com")
        elif race == "cancel_and_book":
            taken(nine(round), f"own{round}@example.com")
        elif race == "deliver":
            with transaction.atomic():
                make.email(
                    calendar.organization, to="ann@example.com", subject=f"Round {round}", text="Hi.", key=f"race-{round}"
                )
    return calendar


def run(
    race: Callable[[Calendar, int, int], None], calendar: Calendar, booker: int, rounds: int, gate: Any, results: Any
) -> None:
    for round in range(rounds):
        gate.wait(GATE_SECONDS)
        try:
            race(calendar, round, booker)
            outcome = "done"
        except ToolError as refused:
            outcome = refused.code
        except Exception:
            outcome = traceback.format_exc()
        results.put((round, outcome))


def main(bookers: int, rounds: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = settings.DATA_DIR / "mails"
    reverse("admin:index")  # loads every view, as a server has before its first visitor comes
    json.dump({race: outcome(race, bookers, rounds) for race in RACES}, sys.stdout)


def alone(race: str, bookers: int, rounds: int) -> None:
    """One race, for a long run."""
    reverse("admin:index")
    json.dump(outcome(race, bookers, rounds), sys.stdout)


def outcome(race: str, bookers: int, rounds: int) -> dict[str, Any]:
    calendar = prepare(race, bookers, rounds)
    connection.close()  # each process opens its own
    forked = multiprocessing.get_context("fork")
    gate, results = forked.Barrier(bookers), forked.SimpleQueue()
    racing = [
        forked.Process(target=run, args=(RACES[race], calendar, booker, rounds, gate, results)) for booker in range(bookers)
    ]
    for process in racing:
        process.start()
    outcomes: list[list[str]] = [[] for _ in range(rounds)]
    for _ in range(bookers * rounds):
        round, became = results.get()
        outcomes[round].append(became)
    for process in racing:
        process.join(10)
    taken = Appointment.objects.taking_time(NOW).filter(organization=calendar.organization)
    spans = list(taken.order_by("calendar", "busy_from").values_list("calendar", "busy_from", "busy_until"))
    pairs = zip(spans, spans[1:], strict=False)
    overlaps = sum(later[0] == earlier[0] and later[1] < earlier[2] for earlier, later in pairs)
    told = Delivery.objects.filter(organization=calendar.organization, ics_method="REQUEST").count()
    return {"outcomes": outcomes, "overlaps": overlaps, "invitations": told}


def with_the_lock_taken() -> None:
    """What a booker reads while somebody else keeps the calendar's lock, and afterwards."""
    calendar = make.calendar(make.organization("queue"), horizon_days=40)
    pick = make.pick(calendar, nine(1))
    outcomes: list[str] = []

    def book() -> None:
        try:
            with locks.locked({calendar.pk}, NOW, seconds=0.02) as calendars:
                placing.hold_on(calendars[calendar.pk], pick, None, None, NOW)
        except ToolError as refused:
            outcomes.append(refused.code)
        else:
            outcomes.append("done")
        finally:
            connection.close()

    def in_a_thread() -> None:
        thread = threading.Thread(target=book)
        thread.start()
        thread.join()

    with locks.locked({calendar.pk}, NOW):
        in_a_thread()
    in_a_thread()
    json.dump({"outcomes": outcomes, "held": Appointment.objects.filter(calendar=calendar).count()}, sys.stdout)


def written_without_the_service() -> None:
    """What the database says, by itself, to a row beside a class of one o'clock in seat 0."""
    here = make.calendar(make.organization("unlocked"), name="Room")
    there = make.calendar(here.organization, name="Other room")
    one = NOW.replace(hour=13)
    number = slots.session_number(here.services.get().pk, one)

    def write(calendar: Calendar = here, start_at: datetime = one, **fields: Any) -> str:
        end_at = start_at + timedelta(hours=1)
        values = {"state": "confirmed", "session": number, "seat": 0, **fields}
        try:
            with transaction.atomic():
                Appointment.objects.create(
                    organization=calendar.organization, calendar=calendar, service=calendar.services.get(),
                    start_at=start_at, busy_from=start_at, end_at=end_at, busy_until=end_at, timezone="UTC", **values,
                )  # fmt: skip
        except IntegrityError:
            return "refused"
        return "written"

    half_past = one + timedelta(minutes=30)
    outcomes = {
        "the first": write(),
        "the same seat": write(state="requested"),
        "another seat": write(seat=1),
        "another session at the same time": write(session=number + 1, seat=2),
        "another session that overlaps": write(start_at=half_past, session=number + 30, seat=2),
        "somebody who wants the room alone": write(session=0),
        "somebody who was there": write(session=0, state="attended"),
        "somebody who has cancelled": write(session=0, state="cancelled"),
        "the next hour": write(start_at=one + timedelta(hours=1), session=0),
        "an overlap in the next hour": write(start_at=one + timedelta(hours=1, minutes=59), session=0),
        "another room": write(there, session=0),
    }
    json.dump(outcomes, sys.stdout)
