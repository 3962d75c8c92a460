"""Organizations, their allowed origins and members."""

from __future__ import annotations

import logging
import re
import zoneinfo
from contextlib import suppress
from functools import cache, lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import idna
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F

from assistant.models.names import NameField

log = logging.getLogger(__name__)

DEMONSTRATION = "bright-smile-dental"  # the slug of the organization that a first start creates

UNFIT = re.compile(r"[\x00-\x20\x7f-\xa0\"'`<>\\;,()]|\s")
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
BRACKETED = re.compile(r"\[[0-9a-fA-F:.]+\](:[0-9]*)?")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

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
        raise ValidationError("%(name)s is not a time zone. Enter a name such as Europe/Berlin.", params={"name": name[:60]})


def normal_origin(text: str) -> str:
    """`scheme://host[:port]` as browsers send it, in ASCII. Raises `ValueError` for anything else, such as a path."""
    text = text.strip()
    if UNFIT.search(text):  # urlsplit drops some of these without a word
        raise ValueError("an origin has no spaces, quotes, semicolons or control characters")
    parts = urlsplit(text)
    port = parts.port  # raises ValueError by itself when out of range
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an origin starts with http:// or https:// and a host name")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username is not None or "*" in parts.hostname:
        raise ValueError("an origin has no path, user or wildcard")
    if parts.netloc.startswith("[") and not BRACKETED.fullmatch(parts.netloc):  # urlsplit drops what follows the bracket
        raise ValueError("an address in brackets is followed by a port or nothing")
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{_normal_host(parts.hostname)}" + ("" if port in (None, default) else f":{port}")


def _normal_host(host: str) -> str:
    if ":" in host:
        return f"[{ip_address(host)}]"
    if not host.isascii():
        try:
            # As browsers do it: IDNA 2008, in which straße.example is not strasse.example.
            host = idna.encode(host, uts46=True, transitional=False).decode()
        except idna.IDNAError as error:
            raise ValueError("the host name is invalid") from error
    labels = host.removesuffix(".").split(".")
    if len(host) > 253 or not all(LABEL.fullmatch(label) and _is_readable(label) for label in labels):
        raise ValueError("the host name is invalid")
    if NUMBER.fullmatch(labels[-1]):
        ip_address(host)  # browsers take it for an address, in whatever spelling
    return host


def _is_readable(label: str) -> bool:
    """Whether what follows "xn--" is what browsers would write; they show no page otherwise."""
    if not label.startswith("xn--"):
        return True
    try:
        name = label[4:].encode().decode("punycode")
        written = idna.uts46_remap(name, std3_rules=False, transitional=False) == name
        return written and not name.isascii() and name.encode("punycode").decode() == label[4:]
    except (UnicodeError, idna.IDNAError):
        return False


def validate_origins(text: str) -> None:
    for line in text.splitlines():
        if line.strip():
            try:
                normal_origin(line)
            except ValueError as error:
                raise ValidationError(
                    "%(line)s: %(why)s. Enter an origin such as https://www.example.com.",
                    params={"line": line.strip()[:80], "why": str(error)},
                ) from error


class RevisionField(models.PositiveBigIntegerField):
    """A number that every save of its row raises, whatever the instance says that it is: two processes that save what
    they have read at the same moment raise it twice."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        return super().pre_save(model_instance, add) if add else F(self.attname) + 1

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.PositiveBigIntegerField", args, kwargs  # it is one to the database


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def update(self, **changes: Any) -> int:
        return super().update(**{"revision": F("revision") + 1, **changes})

    def bulk_update(self, objs: Any, fields: Any, batch_size: int | None = None) -> int:
        with transaction.atomic():
            self.filter(pk__in=[one.pk for one in objs]).update()
            return super().bulk_update(objs, fields, batch_size)

    def raise_revisions(self) -> int:
        """Mark the settings of these organizations as changed, inside the transaction that changes them."""
        return self.update()

    def as_owners(self, path: str = "organization") -> models.Q:
        """The condition that one of these organizations owns a row, from which `path` leads to its owner. None where
        these are all that there are, as for a superuser: the row would be looked for in each."""
        if not self.query.has_filters():
            return models.Q()
        # As numbers: SQLite supposes a subquery to find many, and would rather look through everybody's rows.
        return models.Q(**{f"{path}__in": [one.pk for one in self]})

    def lock(self) -> None:
        """Lock these organizations until the transaction ends, against others that do or that change them. What changes
        several rows of one does so first, so that two of them wait for each other here and nowhere else; rows that refer to
        an organization may be written meanwhile."""
        list(self.select_for_update(of=("self",), no_key=True).order_by("pk").values_list("pk"))


class Organization(models.Model):
    """A tenant: the owner of the sites that show the widget."""

    class PlatformProviders(models.TextChoices):
        ALONE = "alone", "Only without a provider of its own"
        FALLBACK = "fallback", "Also when its own providers fail"
        NEVER = "never", "Never"

    name = NameField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True, help_text="A short unique name for addresses, such as bright-smile.")
    website = models.URLField(blank=True)
    team_email = models.EmailField(
        "team e-mail",
        blank=True,
        help_text="Notices are sent to this address, for example when a visitor asks for a person.",
    )
    team_language = models.CharField(
        "team language", max_length=12, default="en", help_text="The language of e-mails to the team about appointments."
    )
    phone = models.CharField(
        "phone number",
        max_length=40,
        blank=True,
        help_text="Shown where visitors are asked to call, such as on the page of their appointment: +44 20 7946 0000.",
    )
    timezone = models.CharField(
        "time zone",
        max_length=60,
        default="UTC",
        validators=[validate_timezone],
        help_text="The time zone in which staff see times, such as Europe/Berlin.",
    )
    allowed_origins = models.TextField(
        "allowed sites",
        blank=True,
        validators=[validate_origins],
        help_text="Sites that may show the widget, one origin per line, such as https://www.example.com.",
    )
    allow_any_origin = models.BooleanField(
        "allow any site", default=False, help_text="Every site can show the widget. Use this for trials only."
    )
    use_platform_providers = models.CharField(
        "shared providers",
        max_length=8,
        choices=PlatformProviders.choices,
        default=PlatformProviders.ALONE,
        help_text="When this organization uses the providers that are set up for all organizations.",
    )
    keep_messages_days = models.PositiveIntegerField(
        "keep messages for, in days",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(36_500)],
        help_text="Messages, summaries and notes are deleted this long after a conversation's last message, such as 90. "
        "Leave empty to keep them.",
    )
    keep_visitors_days = models.PositiveIntegerField(
        "keep visitors for, in days",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(36_500)],
        help_text="Visitors are erased, with everything about them, this long after their last visit or appointment, such "
        "as 365. Leave empty to keep them.",
    )
    keep_ledger_days = models.PositiveIntegerField(
        "keep tool calls and e-mails for, in days",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(36_500)],
        help_text="Tool calls and e-mails of the outbox are deleted after this time, such as 180. Leave empty to keep "
        "them. Usage and costs stay as numbers.",
    )
    close_after_hours = models.PositiveSmallIntegerField(
        "close conversations after, in hours",
        default=168,
        validators=[MaxValueValidator(8760)],
        help_text=(
            "A conversation with the assistant is closed this long after its last message, with a summary for "
            "your team. The visitor's next message starts a new one. 0 means never."
        ),
    )
    visitors_manage_data = models.BooleanField(
        "visitors can download and erase their data",
        default=False,
        help_text=(
            "Adds “Your data” to the chat's menu. A download has what a visitor said, booked and was sent, but "
            "not your team's notes. Erasing deletes the notes too, and cancels upcoming appointments. Your team "
            "is not asked first."
        ),
    )
    require_two_factor = models.BooleanField(
        "require two-factor authentication",
        default=False,
        help_text="Members without it are asked to set it up when they log in, and can do nothing else before that.",
    )
    active = models.BooleanField(default=True, help_text="When this is off, widgets and API access are disabled.")
    # Of all that staff set for it: see models.revisions. A process that reads a row knows whether what it keeps is current.
    revision = RevisionField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    # What belongs to it at `revision`, where it was read with the row (services.organizations.snapshots): no column.
    snapshot: Any = None

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "revision"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Origins are kept as browsers send them: one per line, in ASCII."""
        lines = [line for line in self.allowed_origins.splitlines() if line.strip()]
        with suppress(ValueError):  # the field's own validator says which line it is
            self.allowed_origins = "\n".join(dict.fromkeys(normal_origin(line) for line in lines))

    @property
    def origins(self) -> list[str]:
        """The sites that may show the widget, each in its normal form. What is stored and is none is left out."""
        found = []
        for number, line in enumerate(self.allowed_origins.splitlines(), 1):
            if line.strip():
                try:
                    found.append(normal_origin(line))
                except ValueError:
                    _warn_once(self.pk, number, line)
        return found

    def allows(self, origin: str) -> bool:
        """Whether a page of `origin` (as the browser sent it) may use this organization's widgets."""
        try:
            wanted = normal_origin(origin)
        except ValueError:
            return False
        return self.allow_any_origin or wanted in self.origins


@lru_cache(1000)
def _warn_once(organization: int, number: int, line: str) -> None:
    log.warning("organization %s: line %s of its allowed origins is not valid, and ignored", organization, number)


class Membership(models.Model):
    """A user of an organization, and their role in it."""

    class Role(models.TextChoices):
        """What each may do is in `services.organizations.roles`."""

        OWNER = "owner"
        EDITOR = "editor"
        AGENT = "agent"
        VIEWER = "viewer"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", db_index=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.EDITOR)

    class Meta:
        verbose_name = "member"
        constraints = [models.UniqueConstraint(fields=["user", "organization"], name="one_membership_per_user")]

    def __str__(self) -> str:
        return f"{self.user} · {self.organization} ({self.role})"
