"""Appointments of several services, and those that need a mailed code."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from assistant.async_db import in_db
from assistant.models import Appointment, Card, Conversation, Method, Visitor
from assistant.models import ToolCall as Row
from assistant.services.booking.appointments import appointments
from assistant.services.booking.availability import slot_ids
from assistant.services.conversations import cards
from assistant.services.conversations.messages import post_message
from assistant.tools.executor import Executor
from tests import make
from tests.assistant.tools.booking_by_model import DAY, a_slot, click, count, loaded, row, run

pytestmark = pytest.mark.django_db


# --- Only with a mailed code ------------------------------------------------------------------------------------------


@in_db
def ask_for_proof() -> None:
    method = Method.objects.get(kind="appointment")
    method.config["proof"] = True
    method.save()


async def test_a_time_is_booked_only_after_the_mailed_code_where_staff_want_that(conversation: Conversation) -> None:
    await ask_for_proof()
    slot = await a_slot(conversation)
    nameless = await run(conversation, "book", slot=slot, email="ann@example.com")
    assert nameless.outcome == "failed" and "name" in nameless.text
    asked = await run(conversation, "book", slot=slot, name="Ann", email="somebody.else@example.com")
    assert asked.outcome == "waiting" and await count(Appointment, state="confirmed") == 0
    card = await row(Card.Kind.VERIFY)
    assert [field["name"] for field in card.content["fields"]] == ["email"]
    proven = {"email": "ann@example.com", "email_verified_at": timezone.now()}
    await in_db(Visitor.objects.update)(**proven)  # as the right code does
    await in_db(cards.update)(card, state=Card.State.ANSWERED, choice="confirm")
    executor = await Executor.for_conversation(conversation)
    call = await in_db(Row.objects.select_related("conversation").get)(pk=card.call_id)
    assert (await executor.execute_opening_call(call)).outcome == "done"
    assert await count(Appointment, state="confirmed", email="ann@example.com", name="Ann") == 1


async def test_a_visitor_who_has_proven_an_address_is_asked_as_usual_and_booked_under_it(conversation: Conversation) -> None:
    await ask_for_proof()
    await in_db(Visitor.objects.update)(email="ann@example.com", email_verified_at=timezone.now())
    await run(conversation, "book", slot=await a_slot(conversation), name="Ann", email="somebody.else@example.com")
    assert (await click(conversation, Card.Kind.CONFIRM, "confirm")).outcome == "done"
    assert await count(Appointment, state="confirmed", email="ann@example.com") == 1


# --- Several services -------------------------------------------------------------------------------------------------


@in_db
def a_salon(conversation: Conversation, **config: Any) -> dict[str, int]:
    """Two chairs, and two services on both; the ids of all four."""
    home = conversation.organization
    home.services.all().delete()
    chairs = [home.calendars.get(), make.calendar(home, name="Tom")]
    home.services.all().delete()
    cut = make.service(*chairs, name="Cut", minutes=45, price="£45", description="With a wash.")
    colour = make.service(*chairs, name="Colour", minutes=120, price="from £95", approval=True)
    Method.objects.update(config={name: [cut.pk] if name == "services" else chairs[1].pk for name in config})
    return {"cut": cut.pk, "colour": colour.pk, "mira": chairs[0].pk, "tom": chairs[1].pk}


async def test_several_services_are_listed_with_ids_before_times_are(conversation):
    ids = await a_salon(conversation)
    listed = await run(conversation, "find_times")
    assert listed.outcome == "done" and (await row("slots")).content["title"] != "Cut"
    with_whom = f"with Check-up [calendar {ids['mira']}] or Tom [calendar {ids['tom']}]"
    assert f"- Cut [service {ids['cut']}]: 45 minutes, £45; {with_whom}. With a wash." in listed.text
    for wanted in (str(ids["colour"]), f"service {ids['colour']}", "colour"):
        found = await run(conversation, "find_times", service=wanted, from_day=DAY.isoformat())
        assert found.text.startswith("Free times:") and "120 minutes" in found.text
        assert (await row("slots")).content["title"] == "Colour"
    for unknown in ("999999", "Perm", "'; --"):
        refused = await run(conversation, "find_times", service=unknown)
        assert refused.outcome == "failed" and f"[service {ids['cut']}]" in refused.text


async def test_the_times_of_one_calendar_are_held_on_that_one(conversation):
    ids = await a_salon(conversation)
    service, day = str(ids["cut"]), DAY.isoformat()
    found = await run(conversation, "find_times", service=service, calendar=str(ids["tom"]), from_day=day)
    slot = re.search(r"\[slot (\S+)\]", found.text)[1]
    assert (await row("slots")).content["title"] == "Cut · Tom"
    await run(conversation, "book", slot=slot, name="Ann", email="ann@example.com")
    assert await count(Appointment, state="held", calendar=ids["tom"], service=ids["cut"]) == 1
    assert (await run(conversation, "find_times", service=service, calendar="999999")).outcome == "failed"


async def test_a_method_books_only_what_staff_set_for_it_even_with_a_true_id(conversation):
    ids = await a_salon(conversation, services=True, calendar=True)
    assert (await run(conversation, "find_times", from_day=DAY.isoformat())).text.startswith("Free times:")
    start_at = (await in_db(Appointment)(start_at=timezone.now())).start_at + timedelta(days=2)

    @in_db
    def issued(service: str, calendar: str | None) -> str:
        of = conversation.organization.services.get(pk=ids[service])
        return slot_ids.issue(of, of.calendars.get(pk=ids[calendar]) if calendar else None, start_at)

    for service, calendar in (("colour", "tom"), ("cut", "mira"), ("cut", None)):
        refused = await run(conversation, "book", slot=await issued(service, calendar), name="Ann", email="ann@example.com")
        assert refused.outcome == "failed" and "no such slot" in refused.text
    assert await count(Appointment) == 0


async def test_a_range_of_days_and_hours_is_searched_as_the_visitor_asked(conversation):
    until = DAY + timedelta(days=6)
    wish = {"from_day": DAY.isoformat(), "to_day": until.isoformat(), "weekday": "friday", "after": "15:00"}
    found = await run(conversation, "find_times", **wish)
    assert found.text.startswith("Free times:\nFriday ") and "- 15:00 [" in found.text and "- 14:30" not in found.text
    backwards = await run(conversation, "find_times", from_day=until.isoformat(), to_day=DAY.isoformat())
    assert backwards.outcome == "failed" and "before from_day" in backwards.text
    assert (await run(conversation, "find_times", after="25:00")).outcome == "failed"


async def test_what_staff_approve_is_requested_and_never_called_booked(conversation):
    ids = await a_salon(conversation)
    found = await run(conversation, "find_times", service=str(ids["colour"]), from_day=DAY.isoformat())
    await run(conversation, "book", slot=re.search(r"\[slot (\S+)\]", found.text)[1], name="Ann", email="ann@example.com")
    asked = (await row("confirm")).content
    assert (asked["title"], asked["confirm_label"]) == ("Request this appointment?", "Request")
    done = await click(conversation, "confirm", "confirm")
    assert (done.outcome, done.effects) == ("done", {"sent"}) and done.text.startswith("Requested under the reference")
    assert [one.act for one in done.receipts] == ["sent"]
    receipt = (await row("receipt")).content
    assert receipt["title"] == "Appointment requested" and receipt["note"].startswith("The team will confirm it")
    posted = await in_db(post_message)(conversation, "later", "Thanks")
    assert (await Executor.for_turn(await loaded(posted.turn))).effects() == {"sent"}
    await in_db(lambda: appointments.approve(Appointment.objects.select_related("service").get()))()
    posted = await in_db(post_message)(conversation, "latest", "Thanks")
    assert (await Executor.for_turn(await loaded(posted.turn))).effects() == {"booked", "sent"}
    receipt = (await row("receipt")).content
    assert receipt["title"] == "Appointment confirmed", "once staff have approved it"
