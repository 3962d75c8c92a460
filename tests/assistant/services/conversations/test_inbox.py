"""The inbox: what waits for whom, what has been read, and answers that cross."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from assistant import events, live
from assistant.async_db import in_db
from assistant.engine.prompt import build_scene, instructions
from assistant.errors import Conflict, InputError
from assistant.models import Conversation, Tag
from assistant.services.conversations import email_answers, inbox, takeover
from assistant.services.conversations.events import resume_session
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.state import change_state
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def grace() -> User:
    return User.objects.create_user("grace", first_name="Grace")


@pytest.fixture
def alan() -> User:
    return User.objects.create_user("alan", first_name="Alan")


@pytest.fixture
def talk() -> Conversation:
    made = make.conversation()
    post_message(made, "c-1", "Is there a lift?")
    return made


def tabs_of(talk: Conversation, user: User) -> set[str]:
    rows = inbox.annotated(Conversation.objects.all(), user, timezone.now())
    return {name for name in inbox.TABS if inbox.tab(rows, name, user).filter(pk=talk.pk).exists()}


def row_of(talk: Conversation, user: User):
    return inbox.annotated(Conversation.objects.all(), user, timezone.now()).get(pk=talk.pk)


def test_a_conversation_is_in_the_tabs_that_its_state_says(talk, grace, alan):
    assert tabs_of(talk, grace) == {"open"}
    change_state(talk, "waiting")
    assert tabs_of(talk, grace) == {"waiting", "open"}
    takeover.take_over(talk, grace)
    assert (tabs_of(talk, grace), tabs_of(talk, alan)) == ({"mine", "open"}, {"open"})
    takeover.hand_back(talk)
    assert tabs_of(talk, grace) == {"mine", "open"}  # assigned with the takeover, until somebody says otherwise
    inbox.assign(talk, alan)
    assert (tabs_of(talk, grace), tabs_of(talk, alan)) == ({"open"}, {"mine", "open"})
    change_state(talk, "closed")
    assert tabs_of(talk, alan) == {"closed"}


def test_those_who_have_waited_longest_come_first(grace):
    home = make.assistant()
    talks = [make.conversation(home) for _ in range(3)]
    for number, talk in enumerate(talks):
        post_message(talk, "c-1", "Hello")
        change_state(talk, "waiting")
        since = timezone.now() - timedelta(minutes=(5, 20, 1)[number])
        Conversation.objects.filter(pk=talk.pk).update(waiting_since=since)
    rows = inbox.annotated(Conversation.objects.all(), grace, timezone.now())
    assert [row.pk for row in inbox.tab(rows, "waiting", grace)] == [talks[1].pk, talks[0].pk, talks[2].pk]


def test_a_message_is_unread_for_each_person_until_they_have_read_it(talk, grace, alan):
    assert not row_of(talk, grace).unread  # the assistant sees to it
    change_state(talk, "waiting")
    assert row_of(talk, grace).unread and row_of(talk, alan).unread
    talk.refresh_from_db()
    inbox.mark_read(talk, grace, talk.last_seq)
    assert (row_of(talk, grace).unread, row_of(talk, alan).unread) == (False, True)
    inbox.mark_read(talk, grace, 0)  # a late page
    assert not row_of(talk, grace).unread
    post_message(talk, "c-2", "Hello?")
    assert row_of(talk, grace).unread


def test_nobody_has_read_what_has_not_been_said(talk, grace):
    change_state(talk, "waiting")
    talk.refresh_from_db()
    inbox.mark_read(talk, grace, 10**9)
    post_message(talk, "c-2", "Hello?")
    assert row_of(talk, grace).unread


def test_a_snoozed_conversation_comes_back_with_time_or_with_a_message(talk, grace):
    change_state(talk, "waiting")
    inbox.snooze(talk, timezone.now() + timedelta(hours=1))
    assert tabs_of(talk, grace) == {"open"} and row_of(talk, grace).snoozed
    post_message(talk, "c-2", "Hello?")
    assert tabs_of(talk, grace) == {"waiting", "open"}
    inbox.snooze(talk, timezone.now() - timedelta(seconds=1))
    assert tabs_of(talk, grace) == {"waiting", "open"}
    inbox.snooze(talk, timezone.now() + timedelta(hours=1))
    inbox.snooze(talk, None)
    assert tabs_of(talk, grace) == {"waiting", "open"}


def test_an_answer_that_somebody_else_has_overtaken_is_refused_with_theirs(talk, grace, alan):
    talk.refresh_from_db()
    seen = talk.last_seq
    takeover.answer(talk, grace, "Yes, to the left.", seen=seen)
    with pytest.raises(takeover.Crossed) as crossed:
        takeover.answer(talk, alan, "No.", seen=seen)
    assert (crossed.value.message.text, str(crossed.value)) == ("Yes, to the left.", "grace has answered in the meantime.")
    assert [row.text for row in talk.messages.filter(role="staff")] == ["Yes, to the left."]
    takeover.answer(talk, grace, "On the right, sorry.", seen=seen)  # one's own answers do not cross
    takeover.answer(talk, alan, "As Grace says.", seen=crossed.value.message.seq + 9)
    assert talk.messages.filter(role="staff").count() == 3


def test_a_visitors_message_that_comes_in_meanwhile_refuses_no_answer(talk, grace):
    talk.refresh_from_db()
    seen = talk.last_seq
    post_message(talk, "c-2", "Hello?")
    assert takeover.answer(talk, grace, "Yes.", seen=seen)


def test_taking_over_ends_the_reply_and_handing_back_answers_what_stayed_open(talk, grace):
    takeover.take_over(talk, grace)
    assert not talk.turns.filter(stop_requested_at=None).exists()
    turn = takeover.hand_back(talk, "Offer them\x00 the ramp.")
    assert turn is not None and turn.message.text == "Is there a lift?"
    talk.refresh_from_db()
    scene = build_scene(talk, now=timezone.now(), can_act=False)
    assert "# A note from a colleague" in instructions(scene) and "Offer them the ramp." in instructions(scene)
    takeover.take_over(talk, grace)
    takeover.hand_back(talk)
    talk.refresh_from_db()
    assert "# A note from a colleague" not in instructions(build_scene(talk, now=timezone.now(), can_act=False))


def test_a_closed_conversation_cannot_be_taken_over(talk, grace):
    change_state(talk, "closed")
    with pytest.raises(Conflict):
        takeover.take_over(talk, grace)


def test_tags_are_the_organizations_own_and_made_as_they_are_used(talk):
    for name in ("  Refund  please ", "VIP", "VIP"):
        inbox.add_tag(talk, name)
    other = make.conversation(make.assistant(make.organization("Other")))
    inbox.add_tag(other, "VIP")
    assert [tag.name for tag in talk.tags.all()] == ["Refund please", "VIP"]
    assert Tag.objects.filter(name="VIP").count() == 2
    inbox.remove_tag(talk, "Refund please")
    assert [tag.name for tag in talk.tags.all()] == ["VIP"]
    assert [tag.name for tag in other.tags.all()] == ["VIP"]


def test_a_conversation_has_so_many_tags_and_none_without_a_name(talk):
    for number in range(inbox.MOST_TAGS):
        inbox.add_tag(talk, str(number))
    inbox.add_tag(talk, "0")  # has it already
    for name in ("one more", "  ", "\0"):
        with pytest.raises(InputError):
            inbox.add_tag(talk, name)
    assert talk.tags.count() == inbox.MOST_TAGS
    assert not Tag.objects.filter(name="one more").exists()


async def told(subscription: live.Subscription) -> dict:
    """What comes next, apart from the wish to read and check everything again, with which a connection to Redis begins."""
    while (payload := await subscription.next()) is None or live.CHECK in payload:
        pass
    return payload


@pytest.mark.django_db(transaction=True)
async def test_the_visitor_sees_how_far_a_person_has_read_and_staff_how_far_the_visitor_has(grace):
    talk = await in_db(make.conversation)()
    async with (
        live.subscribe(live.group(talk.pk)) as visitor,
        live.subscribe(live.staff_group(talk.organization_id)) as staff,
    ):
        # What is published before anybody subscribes may come through Redis after that.
        await in_db(post_message)(talk, "c-1", "Hello")
        assert "read" not in (await in_db(resume_session)(talk, 0)).conversation
        await in_db(change_state)(talk, "waiting")
        await in_db(talk.refresh_from_db)()
        visitor.delivered = talk.last_seq
        await in_db(live.announce_to_staff)(talk.organization_id, {"type": "first"})
        while await told(staff) != {"type": "first"}:
            pass
        await in_db(inbox.mark_read)(talk, grace, talk.last_seq)
        assert await told(visitor) == {"type": "conversation.read", "upto": 2}
        assert (await told(staff))["type"] == "read"
        for _ in range(2):  # the second time nothing is new
            await in_db(inbox.mark_read)(talk, grace, 1)
            await in_db(email_answers.mark_seen)(talk, 2)
        assert await told(staff) == {"type": "seen", "conversation": str(talk.pk)}
        await in_db(live.announce)(talk.pk, events.StaffTyping())
        await in_db(live.announce_to_staff)(talk.organization_id, {"type": "last"})
        assert (await told(visitor), await told(staff)) == ({"type": "staff.typing"}, {"type": "last"})
    assert (await in_db(resume_session)(talk, 0)).conversation["read"] == 2


@pytest.mark.django_db(transaction=True)
async def test_what_happens_in_a_conversation_is_published_to_its_organizations_staff_alone(grace):
    talk = await in_db(make.conversation)()
    async with (
        live.subscribe(live.staff_group(talk.organization_id)) as ours,
        live.subscribe(live.staff_group(talk.organization_id + 1)) as theirs,
    ):
        await in_db(post_message)(talk, "c-1", "Hello")
        assert await told(ours) == {"type": "changed", "conversation": str(talk.pk), "event": "message.added"}
        await in_db(inbox.assign)(talk, grace)
        assert await told(ours) == {"type": "changed", "conversation": str(talk.pk)}
        await in_db(live.announce_to_staff)(talk.organization_id + 1, {"type": "last"})
        assert await told(theirs) == {"type": "last"}  # and nothing before it
