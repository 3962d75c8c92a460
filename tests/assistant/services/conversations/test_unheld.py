"""A visitor whose person has left the team waits for another one, and the team is told."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from assistant.models import Conversation, Delivery, Membership, StaffEvent
from assistant.services.conversations import inbox, takeover
from assistant.services.conversations.messages import post_message
from assistant.services.notifications import choices
from assistant.services.notifications.choices import Choice
from assistant.services.organizations import members
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_broker(queued_tasks: list[Any]) -> None:
    pass


@pytest.fixture
def talk() -> Conversation:
    return make.conversation(make.assistant(make.organization(team_email="team@example.com")))


def colleague(talk: Conversation, name: str) -> User:
    user = User.objects.create_user(name, f"{name}@example.com", is_staff=True)
    Membership.objects.create(user=user, organization=talk.organization, role="agent")
    choices.keep(user, {event: Choice(email=True) for event in StaffEvent})
    return user


def told(talk: Conversation) -> set[str]:
    return set(talk.notifications.values_list("user__username", flat=True))


@pytest.mark.parametrize(
    "leave", [members.remove, lambda membership: members.change_role(membership, "viewer")], ids=["removed", "a viewer"]
)
def test_a_visitor_whose_person_may_answer_no_longer_waits_for_another_and_the_team_is_told(talk, leave):
    ann, _ = colleague(talk, "ann"), colleague(talk, "bob")
    other = make.conversation(make.assistant(make.organization("Other")))
    for one in (talk, other):
        post_message(one, "c-1", "Is there a lift?")
        takeover.take_over(one, ann)
    leave(Membership.objects.get(user=ann))
    for one in (talk, other):
        one.refresh_from_db()
    assert (talk.state, talk.staff, talk.assigned, talk.reach) == ("waiting", None, None, "told")
    assert "bob" in told(talk)
    assert "needs another person: Is there a lift?" in Delivery.objects.get(to="team@example.com").subject
    assert (other.state, other.staff) == ("staff", ann)  # another organization's is none of this one's business


def test_what_was_only_assigned_to_somebody_who_is_removed_goes_on_without_them(talk):
    ann = colleague(talk, "ann")
    post_message(talk, "c-1", "Is there a lift?")
    inbox.assign(talk, ann)
    members.remove(Membership.objects.get(user=ann))
    talk.refresh_from_db()
    assert (talk.state, talk.assigned) == ("assistant", None)


@pytest.mark.parametrize("leave", [lambda user: user.delete(), lambda user: User.objects.update(is_active=False)])
def test_a_message_to_somebody_whose_account_is_gone_reaches_the_team(talk, leave):
    ann = colleague(talk, "ann")
    takeover.take_over(talk, ann)
    leave(ann)
    bob = colleague(talk, "bob")
    assert post_message(Conversation.objects.get(pk=talk.pk), "c-1", "Hello?").turn is None
    talk.refresh_from_db()
    assert (talk.state, told(talk)) == ("waiting", {bob.username})
    assert Delivery.objects.filter(to="team@example.com").count() == 1
