from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from assistant import live
from assistant.async_db import in_db
from assistant.errors import Conflict, InputError
from assistant.models import Conversation, Message, Turn
from assistant.services.conversations import takeover
from assistant.services.conversations.events import resume_session
from assistant.services.conversations.history import build_history
from assistant.services.conversations.leases import claim_turn, retry_turn
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.outcomes import Outcome, finish_turn
from assistant.services.conversations.staff_texts import HAND_BACK_CHARS, NOTE_CHARS, REPLY_CHARS
from assistant.services.conversations.state import change_state, leave_note
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def grace() -> User:
    return User.objects.create_user("grace", first_name="Grace")


@pytest.fixture
def conversation() -> Conversation:
    return make.conversation()


def test_staff_who_answer_hold_the_conversation_until_they_hand_it_back(conversation, grace):
    takeover.answer(conversation, grace, "Hello, this is Grace.\x00")
    takeover.answer(conversation, grace, "How can I help?")
    events = resume_session(conversation, 0).events
    assert [event["type"] for event in events] == ["conversation.updated", "message.added", "message.added"]
    assert (events[0]["state"], events[0]["staff"]) == ("staff", "Grace")
    assert (events[1]["message"]["role"], events[1]["message"]["text"]) == ("staff", "Hello, this is Grace.")
    assert post_message(conversation, "c-1", "I am late.").turn is None
    takeover.hand_back(conversation)
    turn = post_message(conversation, "c-2", "And you?").turn
    assert [(m.role, m.text) for m in build_history(turn, 9)][:2] == [
        ("assistant", "Hello, this is Grace."), ("assistant", "How can I help?"),
    ]  # fmt: skip
    conversation.refresh_from_db()
    assert (conversation.state, conversation.staff) == ("assistant", None)


def test_the_visitor_reads_that_a_person_has_left_and_the_assistant_answers_what_was_open(conversation, grace):
    takeover.answer(conversation, grace, "One moment.")
    asked = post_message(conversation, "c-1", "Is there a lift?")
    assert asked.turn is None
    turn = takeover.hand_back(conversation)
    assert turn is not None and turn.message == asked.message
    assert conversation.messages.get(role="system").text == "Grace has left the chat."
    assert [m.text for m in build_history(turn, 9)] == ["One moment.", "Is there a lift?"]
    assert takeover.hand_back(conversation) is None
    assert conversation.turns.count() == 1


def test_handing_back_begins_nothing_where_the_person_has_answered(conversation, grace):
    takeover.answer(conversation, grace, "One moment.")
    post_message(conversation, "c-1", "Is there a lift?")
    takeover.answer(conversation, grace, "Yes, to the left.")
    assert takeover.hand_back(conversation) is None
    assert not conversation.turns.exists()


async def test_a_reply_in_the_making_gives_way_to_a_person(conversation, grace):
    running, queued = [await in_db(post_message)(conversation, f"c-{n}", "Hello") for n in range(2)]
    await in_db(claim_turn)(running.turn.pk)
    async with live.subscribe(live.RUNNERS) as runners:
        await in_db(takeover.answer)(conversation, grace, "I am here.")
        asked = {(await runners.next())["turn"] for _ in range(2)}
    assert asked == {str(running.turn.pk), str(queued.turn.pk)}
    assert not await Turn.objects.filter(stop_requested_at=None).aexists()


def test_a_failed_reply_is_not_tried_again_while_a_person_answers(conversation, grace):
    turn = post_message(conversation, "c-1", "Hello").turn
    finish_turn(claim_turn(turn.pk), Outcome(Turn.State.FAILED, retryable=True))
    takeover.answer(conversation, grace, "I am here.")
    with pytest.raises(Conflict):
        retry_turn(conversation, str(turn.pk))


def test_a_closed_conversation_stays_closed(conversation, grace):
    change_state(conversation, Conversation.State.CLOSED)
    with pytest.raises(Conflict):
        takeover.answer(conversation, grace, "Hello.")
    with pytest.raises(Conflict):
        takeover.hand_back(conversation)
    conversation.refresh_from_db()
    assert conversation.state == "closed" and not conversation.messages.exists()


WRITTEN = {
    "reply": (REPLY_CHARS, lambda talk, by, text: takeover.answer(talk, by, text).text),
    "note": (NOTE_CHARS, lambda talk, by, text: leave_note(talk, by, text).text),
    "note to the assistant": (HAND_BACK_CHARS, lambda talk, by, text: _handed_back(talk, by, text)),
}


def _handed_back(talk, by, text):
    takeover.take_over(talk, by)
    takeover.hand_back(talk, text)
    return Conversation.objects.get(pk=talk.pk).note_to_assistant


@pytest.mark.parametrize("what", WRITTEN)
def test_what_staff_write_is_kept_whole_or_refused_with_the_limit(conversation, grace, what):
    most, write = WRITTEN[what]
    with pytest.raises(InputError, match=f"has {most + 1:,} characters. Shorten it to {most:,} at most"):
        write(conversation, grace, "ä" * (most + 1))
    assert not conversation.notes.exists() and not conversation.messages.filter(role="staff").exists()
    assert write(conversation, grace, "\x00 " + "ä" * most + " \r\n") == "ä" * most


@pytest.mark.parametrize("text", ["", "  ", "\x07\x00"])
def test_an_empty_answer_of_staff_is_refused(conversation, grace, text):
    with pytest.raises(InputError):
        takeover.answer(conversation, grace, text)
    assert not conversation.events.exists()


def test_another_member_of_staff_takes_over(conversation, grace):
    takeover.answer(conversation, grace, "Hello.")
    takeover.answer(conversation, User.objects.create_user("alan", first_name="Alan"), "Alan here.")
    said = Message.objects.order_by("seq").values_list("staff__first_name", "text")
    assert list(said) == [("Grace", "Hello."), ("Alan", "Alan here.")]
    conversation.refresh_from_db()
    assert conversation.staff.first_name == "Alan"
