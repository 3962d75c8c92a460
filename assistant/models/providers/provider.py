"""Model servers of organizations, their health, and the counters of rotations."""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models import F
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from assistant import secrets
from assistant.models.names import NameField
from assistant.models.organizations.organization import Organization, normal_origin
from assistant.models.revisions import SetByStaff, SettingsQuerySet

# Extra headers are stored and shown in the clear, so none of them may be a credential or steer the connection.
FORBIDDEN_HEADERS = re.compile(
    r"authorization|proxy-.*|cookie|set-cookie|host|connection|content-.*|transfer-encoding|upgrade|te|trailer|expect"
    r"|.*(?:api-?key|token|secret|password|credential).*",
    re.IGNORECASE,
)
HEADER_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,60}"

key_style = RegexValidator(
    rf"\A(?:bearer|none|header:{HEADER_NAME})\Z", "Use bearer, none or header:<name>, for example header:X-Api-Key."
)


def validate_headers(headers: Any) -> None:
    """A JSON object of at most 20 plain header names and values; credentials belong in the key."""
    if not isinstance(headers, dict) or len(headers) > 20:
        raise ValidationError('Enter a JSON object with at most 20 headers, for example {"X-Team": "support"}.')
    for name, value in headers.items():
        if not re.fullmatch(HEADER_NAME, name):
            raise ValidationError("%(name)s is not a valid header name.", params={"name": str(name)[:60]})
        if FORBIDDEN_HEADERS.fullmatch(name):
            raise ValidationError(
                "%(name)s is not allowed here. Enter credentials in the key field.", params={"name": name[:60]}
            )
        if not isinstance(value, str) or len(value) > 500 or not value.isprintable() or not value.isascii():
            raise ValidationError(
                "The value of %(name)s must be one line of ASCII text with at most 500 characters.",
                params={"name": name[:60]},
            )


def validate_server_url(url: str) -> None:
    """http(s) with a host, without user, password or fragment. Whether it may be called is for the guard."""
    try:
        parts = urlsplit(url)
        normal_origin(f"{parts.scheme}://{parts.netloc}")
    except ValueError as error:
        raise ValidationError(
            "%(why)s, for example https://api.example.com/v1.", params={"why": str(error).capitalize()}
        ) from error
    if parts.fragment or re.search(r"[\s\x00-\x1f]", url):
        raise ValidationError("Enter the address without spaces and without #.")


class Provider(SetByStaff):
    """A model server that an organization brings itself, with its own key."""

    class Effort(models.TextChoices):
        DEFAULT = "", "The model's default"
        MINIMAL = "minimal"
        LOW = "low"
        MEDIUM = "medium"
        HIGH = "high"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="providers", db_index=False)
    name = NameField(max_length=60, help_text="What staff see in lists and statistics, for example OpenAI Berlin.")
    preset = models.CharField(
        max_length=40, blank=True, help_text="The kind of server. It fills in the fields that you leave empty."
    )
    base_url = models.CharField(
        "base URL",
        max_length=500,
        blank=True,
        validators=[validate_server_url],
        help_text=(
            "For example https://api.example.com/v1. Leave empty to use the preset's address. If you change the "
            "server, enter the key again."
        ),
    )
    api_version = models.CharField(
        "API version", max_length=40, blank=True, help_text="Enter this for Azure OpenAI only, for example 2024-10-21."
    )
    auth = models.CharField(
        "authentication",
        max_length=80,
        blank=True,
        validators=[key_style],
        help_text=(
            "How the key is sent: bearer, header:<name> such as header:X-Api-Key, or none. Leave empty to send "
            "it as the preset does."
        ),
    )
    # That an operator of an embedded installation has let the row reach, although it is not public; "" for none.
    operator_origin = models.CharField(max_length=300, blank=True, editable=False)
    sealed_key = models.TextField(blank=True, editable=False)
    key_origin = models.CharField(max_length=300, blank=True, editable=False)  # the only place the key is ever sent to
    key_hint = models.CharField(max_length=4, blank=True, editable=False)  # its last characters
    key_set_at = models.DateTimeField(null=True, blank=True, editable=False)
    headers = models.JSONField(
        "extra headers",
        default=dict,
        blank=True,
        validators=[validate_headers],
        help_text='Sent with every request, as a JSON object: {"X-Team": "support"}. Credentials go in the key field.',
    )

    smart = models.CharField(
        "model for replies",
        max_length=200,
        blank=True,
        help_text="Answers visitors and calls tools, for example gpt-5.4. Leave empty to use the preset's model.",
    )
    fast = models.CharField(
        "model for quick tasks",
        max_length=200,
        blank=True,
        help_text=(
            "Writes titles and summaries, for example gpt-5.4-mini. Leave empty to use the preset's, or the "
            "model for replies."
        ),
    )
    realtime = models.CharField(
        "model for voice",
        max_length=200,
        blank=True,
        help_text="For example gpt-realtime-2. Only OpenAI and Azure OpenAI offer voice.",
    )
    fallback_model = models.CharField(
        max_length=200, blank=True, help_text="Answers when the model for replies fails, for example gpt-5.4-mini."
    )

    temperature = models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(2)],
        help_text=(
            "Enter a number from 0 (predictable) to 2 (varied), for example 0.5. Leave empty to use the server's "
            "default. An assistant's own setting takes precedence."
        ),
    )
    max_output_tokens = models.PositiveIntegerField(
        "longest answer, in tokens",
        null=True,
        blank=True,
        validators=[MinValueValidator(16), MaxValueValidator(128_000)],
        help_text="Leave empty for 1024, about 750 English words. An assistant's own setting takes precedence.",
    )
    reasoning_effort = models.CharField(
        max_length=10,
        blank=True,
        choices=Effort.choices,
        help_text="How much a thinking model thinks before it answers. Less is faster and cheaper.",
    )
    timeout_seconds = models.PositiveSmallIntegerField(
        "longest silence, in seconds",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(600)],
        help_text=(
            "If a provider sends nothing for this long, another one is asked, for example 60. Leave empty for "
            "20, or 90 for a server in your own network and for a model that thinks first."
        ),
    )
    weight = models.PositiveSmallIntegerField(
        default=1,
        validators=[MaxValueValidator(1000)],
        help_text=(
            "Its share of the conversations: weights of 3 and 1 mean three quarters and one quarter. 0 means "
            "that it is used only when the others fail."
        ),
    )
    enabled = models.BooleanField(default=True, help_text="When this is off, the provider is not used.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SettingsQuerySet.as_manager()

    class Meta:
        ordering = ["organization", "name"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="provider_once_per_name")]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.base_url and self.sealed_key and origin_of(self.base_url) != self.key_origin:
            # The key was given for another server: it does not follow the address.
            self.set_key("", self.base_url)
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "sealed_key", "key_origin", "key_hint", "key_set_at"}
        saved = Provider.objects.filter(pk=self.pk).values_list("base_url", "sealed_key").first()
        super().save(*args, **kwargs)
        if saved and saved != (self.base_url, self.sealed_key):
            # What was measured of the old address or key, or held against it, says nothing about the new.
            self.health.all().delete()

    @property
    def set_by_operator(self) -> bool:
        """Whether an operator has entered this very address, on an installation that still is embedded."""
        try:
            return settings.EMBEDDED and bool(self.operator_origin) and origin_of(self.base_url) == self.operator_origin
        except ValueError:
            return False

    def set_key(self, key: str, base_url: str) -> None:
        """Seal `key` for the server at `base_url` (the row's, or its preset's); the caller saves. "" forgets the key."""
        key = key.strip()
        self.key_origin = origin_of(base_url) if key else ""
        self.sealed_key = secrets.seal(key, *self._bound_to(self.key_origin))
        self.key_hint = key[-4:] if len(key) >= 12 else ""
        self.key_set_at = timezone.now() if key else None

    def key(self, base_url: str) -> str:
        """The key, for a request to `base_url`; "" when it was saved for another server, or none, or opens no more."""
        try:
            return secrets.unseal(self.sealed_key, *self._bound_to(origin_of(base_url)))
        except (secrets.SecretUnreadable, ValueError):
            return ""

    def _bound_to(self, origin: str) -> tuple[object, ...]:
        return "provider.key", self.organization_id, self.pk, origin


def origin_of(url: str) -> str:
    """Scheme, host and port of a server's address: what a key is bound to."""
    parts = urlsplit(url)
    return normal_origin(f"{parts.scheme}://{parts.netloc}")


class HealthQuerySet(models.QuerySet["ProviderHealth"]):
    def update(self, **changes: Any) -> int:
        with transaction.atomic(savepoint=False):
            changed = super().update(**changes)
            if changed:
                _raise_health()
            return changed


class ProviderHealth(models.Model):
    """What all processes know about one provider under one key: whether it may be asked, and what it can do.

    A row with an empty `model` is the provider's breaker; a row with a model holds what was measured of that model, and
    is open by itself while the provider says that there is no such model. Rows in the database, and not the cache,
    because a restart or an evicted key must not send every visitor back to a dead server.
    """

    key = models.CharField(max_length=80)  # see `health.health_key`: changes with address and key
    model = models.CharField(max_length=200, blank=True)
    provider = models.ForeignKey(Provider, models.CASCADE, null=True, blank=True, related_name="health")  # or the platform's
    name = models.CharField(max_length=120)
    failures = models.PositiveIntegerField(default=0)  # counted ones, in a row
    openings = models.PositiveIntegerField(default=0)  # in a row, each longer than the last
    cause = models.CharField(max_length=30, blank=True)  # of the last failure
    failed_at = models.DateTimeField(null=True, blank=True)
    open_until = models.DateTimeField(null=True, blank=True)  # None: closed; past: half-open, one probe at a time
    probe_until = models.DateTimeField(null=True, blank=True)  # somebody's probe is under way
    successes = models.PositiveSmallIntegerField(default=0)  # in a row, while half-open
    capabilities = models.JSONField(default=dict, blank=True)  # what was measured; see providers.completions.Capabilities
    origins = models.JSONField(default=dict, blank=True)  # of each capability: {"at", "by": check or use, "why"}
    measured_at = models.DateTimeField(null=True, blank=True)
    measure_after = models.DateTimeField(null=True, blank=True)  # when it is to be measured again

    objects = HealthQuerySet.as_manager()

    class Meta:
        ordering = ["name", "model"]
        verbose_name_plural = "provider health"
        constraints = [models.UniqueConstraint(fields=["key", "model"], name="health_once_per_key_and_model")]

    def __str__(self) -> str:
        return f"{self.name} {self.model}".strip()

    @property
    def state(self) -> str:
        return self.state_at(timezone.now())

    def state_at(self, now: datetime) -> str:
        """closed (asked as usual), open (paused) or half-open (one probe at a time)."""
        if self.open_until is None:
            return "closed"
        return "open" if self.open_until > now else "half-open"


class Rotation(models.Model):
    """The counter of one rotation among providers, shared by all processes. The one called `HEALTH` counts the changes to
    what is known of providers' health: a process that reads it knows whether what it keeps is current."""

    HEALTH = "health"

    key = models.CharField(max_length=80, primary_key=True)
    number = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.key}: {self.number}"


def _raise_health(**_: Any) -> None:
    """Count a change of a provider's health, in the same transaction."""
    counter = Rotation.objects.filter(pk=Rotation.HEALTH)
    if not counter.update(number=F("number") + 1):
        Rotation.objects.bulk_create([Rotation(key=Rotation.HEALTH)], ignore_conflicts=True)
        counter.update(number=F("number") + 1)


for _signal in (post_save, post_delete):
    _signal.connect(_raise_health, sender=ProviderHealth)
