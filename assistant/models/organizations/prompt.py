"""An assistant's texts: the versions that were published, and the draft of the next one."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from assistant.models.organizations.assistant import Assistant


class PromptVersion(models.Model):
    """An assistant's instructions, knowledge and greeting from `at` until the next version."""

    TEXTS = ("instructions", "knowledge", "greeting")

    assistant = models.ForeignKey(Assistant, models.CASCADE, related_name="prompt_versions", db_index=False)
    number = models.PositiveIntegerField()
    instructions = models.TextField(blank=True)
    knowledge = models.TextField(blank=True)
    greeting = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    restores = models.PositiveIntegerField(null=True, blank=True)  # the number of the version that it went back to
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["assistant", "-number"]
        constraints = [models.UniqueConstraint(fields=["assistant", "number"], name="prompt_version_once_per_number")]

    def __str__(self) -> str:
        return f"Version {self.number}"


class PromptDraft(models.Model):
    """Texts that an assistant is to get, which visitors do not: tried by staff until they are published or discarded.

    `based_on` is the version that was current when it was begun, 0 where there was none; `edits` counts its changes, so that
    two who edit it notice each other.
    """

    assistant = models.OneToOneField(Assistant, models.CASCADE, related_name="draft")
    instructions = models.TextField(blank=True, max_length=20_000)
    knowledge = models.TextField(blank=True, max_length=60_000)
    greeting = models.CharField(max_length=300)
    based_on = models.PositiveIntegerField(default=0)
    edits = models.PositiveIntegerField(default=1)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Draft for {self.assistant.name}"

    @property
    def texts(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in PromptVersion.TEXTS}
