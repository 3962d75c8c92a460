"""Turns, and the ledger of their tool calls."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django.db import models
from django.utils import timezone

from assistant.models.conversations.conversation import Conversation, Message
from assistant.models.methods.method import KNOWLEDGE, Method
from assistant.models.organizations.organization import Organization
from assistant.redaction import visible


class TurnQuerySet(models.QuerySet["Turn"]):
    def open(self) -> TurnQuerySet:
        return self.filter(state__in=Turn.OPEN)

    def claimable(self) -> TurnQuerySet:
        """Waiting, or left behind by a runner whose lease has lapsed."""
        return self.filter(
            models.Q(state=Turn.State.QUEUED) | models.Q(state=Turn.State.RUNNING, leased_until__lt=timezone.now())
        )

    def next_in_line(self) -> TurnQuerySet:
        """Those before which their conversation has nothing to answer."""
        same = models.Q(conversation=models.OuterRef("conversation"), created_at__lt=models.OuterRef("created_at"))
        return self.exclude(models.Exists(Turn.objects.open().filter(same)))


class Turn(models.Model):
    """A visitor's message and everything until its reply ends: leased to one runner at a time, with a fencing token."""

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        STOPPED = "stopped"
        FAILED = "failed"

    OPEN = (State.QUEUED, State.RUNNING)
    ENDED = (State.DONE, State.STOPPED, State.FAILED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="turns")
    message = models.ForeignKey(Message, models.CASCADE, related_name="turns")  # that it answers
    opening_call = models.ForeignKey(
        "ToolCall", models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )  # a click asked for it
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    fence = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    stop_requested_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=40, blank=True)  # why it failed, from the catalogue of errors
    detail = models.TextField(blank=True)  # for staff: provider, cause; never shown to visitors
    retryable = models.BooleanField(default=False)

    provider = models.CharField(max_length=120, blank=True)
    model = models.CharField(max_length=200, blank=True)
    rounds = models.PositiveSmallIntegerField(default=0)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    first_token_ms = models.PositiveIntegerField(null=True, blank=True)
    total_ms = models.PositiveIntegerField(null=True, blank=True)

    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    # What its runner knows; none of these is a column.
    held_at: tuple[float, float] = (0.0, 0.0)  # when the lease was last its own, by its monotonic and its wall clock
    may_have_calls = True  # False: the ledger holds no call of it, since it was new when it was claimed and has made none
    unsettled: list[Any] | None = None  # what was reserved for it and is settled with its outcome; None: settled at once
    unsaved: list[Any] | None = None  # while it is prepared, before it is saved: the statements that save it
    reserving: Any = None  # what was reserved meanwhile, and is saved with it
    following: UUID | None = None  # once it has ended: the conversation's next turn that waited then

    objects = TurnQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        indexes = [
            models.Index(fields=["state", "leased_until"]),
            models.Index(fields=["state", "ended_at"]),
            # Few have one; with all the others in it, SQLite's statistics would say that it finds nothing.
            models.Index(
                fields=["opening_call"], condition=models.Q(opening_call__isnull=False), name="turn_by_opening_call"
            ),
        ]
        constraints = [
            # One reply at a time per conversation: the others wait their turn.
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(state="running"), name="one_running_turn_per_conversation"
            )
        ]

    def __str__(self) -> str:
        return f"Turn {str(self.id)[:8]} ({self.state})"


class ToolCallQuerySet(models.QuerySet["ToolCall"]):
    def searches(self) -> ToolCallQuerySet:
        """Calls that looked something up in what the organization's assistants know."""
        return self.filter(method__kind=KNOWLEDGE)


class ToolCall(models.Model):
    """A row of the ledger: one per call, written before the act."""

    class State(models.TextChoices):
        PENDING = "pending"  # written, nothing done yet
        WAITING = "waiting", "Waiting for the visitor"
        SENT = "sent", "In progress"  # it may have taken effect
        DONE = "done"
        FAILED = "failed"  # certainly nothing happened
        REFUSED = "refused"
        UNKNOWN = "unknown", "Outcome unknown"  # it may have happened: never retried silently

    OPEN = (State.PENDING, State.SENT)  # a worker is running it, or should be
    ENDED = (State.WAITING, State.DONE, State.FAILED, State.REFUSED, State.UNKNOWN)  # there is a result

    class Initiator(models.TextChoices):
        MODEL = "model"
        VISITOR = "visitor"  # a click on a card
        STAFF = "staff"  # a test in the admin

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="tool_calls", db_index=False)
    conversation = models.ForeignKey(
        Conversation, models.CASCADE, null=True, blank=True, related_name="tool_calls", db_index=False
    )
    turn = models.ForeignKey(Turn, models.CASCADE, null=True, blank=True, related_name="tool_calls", db_index=False)
    method = models.ForeignKey(Method, models.SET_NULL, null=True, blank=True, related_name="calls", db_index=False)
    name = models.CharField(max_length=64)  # as the model called it
    model_call_id = models.CharField(max_length=120, blank=True)
    # What only the model that made the call understands, sent back to it and shown to nobody: {"made_by": "provider/model",
    # "call": …, "message": …}, the last with the first call of a round. Empty where there was nothing of the kind.
    opaque = models.JSONField(default=dict, blank=True, editable=False)
    round = models.PositiveSmallIntegerField(default=0)
    ordinal = models.PositiveSmallIntegerField(default=0)
    initiator = models.CharField(max_length=8, choices=Initiator.choices, default=Initiator.MODEL)
    dry_run = models.BooleanField(default=False)
    risk = models.CharField(max_length=12, choices=Method.Risk.choices, default=Method.Risk.READ)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING, db_index=True)
    result = models.TextField(blank=True)
    sources = models.JSONField(default=list, blank=True)
    code = models.CharField(max_length=40, blank=True)
    receipt = models.CharField(max_length=40, blank=True)  # the reference that a visitor was given
    idempotency_key = models.CharField(max_length=64, unique=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField("created", auto_now_add=True)
    started_at = models.DateTimeField("started", null=True, blank=True)
    finished_at = models.DateTimeField("finished", null=True, blank=True)

    objects = ToolCallQuerySet.as_manager()

    class Meta:
        ordering = ["created_at", "round", "ordinal"]
        indexes = [
            models.Index(fields=["created_at"]),
            models.Index(fields=["organization", "created_at"]),
            models.Index(fields=["method", "created_at"]),
            # With both, because SQLite would find the calls of one conversation that are done among all that are done.
            models.Index(fields=["conversation", "state"]),
        ]
        constraints = [models.UniqueConstraint(fields=["turn", "round", "ordinal"], name="call_once_per_place")]

    def __str__(self) -> str:
        return f"{self.name} ({self.state})"

    @property
    def asked(self) -> str:
        """The arguments as staff read them; invisible and direction-changing characters are shown as their numbers."""
        return visible("\n".join(f"{name}: {value}" for name, value in self.arguments.items())) or "None"

    @property
    def answered(self) -> str:
        """The result, likewise."""
        return visible(self.result)
