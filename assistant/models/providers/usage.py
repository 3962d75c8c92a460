"""Budgets, spending, prices and usage of models."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models

from assistant.models.conversations.conversation import Conversation
from assistant.models.conversations.turn import Turn
from assistant.models.organizations.assistant import Assistant
from assistant.models.organizations.organization import Organization
from assistant.models.providers.provider import Provider
from assistant.models.revisions import SetByStaff, SettingsQuerySet


class Budget(SetByStaff):
    """An organization's limits. Empty means no limit; an organization without a row has these defaults.

    Money is in US dollars and counts what has a known price; tokens count always.
    """

    organization = models.OneToOneField(Organization, models.CASCADE, related_name="budget")
    visitor_day_tokens = models.PositiveIntegerField("tokens per visitor and day", null=True, blank=True, default=500_000)
    network_day_tokens = models.PositiveIntegerField("tokens per network and day", null=True, blank=True, default=2_000_000)
    day_tokens = models.PositiveBigIntegerField("tokens per day", null=True, blank=True, default=10_000_000)
    month_tokens = models.PositiveBigIntegerField("tokens per month", null=True, blank=True, default=150_000_000)
    day_dollars = models.DecimalField(
        "dollars per day", max_digits=10, decimal_places=2, null=True, blank=True, default=Decimal(50)
    )
    month_dollars = models.DecimalField(
        "dollars per month", max_digits=10, decimal_places=2, null=True, blank=True, default=Decimal(500)
    )
    requests_per_minute = models.PositiveIntegerField("model requests per minute", null=True, blank=True, default=600)
    sentence = models.CharField(
        "message at a limit",
        max_length=300,
        blank=True,
        help_text="Shown to visitors when a limit is reached. Leave empty to use a standard message.",
    )

    objects = SettingsQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Budget of {self.organization}"


class Spending(models.Model):
    """What one subject has reserved and spent in one period: the row that a reservation updates."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="spendings", db_index=False)
    scope = models.CharField(max_length=12)  # organization, visitor or network
    subject = models.CharField(max_length=64, blank=True)  # which visitor or network
    period = models.CharField(max_length=16)  # 2030-01, 2030-01-08 or 2030-01-08T14:05, in the organization's zone
    tokens = models.BigIntegerField(default=0)
    micros = models.BigIntegerField(default=0)  # millionths of a dollar
    requests = models.PositiveIntegerField(default=0)
    warned = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "scope", "subject", "period"], name="spending_once_per_period")
        ]
        indexes = [models.Index(fields=["created_at"])]

    def __str__(self) -> str:
        return f"{self.scope} {self.subject} {self.period}: {self.tokens} tokens"


class Price(SetByStaff):
    """What a model costs, in US dollars per million tokens. A row of the organization's goes before the platform's."""

    organization = models.ForeignKey(
        Organization,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="prices",
        help_text="Leave empty if the price applies to all organizations.",
        db_index=False,
    )
    model = models.CharField(max_length=200, help_text="A model's id, or the beginning of several ids followed by *.")
    prompt = models.DecimalField(max_digits=12, decimal_places=6, validators=[MinValueValidator(0)])
    completion = models.DecimalField(max_digits=12, decimal_places=6, validators=[MinValueValidator(0)])
    updated_at = models.DateTimeField(auto_now=True)

    objects = SettingsQuerySet.as_manager()

    class Meta:
        ordering = ["model"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "model"], name="price_once_per_organization_and_model"),
            models.UniqueConstraint(
                fields=["model"], condition=models.Q(organization=None), name="price_once_per_model_for_all"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model}: {self.prompt} / {self.completion}"


class Usage(models.Model):
    """One attempt at one provider: tokens, cost at that day's price, and how it ended."""

    class Precision(models.TextChoices):
        EXACT = "exact"
        ESTIMATED = "estimated"
        UNKNOWN = "unknown"

    class Source(models.TextChoices):
        ORGANIZATION = "organization", "The organization's provider"
        PLATFORM = "platform", "The platform's provider"
        DEMO = "demo", "The demonstration model"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="usages", db_index=False)
    assistant = models.ForeignKey(Assistant, models.SET_NULL, null=True, blank=True, related_name="usages")
    conversation = models.ForeignKey(
        Conversation, models.SET_NULL, null=True, blank=True, related_name="usages", db_index=False
    )
    turn = models.ForeignKey(Turn, models.SET_NULL, null=True, blank=True, related_name="usages")
    provider = models.ForeignKey(Provider, models.SET_NULL, null=True, blank=True, related_name="usages", db_index=False)
    provider_name = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=12, choices=Source.choices, blank=True)
    health_key = models.CharField(max_length=80, blank=True)
    model = models.CharField(max_length=200, blank=True)
    task = models.CharField(max_length=10)  # reply, fast or voice; embed or search for vectors of passages and queries

    # Reserved until the answer is in: then the tokens are what was set aside, and nobody knows better if we die here.
    reserved = models.BooleanField(default=False)
    cause = models.CharField(max_length=30, blank=True)  # why it failed; empty when it did not
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    tokens_are = models.CharField(max_length=9, choices=Precision.choices, default=Precision.UNKNOWN)
    prompt_price = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    completion_price = models.DecimalField(max_digits=12, decimal_places=6, null=True, blank=True)
    micros = models.BigIntegerField(null=True, blank=True)  # millionths of a dollar; None when no price is known
    cost_is = models.CharField(max_length=9, choices=Precision.choices, default=Precision.UNKNOWN)
    first_token_ms = models.PositiveIntegerField(null=True, blank=True)
    total_ms = models.PositiveIntegerField(null=True, blank=True)
    at = models.DateTimeField(auto_now_add=True)  # when it began; of one that followed a failure, when it was stored

    class Meta:
        verbose_name_plural = "usage"
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["at"]),
            models.Index(fields=["organization", "-at"]),
            models.Index(fields=["conversation", "-at"]),
            models.Index(fields=["provider", "at"]),
        ]

    def __str__(self) -> str:
        return f"{self.provider_name} {self.model}: {self.prompt_tokens}+{self.completion_tokens} tokens"
