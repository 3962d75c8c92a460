"""Calendars, their hours and closures, and appointments."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, time

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from assistant.models.conversations.conversation import Conversation, Visitor
from assistant.models.conversations.turn import ToolCall
from assistant.models.organizations.organization import Organization, validate_timezone

# No 0/O, 1/I/L: a reference is read out over the phone.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_reference() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(6))


class Calendar(models.Model):
    """Something that one visitor at a time can book: a person, a room, a chair. Its row is the lock for bookings."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="calendars")
    name = models.CharField(max_length=80)
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
        help_text="Where appointments take place, such as 14 Harbour Lane. Shown in the invitation.",
    )
    slot_minutes = models.PositiveIntegerField(
        "length in minutes",
        default=30,
        validators=[MinValueValidator(5), MaxValueValidator(720)],
        help_text="How long an appointment takes.",
    )
    buffer_minutes = models.PositiveIntegerField(
        "break in minutes", default=0, validators=[MaxValueValidator(240)], help_text="Kept free after each appointment."
    )
    notice_minutes = models.PositiveIntegerField(
        "notice in minutes",
        default=120,
        validators=[MaxValueValidator(43_200)],
        help_text="How long before it starts an appointment must be booked. 120: two hours.",
    )
    horizon_days = models.PositiveIntegerField(
        "days ahead",
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(730)],
        help_text="How many days ahead appointments can be booked.",
    )
    hold_minutes = models.PositiveIntegerField(
        "hold in minutes",
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(120)],
        help_text="How long a time stays reserved until the visitor confirms it.",
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


class Closure(models.Model):
    """Days, first and last included, on which a calendar cannot be booked."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="closures")
    first_day = models.DateField()
    last_day = models.DateField()
    reason = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["first_day"]

    def __str__(self) -> str:
        return f"{self.first_day}–{self.last_day}"

    def clean(self) -> None:
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValidationError("The last day is before the first day. Change one of them.")


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def taking_time(self, now: datetime) -> AppointmentQuerySet:
        """Confirmed, or held for somebody who may still confirm: nobody else may have this time."""
        held = models.Q(state=Appointment.State.HELD, held_until__gt=now)
        return self.filter(models.Q(state=Appointment.State.CONFIRMED) | held)

    def lapsed(self, now: datetime) -> AppointmentQuerySet:
        """Holds that nobody confirmed in time."""
        return self.filter(state=Appointment.State.HELD, held_until__lte=now)


class Appointment(models.Model):
    """A time on a calendar: held for a visitor until `held_until`, then confirmed, cancelled or expired."""

    class State(models.TextChoices):
        HELD = "held"  # until `held_until`
        CONFIRMED = "confirmed"
        CANCELLED = "cancelled"
        EXPIRED = "expired"  # a hold that nobody confirmed

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="appointments")
    calendar = models.ForeignKey(Calendar, models.RESTRICT, related_name="appointments")
    visitor = models.ForeignKey(Visitor, models.SET_NULL, null=True, blank=True, related_name="appointments")
    conversation = models.ForeignKey(Conversation, models.SET_NULL, null=True, blank=True, related_name="appointments")
    call = models.OneToOneField(ToolCall, models.SET_NULL, null=True, blank=True, related_name="appointment")
    reference = models.CharField(max_length=8, unique=True, default=new_reference, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    start_at = models.DateTimeField("start")
    end_at = models.DateTimeField("end")  # of the appointment itself
    busy_until = models.DateTimeField()  # end_at and the calendar's buffer: what must not overlap
    timezone = models.CharField(max_length=60)  # of the calendar when it was booked
    visitor_timezone = models.CharField(max_length=60, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    name = models.CharField(max_length=120, blank=True)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    sequence = models.PositiveIntegerField(default=0)  # of its iCalendar event; grows with every change
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["start_at"]
        indexes = [models.Index(fields=["calendar", "state", "start_at"])]
        constraints = [
            models.CheckConstraint(condition=models.Q(start_at__lt=models.F("end_at")), name="appointment_ends_after_start"),
            models.CheckConstraint(
                condition=models.Q(end_at__lte=models.F("busy_until")), name="appointment_buffer_is_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} · {self.name}" if self.name else self.reference

    @property
    def ics_uid(self) -> str:
        return f"{self.id}@interworky"
