"""Who a visitor is to the organization: the keys that sign it, and the attributes that staff have defined."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from assistant import secrets
from assistant.models.names import NameField
from assistant.models.organizations.organization import Organization
from assistant.models.revisions import SetByStaff, SettingsQuerySet

MAX_KEYS = 5  # per organization: one that is used, one that takes its place, and some to spare
MAX_ATTRIBUTES = 30

attribute_name = RegexValidator(
    r"\A[a-z][a-z0-9_]{0,39}\Z", "Use lower-case letters, digits and underscores, starting with a letter, such as plan."
)


class IdentityKey(models.Model):
    """A key with which the organization's own server signs who a visitor is.

    Several are valid at once, so that one can take the place of another without logging anybody out. A shared secret is
    sealed; a public key is none.
    """

    class Algorithm(models.TextChoices):
        HS256 = "HS256", "HS256: a secret that your server shares with us"
        RS256 = "RS256", "RS256: the public key of a key pair of your server"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="identity_keys")
    name = NameField(max_length=60, help_text="A name for your team, such as Shop server 2026.")
    algorithm = models.CharField(max_length=5, choices=Algorithm.choices, default=Algorithm.HS256)
    sealed_secret = models.TextField(blank=True, editable=False)
    public_key = models.TextField("public key", blank=True, max_length=4000)
    enabled = models.BooleanField(default=True, help_text="When this is off, tokens that were signed with it are not valid.")
    manages_data = models.BooleanField(
        "may export and erase visitors",
        default=False,
        help_text="Your server can ask for the export or the erasure of any visitor with tokens that this key has signed.",
    )
    used_at = models.DateTimeField("last used", null=True, blank=True, editable=False)  # to a few minutes
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["organization", "-created_at"]

    def __str__(self) -> str:
        return self.name

    def set_secret(self, secret: str) -> None:
        """Seal the shared secret; the caller saves."""
        self.sealed_secret = secrets.seal(secret, *self._bound_to())

    def secret(self) -> str:
        """Raises `SecretUnreadable`."""
        return secrets.unseal(self.sealed_secret, *self._bound_to())

    def _bound_to(self) -> tuple[object, ...]:
        return "identity.secret", self.organization_id, self.pk


class VisitorAttribute(SetByStaff):
    """Something that pages may say of a visitor, such as their plan: its name, its type, and whether the model reads it."""

    RECORDED: ClassVar[frozenset[str]] = frozenset()

    class Type(models.TextChoices):
        TEXT = "text", "Text"
        NUMBER = "number", "Number"
        BOOLEAN = "boolean", "Yes or no"
        DATE = "date", "Date (2030-01-31)"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="visitor_attributes", db_index=False)
    name = models.CharField(
        max_length=40, validators=[attribute_name], help_text="The name that pages and tokens use, such as plan."
    )
    label = NameField(
        max_length=60,
        help_text="The name that staff see, such as Plan. The model sees it too, if you tell it the attribute.",
    )
    type = models.CharField(max_length=7, choices=Type.choices, default=Type.TEXT)
    in_prompt = models.BooleanField(
        "tell the model",
        default=False,
        help_text="The model reads it with every message, and a visitor can make the model repeat it.",
    )

    objects = SettingsQuerySet.as_manager()

    class Meta:
        ordering = ["organization", "name"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="attribute_name_once_per_organization")]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        others = VisitorAttribute.objects.filter(organization=self.organization_id).exclude(pk=self.pk)
        if others.count() >= MAX_ATTRIBUTES:
            raise ValidationError(f"An organization has at most {MAX_ATTRIBUTES} attributes. Delete one first.")
