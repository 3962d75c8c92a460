"""Cards in a conversation."""

from __future__ import annotations

import uuid

from django.db import models

from assistant.models.conversations.conversation import Conversation
from assistant.models.conversations.turn import ToolCall


class Card(models.Model):
    """Something a visitor can act on or keep, built by the server from rows: a model cannot invent one."""

    class Kind(models.TextChoices):
        SLOTS = "slots", "Times"
        CONFIRM = "confirm", "Confirmation"
        RECEIPT = "receipt", "Receipt"
        CONTACT = "contact", "Contact form"
        VERIFY = "verify", "E-mail verification"

    class State(models.TextChoices):
        OPEN = "open"
        ANSWERED = "answered"
        EXPIRED = "expired"
        CLOSED = "closed"

    ASKING = (Kind.CONFIRM, Kind.VERIFY)  # whose call waits for the visitor to confirm

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="cards")
    call = models.ForeignKey(ToolCall, models.SET_NULL, null=True, blank=True, related_name="cards")  # that it belongs to
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    content = models.JSONField(default=dict)  # what docs/protocol.md says of the kind
    action = models.JSONField(default=dict)  # what an answer sets off; never leaves the server
    choice = models.CharField(max_length=80, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return f"{self.kind} ({self.state})"

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Label and value of each line. A line of `content` has an address as well where its value is a link."""
        return [(str(name), str(value)) for name, value, *_ in self.content.get("lines", [])]
