"""The audit log: what staff changed, looked at and exported."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone

from assistant.models.organizations.organization import Organization


class AppendOnly(Exception):
    """An entry of the audit log was to be changed or deleted."""


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, *args: Any, **changes: Any) -> NoReturn:
        raise AppendOnly("Entries of the audit log are not changed.")

    def delete(self) -> NoReturn:
        raise AppendOnly("Entries of the audit log are not deleted.")

    bulk_update = update


class AuditEntry(models.Model):
    """One act of a member of staff. Values of personal data and secrets are masked before they come here. Entries go only
    with their organization; that a user is deleted empties `by` and leaves `by_name`."""

    class Act(models.TextChoices):
        ADDED = "added"
        CHANGED = "changed"
        DELETED = "deleted"
        LOOKED = "looked", "Looked at"
        EXPORTED = "exported"
        LOGGED_IN = "logged_in", "Logged in"
        LOGGED_OUT = "logged_out", "Logged out"
        REFUSED = "refused", "Log-in refused"
        DONE = "done", "Other action"  # a button or an action of a list: `detail` says which

    organization = models.ForeignKey(Organization, models.CASCADE, null=True, related_name="audit_entries", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField("who", max_length=150, blank=True)  # the name that the user had then
    network = models.CharField(max_length=50, blank=True)  # such as 192.0.2.0/24
    act = models.CharField("action", max_length=10, choices=Act.choices)
    model = models.CharField("type", max_length=60, blank=True)
    object_id = models.CharField("ID", max_length=64, blank=True)
    name = models.CharField(max_length=200, blank=True)  # empty for rows about visitors
    detail = models.CharField(max_length=200, blank=True)
    changes = models.JSONField(default=dict, blank=True)  # field → [before, after]

    objects = AuditQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "audit entry"
        verbose_name_plural = "audit log"
        indexes = [models.Index(fields=["organization", "-at"]), models.Index(fields=["-at"])]

    def __str__(self) -> str:
        return f"{self.by_name or 'Somebody'}: {self.get_act_display()} {self.model} {self.name or self.object_id}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnly("Entries of the audit log are not changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnly("Entries of the audit log are not deleted.")
