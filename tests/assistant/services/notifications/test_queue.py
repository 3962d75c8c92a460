"""Staff are told of what they want to be told of, once, unless they have seen it."""

from __future__ import annotations

import base64
import hmac
import time
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from assistant import jobs, live, outbound, tasks
from assistant.async_db import in_db
from assistant.models import Conversation, Delivery, Membership, Notification, StaffEvent, TeamWebhook
from assistant.services.conversations import inbox, takeover
from assistant.services.conversations.messages import post_message
from assistant.services.conversations.state import change_state
from assistant.services.notifications import choices, queue
from assistant.services.notifications.choices import Choice
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_broker(queued_tasks: list[Any]) -> None:
    pass


@pytest.fixture
def talk() -> Conversation:
    made = make.conversation()
    post_message(made, "c-1", "Is there a lift?")
    return made


def colleague(talk: Conversation, name: str, *events: StaffEvent) -> User:
    """A member of the organization who wants an e-mail about these events."""
    user = User.objects.create_user(name, f"{name}@example.com", is_staff=True)
    Membership.objects.create(user=user, organization=talk.organization, role="editor")
    choices.keep(user, {event: Choice(True, event in events) for event in StaffEvent})
    return user


def sent_to(*, later: bool = True) -> list[str]:
    """The addresses that are e-mailed once everything that is due by then, or now, has been sent."""
    if later:
        Notification.objects.update(next_attempt_at=timezone.now())
    for pk in Notification.objects.due(timezone.now()).values_list("pk", flat=True):
        tasks.send_notification(str(pk))
    return list(Delivery.objects.filter(key__startswith=queue.OF_NOTIFICATION).values_list("to", flat=True).order_by("to"))


def test_staff_who_chose_it_are_notified_by_e_mail_that_a_visitor_waits_after_a_while(talk):
    colleague(talk, "ann", StaffEvent.WAITING)
    colleague(talk, "bob", StaffEvent.MESSAGE)
    other = make.conversation(make.assistant(make.organization("Other")))
    colleague(other, "eve", StaffEvent.WAITING)
    change_state(talk, "waiting")
    assert sent_to(later=False) == []
    assert sent_to() == ["ann@example.com"]
    mail = Delivery.objects.get(to="ann@example.com")
    assert "Is there a lift?" in mail.subject and str(talk.pk) in mail.text and "notifications/" in mail.text
    assert sent_to() == ["ann@example.com"]
    assert Notification.objects.get().state == "sent"


def test_staff_who_saw_it_in_the_inbox_or_whose_colleague_answered_get_no_e_mail(talk):
    ann = colleague(talk, "ann", StaffEvent.WAITING)
    colleague(talk, "bob", StaffEvent.WAITING)
    change_state(talk, "waiting")
    talk.refresh_from_db()
    inbox.mark_read(talk, ann, talk.last_seq)
    assert sent_to() == ["bob@example.com"]
    assert Notification.objects.get(user=ann).state == "withdrawn"
    other = make.conversation(talk.assistant)
    change_state(other, "waiting")
    takeover.take_over(other, ann)
    assert sent_to() == ["bob@example.com"]


def test_a_message_is_notified_to_the_person_who_holds_the_conversation_alone(talk):
    ann = colleague(talk, "ann", StaffEvent.MESSAGE)
    colleague(talk, "bob", StaffEvent.MESSAGE)
    post_message(talk, "c-2", "Hello?")
    takeover.answer(talk, ann, "Yes?")
    assert not Notification.objects.exists()
    post_message(talk, "c-3", "A ramp?")
    assert sent_to() == ["ann@example.com"]


def test_a_repeated_request_is_notified_once_and_a_new_request_again(talk):
    colleague(talk, "ann", StaffEvent.WAITING)
    change_state(talk, "waiting")
    change_state(talk, "waiting")
    assert Notification.objects.count() == 1
    change_state(talk, "assistant")
    change_state(talk, "waiting")
    assert Notification.objects.count() == 2


def test_an_e_mail_that_was_given_up_is_reported_and_one_of_ours_to_staff_is_not(talk):
    colleague(talk, "ann", StaffEvent.DELIVERY)
    for key in ("booking", f"{queue.OF_NOTIFICATION}1"):
        row = make.email(talk.organization, to="x@example.com", subject="Hello", text="x", key=key)
        row.state = Delivery.State.DEAD
        tasks._report_failure(row)
    assert [row.title for row in Notification.objects.all()] == ["An e-mail to x@example.com could not be delivered: Hello"]


# --- Webhooks ---------------------------------------------------------------------------------------------------------


def a_webhook(talk: Conversation, *events: str, kind: str = "slack") -> TeamWebhook:
    hook = TeamWebhook(organization=talk.organization, name="#reception", kind=kind, events=list(events))
    hook.set_address("https://hooks.example.com/services/secret-path")
    hook.save()
    return hook


class Server:
    def __init__(self, status: int = 200) -> None:
        self.status, self.asked = status, []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append((str(request.url), orjson.loads(request.content)))
        return httpx.Response(self.status)


def posted(server: Any) -> list[Any]:
    with outbound.transport_for_tests(httpx.MockTransport(server)):
        for pk in Notification.objects.filter(webhook__isnull=False).values_list("pk", flat=True):
            tasks.send_notification(str(pk))
    return getattr(server, "asked", [])


def test_a_channel_is_notified_at_once_and_no_text_of_a_visitor_is_markup_there(talk):
    Conversation.objects.filter(pk=talk.pk).update(title="<!channel> & all")
    a_webhook(talk, "waiting")
    change_state(talk, "waiting")
    [(address, body)] = posted(Server())
    assert address == "https://hooks.example.com/services/secret-path"
    assert body["text"].startswith("A visitor is waiting for a person: &lt;!channel&gt; &amp; all\n")
    assert posted(Server()) == []


def test_json_names_the_event_and_what_is_not_wanted_is_not_posted(talk):
    hook = a_webhook(talk, "waiting", kind="json")
    a_webhook(talk, "budget")
    change_state(talk, "waiting")
    [(_, body)] = posted(Server())
    assert (body["event"], body["conversation"], body["organization"]) == ("waiting", str(talk.pk), "bright-smile")
    TeamWebhook.objects.filter(pk=hook.pk).update(enabled=False)
    change_state(talk, "assistant")
    change_state(talk, "waiting")
    assert posted(Server()) == []


def test_json_is_signed_with_the_secret_that_both_know_and_a_slack_message_is_not(talk):
    key = bytes(range(32))
    for kind in ("json", "slack"):
        hook = a_webhook(talk, "waiting", kind=kind)
        hook.set_secret(f"whsec_{base64.b64encode(key).decode()}")
        hook.save()
    change_state(talk, "waiting")
    requests: list[httpx.Request] = []
    posted(lambda request: requests.append(request) or httpx.Response(200))
    by_kind = {"event" in orjson.loads(request.content): request for request in requests}
    assert "webhook-signature" not in by_kind[False].headers
    given = by_kind[True].headers
    text = f"{given['webhook-id']}.{given['webhook-timestamp']}.{by_kind[True].content.decode()}"
    expected = base64.b64encode(hmac.digest(key, text.encode(), "sha256")).decode()
    assert given["webhook-signature"] == f"v1,{expected}"
    assert given["webhook-id"] == orjson.loads(by_kind[True].content)["id"]
    assert abs(int(given["webhook-timestamp"]) - time.time()) < 60


@pytest.mark.parametrize(("status", "state"), [(500, "queued"), (404, "dead"), (302, "queued")])
def test_a_webhook_that_fails_says_why_without_its_address(talk, status, state):
    hook = a_webhook(talk, "waiting")
    change_state(talk, "waiting")
    posted(Server(status))
    hook.refresh_from_db()
    row = Notification.objects.get()
    assert (row.state, row.last_error) == (state, f"The server answered with {status}.")
    assert hook.last_error == row.last_error and "secret-path" not in hook.last_error + hook.sealed_address
    Notification.objects.update(next_attempt_at=timezone.now(), state="queued")
    posted(Server())
    hook.refresh_from_db()
    assert hook.last_error == ""


def test_a_worker_that_has_lost_the_row_says_nothing_on_the_webhooks_page(talk):
    hook = a_webhook(talk, "waiting")
    change_state(talk, "waiting")
    late = Notification.objects.select_related("webhook").get()
    Notification.objects.update(fence=late.fence + 1, state="sent")  # another worker has delivered it
    queue.failed(late, "The server did not answer.")
    hook.refresh_from_db()
    assert hook.last_error == "" and Notification.objects.get().last_error == ""


def test_a_webhook_that_keeps_failing_is_given_up(talk):
    a_webhook(talk, "waiting")
    change_state(talk, "waiting")
    for _ in range(queue.MAX_ATTEMPTS + 1):
        Notification.objects.update(next_attempt_at=timezone.now())
        posted(Server(500))
    row = Notification.objects.get()
    assert (row.state, row.attempts) == ("dead", queue.MAX_ATTEMPTS)


# --- In the page ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
async def test_the_open_inboxes_of_the_organization_receive_the_notification():
    talk = await in_db(make.conversation)()
    async with live.subscribe(live.staff_group(talk.organization_id)) as staff:
        await in_db(change_state)(talk, "waiting")
        while (notice := await staff.next()) is None or notice["type"] != "notice":
            pass  # that the conversation has changed, or a connection to Redis has begun
    assert (notice["event"], notice["only"], notice["conversation"]) == ("waiting", None, str(talk.pk))


def test_without_a_choice_conversations_are_notified_in_the_page_and_nothing_by_e_mail(db):
    user = User.objects.create_user("new")
    mine = choices.of_user(user)
    assert {event for event, choice in mine.items() if choice.in_page} == {StaffEvent.WAITING, StaffEvent.MESSAGE}
    assert not any(choice.email for choice in mine.values())


def settled(talk: Conversation, days: int, state: str = "sent", **about: Any) -> Notification:
    row = Notification.objects.create(
        organization=talk.organization,
        event="budget",
        key=f"{days}:{state}:{about}",
        title="80 % is used.",
        state=state,
        **about,
    )
    Notification.objects.filter(pk=row.pk).update(created_at=timezone.now() - timedelta(days=days))
    return row


def test_what_is_about_no_conversation_is_deleted_once_it_is_settled_and_old(talk):
    for state in ("sent", "withdrawn", "dead"):
        settled(talk, 63, state)
    kept = [settled(talk, 61), settled(talk, 63, "queued"), settled(talk, 63, conversation=talk)]
    jobs.tidy()
    assert set(Notification.objects.all()) == set(kept)
    assert queue.delete_settled(timezone.now() + timedelta(days=2)) == 1
