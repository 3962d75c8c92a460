"""Removals of personal data."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from assistant.models.organizations.organization import Organization


class Removal(models.Model):
    """What was removed and when, without what it said: the tombstone of an erased visitor, or a run of retention."""

    class Reason(models.TextChoices):
        REQUEST = "request", "Visitor erased by staff"
        VISITOR = "visitor", "Erased by the visitor"
        SERVER = "server", "Erased by the organization's server"
        EXPIRED = "expired", "Visitor not seen for longer than visitors are kept"
        RETENTION = "retention", "Older than messages or tool calls are kept"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="removals", db_index=False)
    # The erased visitor's random id. No foreign key: the row is gone.
    visitor = models.UUIDField(null=True, blank=True, unique=True)
    reason = models.CharField(max_length=9, choices=Reason.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    counts = models.JSONField(default=dict)  # rows by table
    # What a process that was at work may have put back into the cache: {"drafts": ["turn.fence"], "assistants": [id]};
    # and "calls" that are to be hung up.
    pending = models.JSONField(default=dict, editable=False)
    at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField("finished", null=True, blank=True)

    class Meta:
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["-at"]),
            models.Index(fields=["organization", "-at"]),
            # Asked for every few seconds: hardly any is not finished.
            models.Index(fields=["at"], condition=models.Q(finished_at__isnull=True), name="removal_to_finish"),
        ]
        verbose_name = "removal"
        verbose_name_plural = "removed data"

    def __str__(self) -> str:
        return f"{self.get_reason_display()}, {self.at:%Y-%m-%d}"
