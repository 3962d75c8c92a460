"""Notifications to staff: what each person wants to be told, browsers and webhooks that are pushed to, and the outbox."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from assistant import secrets
from assistant.models.booking.outside_calendars import origin_of
from assistant.models.conversations.conversation import Conversation
from assistant.models.names import NameField
from assistant.models.organizations.organization import Organization


class StaffEvent(models.TextChoices):
    """What staff can be told of."""

    WAITING = "waiting", "A visitor asks for a person"
    MESSAGE = "message", "A visitor writes in one of my conversations"
    DELIVERY = "delivery", "An e-mail could not be delivered"
    BUDGET = "budget", "A limit is nearly reached"
    PROVIDER = "provider", "A model provider has stopped answering"
    QUESTION = "question", "A question has no good answer"


class NotificationChoice(models.Model):
    """How one person is told of one event; without a row, as `services.notifications.choices` has it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notification_choices", db_index=False)
    event = models.CharField(max_length=10, choices=StaffEvent.choices)
    in_page = models.BooleanField(default=False)
    email = models.BooleanField("e-mail", default=False)
    push = models.BooleanField("push", default=False)  # to every browser in which the person has turned it on

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "event"], name="one_choice_per_event")]

    def __str__(self) -> str:
        return f"{self.user}: {self.event}"


class TeamWebhook(models.Model):
    """An address of the team's that is posted to, such as a channel in Slack. The address is a secret: anybody who has it
    can write there."""

    class Kind(models.TextChoices):
        SLACK = "slack", "Slack, Mattermost, Rocket.Chat: a message"
        JSON = "json", "Anything else: JSON with the event"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="team_webhooks")
    name = NameField(max_length=80, help_text="A name for your team, such as #reception.")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SLACK)
    enabled = models.BooleanField(default=True)
    events = models.JSONField(default=list, blank=True)  # values of StaffEvent
    origin = models.CharField("server", max_length=300, blank=True, editable=False)
    sealed_address = models.TextField(blank=True, editable=False)
    sealed_secret = models.TextField(blank=True, editable=False)  # signs what is posted as JSON
    last_error = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name = "webhook"
        ordering = ["organization", "name"]

    def __str__(self) -> str:
        return self.name

    def set_address(self, address: str) -> None:
        """Seal the address; the caller saves. Raises `ValueError`."""
        self.origin = origin_of(address)
        self.sealed_address = secrets.seal(address, "webhook.address", self.organization_id, self.pk)

    def address(self) -> str:
        """Raises `SecretUnreadable`."""
        return secrets.unseal(self.sealed_address, "webhook.address", self.organization_id, self.pk)

    def set_secret(self, secret: str) -> None:
        """Seal the secret; the caller saves."""
        self.sealed_secret = secrets.seal(secret, "webhook.secret", self.organization_id, self.pk)

    def secret(self) -> str:
        """Empty where messages are not signed. Raises `SecretUnreadable`."""
        return secrets.unseal(self.sealed_secret, "webhook.secret", self.organization_id, self.pk)


class PushKey(models.Model):
    """A key pair of this installation, by which push services recognize what it sends (VAPID, RFC 8292). The newest is used
    for new subscriptions; an older one for those that browsers have made with it."""

    public_key = models.CharField(max_length=100, unique=True)  # an uncompressed point in URL-safe base64
    sealed_private_key = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.public_key

    def set_private_key(self, pem: str) -> None:
        self.sealed_private_key = secrets.seal(pem, "push.key", self.public_key)

    def private_key(self) -> str:
        """As PEM. Raises `SecretUnreadable`."""
        return secrets.unseal(self.sealed_private_key, "push.key", self.public_key)


class PushSubscription(models.Model):
    """A browser in which a member of staff has turned on notifications. Its address and keys are secrets: anybody who has
    them, and the installation's key, can push to it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="push_subscriptions")
    key = models.ForeignKey(PushKey, models.CASCADE, related_name="subscriptions")
    digest = models.CharField(max_length=64, unique=True)  # of the address, by which a browser is recognized
    origin = models.CharField(max_length=300)
    sealed_address = models.TextField()
    sealed_keys = models.TextField()
    browser = models.CharField(max_length=80)  # in words, such as "Firefox on Windows"
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)  # when the push service last accepted something for it
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.browser

    def seal(self, address: str, keys: str) -> None:
        """Raises `ValueError`."""
        self.origin = origin_of(address)
        self.sealed_address = secrets.seal(address, "push.address", self.pk)
        self.sealed_keys = secrets.seal(keys, "push.keys", self.pk, self.origin)

    def address(self) -> str:
        """Raises `SecretUnreadable`."""
        return secrets.unseal(self.sealed_address, "push.address", self.pk)

    def keys(self) -> str:
        """JSON with `p256dh` and `auth`. Raises `SecretUnreadable`."""
        return secrets.unseal(self.sealed_keys, "push.keys", self.pk, self.origin)


class NotificationQuerySet(models.QuerySet["Notification"]):
    def due(self, now: datetime) -> NotificationQuerySet:
        free = models.Q(leased_until__isnull=True) | models.Q(leased_until__lt=now)
        return self.filter(free, state=Notification.State.QUEUED, next_attempt_at__lte=now)


class Notification(models.Model):
    """One event on its way to one person by e-mail, to a browser of theirs, or to one webhook."""

    class State(models.TextChoices):
        QUEUED = "queued"
        SENT = "sent"
        WITHDRAWN = "withdrawn"  # seen in the meantime
        DEAD = "dead", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="notifications")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    webhook = models.ForeignKey(TeamWebhook, models.CASCADE, null=True, related_name="notifications")
    subscription = models.ForeignKey(PushSubscription, models.CASCADE, null=True, related_name="notifications")
    conversation = models.ForeignKey(Conversation, models.CASCADE, null=True, related_name="notifications")
    event = models.CharField(max_length=10, choices=StaffEvent.choices)
    key = models.CharField(max_length=160, unique=True)  # so that the same event told twice is one row
    seq = models.PositiveBigIntegerField(default=0)  # of the conversation, when it happened
    title = models.CharField(max_length=200)
    link = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    fence = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["state", "next_attempt_at"]), models.Index(fields=["created_at"])]

    def __str__(self) -> str:
        return self.title
