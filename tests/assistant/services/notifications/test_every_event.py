"""Every event of staff reaches every channel; a new one of either is tried with all of the others here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from assistant import live, outbound, tasks
from assistant.async_db import in_db
from assistant.llm import TokenUsage
from assistant.models import (
    Budget,
    Conversation,
    Delivery,
    Membership,
    Notification,
    Provider,
    Question,
    StaffEvent,
    TeamWebhook,
)
from assistant.services.conversations import takeover
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.state import change_state
from assistant.services.knowledge import questions
from assistant.services.notifications import choices, queue
from assistant.services.notifications.choices import Choice
from assistant.services.providers import budgets, health
from tests import make
from tests.assistant.services.notifications.test_push import Browser

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_broker(queued_tasks: list[Any]) -> None:
    pass


# --- What happens -----------------------------------------------------------------------------------------------------


def waits(talk: Conversation, ann: User) -> None:
    change_state(talk, "waiting")


def writes(talk: Conversation, ann: User) -> None:
    takeover.take_over(talk, ann)
    post_message(talk, "c-2", "Hello?")


def is_given_up(talk: Conversation, ann: User) -> None:
    row = make.email(talk.organization, to="x@example.com", subject="Hello", text="x", key="k")
    row.state = Delivery.State.DEAD
    tasks._report_failure(row)


def is_nearly_used_up(talk: Conversation, ann: User) -> None:
    Budget.objects.update_or_create(organization=talk.organization, defaults={"day_tokens": 1000})
    asking = budgets.Requester(talk.assistant, "reply", talk)
    taken = budgets.reserve(asking, model="m", prompt_tokens=900, completion_tokens=0)
    budgets.settle(taken, [budgets.Attempt("a", "platform", "k", "m", usage=TokenUsage(900, 0))])


def refuses_the_key(talk: Conversation, ann: User) -> None:
    own = Provider.objects.create(organization=talk.organization, name="Ours", base_url="https://api.example.com/v1")
    health.failed("own", "m", "unauthorized", name="Ours", provider_id=own.pk)


def is_not_answered(talk: Conversation, ann: User) -> None:
    questions.note(talk.messages.get(client_id="c-1"), Question.Reason.NOT_FOUND)


EVENTS: dict[StaffEvent, Callable[[Conversation, User], None]] = {
    StaffEvent.WAITING: waits,
    StaffEvent.MESSAGE: writes,
    StaffEvent.DELIVERY: is_given_up,
    StaffEvent.BUDGET: is_nearly_used_up,
    StaffEvent.PROVIDER: refuses_the_key,
    StaffEvent.QUESTION: is_not_answered,
}
OF_ONE_PERSON = {StaffEvent.MESSAGE}  # which a team's webhook hears nothing of

# --- How it arrives ---------------------------------------------------------------------------------------------------


def send_everything(server: Callable[[httpx.Request], httpx.Response]) -> None:
    Notification.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=1))
    with outbound.transport_for_tests(httpx.MockTransport(server)):
        for pk in list(Notification.objects.values_list("pk", flat=True)):
            tasks.send_notification(str(pk))


def e_mails(happen: Callable[[], None], talk: Conversation, ann: User, event: StaffEvent) -> list[str]:
    happen()
    send_everything(lambda request: httpx.Response(500))
    mails = Delivery.objects.filter(key__startswith=queue.OF_NOTIFICATION)
    return [f"{mail.to} {mail.text}" for mail in mails]


def pushes(happen: Callable[[], None], talk: Conversation, ann: User, event: StaffEvent) -> list[str]:
    browser = Browser()
    browser.added_by(ann)
    happen()
    send_everything(browser)
    return [f"{ann.email} {shown['url']}" for shown in browser.shown]


def posts(happen: Callable[[], None], talk: Conversation, ann: User, event: StaffEvent, kind: str = "slack") -> list[str]:
    hook = TeamWebhook(organization=talk.organization, name="#desk", kind=kind, events=[event])
    hook.set_address("https://hooks.example.com/x")
    hook.save()
    happen()
    posted: list[str] = []

    def server(request: httpx.Request) -> httpx.Response:
        posted.append(f"{ann.email} {request.content.decode()}")
        return httpx.Response(200)

    send_everything(server)
    return posted


CHANNELS = {"email": e_mails, "push": pushes, "webhook": posts}


def member_of(talk: Conversation, wants: StaffEvent | None, **how: bool) -> User:
    user = User.objects.create_user("ann", "ann@example.com", is_staff=True)
    Membership.objects.create(user=user, organization=talk.organization, role="editor")
    choices.keep(user, {event: Choice(**how) if event == wants else Choice() for event in StaffEvent})
    return user


def a_talk() -> Conversation:
    talk = make.conversation()
    post_message(talk, "c-1", "Is there a lift?")
    return talk


def test_every_event_and_every_channel_is_tried_here():
    assert set(EVENTS) == set(StaffEvent)
    columns = {field.name for field in dataclasses.fields(Choice)}
    assert {*CHANNELS, "in_page"} == columns | {"webhook"}
    to = {field.name for field in Notification._meta.concrete_fields if field.is_relation}
    assert to == {"organization", "conversation", "user", "subscription", "webhook"}  # whom or what it is about, or for


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("event", StaffEvent)
def test_an_event_arrives_once_by_the_channel_that_was_chosen_with_a_link(event, channel):
    talk = a_talk()
    ann = member_of(talk, event, **({} if channel == "webhook" else {channel: True}))
    arrived = CHANNELS[channel](lambda: EVENTS[event](talk, ann), talk, ann, event)
    if channel == "webhook" and event in OF_ONE_PERSON:
        assert arrived == []
    else:
        [one] = arrived
        assert one.startswith("ann@example.com ") and "/admin/assistant/" in one


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("event", StaffEvent)
def test_an_event_that_was_not_chosen_arrives_by_no_channel(event, channel):
    talk = a_talk()
    ann = member_of(talk, None)
    other = next(one for one in StaffEvent if one not in (event, StaffEvent.MESSAGE))
    assert CHANNELS[channel](lambda: EVENTS[event](talk, ann), talk, ann, other) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("event", StaffEvent)
async def test_an_event_is_announced_to_open_pages_with_a_link(event):
    talk = await in_db(a_talk)()
    ann = await in_db(member_of)(talk, event, in_page=True)
    async with live.subscribe(live.staff_group(talk.organization_id)) as staff:
        await in_db(EVENTS[event])(talk, ann)
        while (notice := await staff.next()) is None or notice["type"] != "notice":
            pass  # that the conversation has changed, or a connection to Redis has begun
    assert notice["event"] == event and "/admin/assistant/" in notice["link"]
    assert notice["only"] == (ann.pk if event in OF_ONE_PERSON else None)
