"""Files that visitors and staff send in conversations: rows. The contents are in a storage of Django's."""

from __future__ import annotations

import secrets
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.signals import post_delete
from django.dispatch import receiver

from assistant.models.conversations.conversation import Conversation, Message


def new_place() -> str:
    """Where a file is stored: nothing about it can be read from that, and nobody can guess it."""
    return secrets.token_hex(24)


class ConversationFile(models.Model):
    """A file, from before its content is stored until it is deleted with its conversation. Until a message has it, nobody
    but the sender knows of it."""

    class State(models.TextChoices):
        RECEIVING = "receiving", "Being received"
        READY = "ready", "Ready"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="files")
    message = models.ForeignKey(Message, models.CASCADE, null=True, blank=True, related_name="attached")
    by_staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    from_staff = models.BooleanField(default=False)
    name = models.CharField(max_length=120)
    type = models.CharField(max_length=40, blank=True)  # determined by its content
    size = models.PositiveIntegerField()  # as it was sent, then as it is stored, in bytes
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVING)
    place = models.CharField(max_length=48, unique=True, default=new_place, editable=False)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["conversation", "at"]
        indexes = [models.Index(fields=["at"], condition=models.Q(message=None), name="file_without_a_message")]

    def __str__(self) -> str:
        return self.name


class DroppedFile(models.Model):
    """A place in the storage whose row was deleted: its content is deleted from there, once and again a little later."""

    place = models.CharField(max_length=48)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    deleted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.place


@receiver(post_delete, sender=ConversationFile)
def _dropped(instance: ConversationFile, **_: Any) -> None:
    """In the transaction that deletes the row, whatever deletes it: a visitor's erasure, retention, a cascade."""
    DroppedFile.objects.create(place=instance.place)
