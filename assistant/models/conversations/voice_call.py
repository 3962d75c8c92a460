"""Voice calls: how long each may last, and what ended it."""

from __future__ import annotations

import uuid

from django.db import models

from assistant import secrets
from assistant.models.conversations.conversation import Conversation
from assistant.models.organizations.organization import Organization


class VoiceCallQuerySet(models.QuerySet["VoiceCall"]):
    def not_over(self) -> VoiceCallQuerySet:
        """Those that may go on at the provider, where they can be hung up as long as their row is there."""
        return self.filter(models.Q(state=VoiceCall.State.ACTIVE) | models.Q(next_attempt_at__isnull=False))


class VoiceCall(models.Model):
    """One session key, and the call that a browser has made with it. What is said is in the conversation's messages."""

    class State(models.TextChoices):
        OFFERED = "offered", "Key issued"
        ACTIVE = "active", "In progress"
        ENDED = "ended", "Ended"

    class Reason(models.TextChoices):
        """What ended it."""

        VISITOR = "visitor", "The visitor ended it"
        LIMIT = "limit", "The time limit"
        NETWORK = "network", "The connection was lost"
        STAFF = "staff", "A person took over"
        REPLACED = "replaced", "The visitor began another call"
        NOT_BEGUN = "not_begun", "No call was reported"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="voice_calls")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="voice_calls")
    state = models.CharField(max_length=7, choices=State.choices, default=State.OFFERED)
    reason = models.CharField(max_length=9, choices=Reason.choices, blank=True)
    # Who speaks: the same is asked to hang up, and is in the row of usage.
    model = models.CharField(max_length=200)
    health_key = models.CharField(max_length=80)
    provider = models.ForeignKey("Provider", models.SET_NULL, null=True, related_name="+", db_index=False)
    provider_name = models.CharField(max_length=120)
    source = models.CharField(max_length=12)
    provider_call = models.CharField(max_length=120, blank=True)  # the provider's id for the call, once the browser has it
    seconds = models.PositiveIntegerField()  # that it may last
    usage = models.ForeignKey("Usage", models.SET_NULL, null=True, related_name="+")  # reserved for it, later settled
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)  # when it is hung up at the latest
    ended_at = models.DateTimeField(null=True, blank=True)
    hung_up_at = models.DateTimeField(null=True, blank=True)  # when the provider confirmed that it is over
    attempts = models.PositiveSmallIntegerField(default=0)  # at having it hung up
    next_attempt_at = models.DateTimeField(null=True, blank=True)

    objects = VoiceCallQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["state", "ends_at"]),
            models.Index(
                fields=["next_attempt_at"], condition=models.Q(next_attempt_at__isnull=False), name="call_to_hang_up"
            ),
            # Looked for where a provider is deleted.
            models.Index(fields=["provider"], condition=models.Q(provider__isnull=False), name="voice_call_of_provider"),
        ]
        constraints = [
            # Two at once would be two microphones and two bills.
            models.UniqueConstraint(
                fields=["conversation"], condition=~models.Q(state="ended"), name="one_voice_call_per_conversation"
            )
        ]

    def __str__(self) -> str:
        return f"Voice call {str(self.id)[:8]} ({self.state})"


class HangUp(models.Model):
    """A call that goes on at its provider although its row was deleted with all that it belonged to: what hanging it up
    takes, sealed, until that is done or has been tried often enough."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sealed_call = models.TextField(editable=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"Hang-up {str(self.id)[:8]}"

    def set_call(self, call: str) -> None:
        self.sealed_call = secrets.seal(call, *self._bound_to())

    def call(self) -> str:
        """What `set_call` was given. Raises `SecretUnreadable`."""
        return secrets.unseal(self.sealed_call, *self._bound_to())

    def _bound_to(self) -> tuple[object, ...]:
        return "hang-up", self.pk
