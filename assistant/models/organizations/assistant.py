"""Assistants, the sites that were refused, and prompt versions."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from assistant.models.methods.method import Method
from assistant.models.organizations.organization import Organization
from assistant.sentences import CATALOGUES, label

OURS = ("greeting", "disclosure")  # texts that begin as those of our catalogues

hex_colour = RegexValidator(r"\A#[0-9a-fA-F]{6}\Z", "Use a colour such as #0f766e.")


def new_public_key() -> str:
    """Identifies an assistant in a script tag; it is public and authorises nothing."""
    return "pk_" + secrets.token_urlsafe(15)


class Assistant(models.Model):
    """A persona on a site: prompt, look, model, and the methods it may use."""

    class Position(models.TextChoices):
        RIGHT = "right", "Bottom right"
        LEFT = "left", "Bottom left"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="assistants")
    name = models.CharField(max_length=60, default="Assistant")
    public_key = models.CharField(max_length=40, unique=True, default=new_public_key, editable=False)
    enabled = models.BooleanField(default=True)

    instructions = models.TextField(
        blank=True, max_length=20_000, help_text="How it should speak and what it should and should not do."
    )
    knowledge = models.TextField(
        blank=True, max_length=60_000, help_text="Facts it may answer from: hours, prices, address, policies."
    )
    methods = models.ManyToManyField(Method, blank=True, related_name="assistants", help_text="What it may do.")

    title = models.CharField(max_length=60, blank=True, help_text="Shown in the widget's header; its name if empty.")
    greeting = models.CharField(max_length=300, default=label("greeting"))
    starters = models.TextField(blank=True, help_text="Suggested first questions, one per line, at most four.")
    disclosure = models.CharField(
        max_length=300,
        default=label("disclosure"),
        help_text="Shown, and read out, before the first answer.",
    )
    translations = models.JSONField(default=dict, blank=True, editable=False)  # language → {"greeting": …, "starters": …}
    accent = models.CharField(max_length=7, default="#0f766e", validators=[hex_colour])
    position = models.CharField(max_length=5, choices=Position.choices, default=Position.RIGHT)
    locale = models.CharField(max_length=12, default="en", help_text="The widget's language where the page names none.")

    provider = models.ForeignKey(
        "Provider", models.SET_NULL, null=True, blank=True, related_name="assistants", help_text="Empty: any of them."
    )
    model = models.CharField(max_length=200, blank=True, help_text="Leave empty for the provider's default.")
    fast_model = models.CharField(max_length=200, blank=True, help_text="For titles, summaries and checks.")
    fallback_model = models.CharField(max_length=200, blank=True, help_text="Asked when the model above fails.")
    temperature = models.FloatField(null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(2)])
    max_output_tokens = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(16), MaxValueValidator(32_000)],
        help_text="How long a reply may become; leave empty for the provider's limit, or 1024.",
    )
    history_messages = models.PositiveIntegerField(
        default=20,
        validators=[MinValueValidator(2), MaxValueValidator(200)],
        help_text="How many of the last messages the model is shown.",
    )
    history_tokens = models.PositiveIntegerField(
        default=6000,
        validators=[MinValueValidator(200), MaxValueValidator(500_000)],
        help_text="How much of the model's context they may take, roughly. Small local models may need less.",
    )
    makes_notes = models.BooleanField(
        "titles and summaries",
        default=True,
        help_text="Let the fast model name conversations and sum them up for you, once nobody is writing.",
    )
    reuse_answers_hours = models.PositiveSmallIntegerField(
        "reuse answers for hours",
        default=0,
        validators=[MaxValueValidator(168)],
        help_text="Answer the very same first question again without asking the model, for so long. 0: never.",
    )
    limit_sentence = models.CharField(
        max_length=300,
        blank=True,
        help_text="What visitors read when a limit of the budget is reached; empty for the organization's sentence.",
    )

    seen_at = models.DateTimeField(null=True, editable=False)  # when a page last asked for the widget, to a few minutes
    seen_origin = models.CharField(max_length=300, blank=True, editable=False)  # whose page
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["organization", "name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.organization})"

    @property
    def starter_list(self) -> list[str]:
        return _starters(self.starters)

    @property
    def texts(self) -> dict[str, dict[str, Any]]:
        """By language, what differs in it from `greeting`, `disclosure` and `starter_list`: what staff have written for it,
        and our own words where they have left ours as they were."""
        found: dict[str, dict[str, Any]] = {}
        for language in CATALOGUES:
            ours = {
                name: label(name, language) for name in OURS if getattr(self, name) == label(name) != label(name, language)
            }
            if texts := {**ours, **self.translations.get(language, {})}:
                found[language] = {**texts, **({"starters": _starters(texts["starters"])} if "starters" in texts else {})}
        return found


def _starters(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()][:4]


class RefusedOrigin(models.Model):
    """A site whose page asked for an assistant that it may not show. A few per assistant, for staff to allow or ignore."""

    assistant = models.ForeignKey(Assistant, models.CASCADE, related_name="refused_origins")
    origin = models.CharField(max_length=200)  # as `normal_origin` writes it
    ignored = models.BooleanField(default=False)
    first_at = models.DateTimeField(auto_now_add=True)
    last_at = models.DateTimeField()

    class Meta:
        ordering = ["-last_at"]
        constraints = [models.UniqueConstraint(fields=["assistant", "origin"], name="refused_origin_once_per_assistant")]

    def __str__(self) -> str:
        return self.origin


class PromptVersion(models.Model):
    """An assistant's prompt, in force from `at` until the next version."""

    TEXTS = ("instructions", "knowledge", "greeting")

    assistant = models.ForeignKey(Assistant, models.CASCADE, related_name="prompt_versions")
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
