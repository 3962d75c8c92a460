"""Visitors and conversations, with their messages, notes and durable events."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from assistant.models.organizations.assistant import Assistant
from assistant.models.organizations.organization import Organization


class Visitor(models.Model):
    """A person on the site, known only by a token in their browser until they say more."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="visitors", db_index=False)
    # What the organization's own server calls them, once a token of it has said so; unique within the organization.
    external_id = models.CharField("user ID", max_length=255, null=True, blank=True)  # noqa: DJ001 - null keeps the unique constraint out of it
    identified_at = models.DateTimeField("last login", null=True, blank=True)
    name = models.CharField(max_length=120, blank=True)
    name_verified_at = models.DateTimeField("name verified", null=True, blank=True)
    email = models.EmailField("e-mail", blank=True)
    email_verified_at = models.DateTimeField("e-mail verified", null=True, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    locale = models.CharField("language", max_length=12, blank=True)
    timezone = models.CharField("time zone", max_length=60, blank=True)
    attributes = models.JSONField(default=dict, blank=True, editable=False)  # name → {"value": …, "verified": …}
    created_at = models.DateTimeField("first seen", auto_now_add=True)
    last_seen_at = models.DateTimeField("last seen", auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["last_seen_at"]),
            models.Index(fields=["organization", "last_seen_at"]),
            # `services/privacy/own_data.py` compares addresses in whatever case.
            models.Index(
                "organization",
                Lower("email"),
                condition=models.Q(email_verified_at__isnull=False),
                name="visitor_by_proven_address",
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["organization", "external_id"], name="visitor_once_per_external_id")]

    def __str__(self) -> str:
        return self.name or self.email or f"Visitor {str(self.id)[:8]}"


class Conversation(models.Model):
    """A visitor's chat with one assistant; `last_seq` numbers its messages and events."""

    class State(models.TextChoices):
        ASSISTANT = "assistant", "With the assistant"
        WAITING = "waiting", "Waiting for a person"
        STAFF = "staff", "With a person"
        CLOSED = "closed", "Closed"

    class Reach(models.TextChoices):
        """Of a conversation that waits for a person: whether anybody knows."""

        TOLD = "told", "The team was notified"
        AWAY = "away", "The team was notified, outside office hours"
        NOBODY = "nobody", "Nobody was notified"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="conversations", db_index=False)
    assistant = models.ForeignKey(Assistant, models.CASCADE, related_name="conversations", db_index=False)
    visitor = models.ForeignKey(Visitor, models.CASCADE, related_name="conversations", db_index=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASSISTANT)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)  # while it waits for a person
    reach = models.CharField(max_length=6, choices=Reach.choices, blank=True)  # likewise
    person_at = models.DateTimeField(null=True, blank=True)  # when a person was first asked for, or first took part
    assigned = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="assigned_conversations"
    )
    snoozed_until = models.DateTimeField(null=True, blank=True)
    snoozed_seq = models.PositiveBigIntegerField(default=0)  # a message of the visitor after it ends the snooze
    seen_seq = models.PositiveBigIntegerField(default=0)  # how far the visitor has read in the widget
    mailed_seq = models.PositiveBigIntegerField(default=0)  # how far staff's answers were sent to them by e-mail
    mail_due_at = models.DateTimeField(null=True, blank=True, db_index=True)  # when what they have not read is sent
    note_to_assistant = models.TextField(max_length=1000, blank=True)  # by the person who handed back last
    title = models.CharField(max_length=120, blank=True)  # the first words, until the fast model has found better ones
    titled_at = models.DateTimeField(null=True, blank=True)  # when it did
    language = models.CharField(max_length=12, blank=True)  # that the visitor writes in, as the fast model saw it
    summary = models.TextField(blank=True)  # by the fast model, for staff
    summary_seq = models.PositiveBigIntegerField(default=0)  # how far it reaches
    thinking_until = models.DateTimeField(null=True, blank=True)  # the fast model's lease; later ones wait for its end
    rating = models.PositiveSmallIntegerField(null=True, blank=True)  # by the visitor, of the whole: 1 to 5
    rating_comment = models.TextField(max_length=1000, blank=True)
    rated_at = models.DateTimeField(null=True, blank=True)
    origin = models.CharField(max_length=300, blank=True)  # of the page that opened it
    network = models.CharField(max_length=64, blank=True)  # its IP address's keyed hash (`networks.network_of`), for limits
    last_seq = models.PositiveBigIntegerField(default=0)  # given out under the row's lock
    created_at = models.DateTimeField(auto_now_add=True)
    consented_at = models.DateTimeField(null=True, blank=True)  # when its visitor agreed to the assistant's consent text
    last_message_at = models.DateTimeField("last message", null=True, blank=True, db_index=True)

    # Until when the token that it was read for holds its visitor to be logged in, as a Unix time: no column.
    identified_until: Any = None

    class Meta:
        ordering = ["-last_message_at", "-created_at"]
        indexes = [
            models.Index(fields=["state", "organization"]),
            models.Index(fields=["created_at"]),
            models.Index(fields=["organization", "created_at"]),
            models.Index(fields=["organization", "last_message_at"]),
            models.Index(fields=["assistant", "last_message_at"]),
            # With both, because SQLite would look for a visitor's among all of the assistant.
            models.Index(fields=["visitor", "assistant"]),
            # Those that may be idle; the closed ones, which are nearly all, would be read each time.
            models.Index(
                fields=["last_message_at"], condition=models.Q(state="assistant"), name="conversation_that_may_be_idle"
            ),
            models.Index(
                fields=["snoozed_until"], condition=models.Q(snoozed_until__isnull=False), name="conversation_snoozed"
            ),
            models.Index(
                fields=["organization", "rated_at"],
                condition=models.Q(rated_at__isnull=False),
                name="conversation_that_was_rated",
            ),
            models.Index(
                fields=["rated_at"], condition=models.Q(rated_at__isnull=False), name="conversation_rated_anywhere"
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"Conversation {str(self.id)[:8]}"

    @property
    def locale(self) -> str:
        """The language to address the visitor in: their browser's, else the one they write in, else the site's."""
        return self.visitor.locale or self.language or self.assistant.locale


class Message(models.Model):
    """What a visitor, the assistant, staff or the system said, under its number in the conversation."""

    class Role(models.TextChoices):
        VISITOR = "visitor"
        ASSISTANT = "assistant"
        STAFF = "staff"
        SYSTEM = "system"

    class State(models.TextChoices):
        COMPLETE = "complete"
        INCOMPLETE = "incomplete"
        STOPPED = "stopped"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="messages", db_index=False)
    seq = models.PositiveBigIntegerField()
    role = models.CharField(max_length=10, choices=Role.choices)
    text = models.TextField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.COMPLETE)
    client_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 - null keeps the unique constraint out of it
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, db_index=False)
    turn = models.ForeignKey(
        "Turn", models.SET_NULL, null=True, blank=True, related_name="replies", db_index=False
    )  # that produced it
    page = models.JSONField(default=dict, blank=True)  # {url, title} of the page it was written on
    sources = models.JSONField(default=list, blank=True)  # [{title, url}] behind an answer
    files = models.JSONField(default=list, blank=True)  # [{id, name, type, size}] that were sent with it
    rating = models.SmallIntegerField(null=True, blank=True)  # 1 or -1, by the visitor
    spoken = models.BooleanField(default=False)  # in a voice call, as the visitor's browser has passed it on
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["conversation", "seq"]
        constraints = [
            models.UniqueConstraint(fields=["conversation", "client_id"], name="message_once_per_client_id"),
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_once_per_seq"),
        ]
        indexes = [
            models.Index(fields=["rating"], condition=models.Q(rating__isnull=False), name="message_that_was_rated"),
            # Most rows have neither, and would still be written into each index of all rows.
            models.Index(fields=["staff"], condition=models.Q(staff__isnull=False), name="message_by_staff"),
            models.Index(fields=["turn"], condition=models.Q(turn__isnull=False), name="message_of_turn"),
        ]

    def __str__(self) -> str:
        return f"{self.role}: {self.text[:60]}"


class ConversationNote(models.Model):
    """A note by staff about a conversation. It is not a message: neither visitors nor models see it."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="notes")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    text = models.TextField(max_length=4000)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["conversation", "at"]

    def __str__(self) -> str:
        return self.text[:60]


class Event(models.Model):
    """One durable event: a number, a type, and the row it is rendered from."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="events", db_index=False)
    seq = models.PositiveBigIntegerField()
    type = models.CharField(max_length=30)
    message = models.ForeignKey(Message, models.CASCADE, null=True, db_index=False)
    turn = models.ForeignKey("Turn", models.CASCADE, null=True, db_index=False)
    card = models.ForeignKey("Card", models.CASCADE, null=True, db_index=False)
    data = models.JSONField(default=dict)  # what no row holds
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["conversation", "seq"]
        constraints = [models.UniqueConstraint(fields=["conversation", "seq"], name="event_once_per_seq")]
        indexes = [
            # Hardly any row has more than one of them, and would still be written into each index of all rows.
            models.Index(fields=["message"], condition=models.Q(message__isnull=False), name="event_of_message"),
            models.Index(fields=["turn"], condition=models.Q(turn__isnull=False), name="event_of_turn"),
            models.Index(fields=["card"], condition=models.Q(card__isnull=False), name="event_of_card"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"
