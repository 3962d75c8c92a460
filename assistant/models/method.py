from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from django.db import models

from .organization import Organization

method_name = RegexValidator(
    r"\A[a-z](?:_?[a-z0-9])*\Z", "Use small letters, digits and single underscores, starting with a letter."
)


def no_parameters() -> dict[str, Any]:
    return {"type": "object", "properties": {}, "additionalProperties": False}


class Method(models.Model):
    """A tool that an organization has set up: a kind, its configuration, and what a model must give it."""

    class Risk(models.TextChoices):
        READ = "read", "Reads only"
        WRITE = "write", "Changes something"
        IRREVERSIBLE = "irreversible", "Changes something for good"

    class Confirm(models.TextChoices):
        BY_RISK = "", "When it changes something for good"
        ALWAYS = "always", "Always"
        NEVER = "never", "Never"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="methods")
    # 48 leaves room for an operation's suffix within the 64 characters that providers accept.
    name = models.CharField(
        max_length=48, validators=[method_name], help_text="What the model calls it, such as order_status."
    )
    kind = models.CharField(max_length=20)
    enabled = models.BooleanField(default=True)
    description = models.CharField(max_length=1000, help_text="What it does, for the model.")
    instruction = models.TextField(blank=True, max_length=4000, help_text="When and how the model should use it.")
    public_label = models.CharField(
        max_length=60, blank=True, help_text='What the visitor reads meanwhile: "Checking the order…"'
    )
    parameters = models.JSONField(default=no_parameters, blank=True, help_text="What the model must give, as JSON Schema.")
    fixed = models.JSONField(default=dict, blank=True, help_text="Values that the model neither sees nor changes.")
    config = models.JSONField(default=dict, blank=True)
    secrets = models.JSONField(default=dict, blank=True, editable=False)  # name → sealed text
    risk = models.CharField(max_length=12, choices=Risk.choices, default=Risk.READ)
    confirm = models.CharField(max_length=8, choices=Confirm.choices, default=Confirm.BY_RISK, blank=True)
    per_visitor_per_day = models.PositiveIntegerField(default=20, help_text="How often one visitor may use it in 24 hours.")
    per_day = models.PositiveIntegerField(default=1000, help_text="How often all visitors together may use it in 24 hours.")
    source = models.CharField(max_length=300, blank=True, editable=False)  # where an import took it from, to update it
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["organization", "name"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="method_name_once_per_organization")]

    def __str__(self) -> str:
        return self.name
