from __future__ import annotations

import zoneinfo
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models

# Aliases that `zoneinfo` opens but that name no place: they differ between machines, or are not zones at all.
PSEUDO_ZONES = {"Factory", "localtime", "posixrules"}


@cache
def _timezones() -> set[str]:
    return zoneinfo.available_timezones() - PSEUDO_ZONES


def is_timezone(name: str) -> bool:
    """Whether it names a place's zone, as "Factory", "../x" or "right/UTC" do not."""
    return name in _timezones()


def validate_timezone(name: str) -> None:
    if not is_timezone(name):
        raise ValidationError("%(name)s is not a time zone; use a name such as Europe/Berlin.", params={"name": name[:60]})


def normal_origin(text: str) -> str:
    """`scheme://host[:port]` as browsers send it. Raises `ValueError` for anything else, such as a path."""
    parts = urlsplit(text.strip())
    port = parts.port  # raises ValueError by itself when out of range
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an origin starts with http:// or https:// and names a host")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None or "*" in parts.hostname:
        raise ValueError("an origin has no path, user or wildcard")
    host = parts.hostname.encode("idna").decode() if not parts.hostname.isascii() else parts.hostname
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if port in (None, default) else f":{port}")


def validate_origins(text: str) -> None:
    for line in text.splitlines():
        if line.strip():
            try:
                normal_origin(line)
            except ValueError as error:
                raise ValidationError(
                    "%(line)s: %(why)s, for example https://www.example.com.",
                    params={"line": line.strip()[:80], "why": str(error)},
                ) from error


class Organization(models.Model):
    """A tenant: whose site the widget stands on."""

    class PlatformProviders(models.TextChoices):
        ALONE = "alone", "While it has no provider of its own"
        FALLBACK = "fallback", "Also when its own fail"
        NEVER = "never"

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    website = models.URLField(blank=True)
    team_email = models.EmailField(blank=True, help_text="Where notices for the team go.")
    timezone = models.CharField(max_length=60, default="UTC", validators=[validate_timezone])
    allowed_origins = models.TextField(
        blank=True,
        validators=[validate_origins],
        help_text="The sites that may show the widget, one origin per line, such as https://www.example.com.",
    )
    allow_any_origin = models.BooleanField(default=False, help_text="Let any site show the widget. For trials.")
    use_platform_providers = models.CharField(
        max_length=8,
        choices=PlatformProviders.choices,
        default=PlatformProviders.ALONE,
        help_text="When the model servers set up for all organizations may answer for this one.",
    )
    active = models.BooleanField(default=True, help_text="Off: every widget and every door of this organization is closed.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def allows(self, origin: str) -> bool:
        """Whether a page of `origin` (as the browser sent it) may use this organization's widgets."""
        try:
            wanted = normal_origin(origin)
        except ValueError:
            return False
        return self.allow_any_origin or wanted in {normal_origin(o) for o in self.allowed_origins.splitlines() if o.strip()}


class Membership(models.Model):
    class Role(models.TextChoices):
        OWNER = "owner"
        EDITOR = "editor"
        VIEWER = "viewer"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.EDITOR)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "organization"], name="one_membership_per_user")]

    def __str__(self) -> str:
        return f"{self.user} · {self.organization} ({self.role})"
