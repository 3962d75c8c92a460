"""Calendars elsewhere: feeds of ours that they subscribe to, and theirs that we read and write."""

from __future__ import annotations

import uuid
from datetime import datetime
from urllib.parse import urlsplit

from django.db import models
from django.utils import timezone

from assistant import secrets
from assistant.models.booking.accounts import CalendarAccount, CalendarProvider
from assistant.models.booking.appointments import Appointment
from assistant.models.booking.calendars import Calendar
from assistant.models.names import NameField
from assistant.models.organizations.organization import Organization, normal_origin


class CalendarFeed(models.Model):
    """A private iCalendar address that other calendars can subscribe to. The address is signed, not stored."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="calendar_feeds")
    calendar = models.ForeignKey(
        Calendar,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="feeds",
        help_text="Leave empty for the appointments of all calendars.",
    )
    shows_name = models.BooleanField("show the visitor's name", default=False)
    shows_contact = models.BooleanField("show the visitor's e-mail address and phone number", default=False)
    shows_reason = models.BooleanField("show the visitor's reason", default=False)
    serial = models.PositiveIntegerField(default=1, editable=False)  # part of the address; grows when it is renewed
    read_at = models.DateTimeField("last read", null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["organization", "calendar", "pk"]

    def __str__(self) -> str:
        return f"Feed of {self.calendar.name if self.calendar else 'all calendars'}"


class OutsideQuerySet(models.QuerySet["OutsideCalendar"]):
    def to_read(self) -> OutsideQuerySet:
        return self.filter(enabled=True, reads_busy=True, organization__active=True)

    def due(self, now: datetime) -> OutsideQuerySet:
        """To be read now, and read by nobody else."""
        free = models.Q(leased_until__isnull=True) | models.Q(leased_until__lt=now)
        return self.to_read().filter(free, next_read_at__lte=now)

    def failing(self) -> OutsideQuerySet:
        """Whose busy times are those of an earlier time, or not known at all."""
        return self.to_read().exclude(last_error="")

    def to_write(self) -> OutsideQuerySet:
        return self.filter(enabled=True, writes_bookings=True, organization__active=True).exclude(
            kind=OutsideCalendar.Kind.ICS
        )


class OutsideCalendar(models.Model):
    """A calendar on another server: its busy times block ours, and our bookings can be entered there.

    Its address is a secret like its password, since anyone who has the address of a private feed can read it. A calendar at
    Google or Microsoft has neither: it is one of those of an account that was connected.
    """

    class Kind(models.TextChoices):
        ICS = "ics", "iCalendar address (read only)"
        CALDAV = "caldav", "CalDAV"
        GOOGLE = CalendarProvider.GOOGLE.value, CalendarProvider.GOOGLE.label
        MICROSOFT = CalendarProvider.MICROSOFT.value, CalendarProvider.MICROSOFT.label

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="outside_calendars")
    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="outside")
    name = NameField(max_length=80, help_text="A name for your team, such as Mira's own calendar.")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.ICS)
    enabled = models.BooleanField(
        default=True, help_text="When this is off, the calendar is neither read nor changed, and it blocks nothing."
    )
    reads_busy = models.BooleanField(
        "block its busy times", default=True, help_text="Times that are busy there cannot be booked here."
    )
    writes_bookings = models.BooleanField(
        "enter bookings there",
        default=False,
        help_text="Bookings are moved and removed there as they are here. This does not work with an iCalendar address.",
    )
    account = models.ForeignKey(
        CalendarAccount, models.RESTRICT, null=True, blank=True, editable=False, related_name="outside_calendars"
    )
    remote_id = models.CharField(max_length=500, blank=True, editable=False)  # which of the account's calendars it is
    username = models.CharField("user name", max_length=200, blank=True)
    origin = models.CharField("server", max_length=300, blank=True, editable=False)  # the only one that gets the password
    sealed_address = models.TextField(blank=True, editable=False)
    sealed_password = models.TextField(blank=True, editable=False)
    etag = models.CharField(max_length=200, blank=True, editable=False)
    last_modified = models.CharField(max_length=60, blank=True, editable=False)
    sync_token = models.TextField(blank=True, editable=False)  # with which Google tells what has changed since
    full_at = models.DateTimeField(null=True, blank=True, editable=False)  # last read whole, rather than "not modified"
    fence = models.PositiveIntegerField(default=0, editable=False)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)  # in a row
    next_read_at = models.DateTimeField("next check", default=timezone.now, editable=False)
    tried_at = models.DateTimeField("last check", null=True, blank=True, editable=False)
    read_at = models.DateTimeField("last successful check", null=True, blank=True, editable=False)
    last_error = models.CharField(max_length=300, blank=True, editable=False)
    note = models.CharField(max_length=300, blank=True, editable=False)  # what of it could not be read
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OutsideQuerySet.as_manager()

    class Meta:
        ordering = ["organization", "calendar", "name"]

    def __str__(self) -> str:
        return self.name

    def set_address(self, address: str) -> None:
        """Seal the address; the caller saves. A password given for another server is forgotten. Raises `ValueError`."""
        origin = origin_of(address)
        if origin != self.origin:
            self.sealed_password = ""
        self.origin = origin
        self.sealed_address = secrets.seal(address, "outside.address", self.organization_id, self.pk)
        self.forget_what_was_read()

    def forget_what_was_read(self) -> None:
        """Have it read whole next time; the caller saves."""
        self.etag = self.last_modified = self.sync_token = ""
        self.full_at = None

    def set_password(self, password: str) -> None:
        """Seal the password for the server of the address; the caller saves."""
        self.sealed_password = secrets.seal(password, *self._password_context())

    def address(self) -> str:
        """Raises `SecretUnreadable`."""
        return secrets.unseal(self.sealed_address, "outside.address", self.organization_id, self.pk)

    def password(self) -> str:
        """Raises `SecretUnreadable`, also where the address now leads to another server."""
        return secrets.unseal(self.sealed_password, *self._password_context())

    def _password_context(self) -> tuple[object, ...]:
        return "outside.password", self.organization_id, self.pk, self.origin


def origin_of(address: str) -> str:
    """Scheme, host and port. Raises `ValueError`."""
    parts = urlsplit(address)
    return normal_origin(f"{parts.scheme}://{parts.netloc}")


class BusyTime(models.Model):
    """A time at which an outside calendar is busy. What for is not stored."""

    source = models.ForeignKey(OutsideCalendar, models.CASCADE, related_name="busy_times")
    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="busy_times", db_index=False)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()

    class Meta:
        ordering = ["start_at"]
        indexes = [models.Index(fields=["calendar", "end_at"])]

    def __str__(self) -> str:
        return f"{self.start_at:%Y-%m-%d %H:%M}–{self.end_at:%H:%M}"


class EntryQuerySet(models.QuerySet["OutsideEntry"]):
    def pending(self) -> EntryQuerySet:
        """Not yet there as it is here."""
        return self.filter(written__lt=models.F("wanted"))

    def due(self, now: datetime) -> EntryQuerySet:
        free = models.Q(leased_until__isnull=True) | models.Q(leased_until__lt=now)
        return self.pending().filter(free, next_attempt_at__lte=now, outside__enabled=True)

    def failed(self) -> EntryQuerySet:
        """Tried, and not written: it is tried again until `next_attempt_at` is empty."""
        return self.pending().filter(attempts__gt=0).exclude(last_error="")


class OutsideEntry(models.Model):
    """An appointment in an outside calendar: which change of it is wanted there, and which has been written."""

    outside = models.ForeignKey(OutsideCalendar, models.CASCADE, related_name="entries", db_index=False)
    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="outside_entries")
    wanted = models.PositiveIntegerField(default=0)
    written = models.PositiveIntegerField(default=0)
    fence = models.PositiveIntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, default=timezone.now)  # none: given up
    last_error = models.CharField(max_length=300, blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["outside", "appointment"], name="entry_once_per_outside_calendar")]
        indexes = [  # asked for every few seconds: hardly any is pending
            models.Index(
                fields=["outside", "next_attempt_at"],
                condition=models.Q(written__lt=models.F("wanted")),
                name="entry_to_write",
            )
        ]
        verbose_name_plural = "outside entries"

    def __str__(self) -> str:
        return f"{self.appointment.reference} in {self.outside.name}"
