"""Idle conversations: closed after their organization's hours, once a summary is written or given up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from assistant.models import Assistant, Conversation, Event, Organization, Turn
from assistant.services.conversations.idle import close_idle
from assistant.services.conversations.leases import claim_turn
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.outcomes import Outcome, finish_turn
from assistant.services.conversations.sessions import issue, open_session
from tests import make

pytestmark = pytest.mark.django_db
State = Conversation.State


@pytest.fixture
def mia() -> Assistant:
    return make.assistant()


def quiet_for(hours: float, of: Assistant | None = None, **fields: object) -> Conversation:
    """A conversation whose question was answered that long ago."""
    conversation = make.conversation(of)
    turn = post_message(conversation, "c-1", "Is there a lift?").turn
    finish_turn(claim_turn(turn.pk), Outcome(Turn.State.DONE, "Yes, in the lobby."))
    said = timezone.now() - timedelta(hours=hours)
    Conversation.objects.filter(pk=conversation.pk).update(last_message_at=said, **fields)
    return conversation


def state_of(conversation: Conversation) -> str:
    return Conversation.objects.get(pk=conversation.pk).state


def test_a_conversation_is_closed_after_its_organizations_hours_and_not_before():
    talk = quiet_for(48.1, summary_seq=2)
    Organization.objects.update(close_after_hours=49)
    assert close_idle() == 0 and state_of(talk) == State.ASSISTANT
    Organization.objects.update(close_after_hours=48)
    assert close_idle() == 1 and state_of(talk) == State.CLOSED
    assert talk.events.order_by("seq").last().data == {"state": "closed"}
    assert close_idle() == 0


def test_hours_of_zero_leave_conversations_open():
    talk = quiet_for(2000, summary_seq=2)
    Organization.objects.update(close_after_hours=0)
    assert close_idle() == 0 and state_of(talk) == State.ASSISTANT


@pytest.mark.parametrize("state", [State.WAITING, State.STAFF, State.CLOSED])
def test_nobody_who_waits_for_a_person_or_talks_to_one_is_closed_upon(state: str):
    talk = quiet_for(2000, summary_seq=2, state=state)
    assert close_idle() == 0 and state_of(talk) == state


def test_a_summary_that_is_still_to_come_is_waited_for_and_one_that_was_given_up_is_not(mia: Assistant):
    to_come, given_up = quiet_for(3, mia), quiet_for(25, mia)
    Organization.objects.update(close_after_hours=2)
    assert close_idle() == 1
    assert (state_of(to_come), state_of(given_up)) == (State.ASSISTANT, State.CLOSED)
    to_come.assistant.makes_notes = False
    to_come.assistant.save()
    assert close_idle() == 1


def test_a_reply_in_the_making_keeps_a_conversation_open():
    talk = quiet_for(2000, summary_seq=2)
    post_message(talk, "c-2", "And on Sundays?")
    Conversation.objects.update(last_message_at=timezone.now() - timedelta(hours=2000))
    assert close_idle() == 0 and state_of(talk) == State.ASSISTANT


def test_of_many_the_oldest_are_closed_first(mia: Assistant):
    new, old = quiet_for(500, mia, summary_seq=2), quiet_for(600, mia, summary_seq=2)
    assert close_idle(limit=1) == 1
    assert (state_of(old), state_of(new)) == (State.CLOSED, State.ASSISTANT)


def test_a_conversation_that_cannot_be_closed_keeps_none_of_the_others_open(mia: Assistant, caplog):
    broken, *others = (quiet_for(hours, mia, summary_seq=2) for hours in (700, 600, 500))
    broken.refresh_from_db()
    Event.objects.create(conversation=broken, seq=broken.last_seq + 1, type="message.added")  # its next number
    assert close_idle() == 2
    assert [state_of(talk) for talk in (broken, *others)] == [State.ASSISTANT, State.CLOSED, State.CLOSED]
    assert str(broken.pk) in caplog.text and "IntegrityError" in caplog.text
    Event.objects.filter(conversation=broken, seq=broken.last_seq + 1).delete()
    assert close_idle() == 1


def test_a_visitor_who_comes_back_begins_a_new_conversation_and_stays_the_same_visitor():
    talk = quiet_for(500, summary_seq=2)
    token = issue(talk, make.ORIGIN).token
    close_idle()
    session = open_session(talk.assistant, make.ORIGIN, token=token)
    assert session.conversation.pk != talk.pk and session.conversation.visitor_id == talk.visitor_id
