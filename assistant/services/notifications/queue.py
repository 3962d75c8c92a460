"""The outbox of notifications: written in the transaction in which something happened, sent by a worker.

An e-mail waits for a while, and is withdrawn where its reader has seen the thing in the inbox meanwhile. A webhook is
posted to at once, and tried again for some hours.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from assistant import live
from assistant.models import Conversation, ConversationRead, Notification, Organization, StaffEvent, TeamWebhook
from assistant.redaction import visible
from assistant.services import admin_pages
from assistant.services.deliveries import outbox
from assistant.services.notifications import choices

TASK = "assistant.tasks.send_notification"
EMAIL_AFTER = timedelta(minutes=5)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
MAX_ATTEMPTS = 12  # with those waits: some five hours
LEASE = timedelta(minutes=2)  # longer than a request may take


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
    later = timezone.now() + EMAIL_AFTER
    rows = [Notification(user=user, key=f"{key}:u{user.pk}"[:160], next_attempt_at=later, **about) for user in readers]
    if only is None:
        hooks = TeamWebhook.objects.filter(organization=organization, enabled=True)
        posted = [hook for hook in hooks if event in hook.events]
        rows += [Notification(webhook=hook, key=f"{key}:w{hook.pk}"[:160], **about) for hook in posted]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    for row in rows:
        if row.webhook_id:
            live.queue_task(TASK, row.pk)
    shown = {"type": "notice", "event": event.value, "title": text, "only": only.pk if only else None}
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
            title="A test: this is where your team is told of what happens.",
            link=admin_pages.address("assistant_inbox"),
        )
        live.queue_task(TASK, row.pk)


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


def about_message(conversation: Conversation) -> None:
    """A visitor has written in a conversation that a person holds."""
    if holder := conversation.assigned or conversation.staff:
        notify(
            conversation.organization,
            StaffEvent.MESSAGE,
            f"A new message from {conversation.visitor}: {conversation}",
            key=f"message:{conversation.pk}:{conversation.last_seq}",
            link=inbox_address(conversation),
            conversation=conversation,
            only=holder,
        )


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
    related = ("organization", "user", "webhook", "conversation")
    row = Notification.objects.select_related(*related).get(pk=notification_id)
    if is_outdated(row):
        _settle(row, state=Notification.State.WITHDRAWN)
        return None
    return row


def is_outdated(row: Notification) -> bool:
    """Whether nobody needs to be told any more: they have seen it, or somebody else has dealt with it."""
    if row.webhook is not None:
        return not row.webhook.enabled
    if row.conversation is None or row.user is None:
        return False
    if ConversationRead.objects.filter(conversation=row.conversation, user=row.user, seq__gte=row.seq).exists():
        return True
    return row.event == StaffEvent.WAITING and row.conversation.state != Conversation.State.WAITING


def send_email(row: Notification) -> None:
    """Put the e-mail into the outbox, and settle the row with it."""
    assert row.user is not None
    text = f"{row.title}\n\n{row.link}\n\nYou get this because you asked to be told: {row.get_event_display()}. Change "
    text += f"that under\n{admin_pages.address('assistant_notification_choices')}\n"
    with transaction.atomic():
        if _settle(row, state=Notification.State.SENT, sent_at=timezone.now(), last_error=""):
            subject = f"{row.organization}: {row.title}"
            key = f"{OF_NOTIFICATION}{row.pk}"
            outbox.queue_email(row.organization, to=row.user.email, subject=subject, text=text, key=key)


OF_NOTIFICATION = "notification:"  # how the keys of its e-mails begin


def sent(row: Notification) -> None:
    """The webhook's server has taken it."""
    if _settle(row, state=Notification.State.SENT, sent_at=timezone.now(), last_error="") and row.webhook:
        TeamWebhook.objects.filter(pk=row.webhook.pk).exclude(last_error="").update(last_error="")


def failed(row: Notification, why: str, *, for_good: bool = False) -> None:
    """Try again later, less and less often, or give up; the webhook's page says why."""
    error = outbox.one_line(why, 300)
    if for_good or row.attempts >= MAX_ATTEMPTS:
        _settle(row, state=Notification.State.DEAD, last_error=error)
    else:
        wait = min(FIRST_WAIT * 2 ** (row.attempts - 1), LONGEST_WAIT)
        _settle(row, next_attempt_at=timezone.now() + wait, last_error=error)
    if row.webhook:
        TeamWebhook.objects.filter(pk=row.webhook.pk).update(last_error=error)


def _settle(row: Notification, **outcome: Any) -> bool:
    held = Notification.objects.filter(pk=row.pk, fence=row.fence, state=Notification.State.QUEUED)
    return bool(held.update(leased_until=None, **outcome))
