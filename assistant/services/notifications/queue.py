"""The outbox of notifications: written in the transaction in which something happened, sent by a worker.

An e-mail waits for a while, and is withdrawn where its reader has seen the thing in the inbox meanwhile. So does what is
pushed of a message to somebody who may be reading it, for some seconds. Webhooks are posted to, and anything else is pushed,
at once; both are tried again for some hours.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from assistant import live
from assistant.models import (
    Conversation,
    ConversationRead,
    Membership,
    Notification,
    Organization,
    PushSubscription,
    StaffEvent,
    TeamWebhook,
)
from assistant.redaction import visible
from assistant.services import admin_pages
from assistant.services.deliveries import outbox
from assistant.services.notifications import choices, push

TASK = "assistant.tasks.send_notification"
EMAIL_AFTER = timedelta(minutes=5)
PUSH_MESSAGE_AFTER = timedelta(seconds=5)  # an inbox that shows the conversation has marked it as read by then
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
MAX_ATTEMPTS = 12  # with those waits: some five hours
LEASE = timedelta(minutes=2)  # longer than a request may take
# Those about no conversation, once they are settled. Longer than any period of which staff are told once, such as a month of
# a budget: as long as the row is there, they are not told again.
KEEP_SETTLED, DELETED_AT_ONCE = timedelta(days=62), 1000


def notify(
    organization: Organization,
    event: StaffEvent,
    title: str,
    *,
    key: str,
    link: str = "",
    conversation: Conversation | None = None,
    only: Any = None,
) -> None:
    """Tell staff that `event` has happened, once per `key`; in the caller's transaction. `only` is the member of staff
    whom alone it is about: webhooks are a team's, and hear of nothing that is one person's."""
    text = outbox.one_line(visible(" ".join(title.split())), 200)
    about: dict[str, Any] = {
        "organization": organization,
        "event": event,
        "conversation": conversation,
        "seq": conversation.last_seq if conversation else 0,
        "title": text,
        "link": link[:300],
    }
    people = choices.by_email(organization, event)
    readers = people.filter(pk=only.pk) if only else people
    now = timezone.now()
    later, pushed_at = now + EMAIL_AFTER, now + PUSH_MESSAGE_AFTER if event == StaffEvent.MESSAGE else now
    rows = [Notification(user=user, key=f"{key}:u{user.pk}"[:160], next_attempt_at=later, **about) for user in readers]
    rows += [
        Notification(user=one.user, subscription=one, key=f"{key}:p{one.pk.hex}"[:160], next_attempt_at=pushed_at, **about)
        for one in push.subscriptions(organization, event, only).select_related("user")
    ]
    if only is None:
        hooks = TeamWebhook.objects.filter(organization=organization, enabled=True)
        posted = [hook for hook in hooks if event in hook.events]
        rows += [Notification(webhook=hook, key=f"{key}:w{hook.pk}"[:160], **about) for hook in posted]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    for row in rows:
        if row.next_attempt_at <= now or row.webhook_id:
            live.queue_task(TASK, row.pk)
    shown = {
        "type": "notice",
        "id": key,
        "event": event.value,
        "title": text,
        "only": only.pk if only else None,
        "link": link,
    }
    if conversation:
        shown["conversation"] = str(conversation.pk)
    transaction.on_commit(lambda: live.announce_to_staff(organization.pk, shown))


def test(webhook: TeamWebhook) -> None:
    """Post a test to the webhook, whatever it is told of."""
    with transaction.atomic():
        row = Notification.objects.create(
            organization=webhook.organization,
            webhook=webhook,
            event=StaffEvent.WAITING,
            key=f"test:{uuid4()}",
            title="This is a test. Notifications for your team will appear here.",
            link=admin_pages.address("assistant_inbox"),
        )
        live.queue_task(TASK, row.pk)


def test_push(subscription: PushSubscription) -> bool:
    """Push a test to the browser. False where its user belongs to no organization, since nothing is pushed to them."""
    membership = Membership.objects.filter(user=subscription.user).select_related("organization").first()
    if membership is None:
        return False
    with transaction.atomic():
        row = Notification.objects.create(
            organization=membership.organization,
            user=subscription.user,
            subscription=subscription,
            event=StaffEvent.WAITING,
            key=f"{push.TEST}{uuid4()}",
            title="A test",
            link=admin_pages.address("assistant_notification_choices"),
        )
        live.queue_task(TASK, row.pk)
    return True


def about_waiting(conversation: Conversation) -> None:
    """A visitor asks for a person."""
    notify(
        conversation.organization,
        StaffEvent.WAITING,
        f"A visitor is waiting for a person: {conversation}",
        key=f"waiting:{conversation.pk}:{conversation.last_seq}",
        link=inbox_address(conversation),
        conversation=conversation,
    )


def about_message(conversation: Conversation) -> bool:
    """A visitor has written in a conversation that a person holds. False where there is no such person any longer."""
    holder = next((one for one in (conversation.assigned, conversation.staff) if one and one.is_active), None)
    if holder:
        notify(
            conversation.organization,
            StaffEvent.MESSAGE,
            f"A new message from {conversation.visitor}: {conversation}",
            key=f"message:{conversation.pk}:{conversation.last_seq}",
            link=inbox_address(conversation),
            conversation=conversation,
            only=holder,
        )
    return holder is not None


def inbox_address(conversation: Conversation) -> str:
    address = admin_pages.address("assistant_inbox")
    return f"{address}?conversation={conversation.pk}" if address else ""


# --- Sending ----------------------------------------------------------------------------------------------------------


def enqueue_due(limit: int = 200) -> int:
    """Send workers the ids of notifications that are due. Returns how many."""
    found = list(Notification.objects.due(timezone.now()).values_list("pk", flat=True)[:limit])
    for pk in found:
        live.queue_task(TASK, pk)
    return len(found)


def claim(notification_id: Any) -> Notification | None:
    """Lease the row to this worker; None where it is not due, another's, or no longer of interest."""
    now = timezone.now()
    mine = Notification.objects.due(now).filter(pk=notification_id)
    if not mine.update(fence=F("fence") + 1, attempts=F("attempts") + 1, leased_until=now + LEASE):
        return None
    related = ("organization", "user", "webhook", "subscription__key", "conversation")
    row = Notification.objects.select_related(*related).get(pk=notification_id)
    if is_outdated(row):
        _settle(row, state=Notification.State.WITHDRAWN)
        return None
    return row


def is_outdated(row: Notification) -> bool:
    """Whether nobody needs to be told any more: they have seen it, or somebody else has dealt with it."""
    if row.webhook is not None:
        return not row.webhook.enabled
    if row.subscription is not None and not push.is_theirs(row):
        return True
    if row.conversation is None or row.user is None:
        return False
    if ConversationRead.objects.filter(conversation=row.conversation, user=row.user, seq__gte=row.seq).exists():
        return True
    return row.event == StaffEvent.WAITING and row.conversation.state != Conversation.State.WAITING


def send_email(row: Notification) -> None:
    """Put the e-mail into the outbox, and settle the row with it."""
    assert row.user is not None
    text = f"{row.title}\n\n{row.link}\n\nYou receive this e-mail because you turned on: {row.get_event_display()}. Change "
    text += f"this under\n{admin_pages.address('assistant_notification_choices')}\n"
    with transaction.atomic():
        if _settle(row, state=Notification.State.SENT, sent_at=timezone.now(), last_error=""):
            subject = f"{row.organization}: {row.title}"
            key = f"{OF_NOTIFICATION}{row.pk}"
            outbox.queue_email(row.organization, outbox.Email(subject, text), to=row.user.email, key=key)


OF_NOTIFICATION = "notification:"  # how the keys of its e-mails begin


def sent(row: Notification) -> None:
    """The webhook's server, or the push service, has taken it."""
    if _settle(row, state=Notification.State.SENT, sent_at=timezone.now(), last_error="") and row.webhook:
        TeamWebhook.objects.filter(pk=row.webhook.pk).exclude(last_error="").update(last_error="")


def failed(row: Notification, why: str, *, for_good: bool = False) -> None:
    """Try again later, less and less often, or give up; the webhook's page says why."""
    error = outbox.one_line(why, 300)
    if for_good or row.attempts >= MAX_ATTEMPTS:
        settled = _settle(row, state=Notification.State.DEAD, last_error=error)
    else:
        wait = min(FIRST_WAIT * 2 ** (row.attempts - 1), LONGEST_WAIT)
        settled = _settle(row, next_attempt_at=timezone.now() + wait, last_error=error)
    if settled and row.webhook:  # else another worker has taken the row over, and knows better
        TeamWebhook.objects.filter(pk=row.webhook.pk).update(last_error=error)


def _settle(row: Notification, **outcome: Any) -> bool:
    held = Notification.objects.filter(pk=row.pk, fence=row.fence, state=Notification.State.QUEUED)
    return bool(held.update(leased_until=None, **outcome))


# --- Letting go -------------------------------------------------------------------------------------------------------


def delete_settled(now: datetime | None = None) -> int:
    """Delete old notifications that are about no conversation, such as those of budgets, of providers and tests of webhooks;
    returns how many. The others go with their conversation, and what still waits is sent first."""
    old = Notification.objects.filter(conversation=None, created_at__lt=(now or timezone.now()) - KEEP_SETTLED)
    settled = old.exclude(state=Notification.State.QUEUED).order_by("created_at")
    found = list(settled.values_list("pk", flat=True)[:DELETED_AT_ONCE])
    Notification.objects.filter(pk__in=found).delete()
    return len(found)
