"""Appointments: who has which time on which calendar, and for what."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta

from django.db import models

from assistant.models.booking.calendars import Calendar
from assistant.models.booking.services import Service
from assistant.models.conversations.conversation import Conversation, Visitor
from assistant.models.conversations.turn import ToolCall
from assistant.models.organizations.organization import Organization

# No 0/O, 1/I/L: a reference is read out over the phone.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_reference() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(6))


LONGEST = timedelta(days=2)  # an appointment with its breaks


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def reaching(self, since: datetime) -> AppointmentQuerySet:
        """Appointments that take time after `since`. The start is what an index narrows: all that is over would be read."""
        return self.filter(start_at__gt=since - LONGEST, busy_until__gt=since)

    def taking_time(self, now: datetime) -> AppointmentQuerySet:
        """Appointments that keep their time from others: booked, requested, or held and still to be confirmed."""
        held = models.Q(state=Appointment.State.HELD, held_until__gt=now) & ~_of_ended_call()
        return self.filter(models.Q(state__in=BOOKED) | held)

    def lapsed(self, now: datetime) -> AppointmentQuerySet:
        """Holds that nobody confirms any more: their time is over, or the call that held them has ended without booking."""
        return self.filter(models.Q(held_until__lte=now) | _of_ended_call(), state=Appointment.State.HELD)

    def upcoming(self, now: datetime) -> AppointmentQuerySet:
        """Requested or confirmed, and not started yet."""
        return self.filter(state__in=[Appointment.State.REQUESTED, Appointment.State.CONFIRMED], start_at__gt=now)


def _of_ended_call() -> models.Q:
    """Derived from the call, and not written when it ends: a call that is given up while its database thread still runs
    cannot leave a hold that keeps the time from everybody and that nobody confirms."""
    ended = models.Q(state__in=[ToolCall.State.FAILED, ToolCall.State.REFUSED])
    return models.Q(models.Exists(ToolCall.objects.filter(ended, pk=models.OuterRef("call_id"))))


class Appointment(models.Model):
    """A place on a calendar for a time: held for a visitor until `held_until`, then requested or confirmed, and so on as
    `services.booking.appointments.states` allows."""

    class State(models.TextChoices):
        HELD = "held"  # until `held_until`
        REQUESTED = "requested"  # waits for staff to approve it
        CONFIRMED = "confirmed"
        ATTENDED = "attended"
        NO_SHOW = "no_show", "No-show"
        CANCELLED = "cancelled"
        DECLINED = "declined"  # a request that staff did not approve
        EXPIRED = "expired"  # a hold that nobody confirmed

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="appointments", db_index=False)
    calendar = models.ForeignKey(Calendar, models.RESTRICT, related_name="appointments", db_index=False)
    service = models.ForeignKey(Service, models.RESTRICT, related_name="appointments")
    visitor = models.ForeignKey(Visitor, models.SET_NULL, null=True, blank=True, related_name="appointments", db_index=False)
    conversation = models.ForeignKey(Conversation, models.SET_NULL, null=True, blank=True, related_name="appointments")
    call = models.OneToOneField(ToolCall, models.SET_NULL, null=True, blank=True, related_name="appointment")
    reference = models.CharField(max_length=8, unique=True, default=new_reference, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    start_at = models.DateTimeField("start")
    end_at = models.DateTimeField("end")  # of the appointment itself
    # With the buffers before and after it: what must not overlap on one calendar, except within one session.
    busy_from = models.DateTimeField()
    busy_until = models.DateTimeField()
    # Appointments of one session share its time, each in a seat of its own; 0 for a service that one party has to itself.
    session = models.BigIntegerField(default=0)
    seat = models.PositiveSmallIntegerField(default=0)
    timezone = models.CharField(max_length=60)  # of the calendar when it was booked
    visitor_timezone = models.CharField(max_length=60, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)  # when its visitor booked or requested it
    price = models.CharField(max_length=60, blank=True)  # as it was when it was booked
    name = models.CharField(max_length=120, blank=True)
    email = models.EmailField("e-mail", blank=True)
    phone = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    # What was answered to the service's own fields: `{"field", "label", "given", "value"}` each, as it was asked then.
    answers = models.JSONField(default=list, blank=True)
    cancel_reason = models.CharField("reason for cancelling", max_length=300, blank=True)
    sequence = models.PositiveIntegerField(default=0)  # of its iCalendar event; grows with every change
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["start_at"]
        indexes = [
            models.Index(fields=["calendar", "state", "start_at"]),  # the holds of a calendar
            models.Index(fields=["calendar", "start_at"]),  # what takes time on it, in whatever state
            models.Index(fields=["state", "start_at"]),
            # With both, because SQLite would look for a visitor's upcoming ones among everybody's.
            models.Index(fields=["visitor", "state", "start_at"]),
            models.Index(fields=["start_at"]),
            models.Index(fields=["organization", "start_at"]),
            models.Index(fields=["created_at"]),
            models.Index(fields=["organization", "created_at"]),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(start_at__lt=models.F("end_at")), name="appointment_ends_after_start"),
            models.CheckConstraint(
                condition=models.Q(end_at__lte=models.F("busy_until")), name="appointment_buffer_is_not_negative"
            ),
            models.CheckConstraint(
                condition=models.Q(busy_from__lte=models.F("start_at")), name="appointment_buffer_before_is_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} · {self.name}" if self.name else self.reference

    @property
    def ics_uid(self) -> str:
        return f"{self.id}@interworky"


# States, other than a hold's, in which nobody else may have the time. The constraint of migration 0020 lists the same.
BOOKED = [Appointment.State.REQUESTED, Appointment.State.CONFIRMED, Appointment.State.ATTENDED, Appointment.State.NO_SHOW]
