"""Methods, their secrets and the kinds that models know."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlsplit

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone

from assistant.models.names import NameField
from assistant.models.organizations.organization import Organization
from assistant.models.revisions import SetByStaff, SettingsQuerySet
from assistant.secrets import seal, unseal
from assistant.sentences import language

method_name = RegexValidator(
    r"\A[a-z](?:_?[a-z0-9])*\Z",
    "Use lower-case letters, digits and single underscores, starting with a letter, such as order_status.",
)

MAX_METHODS = 50  # per organization

# Kinds whose rows mean something to more than their own tool; services ask the querysets and properties that know them.
HANDOFF, KNOWLEDGE = "handoff", "knowledge"


def no_parameters() -> dict[str, Any]:
    return {"type": "object", "properties": {}, "additionalProperties": False}


class MethodQuerySet(SettingsQuerySet):
    def asking_for_a_person(self) -> MethodQuerySet:
        """The enabled methods by which an assistant hands a conversation over to a person."""
        return self.filter(kind=HANDOFF, enabled=True)


class Method(SetByStaff):
    """A tool that an organization has set up: a kind, its configuration, and the parameters that a model provides."""

    class Risk(models.TextChoices):
        READ = "read", "Reads only"
        WRITE = "write", "Makes changes"
        IRREVERSIBLE = "irreversible", "Makes irreversible changes"

    class Confirm(models.TextChoices):
        BY_RISK = "", "Before irreversible changes"
        ALWAYS = "always", "Always"
        NEVER = "never", "Never"

    id = models.UUIDField(
        primary_key=True, default=uuid.uuid4, editable=False
    )  # known before saving: secrets are bound to it
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="methods", db_index=False)
    # 48 leaves room for an operation's suffix within the 64 characters that providers accept.
    name = models.CharField(
        max_length=48, validators=[method_name], help_text="The name by which the model calls it, such as order_status."
    )
    kind = models.CharField(max_length=20)
    enabled = models.BooleanField(default=True)
    description = models.CharField(
        max_length=1000, help_text="Tells the model what the method does. For example: Looks up the status of an order."
    )
    instruction = models.TextField(
        blank=True,
        max_length=4000,
        help_text="Tells the model when and how to use it. For example: Ask for the order number first.",
    )
    public_label = NameField(
        "status text",
        max_length=60,
        blank=True,
        help_text="Shown to the visitor while the method runs, such as Checking the order…",
    )
    parameters = models.JSONField(
        default=no_parameters, blank=True, help_text="What the model has to provide, as JSON Schema."
    )
    translations = models.JSONField(default=dict, blank=True, editable=False)  # language → {"public_label": …}
    fixed = models.JSONField(default=dict, blank=True, help_text="Values that the model neither sees nor changes.")
    config = models.JSONField(default=dict, blank=True)
    secrets = models.JSONField(default=dict, blank=True, editable=False)  # name → {sealed, origin, hint, at}
    risk = models.CharField(
        max_length=12,
        choices=Risk.choices,
        default=Risk.WRITE,
        help_text="What a call can do. Irreversible changes cannot be undone, such as a payment.",
    )
    confirm = models.CharField(
        "ask the visitor",
        max_length=8,
        choices=Confirm.choices,
        default=Confirm.BY_RISK,
        blank=True,
        help_text="When the visitor has to confirm a call before it runs.",
    )
    per_visitor_per_day = models.PositiveIntegerField(
        "calls per visitor", default=20, help_text="How often one visitor can use it in 24 hours."
    )
    per_day = models.PositiveIntegerField(
        "calls in total", default=1000, help_text="How often all visitors together can use it in 24 hours."
    )
    per_network_per_day = models.PositiveIntegerField(
        "calls per network",
        null=True,
        blank=True,
        help_text=(
            "How often all visitors of one network, such as an office or a home, can use it in 24 hours. Leave "
            "empty for a quarter of the total."
        ),
    )
    source = models.CharField(max_length=300, blank=True, editable=False)  # where an import took it from, to update it
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = MethodQuerySet.as_manager()

    class Meta:
        ordering = ["organization", "name"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="method_name_once_per_organization")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        # A secret is sent only to the server that it was saved for: with another one, it has to be entered again.
        kept = {name: entry for name, entry in self.secrets.items() if entry["origin"] == self.origin}
        if kept != self.secrets:
            self.secrets = kept
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "secrets"}
        super().save(*args, **kwargs)

    def public_label_in(self, locale: str, home: str) -> str:
        """Its status text in the language of `locale`, "" where it has none; the one without a language is taken to be in
        that of `home`."""
        own = self.translations.get(language(locale), {}).get("public_label", "")
        return own or (self.public_label if language(locale) == language(home) else "")

    @property
    def asks_for_a_person(self) -> bool:
        return self.kind == HANDOFF

    @property
    def network_share(self) -> int:
        """How often one network may use it in 24 hours, so that no network can use up the calls of all others."""
        if self.per_network_per_day is not None:
            return self.per_network_per_day
        return max(self.per_visitor_per_day, -(-self.per_day // 4))

    @property
    def origin(self) -> str:
        """`scheme://host:port` of the address in `config`, to which the secrets are bound; empty where there is none."""
        try:
            parts = urlsplit(str(self.config.get("url", "")))
            port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        except (KeyError, ValueError):
            return ""
        return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"

    def set_secret(self, name: str, value: str) -> None:
        """Seal `value` for the current server; an empty value deletes the secret. Takes effect with `save`."""
        others = {key: entry for key, entry in self.secrets.items() if key != name}
        if value:
            entry = {
                "sealed": seal(value, *self._bound_to(name)),
                "origin": self.origin,
                "hint": value[-4:] if len(value) >= 12 else "",
                "at": timezone.now().isoformat(timespec="seconds"),
            }
            others[name] = entry
        self.secrets = others

    def secret(self, name: str) -> str:
        """The secret, or "" where none is set for the current server. Raises `SecretUnreadable` when its key is gone."""
        entry = self.secrets.get(name)
        if entry is None or entry["origin"] != self.origin:
            return ""
        return unseal(entry["sealed"], *self._bound_to(name))

    def _bound_to(self, name: str) -> tuple[object, ...]:
        return "method", self.organization_id, self.pk, name, self.origin
