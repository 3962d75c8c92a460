"""Calendars, their opening hours, and the days that differ."""

from __future__ import annotations

from datetime import time

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from assistant.models.days import Days
from assistant.models.names import NameField
from assistant.models.organizations.organization import Organization, validate_timezone


class Calendar(models.Model):
    """What a service needs, one party at a time: a person, a room, a chair. Its row is the lock for bookings."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="calendars")
    name = NameField(max_length=80)
    timezone = models.CharField(
        "time zone",
        max_length=60,
        default="UTC",
        validators=[validate_timezone],
        help_text="The time zone of the opening hours, such as Europe/Berlin.",
    )
    location = models.CharField(
        max_length=200,
        blank=True,
        help_text="Where appointments take place, such as 14 Harbour Lane, unless a service says otherwise.",
    )
    hold_minutes = models.PositiveIntegerField(
        "hold in minutes",
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text="How long a time is reserved for a visitor who has not confirmed it yet.",
    )
    unproven_per_day = models.PositiveIntegerField(
        "unverified bookings per day",
        default=50,
        help_text="How many bookings in 24 hours may use an e-mail address that the visitor has not verified.",
    )

    class Meta:
        ordering = ["organization", "name"]

    def __str__(self) -> str:
        return self.name


class OpeningHours(models.Model):
    """When a calendar can be booked on one weekday, in its own time zone."""

    class Weekday(models.IntegerChoices):
        MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices)
    opens = models.TimeField()
    closes = models.TimeField()  # not after `opens`: on the next day; midnight is the end of the day

    class Meta:
        ordering = ["weekday", "opens"]
        verbose_name_plural = "opening hours"

    def __str__(self) -> str:
        end = "24:00" if self.closes == time() else f"{self.closes:%H:%M}"
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{end}"

    @property
    def closes_next_day(self) -> bool:
        return self.closes <= self.opens

    def clean(self) -> None:
        if self.opens and self.closes == self.opens != time():
            raise ValidationError("Opening and closing time are the same. For the whole day, enter 00:00 to 24:00.")


class Closure(Days):
    """Days on which a calendar cannot be booked."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="closures")


class BlockedTime(models.Model):
    """A time in which staff let nothing be booked on a calendar, such as a break or a delivery."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="blocked_times", db_index=False)
    start_at = models.DateTimeField("start")
    end_at = models.DateTimeField("end")
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["start_at"]
        indexes = [models.Index(fields=["calendar", "end_at"])]
        constraints = [
            models.CheckConstraint(condition=models.Q(start_at__lt=models.F("end_at")), name="blocked_time_ends_after_start")
        ]

    def __str__(self) -> str:
        return self.reason or "Blocked"


class SpecialHours(models.Model):
    """Other hours on days, first and last included, in place of the weekday's. Several rows give several intervals."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="special_hours")
    first_day = models.DateField()
    last_day = models.DateField()
    opens = models.TimeField()
    closes = models.TimeField()  # as in `OpeningHours`
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["first_day", "opens"]
        verbose_name_plural = "special hours"

    def __str__(self) -> str:
        end = "24:00" if self.closes == time() else f"{self.closes:%H:%M}"
        days = f"{self.first_day}" if self.first_day == self.last_day else f"{self.first_day}–{self.last_day}"
        return f"{days} {self.opens:%H:%M}–{end}"
