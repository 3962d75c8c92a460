"""Texts that a visitor is entitled to have seen: the disclosure, and what they have agreed to, each in its versions."""

from __future__ import annotations

from django.db import models

from assistant.models.conversations.conversation import Conversation
from assistant.models.organizations.assistant import Assistant


class NoticeText(models.Model):
    """A text of an assistant in one language, from `since` until its next version. Written when it is first shown."""

    class Kind(models.TextChoices):
        DISCLOSURE = "disclosure"
        CONSENT = "consent"

    assistant = models.ForeignKey(Assistant, models.CASCADE, related_name="notice_texts", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    language = models.CharField(max_length=12)
    version = models.PositiveIntegerField()
    text = models.TextField()
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["assistant", "kind", "language", "version"]
        constraints = [
            models.UniqueConstraint(fields=["assistant", "kind", "language", "version"], name="notice_text_once_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.language}, version {self.version}"


class Notice(models.Model):
    """That a text was shown in a conversation, and when its visitor agreed to it."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="notices", db_index=False)
    text = models.ForeignKey(NoticeText, models.CASCADE, related_name="notices")
    shown_at = models.DateTimeField(auto_now_add=True)
    agreed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["shown_at"]
        constraints = [models.UniqueConstraint(fields=["conversation", "text"], name="notice_once_per_conversation")]

    def __str__(self) -> str:
        return str(self.text)
