"""Handing over to a person, and leaving an address for the team."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from assistant.async_db import in_db
from assistant.engine.claims import unbacked
from assistant.models import Card, Conversation, Delivery, Method, Turn
from assistant.models import ToolCall as Row
from assistant.services.conversations import card_answers, handoffs
from assistant.services.conversations.events import resume_session
from assistant.tools import handoff
from assistant.tools.executor import Executor
from tests import make

from .acts import call

Make = Callable[..., Method]
pytestmark = pytest.mark.django_db


def a_handoff(make_method: Make, talk: Conversation, *, team: str = "team@example.com", **fields: object) -> Method:
    organization = talk.assistant.organization
    organization.team_email = team
    organization.save()
    return make_method(talk.assistant, "person", kind="handoff", **fields)


def use_up_the_day(talk: Conversation) -> None:
    for number in range(handoff.PER_TEAM_PER_DAY):
        make.email(talk.organization, to="team@example.com", subject="x", text="x", key=f"used {number}")


def shown(talk: Conversation) -> tuple[str, bool | None, list[str]]:
    """What the visitor sees: state, whether somebody was told, and the text of each form."""
    ready = resume_session(talk, 0)
    texts = [card.content["text"] for card in talk.cards.filter(kind=Card.Kind.CONTACT)]
    return ready.conversation["state"], ready.conversation.get("notified"), texts


async def clicked(talk: Conversation) -> Row:
    """The visitor's click on "Talk to a person", and the call that it set off."""
    turn = await in_db(handoffs.request_human)(talk, "I would like to talk to a person.")
    assert turn is not None
    begun = await Turn.objects.select_related(
        "opening_call", "conversation__assistant__organization", "conversation__visitor"
    ).aget(pk=turn.pk)
    executor = await Executor.for_turn(begun)
    assert begun.opening_call
    await executor.execute_opening_call(begun.opening_call)
    return await Row.objects.aget(pk=begun.opening_call.pk)


NOBODY = "Nobody from the team could be notified just now."


async def test_the_conversation_waits_the_team_is_notified_and_the_visitor_can_leave_an_address(
    method: Make, turn: Turn
) -> None:
    talk = turn.conversation
    talk.visitor.email = "ann@example.com"
    await talk.visitor.asave()
    await sync_to_async(a_handoff)(method, talk)
    executor = await Executor.for_conversation(talk, turn=turn)
    result = await executor.execute(call("person", reason="A refund."), round=1, ordinal=0)
    assert (result.outcome, result.effects) == ("done", frozenset({"sent"}))
    await talk.arefresh_from_db()
    assert talk.state == Conversation.State.WAITING
    notice = await Delivery.objects.aget()
    assert notice.to == "team@example.com" and "A refund." in notice.text

    card = await Card.objects.aget(kind=Card.Kind.CONTACT)
    known = {field["name"]: field["value"] for field in card.content["fields"]}
    assert known == {"name": "", "email": "ann@example.com", "message": ""}
    assert [field["name"] for field in card.content["fields"] if not field.get("optional")] == ["email"]
    fields = {"name": "Ann", "email": "ann@example.com", "message": "Please call."}
    answered = await sync_to_async(card_answers.answer)(talk, str(card.pk), "send", fields)
    assert answered is not None
    opening = await Turn.objects.select_related("opening_call", "conversation__assistant__organization").aget(pk=answered.pk)
    executor = await Executor.for_turn(opening)
    assert (await executor.execute_opening_call(opening.opening_call)).outcome == "done"
    left = await Delivery.objects.alatest("created_at")
    assert left.to == "team@example.com" and "ann@example.com" in left.text and left.reply_to == ""
    assert await Card.objects.filter(kind=Card.Kind.RECEIPT).acount() == 1


async def test_an_invalid_address_is_not_passed_on(method: Make, talk: Conversation) -> None:
    await sync_to_async(a_handoff)(method, talk)
    executor = await Executor.for_conversation(talk)
    for address in (
        "nobody",
        "a@b@c.example",
        "a b@example.com",
        "a@example.com, b@example.com",
        "a@example.com\nBcc: x@y.z",
    ):
        result = await executor.execute(call("person_contact", email=address), round=1, ordinal=0)
        assert result.outcome == "failed", address
    assert not await Delivery.objects.aexists()


# --- Only what is so is said ------------------------------------------------------------------------------------------


async def test_a_visitor_who_asks_for_a_person_sees_that_the_team_is_notified_once_a_delivery_exists(
    method: Make, talk: Conversation
) -> None:
    await in_db(a_handoff)(method, talk)
    await in_db(handoffs.request_human)(talk, "A person, please.")
    state, notified, [text] = await in_db(shown)(talk)
    assert (state, notified) == ("waiting", False) and text.startswith("Nobody from the team has been notified yet.")
    talk = await in_db(make.conversation)(talk.assistant)
    row = await clicked(talk)
    assert row.state == "done" and "on its way" in row.result
    state, notified, [text] = await in_db(shown)(talk)
    assert (state, notified) == ("waiting", True) and text.startswith("The team is being notified")
    assert await Delivery.objects.filter(conversation=talk).aexists()


@pytest.mark.parametrize(
    "backend", ["django.core.mail.backends.console.EmailBackend", "interworky.demo.mailbox.MailboxBackend"]
)
async def test_without_a_mail_server_nothing_is_said_to_be_sent(
    method: Make, turn: Turn, settings: Any, backend: str
) -> None:
    settings.EMAIL_BACKEND = backend
    await in_db(a_handoff)(method, turn.conversation)
    executor = await Executor.for_conversation(turn.conversation, turn=turn)
    asked = await executor.execute(call("person", reason="A refund."), round=1, ordinal=0)
    left = await executor.execute(call("person_contact", email="ann@example.com"), round=1, ordinal=1)
    for result in (asked, left):
        assert (result.outcome, result.effects) == ("done", frozenset({"done"}))
        assert result.text.startswith("No e-mail is sent") and "on its way" not in result.text
        assert unbacked("I have sent it to the team.", result.effects)
    later = await Executor.for_conversation(turn.conversation, turn=turn)
    assert "sent" not in later.effects(), "neither may a later reply claim it"


@pytest.mark.parametrize("why", ["no address", "the team's day is used up", "the address cannot be written to"])
async def test_the_conversation_waits_and_the_visitor_reads_that_nobody_could_be_notified(
    method: Make, talk: Conversation, why: str
) -> None:
    to = {"no address": "", "the address cannot be written to": "a@b@c"}.get(why, "team@example.com")
    await in_db(a_handoff)(method, talk, team=to)
    if why == "the team's day is used up":
        await in_db(use_up_the_day)(talk)
    row = await clicked(talk)
    assert (row.state, row.code) == ("failed", "nobody_told")
    assert "do not say that anybody has been told" in row.result
    state, notified, [text] = await in_db(shown)(talk)
    assert (state, notified) == ("waiting", False) and text.startswith(NOBODY)
    assert not await Delivery.objects.filter(conversation=talk).aexists()


async def test_a_quota_of_the_method_takes_neither_the_waiting_nor_the_truth_away(method: Make, talk: Conversation) -> None:
    await in_db(a_handoff)(method, talk, per_day=0)
    row = await clicked(talk)
    assert (row.state, row.code) == ("refused", "daily_quota")
    state, notified, [text] = await in_db(shown)(talk)
    assert (state, notified) == ("waiting", False) and text.startswith("Nobody from the team has been notified yet.")


async def test_without_a_method_for_it_the_conversation_waits_and_says_so(talk: Conversation) -> None:
    assert await in_db(handoffs.request_human)(talk, "A person, please.") is None
    assert (await in_db(shown)(talk))[:2] == ("waiting", False)
    said = await talk.messages.aget()
    assert (said.role, said.text.startswith("The team is not notified from here.")) == ("system", True)
    card = await talk.cards.aget(kind=Card.Kind.CONTACT)
    answered = await in_db(card_answers.answer)(talk, str(card.pk), "send", {"email": "ann@example.com"})
    assert answered is not None and answered.opening_call is None
    visitor = await type(talk.visitor).objects.aget(pk=talk.visitor_id)
    assert (visitor.email, visitor.name) == ("ann@example.com", "")


# --- Office hours -----------------------------------------------------------------------------------------------------


def at_all_hours(talk: Conversation, *, away_days: int = 0) -> None:
    """The office is open day and night, but closed from yesterday to `away_days` from now, where that is not 0."""
    organization = talk.assistant.organization
    for weekday in range(7):
        organization.office_hours.create(weekday=weekday, opens=time(), closes=time())
    if away_days:
        today = timezone.now().date()
        organization.closures.create(first_day=today - timedelta(days=1), last_day=today + timedelta(days=away_days))


async def test_outside_office_hours_nobody_is_promised_and_the_visitor_reads_when_the_team_is_back(
    method: Make, talk: Conversation
) -> None:
    await in_db(a_handoff)(method, talk, config={"text": "We reply within an hour."})
    await in_db(at_all_hours)(talk, away_days=2)
    row = await clicked(talk)
    back = timezone.now().date() + timedelta(days=3)
    assert row.state == "done" and "outside the team's office hours" in row.result and f"{back:%A}" in row.result
    ready = await in_db(resume_session)(talk, 0)
    assert ready.conversation["opens_at"] == f"{back}T00:00:00Z" and ready.conversation["notified"] is True
    [text] = (await in_db(shown)(talk))[2]
    assert text.startswith("The team is away until") and f"{back:%A}" in text and "within an hour" not in text
    await talk.arefresh_from_db()
    assert talk.reach == "away" and talk.waiting_since is not None
    assert await Delivery.objects.filter(conversation=talk).aexists()


async def test_within_office_hours_the_team_is_told_and_nothing_is_said_of_hours(method: Make, talk: Conversation) -> None:
    await in_db(a_handoff)(method, talk, config={"text": "We reply within an hour."})
    await in_db(at_all_hours)(talk)
    row = await clicked(talk)
    assert "office hours" not in row.result
    ready = await in_db(resume_session)(talk, 0)
    assert "opens_at" not in ready.conversation
    assert (await in_db(shown)(talk))[2] == ["We reply within an hour."]
    await talk.arefresh_from_db()
    assert talk.reach == "told"


async def test_an_office_that_does_not_open_again_soon_promises_no_day(method: Make, talk: Conversation) -> None:
    await in_db(a_handoff)(method, talk)
    await in_db(at_all_hours)(talk, away_days=200)
    await clicked(talk)
    assert "opens_at" not in (await in_db(resume_session)(talk, 0)).conversation
    assert (await in_db(shown)(talk))[2][0].startswith("The team is away at the moment.")


async def test_an_address_that_is_left_names_the_visitor_and_needs_nothing_else(method: Make, talk: Conversation) -> None:
    await in_db(a_handoff)(method, talk)
    await clicked(talk)
    card = await Card.objects.aget(conversation=talk, kind=Card.Kind.CONTACT)
    assert await in_db(card_answers.answer)(talk, str(card.pk), "send", {"name": "Ann"}) is None  # an address it needs
    answered = await in_db(card_answers.answer)(talk, str(card.pk), "send", {"email": "ann@example.com", "name": "Ann"})
    assert answered is not None
    visitor = await type(talk.visitor).objects.aget(pk=talk.visitor_id)
    assert (visitor.name, visitor.email, visitor.email_verified_at) == ("Ann", "ann@example.com", None)


async def test_a_refused_second_request_does_not_withdraw_the_first_notification(
    method: Make, talk: Conversation, turn: Turn
) -> None:
    await in_db(a_handoff)(method, talk)
    executor = await Executor.for_conversation(talk, turn=turn)
    assert (await executor.execute(call("person", reason="One."), round=1, ordinal=0)).outcome == "done"
    await in_db(use_up_the_day)(talk)
    assert (await executor.execute(call("person", reason="Two."), round=2, ordinal=0)).outcome == "failed"
    assert (await in_db(shown)(talk))[:2] == ("waiting", True)


@pytest.mark.parametrize(
    ("state", "text"), [("dead", NOBODY), ("kept", "This is a demonstration: the e-mail was not sent.")]
)
async def test_the_notification_is_withdrawn_if_the_notice_is_not_sent(
    method: Make, talk: Conversation, state: str, text: str
) -> None:
    await in_db(a_handoff)(method, talk)
    await clicked(talk)

    def ends(state: str) -> None:
        delivery = Delivery.objects.get()
        delivery.state = state
        delivery.save()
        handoffs.follow(delivery)

    await in_db(ends)(state)
    waits, notified, [said] = await in_db(shown)(talk)
    assert (waits, notified) == ("waiting", False) and said.startswith(text)
    await in_db(ends)("sent")  # staff have sent it again
    assert (await in_db(shown)(talk))[1] is True


async def test_a_form_says_no_more_than_that_it_is_kept_until_a_receipt_does(method: Make, talk: Conversation) -> None:
    await in_db(a_handoff)(method, talk)
    fields = {"name": "Ann", "email": "ann@example.com", "message": "Please call."}
    for team, note in (("team@example.com", None), ("", "Kept in this conversation. It has not been passed on by e-mail.")):
        talk = await in_db(make.conversation)(talk.assistant)
        await clicked(talk)
        await type(talk.organization).objects.aupdate(team_email=team)
        card = await Card.objects.aget(conversation=talk, kind=Card.Kind.CONTACT)
        answered = await in_db(card_answers.answer)(talk, str(card.pk), "send", fields)
        await card.arefresh_from_db()
        assert card.content["note"].startswith("Kept in this conversation.")
        opening = await Turn.objects.select_related(
            "opening_call", "conversation__assistant__organization", "conversation__visitor"
        ).aget(pk=answered.pk)
        executor = await Executor.for_turn(opening)
        result = await executor.execute_opening_call(opening.opening_call)
        await card.arefresh_from_db()
        assert (result.outcome, card.content.get("note")) == ("failed" if note else "done", note)
        receipts = Card.objects.filter(conversation=talk, kind=Card.Kind.RECEIPT)
        assert await receipts.acount() == (0 if note else 1)


def test_a_person_is_offered_only_where_asking_leads_to_somebody(method: Make, talk: Conversation) -> None:
    assert not handoffs.reaches_somebody(talk.assistant)
    made = a_handoff(method, talk, team="")
    assert not handoffs.reaches_somebody(talk.assistant)
    assert handoffs.without_address(type(talk.organization).objects.all()) == [made]
    made.config = {"to": "reception@example.com"}
    made.save()
    assert handoffs.reaches_somebody(talk.assistant)
    assert handoffs.without_address(type(talk.organization).objects.all()) == []
    type(made).objects.update(enabled=False)
    assert not handoffs.reaches_somebody(talk.assistant)
