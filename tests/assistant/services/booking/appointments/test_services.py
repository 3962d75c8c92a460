"""Services apart from calendars: whichever is free, places in a class, approval, and what visitors may change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assistant.errors import ToolError, ToolRefused
from assistant.models import Appointment, Calendar, Conversation, Delivery, Service
from assistant.services.booking.appointments import appointments, attempts, holds
from assistant.services.booking.availability import offers
from assistant.services.booking.availability.slot_ids import Pick
from assistant.services.booking.invitations import calendar_files, descriptions
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2030, 1, 7, 8, 0, tzinfo=UTC)
NINE = datetime(2030, 1, 8, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def talk() -> Conversation:
    return make.conversation(make.assistant(make.organization(team_email="team@example.com")))


@pytest.fixture
def chairs(talk: Conversation) -> tuple[Calendar, Calendar]:
    found = [make.calendar(talk.organization, name=name) for name in ("Left chair", "Right chair")]
    Service.objects.all().delete()
    return found[0], found[1]


def another(talk: Conversation) -> Conversation:
    return make.conversation(talk.assistant)


def hold(service: Service, talk: Conversation, start_at=NINE, calendar=None, now=NOW) -> Appointment:
    return holds.hold(Pick(service, calendar, start_at), conversation=talk, now=now)


def book(
    service: Service, talk: Conversation, start_at=NINE, calendar=None, now=NOW, email="ann@example.com"
) -> Appointment:
    return appointments.confirm(hold(service, talk, start_at, calendar, now), name="Ann", email=email, now=now)


# --- Services and calendars ---------------------------------------------------------------------------------------------


def test_two_services_never_share_one_calendar(talk, chairs):
    colour, cut = make.service(chairs[0], name="Colour", minutes=120), make.service(chairs[0], minutes=45, step_minutes=15)
    book(colour, talk)
    assert offers.offer(cut, from_day="2030-01-08", now=NOW).slots[0].start_at == NINE + 2 * HOUR
    with pytest.raises(attempts.SlotTaken) as taken:
        hold(cut, another(talk), NINE + HOUR)
    assert taken.value.alternatives.slots[0].start_at == NINE + 2 * HOUR


def test_a_calendar_may_take_longer_and_cost_more(talk, chairs):
    cut = make.service(*chairs, minutes=30, price="£45")
    cut.offerings.filter(calendar=chairs[1]).update(minutes=60, price="£70")
    left, right = book(cut, talk, calendar=chairs[0]), book(cut, talk, calendar=chairs[1])
    assert (left.end_at - left.start_at, left.price) == (HOUR / 2, "£45")
    assert (right.end_at - right.start_at, right.price) == (HOUR, "£70")


def test_a_booking_goes_to_a_calendar_that_is_free_until_none_is(talk, chairs):
    cut = make.service(*chairs)
    taken = {book(cut, talk).calendar, book(cut, another(talk)).calendar}
    assert taken == set(chairs)
    with pytest.raises(attempts.SlotTaken):
        hold(cut, another(talk))


def test_fairness_picks_the_calendar_with_the_fewest_bookings_ahead_and_order_the_first_that_is_free(talk, chairs):
    cut = make.service(*chairs)
    book(cut, talk, NINE + 2 * HOUR, calendar=chairs[0])
    assert hold(cut, another(talk)).calendar == chairs[1]
    first = make.service(*chairs, name="Wash", choice=Service.Choice.FIRST)
    assert hold(first, another(talk), NINE + 4 * HOUR).calendar == chairs[0]


def test_a_service_that_is_switched_off_is_not_booked_and_its_appointments_can_still_move(talk, chairs):
    cut = make.service(*chairs)
    booked = book(cut, talk)
    Service.objects.update(active=False)
    cut.refresh_from_db()
    with pytest.raises(ToolError) as refused:
        hold(cut, another(talk))
    assert refused.value.code == "slot_gone"
    moved = appointments.reschedule(booked, Pick(cut, booked.calendar, NINE + HOUR), now=NOW)
    assert moved.start_at == NINE + HOUR


def test_an_appointment_moves_to_another_calendar_only_where_its_own_is_not_free(talk, chairs):
    cut = make.service(*chairs)
    mine = book(cut, talk, calendar=chairs[0])
    assert appointments.reschedule(mine, Pick(cut, None, NINE + HOUR), now=NOW).calendar == chairs[0]
    book(cut, another(talk), NINE + 2 * HOUR, calendar=chairs[0])
    assert appointments.reschedule(mine, Pick(cut, None, NINE + 2 * HOUR), now=NOW).calendar == chairs[1]
    with pytest.raises(ToolError, match="another service"):
        appointments.reschedule(mine, Pick(make.service(*chairs, name="Wash"), None, NINE), now=NOW)


# --- An open hold -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "edit",
    [
        lambda service, calendar: service.__class__.objects.update(minutes=90, step_minutes=50, buffer_before_minutes=20),
        lambda service, calendar: calendar.hours.all().delete(),
        lambda service, calendar: calendar.closures.create(first_day=NINE.date(), last_day=NINE.date()),
        lambda service, calendar: service.__class__.objects.update(active=False, notice_minutes=40_000),
        lambda service, calendar: service.offerings.all().delete(),
        lambda service, calendar: calendar.__class__.objects.update(timezone="Asia/Tokyo"),
    ],
)
def test_no_edit_breaks_a_hold_that_is_open(talk, chairs, edit):
    cut = make.service(chairs[0])
    held = hold(cut, talk)
    edit(cut, chairs[0])
    booked = appointments.confirm(held, name="Ann", email="ann@example.com", now=NOW)
    assert (booked.state, booked.start_at, booked.end_at) == ("confirmed", NINE, NINE + HOUR / 2)


# --- Places -------------------------------------------------------------------------------------------------------------


def test_a_class_is_booked_place_by_place_until_it_is_full(talk, chairs):
    yoga = make.service(chairs[0], name="Yoga", minutes=60, capacity=2)
    first, second = book(yoga, talk), book(yoga, another(talk))
    assert {first.seat, second.seat} == {0, 1} and first.session == second.session != 0
    with pytest.raises(attempts.SlotTaken):
        hold(yoga, another(talk))
    appointments.cancel(first, now=NOW)
    assert hold(yoga, another(talk)).seat == 0
    assert [slot.places for slot in offers.offer(yoga, from_day="2030-01-08", now=NOW).slots[:2]] == [2, 2], "from ten on"


def test_the_places_left_are_said_beside_the_time(talk, chairs):
    yoga = make.service(chairs[0], name="Yoga", minutes=60, capacity=3)
    book(yoga, talk)
    slot = offers.offer(yoga, from_day="2030-01-08", now=NOW).slots[0]
    assert (slot.label, slot.label_in("de")) == ("09:00 (2 places left)", "09:00 (noch 2 Plätze)")


def test_a_class_does_not_share_its_room_with_another(talk, chairs):
    yoga = make.service(chairs[0], name="Yoga", minutes=60, capacity=5)
    dance = make.service(chairs[0], name="Dance", minutes=60, capacity=5)
    book(yoga, talk)
    with pytest.raises(attempts.SlotTaken):
        hold(dance, another(talk))


# --- Limits -------------------------------------------------------------------------------------------------------------


def test_a_calendar_takes_only_so_many_of_a_service_a_day(talk, chairs):
    cut = make.service(*chairs, per_day=1)
    book(cut, talk, calendar=chairs[0])
    assert offers.offer(cut, chairs[0], from_day="2030-01-08", now=NOW).problem == "full"
    with pytest.raises(attempts.SlotTaken):
        hold(cut, another(talk), NINE + HOUR, calendar=chairs[0])
    assert hold(cut, another(talk), NINE + HOUR).calendar == chairs[1]


def test_a_visitor_has_only_so_many_ahead_of_a_service(talk, chairs):
    cut, wash = make.service(*chairs, per_visitor=1), make.service(*chairs, name="Wash")
    mine = book(cut, talk)
    with pytest.raises(ToolRefused, match="one upcoming appointment of Cut"):
        hold(cut, talk, NINE + HOUR)
    assert book(wash, talk, NINE + HOUR).state == "confirmed"
    appointments.cancel(mine, now=NOW)
    assert hold(cut, talk, NINE + 3 * HOUR).state == "held"


def test_two_holds_of_one_visitor_do_not_become_more_bookings_than_allowed(talk, chairs):
    cut = make.service(*chairs, per_visitor=1)
    first, second = hold(cut, talk), hold(cut, talk, NINE + HOUR)
    appointments.confirm(first, name="Ann", email="ann@example.com", now=NOW)
    with pytest.raises(ToolRefused):
        appointments.confirm(second, name="Ann", email="ann@example.com", now=NOW)


# --- Approval -----------------------------------------------------------------------------------------------------------


def mailed(to: str) -> list[str]:
    rows = Delivery.objects.filter(to=to).order_by("created_at")
    return [f"{row.subject.partition(':')[0]} {row.ics_method}" for row in rows]


def test_a_request_keeps_its_time_and_becomes_an_appointment_when_staff_approve_it(talk, chairs):
    cut = make.service(chairs[0], approval=True)
    requested = book(cut, talk)
    assert requested.state == "requested"
    with pytest.raises(attempts.SlotTaken):
        hold(cut, another(talk))
    assert "STATUS:TENTATIVE" in calendar_files.ics(requested, "REQUEST")
    approved = appointments.approve(requested, now=NOW)
    assert (approved.state, approved.sequence, appointments.approve(requested, now=NOW).sequence) == ("confirmed", 1, 1)
    assert mailed("ann@example.com") == ["Appointment requested REQUEST", "Appointment confirmed REQUEST"]
    assert mailed("team@example.com") == ["Appointment requested PUBLISH"]


def test_a_declined_request_frees_its_time_and_names_others(talk, chairs):
    cut = make.service(chairs[0], approval=True)
    declined = appointments.decline(book(cut, talk), reason="Ill", now=NOW)
    assert (declined.state, declined.cancel_reason) == ("declined", "Ill")
    assert mailed("ann@example.com")[-1] == "Appointment declined CANCEL"
    assert "Other free times: " in Delivery.objects.filter(to="ann@example.com").latest("created_at").text
    assert book(cut, another(talk)).state == "requested"
    with pytest.raises(ToolError, match="Only a request"):
        appointments.approve(declined, now=NOW)


def test_what_was_approved_is_requested_again_where_its_visitor_moves_it(talk, chairs):
    cut = make.service(chairs[0], approval=True)
    approved = appointments.approve(book(cut, talk), now=NOW)
    assert appointments.reschedule(approved, Pick(cut, None, NINE + HOUR), now=NOW).state == "requested"
    appointments.approve(approved, now=NOW)
    assert appointments.reschedule(approved, Pick(cut, None, NINE), by_staff=True, now=NOW).state == "confirmed"


# --- Changes ------------------------------------------------------------------------------------------------------------


def test_a_visitor_changes_it_until_the_hour_that_the_service_sets_and_staff_later(talk, chairs):
    cut = make.service(chairs[0], cancel_hours=24)
    booked, late = book(cut, talk), NINE - 23 * HOUR
    assert appointments.may_change(booked, NOW) and not appointments.may_change(booked, late)
    for change in (
        lambda: appointments.cancel(booked, now=late),
        lambda: appointments.reschedule(booked, Pick(cut, None, NINE + HOUR), now=late),
        lambda: appointments.check_free(Pick(cut, None, NINE + HOUR), booked, late),
    ):
        with pytest.raises(ToolError, match="until 24 hours before") as refused:
            change()
        assert refused.value.code == "too_late"
    assert appointments.cancel(booked, by_staff=True, reason="Closed", now=late).cancel_reason == "Closed"


def test_staff_record_who_came_once_it_has_begun(talk, chairs):
    booked = book(make.service(chairs[0]), talk)
    with pytest.raises(ToolError, match="not begun"):
        appointments.close(booked, attended=True, now=NOW)
    assert appointments.close(booked, attended=False, now=NINE).state == "no_show"
    assert appointments.close(booked, attended=True, now=NINE).state == "attended"
    with pytest.raises(ToolError):
        appointments.cancel(booked, now=NINE)


# --- In words -----------------------------------------------------------------------------------------------------------


def test_receipt_mails_and_entry_name_service_calendar_price_and_place(talk, chairs):
    cut = make.service(
        *chairs, name="Colour", price="from £90", place=Service.Place.IN_PERSON, location="12 High Street"
    )  # fmt: skip
    booked = book(cut, talk, calendar=chairs[1])
    facts = [("What", "Colour"), ("With", "Right chair"), ("Where", "12 High Street"), ("Price", "from £90")]
    assert [line[:2] for line in descriptions.lines(booked)][1:] == facts
    entry = calendar_files.ics(booked, "REQUEST").replace("\r\n ", "")
    assert "SUMMARY:Colour · Right chair · Bright Smile" in entry and "LOCATION:12 High Street" in entry
    for mail in Delivery.objects.all():
        assert all(value in mail.text for _, value in facts)
    team = Delivery.objects.get(to="team@example.com")
    assert "Colour" in team.subject and f"/appointment/{booked.pk}/" in team.text and "BEGIN:VEVENT" in team.ics


LINK = "https://meet.example/x"


@pytest.mark.parametrize(("place", "location", "said"), [("phone", "", "By phone"), ("link", LINK, LINK)])
def test_the_place_of_a_call_or_a_link_is_named_as_such(talk, chairs, place, location, said):
    booked = book(make.service(chairs[0], place=place, location=location), talk)
    where = descriptions.lines(booked)[-1]
    assert where == ("Where", said, LINK if place == "link" else ""), "a link leads to itself, a call nowhere"


def test_the_clock_of_the_place_leads_where_one_comes_in_person(talk, chairs):
    Calendar.objects.update(timezone="Europe/Berlin")
    talk.visitor.timezone = "America/Los_Angeles"
    talk.visitor.save()
    at = NINE - HOUR  # nine in Berlin, midnight in Los Angeles
    visit, call = make.service(chairs[0], place=Service.Place.IN_PERSON), make.service(chairs[1], place=Service.Place.PHONE)
    wanted = {"from_day": "2030-01-08", "visitor_timezone": "America/Los_Angeles", "now": NOW}
    assert offers.offer(visit, **wanted).slots[0].label == "09:00 (00:00 Los Angeles)"
    assert offers.offer(call, **wanted).slots[0].label == "00:00 (09:00 Berlin)"
    early = offers.offer(visit, from_day="2030-01-08", visitor_timezone="Pacific/Honolulu", now=NOW).slots[0]
    assert early.label == "09:00 (Monday 22:00 Honolulu)"
    booked = book(visit, talk, at)
    assert descriptions.lines(booked)[0][1] == "Tuesday 8 January 2030, 09:00–09:30 (Europe/Berlin), 00:00 in Los Angeles"
