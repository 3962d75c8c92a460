"""Message channels: where messages about appointments go besides e-mail, as text messages and to other programs."""

from __future__ import annotations

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from assistant import secrets
from assistant.models.booking.outside_calendars import origin_of
from assistant.models.names import NameField
from assistant.models.organizations.organization import Organization


class MessageChannel(models.Model):
    """An HTTP address that gets messages about appointments: a gateway that sends text messages, or a webhook.

    Its address is a secret like its headers, since some gateways take their key in the address.
    """

    class Kind(models.TextChoices):
        SMS = "sms", "Text message (SMS)"
        WEBHOOK = "webhook", "Webhook"

    class Format(models.TextChoices):
        JSON = "json", "JSON"
        FORM = "form", "Form fields"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="message_channels")
    name = NameField(max_length=80, help_text="A name for your team, such as Our SMS gateway.")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.SMS)
    enabled = models.BooleanField(default=True, help_text="When this is off, nothing is sent through the channel.")
    format = models.CharField(max_length=10, choices=Format.choices, default=Format.JSON)
    body = models.TextField(
        blank=True,
        max_length=2000,
        help_text='What the SMS gateway expects, such as {"to": "{to}", "text": "{text}"}, or To={to}&Body={text} for form '
        "fields. {to} is the phone number, {text} the message, {id} a number that is the same when it is sent again.",
    )
    sends_changes = models.BooleanField(
        "send changes", default=True, help_text="Sends confirmations, changes and cancellations as they happen."
    )
    sends_reminders = models.BooleanField(
        "send reminders", default=True, help_text="Sends reminders at the times that are set for the service."
    )
    per_day = models.PositiveIntegerField(
        "at most per day",
        default=200,
        validators=[MinValueValidator(1), MaxValueValidator(100_000)],
        help_text="The most text messages that are sent in 24 hours, because each costs money.",
    )
    origin = models.CharField("server", max_length=300, blank=True, editable=False)  # the only one that gets the headers
    sealed_address = models.TextField(blank=True, editable=False)
    sealed_headers = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["organization", "kind", "name"]

    def __str__(self) -> str:
        return self.name

    def set_address(self, address: str) -> None:
        """Seal the address; the caller saves. Headers given for another server are forgotten. Raises `ValueError`."""
        origin = origin_of(address)
        if origin != self.origin:
            self.sealed_headers = ""
        self.origin = origin
        self.sealed_address = secrets.seal(address, "channel.address", self.organization_id, self.pk)

    def set_headers(self, lines: str) -> None:
        """Seal the headers, one a line, for the server of the address; the caller saves."""
        self.sealed_headers = secrets.seal(lines, *self._headers_context())

    def address(self) -> str:
        """Raises `SecretUnreadable`."""
        return secrets.unseal(self.sealed_address, "channel.address", self.organization_id, self.pk)

    def headers(self) -> dict[str, str]:
        """Raises `SecretUnreadable`, also where the address now leads to another server."""
        lines = secrets.unseal(self.sealed_headers, *self._headers_context())
        return parse_headers(lines)

    def _headers_context(self) -> tuple[object, ...]:
        return "channel.headers", self.organization_id, self.pk, self.origin


def parse_headers(lines: str) -> dict[str, str]:
    """Headers by name, from lines such as `Authorization: Bearer …`. Raises `ValueError` that says which line is none."""
    found = {}
    for number, line in enumerate((line for line in lines.splitlines() if line.strip()), 1):
        name, colon, value = (part.strip() for part in line.partition(":"))
        token = name.replace("-", "").replace("_", "")
        if not colon or not token.isalnum() or not name.isascii() or not value.isascii() or not value.isprintable():
            raise ValueError(f"Line {number} is not a header. Enter one like Authorization: Bearer abc.")
        found[name] = value
    return found
