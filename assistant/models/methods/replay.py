"""Replays of past conversations."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models

from assistant.models.conversations.conversation import Conversation, Message
from assistant.models.organizations.organization import Organization


class ReplayQuerySet(models.QuerySet["Replay"]):
    def due(self, now: datetime) -> ReplayQuerySet:
        """Waiting for its next reply, or left behind by a worker whose lease has lapsed."""
        return self.filter(models.Q(state=Replay.State.QUEUED) | models.Q(state=Replay.State.RUNNING, leased_until__lt=now))


class Replay(models.Model):
    """A past conversation, or one message of it, answered again by the assistant as it is now, without real effects.

    With `texts` it has those in place of its own: a draft, as it was when the replay was begun.
    `results` has one entry per message that was answered, as `replays.Result` describes it.
    """

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    OPEN = (State.QUEUED, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="replays")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="replays")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    message = models.ForeignKey(Message, models.CASCADE, null=True, blank=True, related_name="+")  # the only one, if not all
    texts = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.QUEUED, db_index=True)
    results = models.JSONField(default=list, blank=True)
    total = models.PositiveSmallIntegerField(default=0)  # messages to answer
    problem = models.CharField(max_length=300, blank=True)
    fence = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)  # at the message that is due
    leased_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ReplayQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(state__in=["queued", "running"]),
                name="one_open_replay_per_conversation",
            )
        ]

    def __str__(self) -> str:
        return f"Replay of {self.conversation}"
