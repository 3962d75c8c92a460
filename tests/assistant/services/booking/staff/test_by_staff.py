"""Staff book, block and take cancellations back: with the checks of everybody, and a few liberties."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assistant.errors import NotFound, ToolError
from assistant.models import Appointment, BlockedTime, Calendar, Delivery, OutsideCalendar
from assistant.services.booking.appointments import appointments, holds
from assistant.services.booking.appointments.attempts import SlotTaken
from assistant.services.booking.appointments.placing import Closed
from assistant.services.booking.availability.slot_ids import Pick
from assistant.services.booking.staff import by_staff
from tests import make
from tests.assistant.services.booking.calendar_sync.outside_calendars import source

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)  # a Monday
TEN = datetime(2030, 1, 8, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def calendar(db: None) -> Calendar:
    return make.calendar(make.organization(team_email="team@example.com"), notice_minutes=120, minutes=30)


def at(calendar: Calendar, start_at: datetime, within: str = "open", length: timedelta | None = None) -> Pick:
    pick = make.pick(calendar, start_at)
    return Pick(pick.service, pick.calendar, pick.start_at, within, length)  # type: ignore[arg-type]


def booked(calendar: Calendar, start_at: datetime = TEN, **details: str) -> Appointment:
    return by_staff.book(at(calendar, start_at), **{"name": "Ada", **details}, now=NOW)


def mails(kind: str) -> list[str]:
    return list(Delivery.objects.filter(key__endswith=f":{kind}").values_list("subject", flat=True))


def test_staff_book_for_somebody_without_an_e_mail_address(calendar):
    row = booked(calendar, phone="0123")
    assert (row.state, row.name, row.email, row.phone) == ("confirmed", "Ada", "", "0123")
    assert mails("visitor") == mails("team") == []


def test_the_visitor_is_notified_only_where_staff_choose_it(calendar):
    booked(calendar, email="ada@example.org")
    by_staff.book(at(calendar, TEN + HOUR), name="Bob", email="bob@example.org", notify_visitor=False, now=NOW)
    assert list(Delivery.objects.values_list("to", flat=True)) == ["ada@example.org"]


def test_staff_need_no_notice_no_step_and_no_approval(calendar):
    calendar.services.update(approval=True)
    row = booked(calendar, NOW + HOUR + timedelta(minutes=5))
    assert row.state == "confirmed"


def test_a_closed_time_is_refused_unless_staff_insist(calendar):
    evening = TEN.replace(hour=20)
    with pytest.raises(Closed):
        booked(calendar, evening)
    assert by_staff.book(at(calendar, evening, "any"), name="Ada", now=NOW).start_at == evening


@pytest.mark.parametrize("within", ["open", "any"])
def test_nobody_books_a_time_that_is_taken(calendar, within):
    booked(calendar)
    with pytest.raises(SlotTaken) as refused:
        by_staff.book(at(calendar, TEN + timedelta(minutes=15), within), name="Bob", now=NOW)
    assert refused.value.alternatives.slots
    assert not Appointment.objects.filter(state="held").exists()


def test_what_is_refused_after_the_hold_holds_nothing(calendar):
    with pytest.raises(ToolError, match="e-mail"):
        booked(calendar, email="not an address")
    assert list(Appointment.objects.values_list("state", flat=True)) == ["expired"]


def test_a_time_that_is_over_is_refused_and_one_that_has_just_begun_is_not(calendar):
    late = NOW.replace(hour=12)
    assert by_staff.book(at(calendar, late - timedelta(minutes=10)), name="Ada", now=late)
    with pytest.raises(ToolError, match="is over"):
        by_staff.book(at(calendar, late - HOUR), name="Ada", now=late)


def test_an_appointment_is_made_longer_until_it_meets_the_next(calendar):
    row = booked(calendar)
    booked(calendar, TEN + HOUR)
    longer = appointments.reschedule(row, at(calendar, TEN, length=HOUR), by_staff=True, now=NOW)
    assert (longer.end_at, longer.busy_until) == (TEN + HOUR, TEN + HOUR)
    with pytest.raises(SlotTaken):
        appointments.reschedule(row, at(calendar, TEN, length=HOUR * 2), by_staff=True, now=NOW)


def test_the_conflicts_of_a_time_are_named(calendar):
    row = booked(calendar)
    wall = by_staff.block(calendar, TEN + HOUR, TEN + 2 * HOUR, "Delivery", now=NOW)
    found = by_staff.conflicts(at(calendar, TEN, length=2 * HOUR), now=NOW)
    assert (found.appointments, found.blocked) == ([row], [wall])
    assert by_staff.conflicts(at(calendar, TEN), row, NOW) == by_staff.Conflicts([], [], [])


def test_the_conflicts_of_a_time_name_what_an_outside_calendar_has_then(calendar):
    outside = source(calendar)
    outside.busy_times.create(calendar=calendar, start_at=TEN, end_at=TEN + HOUR)
    assert [row.source.name for row in by_staff.conflicts(at(calendar, TEN), now=NOW).busy_elsewhere] == ["Mira's own"]
    OutsideCalendar.objects.update(reads_busy=False)
    assert not by_staff.conflicts(at(calendar, TEN), now=NOW).busy_elsewhere


# --- Blocked times ----------------------------------------------------------------------------------------------------


def test_a_blocked_time_is_offered_to_nobody_and_booked_by_nobody(calendar):
    by_staff.block(calendar, TEN, TEN + HOUR, "Delivery", now=NOW)
    offered = make.offer(calendar, from_day="2030-01-08", now=NOW).slots
    assert not [slot for slot in offered if TEN <= slot.start_at < TEN + HOUR] and offered
    for within in ("offered", "open", "any"):
        with pytest.raises(SlotTaken):
            holds.hold(at(calendar, TEN + timedelta(minutes=30), within), now=NOW)


def test_a_time_that_is_booked_or_held_cannot_be_blocked(calendar):
    row = booked(calendar)
    held = holds.hold(at(calendar, TEN + HOUR), now=NOW)
    with pytest.raises(by_staff.Occupied) as refused:
        by_staff.block(calendar, TEN, TEN + 2 * HOUR, now=NOW)
    assert refused.value.appointments == [row, held] and not BlockedTime.objects.exists()


def test_a_blocked_time_is_moved_over_its_old_place(calendar):
    wall = by_staff.block(calendar, TEN, TEN + HOUR, "Delivery", now=NOW)
    half = timedelta(minutes=30)
    by_staff.block(calendar, TEN + half, TEN + HOUR + half, "Delivery", changing=wall, now=NOW)
    assert BlockedTime.objects.get().start_at == TEN + half


# --- Undo -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["confirmed", "requested"])
def test_a_cancellation_is_undone_and_the_visitor_told_so(calendar, state):
    row = booked(calendar, email="ada@example.org")
    Appointment.objects.update(state=state)
    row.refresh_from_db()
    cancelled, token = by_staff.cancel(row, reason="Typo", now=NOW)
    back = by_staff.undo_cancellation(token, NOW)
    assert (back.state, back.cancel_reason, back.sequence) == (state, "", cancelled.sequence + 1)
    assert back.ics_uid == row.ics_uid and len(mails("visitor")) == 3
    with pytest.raises(ToolError, match="changed since"):
        by_staff.undo_cancellation(token, NOW)


def test_a_cancellation_is_not_undone_when_it_is_too_late_or_the_time_is_taken(calendar):
    row = booked(calendar)
    _, token = by_staff.cancel(row, now=NOW)
    with pytest.raises(ToolError, match="too long ago"):
        by_staff.undo_cancellation(token, NOW + by_staff.UNDO_WITHIN + timedelta(seconds=1))
    with pytest.raises(NotFound):
        by_staff.undo_cancellation(token + "x", NOW)
    booked(calendar)
    with pytest.raises(SlotTaken):
        by_staff.undo_cancellation(token, NOW)
    row.refresh_from_db()
    assert row.state == "cancelled"


def test_a_message_from_the_team_stands_in_the_visitors_mail(calendar):
    row = booked(calendar, email="ada@example.org")
    by_staff.cancel(row, message="Mira is ill. Sorry!", now=NOW)
    assert "Message from the team: Mira is ill. Sorry!" in Delivery.objects.latest("created_at").text
