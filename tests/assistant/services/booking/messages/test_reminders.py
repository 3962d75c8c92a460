"""Reminders before appointments, and the question how it was, each sent once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assistant import tasks
from assistant.models import Appointment, Calendar, Conversation, Delivery
from assistant.models.booking.services import parse_reminder_hours
from assistant.services.booking.appointments import appointments, holds
from assistant.services.booking.messages import reminders
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 1, 4, 8, 0, tzinfo=UTC)
NINE = datetime(2030, 1, 8, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def conversation() -> Conversation:
    return make.conversation(make.assistant(make.organization(team_email="team@example.com")))


@pytest.fixture
def calendar(conversation) -> Calendar:
    return make.calendar(conversation.organization, reminder_hours="24, 2", follow_up_hours=1)


def booked(calendar, conversation, start_at=NINE, now=NOW) -> Appointment:
    hold = holds.hold(make.pick(calendar, start_at), conversation=conversation, now=now)
    return appointments.confirm(hold, name="Ann", email="ann@example.com", now=now)


def moved(appointment: Appointment, start_at: datetime, now: datetime) -> Appointment:
    return appointments.reschedule(appointment, make.pick(appointment.calendar, start_at), now=now)


def beats(*moments: datetime) -> list[str]:
    """Of two beats at each moment: the reminders that stand to be sent afterwards, or are sent."""
    for now in moments:
        reminders.send_due(now)
        reminders.send_due(now)
    rows = Delivery.objects.filter(key__startswith="reminder:").exclude(state="withdrawn").order_by("created_at")
    return [key.split(":")[2] for key in rows.values_list("key", flat=True)]


def test_each_reminder_is_sent_once_at_its_time(calendar, conversation):
    booked(calendar, conversation)
    assert beats(NINE - 25 * HOUR) == []
    assert beats(NINE - 24 * HOUR, NINE - 20 * HOUR, NINE - 3 * HOUR) == ["24"]
    assert beats(NINE - 2 * HOUR, NINE - HOUR, NINE, NINE + HOUR) == ["24", "2"]
    reminder = Delivery.objects.filter(key__startswith="reminder:").first()
    assert reminder.subject.startswith("Reminder of your appointment: Tuesday 8 January 2030, 09:00")
    assert (reminder.to, reminder.ics, reminder.send_before) == ("ann@example.com", "", NINE)


def test_a_beat_that_was_away_sends_the_latest_reminder_and_none_of_those_before_it(calendar, conversation):
    booked(calendar, conversation)
    assert beats(NINE - HOUR, NINE - timedelta(minutes=1)) == ["2"]


def test_nothing_is_sent_of_the_past(calendar, conversation):
    booked(calendar, conversation)
    assert beats(NINE, NINE + 5 * HOUR) == []


def test_what_was_booked_after_the_time_of_a_reminder_gets_only_the_later_one(calendar, conversation):
    booked(calendar, conversation, now=NINE - 20 * HOUR)
    assert beats(NINE - 20 * HOUR, NINE - 5 * HOUR, NINE - HOUR) == ["2"]


def test_a_cancelled_appointment_is_not_reminded_of_even_by_what_is_queued(calendar, conversation):
    appointment = booked(calendar, conversation)
    assert beats(NINE - 24 * HOUR) == ["24"]
    appointments.cancel(appointment, now=NINE - 23 * HOUR)
    assert beats(NINE - 22 * HOUR, NINE - HOUR) == []
    assert Delivery.objects.get(key__startswith="reminder:").state == "withdrawn"


def test_one_that_a_worker_was_sending_when_it_was_cancelled_is_not_tried_again(calendar, conversation):
    appointment = booked(calendar, conversation)
    beats(NINE - 24 * HOUR)
    reminder = Delivery.objects.get(key__startswith="reminder:")
    Delivery.objects.filter(pk=reminder.pk).update(state="sending", leased_until=NOW - timedelta(days=9999))
    appointments.cancel(appointment, now=NINE - 23 * HOUR)
    tasks.deliver(str(reminder.pk))
    reminder.refresh_from_db()
    assert (reminder.state, reminder.sent_at) == ("withdrawn", None)


def test_a_later_time_has_reminders_of_its_own(calendar, conversation):
    appointment = booked(calendar, conversation)
    assert beats(NINE - 24 * HOUR) == ["24"]
    later = NINE + timedelta(days=3)
    moved(appointment, later, NINE - 23 * HOUR)
    assert beats(NINE - HOUR) == []  # of the time that was, nothing
    assert beats(later - 24 * HOUR, later - HOUR) == ["24", "2"]


def test_a_move_by_a_few_hours_does_not_remind_again_of_the_same_day(calendar, conversation):
    appointment = booked(calendar, conversation)
    beats(NINE - 24 * HOUR)
    Delivery.objects.filter(key__startswith="reminder:").update(state="sent")
    later = NINE + 5 * HOUR
    moved(appointment, later, NINE - 23 * HOUR)
    assert beats(later - 24 * HOUR, later - 3 * HOUR) == ["24"]
    assert beats(later - 2 * HOUR) == ["24", "2"]


def test_a_move_to_a_time_that_is_near_brings_no_reminder_that_is_overdue(calendar, conversation):
    appointment = booked(calendar, conversation)
    near = NOW + 3 * HOUR
    moved(appointment, near, NOW)
    assert beats(NOW) == []
    assert beats(near - HOUR) == ["2"]


def test_a_request_is_not_reminded_of_until_it_is_approved(calendar, conversation):
    calendar.services.update(approval=True)
    appointment = booked(calendar, conversation)
    assert beats(NINE - 24 * HOUR) == []
    appointments.approve(appointment, now=NINE - 20 * HOUR)
    assert beats(NINE - 19 * HOUR, NINE - HOUR) == ["2"]


def test_a_reminder_that_staff_add_is_not_sent_where_its_time_has_passed(calendar, conversation):
    calendar.services.update(reminder_hours="")
    booked(calendar, conversation)
    service = calendar.services.get()
    service.reminder_hours = "24, 2"
    service.save()
    reminders.skip_passed_of(service, NINE - 5 * HOUR)
    assert beats(NINE - 5 * HOUR, NINE - HOUR) == ["2"]


def test_the_team_is_reminded_where_staff_ask_for_it(calendar, conversation):
    calendar.services.update(remind_team=True, reminder_hours="24")
    booked(calendar, conversation)
    beats(NINE - 24 * HOUR)
    found = Delivery.objects.filter(key__startswith="reminder:").order_by("to").values_list("to", flat=True)
    assert list(found) == ["ann@example.com", "team@example.com"]


def test_one_appointment_that_cannot_be_reminded_of_holds_up_no_other(calendar, conversation):
    wrong = booked(calendar, conversation)
    booked(calendar, make.conversation(conversation.assistant), NINE + HOUR)
    Appointment.objects.filter(pk=wrong.pk).update(email="no address")
    assert beats(NINE - 20 * HOUR) == ["24"]
    assert not wrong.notices.exists()


@pytest.mark.parametrize("act", ["remind", "ask"])
def test_the_number_of_queries_does_not_grow_with_the_services(calendar, conversation, act):
    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            reminders.send_due(NOW)
        return len(made)

    choices = {"reminder_hours": "48, 24, 2"} if act == "remind" else {"follow_up_hours": 3}
    for number in range(3):
        make.service(calendar, name=f"Cut {number}", **choices)
    few = queries()
    for number in range(27):
        make.service(calendar, name=f"Colour {number}", **choices)
    assert queries() == few <= 4


def test_each_service_has_hours_of_its_own(calendar, conversation):
    calendar.services.update(reminder_hours="24", follow_up_hours=1)
    other = make.calendar(conversation.organization, name="Dr. Reed", reminder_hours="3, 72", follow_up_hours=5)
    away = make.calendar(make.organization("Away", active=False), reminder_hours="24", follow_up_hours=1)
    first = booked(calendar, conversation)
    booked(other, make.conversation(conversation.assistant))
    booked(away, make.conversation(make.assistant(away.organization)))
    assert [beats(NINE - hours * HOUR) for hours in (72, 24, 3)] == [["72"], ["72", "24"], ["72", "24", "3"]]
    assert [len(asked(first.end_at + hours * HOUR)) for hours in (0, 1, 4, 5)] == [0, 1, 1, 2]


def asked(*moments: datetime) -> list[Delivery]:
    for now in moments:
        reminders.send_due(now)
        reminders.send_due(now)
    return list(Delivery.objects.filter(key__startswith="follow-up:"))


def test_a_visitor_is_asked_once_how_it_was(calendar, conversation):
    appointment = booked(calendar, conversation)
    assert asked(NINE, appointment.end_at + timedelta(minutes=59)) == []
    [email] = asked(appointment.end_at + HOUR, appointment.end_at + 9 * HOUR)
    assert "/feedback/" in email.text and "/feedback/" in email.html and "/appointments/" not in email.text


@pytest.mark.parametrize("state", ["no_show", "cancelled", "declined"])
def test_nobody_is_asked_about_what_did_not_take_place(calendar, conversation, state):
    appointment = booked(calendar, conversation)
    Appointment.objects.filter(pk=appointment.pk).update(state=state)
    assert asked(appointment.end_at + HOUR) == []


def test_nobody_is_asked_about_visits_of_long_ago(calendar, conversation):
    appointment = booked(calendar, conversation)
    assert asked(appointment.end_at + timedelta(days=4)) == []


def test_reminders_are_numbers_of_hours():
    assert parse_reminder_hours(" 2,24; 48 24 ") == [48, 24, 2]
    for wrong in ("soon", "24, -1", "0", "721", "1.5", "²", "1,2,3,4,5,6"):
        with pytest.raises(ValueError, match="Enter"):
            parse_reminder_hours(wrong)


def test_a_service_refuses_reminders_that_are_no_hours(calendar):
    service = calendar.services.get()
    service.reminder_hours = "a day before"
    with pytest.raises(ValidationError) as refused:
        service.full_clean()
    assert "“a” is not a number of hours" in str(refused.value)


def test_a_beat_that_found_what_another_has_sent_meanwhile_sends_nothing(calendar, conversation):
    appointment = booked(calendar, conversation)
    assert [reminders.remind(appointment.pk, NINE - 3 * HOUR) for _ in range(2)] == [True, False]
    assert [reminders.ask(appointment.pk, appointment.end_at + HOUR) for _ in range(2)] == [True, False]
