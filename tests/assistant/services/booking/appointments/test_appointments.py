"""Appointments: holds, their confirmation with all its effects, and later changes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import RestrictedError
from django.utils import timezone

from assistant.errors import NotFound, ToolError, ToolRefused
from assistant.models import Appointment, Delivery, Visitor
from assistant.services.booking.appointments import appointments, attempts, limits, lookup
from assistant.services.booking.availability import wording
from assistant.services.booking.invitations import links
from assistant.services.booking.staff import by_staff
from assistant.services.deliveries import outbox
from tests import make
from tests.assistant.services.booking.appointments.bookings import NINE, NOW, booked, call_of, held

pytestmark = pytest.mark.django_db


# --- Confirm ----------------------------------------------------------------------------------------------------------


def test_a_booking_comes_with_its_receipt_and_its_mails(calendar, conversation):
    appointment = booked(calendar, conversation, phone="+1 555", reason="Toothache")
    assert (appointment.state, appointment.name, appointment.email) == ("confirmed", "Ann", "ann@example.com")
    card = conversation.cards.get()
    assert (card.kind, card.state, card.call_id) == ("receipt", "closed", appointment.call_id)
    assert card.content["reference"] == appointment.reference
    assert card.content["lines"][0] == ["When", "Tuesday 8 January 2030, 09:00–09:30 (UTC)"]
    assert card.content["status"] == "done"
    assert card.content["manage_url"].endswith(f"/appointments/{links.token_of(appointment)}/")
    assert card.content["ics_url"].endswith("/invitation.ics")
    to_visitor, to_team = Delivery.objects.order_by("to")
    assert (to_visitor.to, to_visitor.reply_to, to_visitor.ics_method) == ("ann@example.com", "team@example.com", "REQUEST")
    assert appointment.reference in to_visitor.text
    assert (to_team.to, to_team.call, to_team.conversation) == ("team@example.com", None, None)
    assert "Toothache" in to_team.text


def test_a_second_confirmation_changes_nothing(calendar, conversation):
    appointment = booked(calendar, conversation)
    again = appointments.confirm(appointment, name="Eve", email="eve@example.com", now=NOW)
    assert (again.name, again.email) == ("Ann", "ann@example.com")
    assert (Delivery.objects.count(), conversation.cards.count()) == (2, 1)


def test_a_lapsed_hold_is_confirmed_while_nobody_else_has_the_time(calendar, conversation):
    late = NOW + timedelta(hours=1)
    hold = held(calendar, conversation)
    assert appointments.confirm(hold, name="Ann", email="ann@example.com", now=late).state == "confirmed"
    lost = held(calendar, conversation, NINE + timedelta(hours=1))
    booked(calendar, make.conversation(conversation.assistant), NINE + timedelta(hours=1), now=late)
    with pytest.raises(attempts.SlotTaken):
        appointments.confirm(lost, name="Ann", email="ann@example.com", now=late)


@pytest.mark.parametrize(
    ("name", "email", "code"), [("Ann", "nowhere", "bad_email"), (" \u200b", "a@b.co", "bad_arguments")]
)
def test_a_booking_without_name_or_address_stays_a_hold(calendar, conversation, name, email, code):
    hold = held(calendar, conversation)
    with pytest.raises(ToolError) as refused:
        appointments.confirm(hold, name=name, email=email, now=NOW)
    assert refused.value.code == code
    hold.refresh_from_db()
    assert (hold.state, Delivery.objects.count()) == ("held", 0)


def test_nothing_that_a_visitor_typed_is_sent_to_an_unverified_address(calendar, conversation):
    hold = held(calendar, conversation)
    bait = "Win at evil.example"
    appointments.confirm(hold, name=bait, email="victim@example.com", phone=bait, reason=bait, now=NOW)
    mail = Delivery.objects.get(to="victim@example.com")
    assert "evil" not in mail.subject + mail.text + mail.html + mail.ics
    assert "evil" in Delivery.objects.get(to="team@example.com").text


def test_a_visitor_books_only_so_often_in_a_day(calendar, conversation):
    sent = 0
    for number in range(20):
        try:
            appointment = booked(
                calendar, conversation, NINE + timedelta(minutes=30 * (number % 16)), email=f"a{number}@b.co"
            )
            appointments.cancel(appointment, now=NOW)  # cancelling does not buy another try
            sent += 1
        except ToolRefused as refused:
            assert refused.code == "too_many"
    assert sent == limits.BOOKINGS_PER_VISITOR_PER_DAY
    assert booked(calendar, conversation, now=NOW + timedelta(hours=24, minutes=30)).state == "confirmed"


def test_an_address_is_not_flooded_by_many_visitors(calendar, conversation):
    for number in range(16):
        try:
            booked(calendar, make.conversation(conversation.assistant), NINE + timedelta(minutes=30 * number))
        except ToolRefused as refused:
            assert refused.code == "too_many_emails"
    assert Delivery.objects.filter(to="ann@example.com").count() == outbox.PER_ADDRESS_PER_DAY


def test_what_visitors_say_about_themselves_is_kept_and_never_overwritten(calendar, conversation):
    booked(calendar, conversation)
    booked(calendar, conversation, NINE + timedelta(hours=1), email="other@example.com")
    conversation.visitor.refresh_from_db()
    assert (conversation.visitor.name, conversation.visitor.email) == ("Ann", "ann@example.com")


def test_an_address_proven_meanwhile_is_not_written_over_by_one_that_was_read_before(calendar, conversation):
    mine = held(calendar, conversation)
    read_before = Visitor.objects.get(pk=conversation.visitor_id)
    proven = {"email": "bo@example.com", "email_verified_at": timezone.now()}
    Visitor.objects.update(**proven)
    mine.name, mine.email = "Ann", "ann@example.com"
    appointments.keep_contact_details(read_before, mine)
    after = Visitor.objects.get()
    assert (after.name, after.email, after.email_verified_at) == ("Ann", *proven.values())


def test_a_booking_its_receipt_and_its_mails_exist_together_or_not_at_all(calendar, conversation):
    """The database breaks at the first statement, then at the second, and so on until all of them get through."""
    hold = held(calendar, conversation, call=call_of(conversation))
    for failing in range(1, 100):
        left = failing

        def statement(execute, *arguments):
            nonlocal left
            left -= 1
            if left == 0:
                raise DatabaseError("The disk is full.")
            return execute(*arguments)

        try:
            with transaction.atomic(), connection.execute_wrapper(statement):
                appointments.confirm(hold, name="Ann", email="ann@example.com", now=NOW)
        except DatabaseError:
            hold.refresh_from_db()
            assert hold.state == "held"
            assert (Delivery.objects.count(), conversation.cards.count(), conversation.events.count()) == (0, 0, 0)
        else:
            break
    assert failing > 15
    assert (Delivery.objects.count(), conversation.cards.count(), conversation.events.count()) == (2, 1, 1)


# --- Change -----------------------------------------------------------------------------------------------------------


def test_moving_frees_the_old_time_and_notifies_both_sides(calendar, conversation):
    appointment = booked(calendar, conversation)
    ten = NINE + timedelta(hours=1)
    moved = appointments.reschedule(appointment, make.pick(calendar, ten), call=call_of(conversation), now=NOW)
    assert (moved.pk, moved.reference, moved.start_at, moved.sequence) == (appointment.pk, appointment.reference, ten, 1)
    assert "10:00" in str([card.content["lines"] for card in conversation.cards.all()])
    assert "09:00" not in str([card.content["lines"] for card in conversation.cards.all()])
    assert Delivery.objects.filter(to="ann@example.com", ics_method="REQUEST").count() == 2
    assert booked(calendar, make.conversation(conversation.assistant)).state == "confirmed"


def test_an_appointment_may_move_into_time_of_its_own(calendar, conversation):
    calendar.services.update(minutes=60)
    appointment = booked(calendar, conversation)
    calendar.hours.update(opens="08:30")
    half_past = make.pick(calendar, NINE + timedelta(minutes=30))
    assert appointments.reschedule(appointment, half_past, now=NOW).sequence == 1


def test_moving_to_the_same_time_changes_nothing(calendar, conversation):
    appointment = booked(calendar, conversation)
    assert appointments.reschedule(appointment, make.pick(calendar, NINE), now=NOW).sequence == 0
    assert Delivery.objects.count() == 2


def test_an_appointment_is_not_moved_to_a_time_that_is_taken(calendar, conversation):
    appointment = booked(calendar, conversation)
    ten = NINE + timedelta(hours=1)
    booked(calendar, make.conversation(conversation.assistant), ten)
    with pytest.raises(attempts.SlotTaken):
        appointments.reschedule(appointment, make.pick(calendar, ten), now=NOW)
    with pytest.raises(attempts.SlotTaken):
        appointments.check_free(make.pick(calendar, ten), appointment, NOW)
    appointment.refresh_from_db()
    assert appointment.start_at == NINE


def test_an_appointment_is_not_moved_for_ever(calendar, conversation):
    appointment = booked(calendar, conversation)
    Delivery.objects.all().delete()
    with pytest.raises(ToolRefused):
        for number in range(1, 20):
            start_at = NINE + timedelta(minutes=30 * (number % 5))
            appointments.reschedule(appointment, make.pick(calendar, start_at), now=NOW)
    assert Delivery.objects.filter(to="ann@example.com").count() <= outbox.PER_ADDRESS_PER_DAY


def test_cancelling_frees_the_time_notifies_both_sides_and_marks_the_receipt(calendar, conversation):
    appointment = booked(calendar, conversation)
    cancelled = appointments.cancel(appointment, now=NOW)
    assert (cancelled.state, cancelled.sequence) == ("cancelled", 1)
    old, new = conversation.cards.order_by("created_at")
    assert (old.content["status"], old.content["lines"], "manage_url" in old.content) == ("replaced", [], False)
    assert (old.content["title"], new.content["status"]) == ("Appointment confirmed", "cancelled")
    assert set(Delivery.objects.filter(ics_method="CANCEL").values_list("to", flat=True)) == {
        "ann@example.com",
        "team@example.com",
    }
    assert Delivery.objects.filter(to="team@example.com").count() == 2
    assert appointments.cancel(appointment, now=NOW).sequence == 1
    assert booked(calendar, make.conversation(conversation.assistant)).state == "confirmed"


def test_a_cancellation_that_is_taken_back_has_its_receipt_below_that_of_the_cancellation(calendar, conversation):
    appointment = booked(calendar, conversation)
    _, token = by_staff.cancel(appointment, now=NOW)
    back = by_staff.undo_cancellation(token, NOW)
    shown = [card.content for card in conversation.cards.order_by("created_at")]
    assert [content["status"] for content in shown] == ["replaced", "replaced", "done"]
    assert shown[2]["reference"] == back.reference and shown[2]["calendar_links"]
    later = appointments.reschedule(back, make.pick(calendar, NINE + timedelta(hours=3)), by_staff=True, now=NOW)
    shown = [card.content for card in conversation.cards.order_by("created_at")]
    assert [content["status"] for content in shown] == ["replaced", "replaced", "done"]
    assert shown[2]["lines"][0][1] == wording.when(later), "the only one that shows a time"


def test_an_e_mail_that_goes_out_late_does_not_make_a_cancelled_receipt_look_valid(calendar, conversation):
    appointment = booked(calendar, conversation)
    appointments.cancel(appointment, call=call_of(conversation), now=NOW)
    first = Delivery.objects.filter(to="ann@example.com").earliest("created_at")
    outbox.sent(outbox.claim(first.pk))
    note = conversation.cards.earliest("created_at").content["note"]
    assert note == "No longer valid. See below."


def test_staff_who_cancel_are_not_notified_of_it(calendar, conversation):
    appointments.cancel(booked(calendar, conversation), by_staff=True, now=NOW)
    assert Delivery.objects.filter(to="team@example.com").count() == 1


def test_cancelling_a_hold_lets_it_go_in_silence(calendar, conversation):
    assert appointments.cancel(held(calendar, conversation), now=NOW).state == "expired"
    assert not Delivery.objects.exists()


def test_what_has_begun_is_neither_moved_nor_cancelled(calendar, conversation):
    appointment = booked(calendar, conversation)
    with pytest.raises(ToolError, match="begun"):
        appointments.cancel(appointment, now=NINE)
    with pytest.raises(ToolError, match="begun"):
        appointments.reschedule(appointment, make.pick(calendar, NINE + timedelta(days=1)), now=NINE)


def test_a_cancelled_appointment_does_not_come_back_when_its_call_runs_again(calendar, conversation):
    call = call_of(conversation)
    hold = held(calendar, conversation, call=call)
    appointments.confirm(hold, name="Ann", email="ann@example.com", now=NOW)
    appointments.cancel(hold, now=NOW)
    with pytest.raises(ToolError, match="cancelled"):
        appointments.confirm(held(calendar, conversation, call=call), name="Ann", email="ann@example.com", now=NOW)
    assert Appointment.objects.get().state == "cancelled"


# --- Deleting ---------------------------------------------------------------------------------------------------------


def test_a_calendar_stays_as_long_as_it_has_appointments_and_goes_with_its_organization(calendar, conversation):
    booked(calendar, conversation)
    with pytest.raises(RestrictedError), transaction.atomic():
        calendar.delete()
    conversation.organization.delete()
    assert not Appointment.objects.exists()


# --- Who may ----------------------------------------------------------------------------------------------------------


def test_a_link_opens_its_own_appointment_and_nothing_else(calendar, conversation):
    appointment = booked(calendar, conversation)
    token = links.token_of(appointment)
    assert lookup.for_token(token) == appointment
    hold = held(calendar, conversation, NINE + timedelta(hours=2))
    head, seal = token.split(".")
    forged = [f"{hold.pk.hex}.{seal}", head, f"{head}.", f"{head}.{seal[:-1]}", "", "x" * 3000, links.token_of(hold)]
    for bad in forged:
        with pytest.raises(NotFound):
            lookup.for_token(bad)


def test_a_reference_opens_only_the_visitors_own(calendar, conversation):
    appointment = booked(calendar, conversation)
    full_width = "".join(chr(ord(char) + 0xFEE0) for char in appointment.reference)  # as Japanese keyboards type it
    for typed in (f" {appointment.reference.lower()} ", full_width):
        assert lookup.for_visitor(conversation.organization, conversation.visitor, typed) == appointment
    strangers = make.conversation(conversation.assistant)
    home, elsewhere = conversation.organization, make.organization("Other")
    for who, where in [(strangers.visitor, home), (None, home), (conversation.visitor, elsewhere)]:
        with pytest.raises(ToolError) as foreign:
            lookup.for_visitor(where, who, appointment.reference)
        with pytest.raises(ToolError) as unknown:
            lookup.for_visitor(where, who, "ZZZZZZ")
        assert str(foreign.value) == str(unknown.value)
        assert appointment.reference not in str(foreign.value)
