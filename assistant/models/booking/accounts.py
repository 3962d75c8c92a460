"""Accounts at Google and Microsoft whose calendars are read and written, and the OAuth clients for that."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from assistant import secrets
from assistant.models.names import NameField
from assistant.models.organizations.organization import Organization


class CalendarProvider(models.TextChoices):
    GOOGLE = "google", "Google Calendar"
    MICROSOFT = "microsoft", "Microsoft 365"


class OAuthClient(models.Model):
    """An organization's own registration with Google or Microsoft; without one, the installation's is used."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="oauth_clients", db_index=False)
    provider = models.CharField(max_length=10, choices=CalendarProvider.choices, default=CalendarProvider.GOOGLE)
    client_id = models.CharField(
        "client ID",
        max_length=200,
        help_text="Google calls this the client ID. Microsoft calls it the application (client) ID.",
        validators=[RegexValidator(r"^[\x21-\x7e]+$", "A client ID has no spaces. Copy it from the provider's console.")],
    )
    sealed_secret = models.TextField(blank=True, editable=False)
    tenant = models.CharField(
        max_length=100,
        default="common",
        help_text=(
            "For Microsoft only. Enter common for accounts of any organization, or the directory (tenant) ID of one."
        ),
        validators=[
            RegexValidator(r"^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$", "Enter common, or a directory (tenant) ID.")
        ],
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["organization", "provider"]
        verbose_name = "OAuth client"
        constraints = [models.UniqueConstraint(fields=["organization", "provider"], name="one_oauth_client_per_provider")]

    def __str__(self) -> str:
        return f"{self.get_provider_display()} client"

    def set_secret(self, secret: str) -> None:
        """Seal the secret for this client ID; the caller saves."""
        self.sealed_secret = secrets.seal(secret, *self._context())

    def secret(self) -> str:
        """Raises `SecretUnreadable`, also where the client ID has been changed since."""
        return secrets.unseal(self.sealed_secret, *self._context())

    def _context(self) -> tuple[object, ...]:
        return "oauth.secret", self.organization_id, self.provider, self.client_id


class CalendarAccount(models.Model):
    """An account whose owner has let us read and write its calendars: their grant, as tokens that are stored encrypted."""

    class State(models.TextChoices):
        NEW = "new", "Not connected"
        CONNECTED = "connected", "Connected"
        WITHDRAWN = "withdrawn", "Access withdrawn"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="calendar_accounts")
    provider = models.CharField(max_length=10, choices=CalendarProvider.choices, default=CalendarProvider.GOOGLE)
    name = NameField(max_length=80, help_text="The person whose account it is, such as Mira.")
    address = models.CharField("account", max_length=200, blank=True, editable=False)  # as the provider names it
    state = models.CharField(max_length=10, choices=State.choices, default=State.NEW, editable=False)
    problem = models.CharField("last error", max_length=300, blank=True, editable=False)
    pending = models.CharField(max_length=64, blank=True, editable=False)  # digest of the state of a consent under way
    client_id = models.CharField(max_length=200, blank=True, editable=False)  # that the tokens were issued to
    sealed_access = models.TextField(blank=True, editable=False)
    sealed_refresh = models.TextField(blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, editable=False)  # of the access token
    fence = models.PositiveIntegerField(default=0, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)  # while a worker asks for new tokens
    calendars = models.JSONField(default=list, blank=True, editable=False)  # [{"id", "name", "writable"}], as last listed
    connected_at = models.DateTimeField(null=True, blank=True, editable=False)
    connected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["organization", "provider", "name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_provider_display()})"

    def set_tokens(self, access: str, refresh: str) -> None:
        """Seal the tokens; the caller saves. Without `refresh` the former refresh token stays."""
        self.sealed_access = secrets.seal(access, *self._context("access"))
        if refresh:
            self.sealed_refresh = secrets.seal(refresh, *self._context("refresh"))

    def access_token(self) -> str:
        """Raises `SecretUnreadable`."""
        return secrets.unseal(self.sealed_access, *self._context("access"))

    def refresh_token(self) -> str:
        """Raises `SecretUnreadable`."""
        return secrets.unseal(self.sealed_refresh, *self._context("refresh"))

    def _context(self, which: str) -> tuple[object, ...]:
        return "oauth.token", which, self.organization_id, self.pk, self.provider
