"""The outbox: e-mails, text messages and webhooks."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.utils import timezone
from django.utils.crypto import salted_hmac

from assistant.models.booking import Appointment, MessageChannel
from assistant.models.conversations.conversation import Conversation
from assistant.models.conversations.turn import ToolCall
from assistant.models.organizations.organization import Organization


def erased_address(address: str) -> str:
    """What stands in place of an address once its visitor is erased: a keyed hash, by which limits go on to count it."""
    return f"{salted_hmac('erased address', address.casefold(), algorithm='sha256').hexdigest()[:32]}@erased.invalid"


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def to_address(self, address: str) -> DeliveryQuerySet:
        """Those to `address`, also where the visitor whose address it is has been erased since."""
        return self.filter(models.Q(to__iexact=address) | models.Q(to=erased_address(address)))

    def due(self, now: datetime) -> DeliveryQuerySet:
        """Due now, or left behind by a worker whose lease has lapsed."""
        return self.filter(
            models.Q(state=Delivery.State.QUEUED, next_attempt_at__lte=now)
            | models.Q(state=Delivery.State.SENDING, leased_until__lt=now)
        )

    def retried(self) -> DeliveryQuerySet:
        """Tried at least once, not accepted, and not given up."""
        return self.filter(state=Delivery.State.QUEUED, attempts__gt=0)


class Delivery(models.Model):
    """A message in the outbox, saved in the transaction that promised it: an e-mail, or what a channel sends."""

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        SMS = "sms", "Text message"
        WEBHOOK = "webhook", "Webhook"

    class State(models.TextChoices):
        QUEUED = "queued"
        SENDING = "sending"
        SENT = "sent"
        KEPT = "kept", "Kept in the demo mailbox"  # not sent: no mail server is set up
        LOGGED = "logged", "Written to the server's log"  # likewise
        DEAD = "dead", "Failed"
        WITHDRAWN = "withdrawn"  # overtaken before it was sent, as a reminder by a cancellation

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, models.CASCADE, null=True, blank=True, related_name="deliveries", db_index=False
    )  # none: to operators
    conversation = models.ForeignKey(Conversation, models.SET_NULL, null=True, blank=True, related_name="deliveries")
    call = models.ForeignKey(ToolCall, models.SET_NULL, null=True, blank=True, related_name="deliveries")
    appointment = models.ForeignKey(Appointment, models.SET_NULL, null=True, blank=True, related_name="deliveries")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.EMAIL)
    channel = models.ForeignKey(MessageChannel, models.SET_NULL, null=True, blank=True, related_name="deliveries")
    key = models.CharField(max_length=120, unique=True)  # so that the same message queued twice is one row
    to = models.CharField(max_length=254)  # an e-mail address, a phone number or a server
    reply_to = models.EmailField(blank=True)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    ics = models.TextField(blank=True)  # the invitation as it was when the e-mail was queued
    ics_method = models.CharField(max_length=10, blank=True)  # REQUEST or CANCEL
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    fence = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField("next attempt", default=timezone.now)
    last_error = models.CharField(max_length=500, blank=True)
    # Not sent from then on, such as a reminder once its appointment has begun, was moved or was cancelled.
    send_before = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField("created", auto_now_add=True)
    sent_at = models.DateTimeField("sent", null=True, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["state", "next_attempt_at"]),
            models.Index(fields=["created_at"]),
            models.Index(fields=["organization", "created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"

    @property
    def is_retried(self) -> bool:
        """Whether it was tried, was not accepted, and waits for its next attempt."""
        return self.state == self.State.QUEUED and self.attempts > 0

    @property
    def state_label(self) -> str:
        """The state as staff read it."""
        return "Trying again" if self.is_retried else self.get_state_display()

    @property
    def message_id(self) -> str:
        """The same for every attempt, so that a mail sent twice is recognised as one."""
        return f"<{self.id}@interworky>"
