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
from assistant.models.organizations.organization import Organization


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
    # Also here, so that a deleted row's organization is known without reading its conversation.
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="files")
    message = models.ForeignKey(Message, models.CASCADE, null=True, blank=True, related_name="attached")
    by_staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    from_staff = models.BooleanField(default=False)
    name = models.CharField(max_length=120)
    type = models.CharField(max_length=40, blank=True)  # determined by its content
    size = models.PositiveIntegerField()  # in bytes, as stored; never changed, because it is part of the total
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVING)
    place = models.CharField(max_length=48, unique=True, default=new_place, editable=False)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["conversation", "at"]
        indexes = [models.Index(fields=["at"], condition=models.Q(message=None), name="file_without_a_message")]

    def __str__(self) -> str:
        return self.name


class FileTotal(models.Model):
    """The number of bytes that an organization's files take up, so that receiving a file does not add up all of them.

    It is increased with the row of a file, and decreased when the content is deleted. A transaction that changes it locks no
    other row afterwards; deleting files, which locks others, leaves it alone.
    """

    organization = models.OneToOneField(Organization, models.CASCADE, primary_key=True, related_name="+")
    bytes = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.bytes} bytes of {self.organization}"


class DroppedFile(models.Model):
    """A place in the storage whose row was deleted: its content is deleted from there, once and again a little later."""

    place = models.CharField(max_length=48, unique=True)  # also where two processes delete the same row
    # Its total is decreased by the size. These rows outlive the organization, so that there is no constraint.
    organization = models.ForeignKey(
        Organization, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    size = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    deleted_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.place


@receiver(post_delete, sender=ConversationFile)
def _dropped(instance: ConversationFile, **_: Any) -> None:
    """In the transaction that deletes the row, whatever deletes it: a visitor's erasure, retention, a cascade."""
    dropped = DroppedFile(place=instance.place, organization_id=instance.organization_id, size=instance.size)
    DroppedFile.objects.bulk_create([dropped], ignore_conflicts=True)
