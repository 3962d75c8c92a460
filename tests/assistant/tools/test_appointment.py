"""Appointments as tools: what a model sees and may do, and what needs the visitor's confirmation."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from assistant.async_db import in_db
from assistant.models import Appointment, Card, Delivery, Method, Visitor
from assistant.models import ToolCall as Row
from assistant.sentences import label
from assistant.services.booking.appointments import holds
from assistant.services.booking.availability import slot_ids
from assistant.services.booking.invitations import links
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.sessions import update_visitor
from assistant.services.deliveries import outbox
from assistant.tools import KINDS
from assistant.tools.executor import Executor, try_out
from tests import make
from tests.assistant.tools.booking_by_model import (
    DAY,
    a_booking,
    a_slot,
    click,
    click_through_a_booking,
    count,
    loaded,
    row,
    run,
)

pytestmark = pytest.mark.django_db


def test_the_kind_is_listed_and_its_calendar_is_one_of_the_organizations_own(conversation):
    own = conversation.organization.calendars.get()
    foreign = make.calendar(make.organization("Other"))
    kind = KINDS["appointment"]
    form = kind.form(conversation.organization, data={"calendar": str(own.pk)})
    assert form.is_valid()
    assert form.cleaned_data == {"services": [], "calendar": own.pk, "proof": False}
    for bad in (str(foreign.pk), "0", "x"):
        assert not kind.form(conversation.organization, data={"calendar": bad}).is_valid()
    service, elsewhere = own.services.get(), foreign.services.get()
    chosen = kind.form(conversation.organization, data={"services": [str(service.pk)]})
    assert chosen.is_valid() and chosen.cleaned_data == {"services": [service.pk], "calendar": None, "proof": False}
    assert not kind.form(conversation.organization, data={"services": [str(elsewhere.pk)]}).is_valid()


async def test_a_calendar_of_another_organization_is_none_even_when_the_row_names_it(conversation):
    foreign = await in_db(lambda: make.calendar(make.organization("Other")))()
    await in_db(Method.objects.update)(config={"calendar": foreign.pk})
    result = await run(conversation, "find_times")
    assert (result.outcome, result.text) == ("failed", "No calendar is set up for this yet.")


async def test_times_are_named_to_the_model_and_shown_to_the_visitor(conversation):
    result = await run(conversation, "find_times", from_day=DAY.isoformat(), part_of_day="afternoon")
    named = re.findall(r"- (\d\d:\d\d) \[slot (\S+)\]", result.text)
    card = await row("slots")
    (day,) = card.content["days"]
    assert [(slot["label"], slot["id"]) for slot in day["slots"]] == named
    assert named[0][0] == "12:00"
    assert (card.action["tool"], card.action["argument"]) == ("appointment_book", "slot")
    assert DAY.isoformat() in result.text


async def test_a_visitor_in_another_zone_reads_the_business_own_time_beside_each(conversation):
    await in_db(Visitor.objects.update)(timezone="America/New_York")
    result = await run(conversation, "find_times", from_day=DAY.isoformat())
    slot = (await row("slots")).content["days"][0]["slots"][0]
    assert slot["label"] == slot["label"][:5] and slot["note"] == "09:00 UTC"
    assert f"- {slot['label']} ({slot['note']}) [slot {slot['id']}]" in result.text


@pytest.mark.parametrize(
    ("locale", "tuesday", "question", "when", "title"),
    [
        ("de-AT", "Dienstag, ", "Diesen Termin buchen?", "Wann", "Termin bestätigt: Dienstag, "),
        ("fr", "mardi ", "Réserver ce rendez-vous ?", "Quand", "Rendez-vous confirmé: mardi "),
        ("es", "martes ", "¿Reservar esta cita?", "Cuándo", "Cita confirmada: martes "),
        ("ar", "الثلاثاء ", "هل تريد حجز هذا الموعد؟", "الموعد", "تم تأكيد الموعد: الثلاثاء "),
        ("tlh", "Tuesday ", "Book this appointment?", "When", "Appointment confirmed: Tuesday "),
    ],
)
async def test_a_visitor_is_addressed_in_their_own_language(conversation, locale, tuesday, question, when, title):
    await in_db(Visitor.objects.update)(locale=locale)
    day = DAY + timedelta(days=(1 - DAY.weekday()) % 7)
    found = await run(conversation, "find_times", from_day=day.isoformat())
    assert "Tuesday " in found.text, "the model is told in English"
    [shown] = (await row("slots")).content["days"]
    assert shown["label"].startswith(tuesday)
    await run(conversation, "book", slot=shown["slots"][0]["id"], name="Ann", email="ann@example.com")
    asked = (await row("confirm")).content
    assert (asked["title"], asked["lines"][0][0]) == (question, when)
    await click(conversation, "confirm", "confirm")
    letter = await in_db(Delivery.objects.get)(to="ann@example.com")
    assert letter.subject.startswith(title) and when in letter.text
    assert f'dir="{"rtl" if locale == "ar" else "ltr"}"' in letter.html


async def test_a_visitor_who_reads_a_clock_of_twelve_hours_gets_one_everywhere(conversation):
    await in_db(Visitor.objects.update)(locale="en-US")
    found = await run(conversation, "find_times", from_day=DAY.isoformat(), part_of_day="afternoon")
    slot = (await row("slots")).content["days"][0]["slots"][0]
    assert slot["label"] == "12:00 PM" and f"- 12:00 [slot {slot['id']}]" in found.text
    assert "reads them on a 12-hour clock" in found.text
    await run(conversation, "book", slot=slot["id"], name="Ann", email="ann@example.com")
    assert "12:00 PM–12:30 PM" in (await row("confirm")).content["lines"][0][1]
    await click(conversation, "confirm", "confirm")
    assert "12:00 PM–12:30 PM" in (await row("receipt")).content["lines"][0][1]
    letter = await in_db(Delivery.objects.get)(to="ann@example.com")
    assert ", 12:00 PM · " in letter.subject and "12:00 PM–12:30 PM" in letter.text
    team = await in_db(Delivery.objects.get)(to="team@example.com")
    assert ", 12:00 · " in team.subject, "a team reads the clock that it always does"
    page = await in_db(Client().get)(links.manage_url(await Appointment.objects.aget()) + "?do=move")
    assert "12:30 PM" in page.content.decode() or "9:00 AM" in page.content.decode()


async def test_a_new_search_in_a_later_turn_takes_the_place_of_the_old_card(conversation):
    await run(conversation, "find_times")
    await run(conversation, "find_times", part_of_day="evening")
    assert [card.state for card in await in_db(lambda: list(Card.objects.order_by("created_at")))()] == ["expired", "open"]


@pytest.mark.parametrize(
    "day", ["2026-02-30", "2026-13-01", "tomorrow", "20300108", "2030-W02-2", "2030-01-08T10:00", "11/12/2030", "", 5]
)
async def test_an_invalid_day_is_returned_to_the_model(conversation, day):
    result = await run(conversation, "find_times", from_day=day)
    assert result.outcome == ("done" if day == "" else "failed")


async def test_booking_holds_asks_and_books_on_the_visitors_word_alone(conversation):
    slot = await a_slot(conversation)
    asked = await click(conversation, "slots", slot)
    assert asked.outcome == "waiting"
    assert await count(Appointment, state="held") == 1
    card = await row("confirm")
    assert [field["name"] for field in card.content["fields"]] == ["name", "email"]
    assert card.content["lines"][0][0] == "When"
    assert card.expires_at is not None
    assert card.expires_at == (await in_db(Appointment.objects.get)(state="held")).held_until

    booked = await click(conversation, "confirm", "confirm", name="Ann", email="ann@example.com")
    assert booked.outcome == "done"
    assert booked.effects == {"booked", "sent"}
    appointment = await in_db(Appointment.objects.get)(state="confirmed")
    assert appointment.reference in booked.text
    assert (await row("receipt")).content["reference"] == appointment.reference
    assert (await in_db(Row.objects.get)(appointment=appointment)).receipt == appointment.reference
    assert await count(Delivery) == 2


async def test_what_the_visitor_has_said_before_is_not_asked_again(conversation):
    await in_db(update_visitor)(conversation, name="Ann", email="ann@example.com")
    await run(conversation, "book", slot=await a_slot(conversation))
    card = await row("confirm")
    assert card.content["fields"] == []
    assert ["E-mail", "ann@example.com"] in card.content["lines"]
    assert (await click(conversation, "confirm", "confirm")).outcome == "done"


async def test_an_address_that_a_model_made_up_of_nothing_is_asked_for(conversation):
    await run(conversation, "book", slot=await a_slot(conversation), name="Ann", email="visitor@unknown")
    assert [field["name"] for field in (await row("confirm")).content["fields"]] == ["email"]


async def test_declining_releases_the_time(conversation):
    await run(conversation, "book", slot=await a_slot(conversation), name="Ann", email="ann@example.com")
    assert (await click(conversation, "confirm", "cancel")).outcome == "refused"
    assert await count(Appointment, state="expired") == 1
    assert await count(Delivery) == 0


@pytest.mark.parametrize("slot", ["", "10:00", "zzzzzz-00000000", "a" * 41, None, 7])
async def test_a_slot_that_was_never_given_out_books_nothing(conversation, slot):
    assert (await run(conversation, "book", slot=slot)).outcome == "failed"
    assert await count(Appointment) == 0


async def test_a_time_that_somebody_else_took_comes_with_others_to_click(conversation):
    slot = await a_slot(conversation)
    other = await in_db(make.conversation)(conversation.assistant)
    calendar = await in_db(conversation.organization.calendars.get)()
    await in_db(lambda: holds.hold(slot_ids.read(slot, calendar.services.all()), conversation=other))()
    result = await run(conversation, "book", slot=slot)
    assert result.outcome == "failed"
    assert "just been taken" in result.text
    offered = [free["id"] for day in (await row("slots")).content["days"] for free in day["slots"]]
    assert len(offered) == 3
    assert slot not in offered
    assert (await in_db(Row.objects.latest)("created_at")).code == "slot_taken"


async def test_cancelling_asks_first_and_is_reported(conversation):
    appointment = await a_booking(conversation)
    assert (await run(conversation, "cancel", reference=appointment.reference)).outcome == "waiting"
    await sync_to_async(appointment.refresh_from_db)()
    assert appointment.state == "confirmed"
    content = (await row("confirm")).content
    assert (content["confirm_label"], content["cancel_label"]) == ("Yes, cancel it", "No, keep it")
    done = await click(conversation, "confirm", "confirm")
    assert (done.outcome, done.effects) == ("done", {"cancelled", "sent"})
    await sync_to_async(appointment.refresh_from_db)()
    assert appointment.state == "cancelled"
    receipts = await in_db(lambda: [card.content["status"] for card in Card.objects.filter(kind="receipt")])()
    assert receipts == ["replaced", "cancelled"]


async def test_moving_asks_first_and_is_reported(conversation):
    appointment = await a_booking(conversation)
    later = await in_db(make.slot_id)(appointment.calendar, appointment.start_at + timedelta(hours=1))
    assert (await run(conversation, "reschedule", reference=appointment.reference, slot=later)).outcome == "waiting"
    assert any(label == "New time" for label, _ in (await row("confirm")).content["lines"])
    done = await click(conversation, "confirm", "confirm")
    assert done.effects == {"rescheduled", "sent"}
    start_at = appointment.start_at
    await sync_to_async(appointment.refresh_from_db)()
    assert appointment.start_at == start_at + timedelta(hours=1)


async def test_what_was_booked_moved_and_cancelled_has_receipts_with_reference_and_times(conversation):
    booked = await click_through_a_booking(conversation)
    appointment = await in_db(Appointment.objects.select_related("calendar").get)(state="confirmed")
    (receipt,) = booked.receipts
    assert (receipt.act, receipt.reference) == ("booked", appointment.reference)
    assert set(receipt.times) == {appointment.start_at, appointment.end_at} and receipt.when

    later = await in_db(make.slot_id)(appointment.calendar, appointment.start_at + timedelta(hours=1))
    await run(conversation, "reschedule", reference=appointment.reference, slot=later)
    moved = await click(conversation, "confirm", "confirm")
    assert [one.act for one in moved.receipts] == ["booked", "rescheduled"]
    assert all(appointment.start_at + timedelta(hours=1) in one.times for one in moved.receipts)

    posted = await in_db(post_message)(conversation, "later", "Thanks")
    assert (await Executor.for_turn(await loaded(posted.turn))).receipts() == moved.receipts
    stranger = await in_db(make.conversation)(conversation.assistant)
    posted = await in_db(post_message)(stranger, "c-1", "Hello")
    assert (await Executor.for_turn(await loaded(posted.turn))).receipts() == ()


async def test_an_unknown_reference_names_the_visitors_own_and_nobody_elses(conversation):
    appointment = await a_booking(conversation)
    assert appointment.reference in (await run(conversation, "cancel", reference="unknown")).text
    stranger = await in_db(make.conversation)(conversation.assistant)
    foreign = await run(stranger, "cancel", reference=appointment.reference)
    assert foreign.outcome == "failed"
    assert appointment.reference not in foreign.text


async def test_a_puppet_model_books_cancels_and_moves_nothing_by_itself(conversation):
    appointment = await a_booking(conversation)
    slot = await a_slot(conversation)
    before = await count(Delivery)
    for tool, arguments in [
        ("book", {"slot": slot, "name": "Eve", "email": "eve@example.com"}),
        ("cancel", {"reference": appointment.reference}),
        ("reschedule", {"reference": appointment.reference, "slot": slot}),
    ]:
        assert (await run(conversation, tool, **arguments)).outcome == "waiting"
        assert (await run(conversation, tool, **arguments, confirm=True)).outcome == "failed"
    assert await count(Appointment, state="confirmed") == 1
    assert await count(Delivery) == before


async def test_a_dry_run_shows_and_changes_nothing(conversation):
    appointment = await a_booking(conversation)
    method = await in_db(Method.objects.select_related("organization").get)()
    slot = await in_db(make.slot_id)(appointment.calendar, appointment.start_at + timedelta(hours=1))
    before = [await count(model) for model in (Appointment, Card, Delivery)]
    for tool, arguments in [("find_times", {}), ("book", {"slot": slot})]:
        result = await try_out(method, arguments, name=f"appointment_{tool}")
        assert (result.outcome, result.effects) == ("done", frozenset())
    assert [await count(model) for model in (Appointment, Card, Delivery)] == before


DEMONSTRATION = "interworky.demo.mailbox.MailboxBackend"


@pytest.mark.parametrize(
    ("backend", "is_sent"),
    [
        ("django.core.mail.backends.locmem.EmailBackend", True),
        ("django.core.mail.backends.console.EmailBackend", False),
        (DEMONSTRATION, False),
    ],
)
async def test_a_model_is_told_of_a_confirmation_what_becomes_of_it(conversation, settings, backend, is_sent):
    settings.EMAIL_BACKEND = backend
    await click(conversation, "slots", await a_slot(conversation))
    booked = await click(conversation, "confirm", "confirm", name="Ann", email="ann@example.com")
    assert ("A confirmation is on its way to ann@example.com." in booked.text) == is_sent
    assert ("No e-mail is sent, since this is a demonstration" in booked.text) != is_sent


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "ar"])
def test_a_receipt_says_from_the_start_that_no_mail_server_is_set_up(settings, language):
    assert outbox.confirmation_note("ann@example.com", language) == label("mail_queued", language, to="ann@example.com")
    settings.EMAIL_BACKEND = DEMONSTRATION
    assert outbox.confirmation_note("ann@example.com", language) == label("mail_not_mailed", language, to="ann@example.com")
