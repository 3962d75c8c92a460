"""Pictures that visitors see: an organization's logo and the avatars of its assistants."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from assistant.models.organizations.assistant import Assistant
from assistant.models.organizations.organization import Organization

SUFFIXES = {"image/png": "png", "image/jpeg": "jpg"}


class Picture(models.Model):
    """The avatar of `assistant`; without one, the organization's logo. Redrawn from what staff have uploaded.

    Its id is a digest of its content and of whose it is, so that what an address shows never changes, and two organizations
    with the same picture have a row each. The content is here and not in a storage of files: it is a few kilobytes, every
    process has it, and it comes and goes in the transaction of its owner.
    """

    id = models.CharField(primary_key=True, max_length=40, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="pictures")
    assistant = models.OneToOneField(Assistant, models.CASCADE, null=True, blank=True, related_name="+")
    data = models.BinaryField()
    type = models.CharField(max_length=20)  # as its content says
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["organization", "at"]
        constraints = [
            models.UniqueConstraint(fields=["organization"], condition=Q(assistant=None), name="one_logo_per_organization")
        ]

    def __str__(self) -> str:
        return "Avatar" if self.assistant_id else "Logo"

    @property
    def file_name(self) -> str:
        return f"{self.pk}.{SUFFIXES[self.type]}"
