"""Fetching a person, and leaving an address for one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async

from assistant.models import Card, Conversation, Delivery, Method, Turn
from assistant.services.conversations import card_answers
from assistant.tools.toolbox import ConversationToolbox

from .acts import call

Make = Callable[..., Method]
pytestmark = pytest.mark.django_db


def a_handoff(make_method: Make, talk: Conversation) -> Method:
    organization = talk.assistant.organization
    organization.team_email = "team@example.com"
    organization.save()
    return make_method(talk.assistant, "person", kind="handoff")


async def test_the_conversation_waits_the_team_is_told_and_the_visitor_can_leave_an_address(
    method: Make, turn: Turn
) -> None:
    talk = turn.conversation
    talk.visitor.email = "ann@example.com"
    await talk.visitor.asave()
    await sync_to_async(a_handoff)(method, talk)
    toolbox = await ConversationToolbox.for_conversation(talk, turn=turn)
    result = await toolbox.execute(call("person", reason="A refund."), round=1, ordinal=0)
    assert (result.outcome, result.achieved) == ("done", frozenset({"sent"}))
    await talk.arefresh_from_db()
    assert talk.state == Conversation.State.WAITING
    notice = await Delivery.objects.aget()
    assert notice.to == "team@example.com" and "A refund." in notice.text

    card = await Card.objects.aget(kind=Card.Kind.CONTACT)
    known = {field["name"]: field["value"] for field in card.content["fields"]}
    assert known == {"name": "", "email": "ann@example.com", "message": ""}
    fields = {"name": "Ann", "email": "ann@example.com", "message": "Please call."}
    answered = await sync_to_async(card_answers.answer)(talk, str(card.pk), "send", fields)
    assert answered is not None
    opening = await Turn.objects.select_related("opening_call", "conversation__assistant__organization").aget(pk=answered.pk)
    toolbox = await ConversationToolbox.for_turn(opening)
    assert (await toolbox.open(opening.opening_call)).outcome == "done"
    left = await Delivery.objects.alatest("created_at")
    assert left.to == "team@example.com" and "ann@example.com" in left.text and left.reply_to == ""
    assert await Card.objects.filter(kind=Card.Kind.RECEIPT).acount() == 1


async def test_what_is_no_address_is_not_passed_on(method: Make, talk: Conversation) -> None:
    await sync_to_async(a_handoff)(method, talk)
    toolbox = await ConversationToolbox.for_conversation(talk)
    for address in (
        "nobody",
        "a@b@c.example",
        "a b@example.com",
        "a@example.com, b@example.com",
        "a@example.com\nBcc: x@y.z",
    ):
        result = await toolbox.execute(call("person_contact", email=address), round=1, ordinal=0)
        assert result.outcome == "failed", address
    assert not await Delivery.objects.aexists()
