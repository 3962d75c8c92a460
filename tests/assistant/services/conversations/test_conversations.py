from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.db.models import F
from django.utils import timezone

from assistant import llm
from assistant.errors import Conflict, NotAllowed, NotFound, TurnTaken
from assistant.models import Conversation, Message, ToolCall, Turn, Visitor
from assistant.services.conversations.events import resume_session
from assistant.services.conversations.history import build_history, estimated_tokens
from assistant.services.conversations.leases import claim_turn, renew_lease, renew_leases, request_stop, retry_turn
from assistant.services.conversations.messages import post_message, rate_message
from assistant.services.conversations.outcomes import Outcome, finish_turn
from assistant.services.conversations.sessions import TOKEN_SALT, conversation_for_token, open_session, update_visitor
from assistant.services.conversations.state import change_state
from tests import make

pytestmark = pytest.mark.django_db


def said(messages):
    return [(message.role, message.text) for message in messages]


def end(turn, text="", **outcome):
    """Run a turn to its end by hand."""
    finish_turn(claim_turn(turn.pk), Outcome(outcome.pop("state", Turn.State.DONE), text, **outcome))


def test_the_same_id_and_text_is_one_message_and_another_text_is_refused():
    conversation = make.conversation()
    first = post_message(conversation, "c-1", "Hello")
    again = post_message(conversation, "c-1", "Hello")
    assert (first.message, first.turn) == (again.message, again.turn) and first.new and not again.new
    with pytest.raises(Conflict):
        post_message(conversation, "c-1", "Goodbye")
    assert Message.objects.count() == 1 and Turn.objects.count() == 1


def test_the_same_id_in_another_conversation_is_another_message():
    assistant = make.assistant()
    one, two = make.conversation(assistant), make.conversation(assistant)
    post_message(one, "c-1", "Hello")
    assert post_message(two, "c-1", "Hi").new


def test_seq_rises_by_one_over_all_durable_events():
    conversation = make.conversation()
    end(post_message(conversation, "c-1", "Hello").turn, "Hi there")
    rate_message(conversation, str(Message.objects.get(role="assistant").pk), 1)
    change_state(conversation, Conversation.State.STAFF)
    assert list(conversation.events.values_list("seq", flat=True)) == [1, 2, 3, 4, 5]
    ready = resume_session(conversation, 2)
    assert [event["seq"] for event in ready.events] == [3, 4, 5] and ready.seq == 5
    assert [event["type"] for event in ready.events] == ["turn.ended", "message.rated", "conversation.updated"]


def test_resume_gives_the_newest_events_and_says_when_older_ones_are_left_out():
    conversation = make.conversation()
    for number in range(5):
        post_message(conversation, f"c-{number}", "Hello")
    ready = resume_session(conversation, 0, limit=3)
    assert [event["seq"] for event in ready.events] == [3, 4, 5] and ready.more


def test_nothing_is_answered_while_a_person_holds_the_conversation():
    conversation = make.conversation()
    change_state(conversation, Conversation.State.STAFF)
    assert post_message(conversation, "c-1", "Hello").turn is None


def test_the_same_rating_again_is_not_an_event():
    conversation = make.conversation()
    end(post_message(conversation, "c-1", "Hello").turn, "Hi there")
    reply = Message.objects.get(role="assistant")
    for value in (0, 1, 1, 1, -1, -1, 0, 0):
        rate_message(conversation, str(reply.pk), value)
    rated = conversation.events.filter(type="message.rated").values_list("data", flat=True)
    assert [data["value"] for data in rated] == [1, -1, 0]


def test_a_message_gives_its_conversation_a_name_and_a_time():
    conversation = make.conversation()
    for number, text in enumerate(["  Can I come in \n on Tuesday?", "Or on Friday?"]):
        message = post_message(conversation, f"c-{number}", text).message
        conversation.refresh_from_db()
        assert conversation.title == "Can I come in on Tuesday?"
        assert abs(conversation.last_message_at - message.at) < timedelta(seconds=10)


def test_what_visitors_and_staff_call_themselves_turns_no_writing_around():
    talk = make.conversation()
    update_visitor(talk, name="Ann\u202etxt.exe")
    post_message(talk, "c-1", "Is it \u202eopen\u202c?")
    change_state(talk, "staff", staff=User.objects.create_user("grace", first_name="\u202eGrace"))
    talk.refresh_from_db()
    assert (talk.title, Visitor.objects.get().name) == ("Is it open?", "Anntxt.exe")
    assert talk.events.filter(type="conversation.updated").latest("seq").data["staff"] == "Grace"
    assert talk.messages.get().text == "Is it \u202eopen\u202c?", "what was said stays, set apart where it is shown"


def test_a_message_reopens_a_closed_conversation():
    conversation = make.conversation(state=Conversation.State.CLOSED)
    assert post_message(conversation, "c-1", "Hello").turn
    conversation.refresh_from_db()
    assert conversation.state == Conversation.State.ASSISTANT


def test_history_keeps_each_answer_with_its_question_though_visitors_write_on():
    conversation = make.conversation()
    first = post_message(conversation, "c-1", "One?").turn
    second = post_message(conversation, "c-2", "Two?").turn
    third = post_message(conversation, "c-3", "Three?").turn
    end(first, "One.")
    assert said(build_history(second, 20)) == [("user", "One?"), ("assistant", "One."), ("user", "Two?")]
    end(second, "Two.")
    assert said(build_history(third, 20))[-3:] == [("user", "Two?"), ("assistant", "Two."), ("user", "Three?")]


def test_history_is_cut_between_exchanges_never_within():
    conversation = make.conversation()
    for number in range(6):
        turn = post_message(conversation, f"c-{number}", f"Q{number}").turn
        if number < 5:
            end(turn, f"A{number}")
    assert said(build_history(turn, 4)) == [("user", "Q4"), ("assistant", "A4"), ("user", "Q5")]


def ledger(turn, result: str, number: int = 1, **fields) -> ToolCall:
    return ToolCall.objects.create(
        organization=turn.conversation.organization, conversation=turn.conversation, turn=turn, name="look_up",
        round=number, state=ToolCall.State.DONE, result=result, idempotency_key=f"{turn.pk}-{number}", **fields,
    )  # fmt: skip


def test_history_takes_no_more_tokens_than_it_may_and_shortens_old_results_before_it_forgets():
    conversation = make.conversation()
    for number in range(3):
        turn = post_message(conversation, f"c-{number}", f"Q{number}").turn
        ledger(turn, "x" * 3000)
        end(turn, f"A{number}")
    turn = post_message(conversation, "c-3", "Q3").turn
    everything = build_history(turn, 20)
    assert build_history(turn, 20, estimated_tokens(everything)) == everything
    shorter = build_history(turn, 20, 2000)
    assert [len(message.text) for message in shorter if message.role == "tool"] == [414, 414, 3000]
    assert [message for message in shorter if message.role != "tool"] == [m for m in everything if m.role != "tool"]
    assert said(build_history(turn, 20, 1250))[0] == ("user", "Q1")


def test_the_newest_exchange_stays_however_few_the_tokens():
    conversation = make.conversation()
    for number in range(2):
        end(post_message(conversation, f"c-{number}", f"Q{number}").turn, "A" * 500)
    turn = post_message(conversation, "c-2", "Q2").turn
    assert said(build_history(turn, 20, 1)) == [("user", "Q1"), ("assistant", "A" * 500), ("user", "Q2")]


@pytest.mark.parametrize("text", ["The quick brown fox.", "預約星期二上午十點", "Запишите меня на вторник"])
def test_tokens_are_estimated_rather_too_many_in_every_script(text):
    """A token is four Latin letters, or two Cyrillic ones, or one Chinese sign."""
    letters = {"T": 4, "預": 1, "З": 2}[text[0]]
    assert estimated_tokens([llm.ChatMessage("user", text)]) >= len(text) / letters


def test_a_reply_that_failed_does_not_poison_what_follows_but_what_it_did_is_known():
    conversation = make.conversation()
    turn = post_message(conversation, "c-1", "Book it").turn
    ToolCall.objects.create(
        organization=conversation.organization, conversation=conversation, turn=turn, name="book", round=1,
        arguments={"slot": "s"}, state=ToolCall.State.DONE, result="Booked.", idempotency_key="k",
    )  # fmt: skip
    end(turn, "I am about to", state=Turn.State.FAILED, text_state=Message.State.INCOMPLETE)
    following = post_message(conversation, "c-2", "And?").turn
    history = build_history(following, 20)
    assert said(history) == [("user", "Book it"), ("assistant", ""), ("tool", "Booked."), ("user", "And?")]
    assert history[1].calls[0].id == history[2].call_id


# --- Who may --------------------------------------------------------------------------------------------------------


def test_a_token_opens_its_conversation_from_its_origin_only():
    assistant = make.assistant()
    session = open_session(assistant, make.ORIGIN)
    assert conversation_for_token(session.token, make.ORIGIN) == session.conversation
    for origin in ("https://www.example.org", "", "null"):
        with pytest.raises(NotAllowed) as refused:
            conversation_for_token(session.token, origin)
        assert refused.value.code == "token_invalid"


@pytest.mark.parametrize("token, code", [("", "token_required"), ("x", "token_invalid"), ("a:b:c", "token_invalid")])
def test_a_token_that_we_did_not_issue_is_refused(token, code):
    with pytest.raises(NotAllowed) as refused:
        conversation_for_token(token, make.ORIGIN)
    assert refused.value.code == code


def test_a_token_dies_at_an_absolute_age(settings):
    session = open_session(make.assistant(), make.ORIGIN)
    settings.VISITOR_TOKEN_DAYS = 0
    with pytest.raises(NotAllowed) as refused:
        conversation_for_token(session.token, make.ORIGIN)
    assert refused.value.code == "token_expired"


@pytest.mark.parametrize("shut", ["assistant", "organization", "origin"])
def test_a_valid_token_is_refused_once_access_is_disabled(shut):
    assistant = make.assistant()
    session = open_session(assistant, make.ORIGIN)
    if shut == "assistant":
        assistant.enabled = False
        assistant.save()
    else:
        organization = assistant.organization
        organization.active = shut != "organization"
        organization.allowed_origins = "" if shut == "origin" else organization.allowed_origins
        organization.save()
    with pytest.raises(NotAllowed) as refused:
        conversation_for_token(session.token, make.ORIGIN)
    assert refused.value.code == "not_allowed"


def test_a_token_cannot_be_moved_to_another_visitor_or_assistant():
    ours, theirs = make.assistant(), make.assistant(make.organization("Other"))
    session = open_session(ours, make.ORIGIN)
    foreign = make.conversation(theirs)
    claims = signing.loads(session.token, salt=TOKEN_SALT)
    for change in ({"c": str(foreign.pk)}, {"a": theirs.pk}, {"v": str(foreign.visitor_id)}):
        forged = signing.dumps({**claims, **change}, salt=TOKEN_SALT)
        with pytest.raises(NotAllowed):
            conversation_for_token(forged, make.ORIGIN)


def test_the_same_visitor_gets_the_same_conversation_until_it_is_closed():
    assistant = make.assistant()
    first = open_session(assistant, make.ORIGIN, address="192.0.2.7")
    assert first.conversation.network and "192.0.2.7" not in first.conversation.network
    again = open_session(assistant, make.ORIGIN, token=first.token)
    assert again.conversation == first.conversation
    change_state(first.conversation, Conversation.State.CLOSED)
    new = open_session(assistant, make.ORIGIN, token=again.token)
    assert new.conversation != first.conversation and new.conversation.visitor == first.conversation.visitor


def test_a_token_of_another_assistant_starts_anew():
    ours, theirs = make.assistant(), make.assistant(make.organization("Other"))
    token = open_session(theirs, make.ORIGIN).token
    session = open_session(ours, make.ORIGIN, token=token)
    assert session.conversation.organization == ours.organization
    assert session.conversation.visitor.organization == ours.organization


def test_visitors_rate_replies_in_their_own_conversation_only():
    mine, other = make.conversation(), make.conversation(make.assistant(make.organization("Other")))
    end(post_message(other, "c-1", "Hello").turn, "Hi")
    reply = Message.objects.get(role="assistant")
    with pytest.raises(NotFound):
        rate_message(mine, str(reply.pk), 1)
    rate_message(other, str(reply.pk), -1)
    reply.refresh_from_db()
    assert reply.rating == -1


# --- The lease ------------------------------------------------------------------------------------------------------


def test_a_turn_is_claimed_once():
    turn = post_message(make.conversation(), "c-1", "Hello").turn
    claim_turn(turn.pk)
    with pytest.raises(TurnTaken):
        claim_turn(turn.pk)


def test_a_lapsed_lease_is_taken_over_and_the_late_writer_is_refused():
    conversation = make.conversation()
    turn = post_message(conversation, "c-1", "Hello").turn
    late = claim_turn(turn.pk)
    Turn.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    taken = claim_turn(turn.pk)
    assert taken.fence == late.fence + 1
    with pytest.raises(TurnTaken):
        finish_turn(late, Outcome(Turn.State.DONE, "Late"))
    with pytest.raises(TurnTaken):
        renew_lease(late)
    finish_turn(taken, Outcome(Turn.State.DONE, "In time"))
    assert [m.text for m in conversation.messages.all()] == ["Hello", "In time"]


def running_turns(count: int) -> list[Turn]:
    """Turns of as many conversations, all of this runner."""
    assistant = make.assistant()
    return [claim_turn(post_message(make.conversation(assistant), "c-1", "Hello").turn.pk) for _ in range(count)]


@pytest.mark.parametrize("at_once", [1, 200])
def test_leases_are_renewed_together_but_for_those_that_are_lost(at_once):
    held = running_turns(4)
    lost, ended, stopped, kept = held
    Turn.objects.filter(pk=lost.pk).update(fence=F("fence") + 1)
    finish_turn(ended, Outcome(Turn.State.DONE, "Hi"))
    request_stop(stopped.conversation, str(stopped.pk))
    Turn.objects.update(leased_until=timezone.now())
    assert renew_leases(held, at_once) == {stopped.pk: True, kept.pk: False}
    now = timezone.now()
    assert set(Turn.objects.filter(leased_until__gt=now).values_list("pk", flat=True)) == {stopped.pk, kept.pk}


def test_the_leases_of_many_turns_take_one_statement(django_assert_num_queries):
    held = running_turns(9)
    with django_assert_num_queries(1):
        assert len(renew_leases(held)) == 9


def test_a_conversation_is_answered_one_message_at_a_time_in_order():
    conversation = make.conversation()
    first = post_message(conversation, "c-1", "One?").turn
    second = post_message(conversation, "c-2", "Two?").turn
    with pytest.raises(TurnTaken):
        claim_turn(second.pk)
    end(first, "One.")
    claim_turn(second.pk)


def test_only_a_turn_that_failed_is_tried_again_and_only_once_at_a_time():
    conversation = make.conversation()
    turn = post_message(conversation, "c-1", "Hello").turn
    with pytest.raises(Conflict):
        retry_turn(conversation, str(turn.pk))
    end(turn, state=Turn.State.FAILED, retryable=True, code="not_available")
    again = retry_turn(conversation, str(turn.pk))
    assert again.message == turn.message
    with pytest.raises(Conflict):
        retry_turn(conversation, str(turn.pk))
    with pytest.raises(NotFound):
        retry_turn(make.conversation(make.assistant(make.organization("Other"))), str(again.pk))
