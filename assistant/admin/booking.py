"""Calendars and the appointments in them."""

from __future__ import annotations

import re
import zoneinfo
from datetime import time, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSingleTimeWidget

from assistant.admin.scoping import ReadOnly, Scoped, ScopedTabularInline
from assistant.admin.states import column_labels
from assistant.errors import InterworkyError
from assistant.models import Appointment, Calendar, Closure, OpeningHours
from assistant.services.booking import appointments


class ClosingTimeWidget(UnfoldAdminSingleTimeWidget):
    def format_value(self, value: Any) -> Any:
        return "24:00" if value == time() else super().format_value(value)


class ClosingTimeField(forms.TimeField):
    """A time of day that also takes 24:00, the end of the day, and stores it as midnight."""

    def to_python(self, value: Any) -> time | None:
        is_end = isinstance(value, str) and re.fullmatch(r"\s*24[:.]00([:.]00)?\s*", value)
        return time() if is_end else super().to_python(value)


class OpeningHoursForm(forms.ModelForm):
    closes = ClosingTimeField(
        widget=ClosingTimeWidget(format="%H:%M"),
        help_text="Enter 24:00 for midnight. A time before the opening time is on the next day, such as 18:00 to 02:00.",
    )


class OpeningHoursInline(ScopedTabularInline):
    model = OpeningHours
    form = OpeningHoursForm
    formfield_overrides = {models.TimeField: {"widget": UnfoldAdminSingleTimeWidget(format="%H:%M")}}


class ClosureInline(ScopedTabularInline):
    model = Closure


@admin.register(Calendar)
class CalendarAdmin(Scoped):
    inlines = [OpeningHoursInline, ClosureInline]
    empty_text = "A calendar holds the opening hours that visitors can book."
    list_display = ["name", "organization", "timezone", "slot_minutes", "opening", "upcoming"]
    list_filter = ["organization"]
    search_fields = ["name", "location"]
    fieldsets = (
        (None, {"fields": ("organization", "name", "location", "timezone")}),
        (
            "Booking rules",
            {
                "fields": (
                    ("slot_minutes", "buffer_minutes"),
                    ("notice_minutes", "horizon_days"),
                    ("hold_minutes", "unproven_per_day"),
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Calendar]:
        ahead = models.Q(appointments__state=Appointment.State.CONFIRMED, appointments__start_at__gte=timezone.now())
        found = super().get_queryset(request).select_related("organization").prefetch_related("hours")
        return found.annotate(ahead=models.Count("appointments", filter=ahead))

    @display(description="Open on")
    def opening(self, obj: Calendar) -> str:
        days = dict.fromkeys(hours.get_weekday_display()[:3] for hours in obj.hours.all())
        return " ".join(days) or "Never"

    @display(description="Upcoming appointments", ordering="ahead")
    def upcoming(self, obj: Any) -> int:
        return obj.ahead


class WhenFilter(DropdownFilter):
    title = "time"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("today", "Today"), ("week", "Next 7 days"), ("ahead", "Upcoming"), ("past", "Past")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        now = timezone.now()
        day = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        spans = {
            "today": models.Q(start_at__gte=day, start_at__lt=day + timedelta(days=1)),
            "week": models.Q(start_at__gte=now, start_at__lt=now + timedelta(days=7)),
            "ahead": models.Q(start_at__gte=now),
            "past": models.Q(start_at__lt=now),
        }
        return queryset.filter(spans.get(self.value() or "", models.Q()))


@admin.register(Appointment)
class AppointmentAdmin(ReadOnly):
    empty_text = "Appointments that visitors book in a conversation appear here."
    list_display = ["when", "who", "calendar", "organization", "reference", "shown_state", "created_at"]
    list_filter = ["organization", "calendar", "state", WhenFilter, ("start_at", RangeDateFilter)]
    search_fields = ["reference", "name", "email", "phone"]
    date_hierarchy = "start_at"
    ordering = ["-start_at"]
    actions = ["cancel"]
    fieldsets = (
        (None, {"fields": ("reference", "shown_state", "when", "visitor_when", "calendar", "organization")}),
        ("Visitor", {"fields": ("name", "email", "phone", "reason")}),
        ("Source", {"fields": ("conversation", "created_at", "updated_at")}),
        ("E-mails", {"fields": ("mails",)}),
    )
    readonly_fields = ["shown_state", "when", "visitor_when", "mails"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Appointment]:
        return super().get_queryset(request).select_related("organization", "calendar", "conversation__organization")

    @action(description="Cancel and notify the visitor", permissions=["operate"])
    def cancel(self, request: HttpRequest, queryset: models.QuerySet[Appointment]) -> None:
        done = 0
        for appointment in self.within_reach(request, queryset, self.operate_rank):
            try:
                appointments.cancel(appointment, by_staff=True)
                done += 1
            except InterworkyError as error:
                self.message_user(request, f"{appointment.reference}: {error}", messages.WARNING)
        if done:
            self.message_user(
                request, f"Cancelled: {done}. Visitors who gave an e-mail address are notified.", messages.SUCCESS
            )

    def object_actions(self, obj: Appointment) -> list[str]:
        ahead = obj.state in (Appointment.State.HELD, Appointment.State.CONFIRMED) and obj.start_at > timezone.now()
        return ["cancel"] if ahead else []

    @display(description="When", ordering="start_at")
    def when(self, obj: Appointment) -> str:
        """In the calendar's own time zone, as the opening hours are."""
        return render_to_string("admin/assistant/when.html", _span(obj, obj.timezone))

    @display(description="Visitor's local time")
    def visitor_when(self, obj: Appointment) -> str:
        zone = obj.visitor_timezone
        return render_to_string("admin/assistant/when.html", _span(obj, zone)) if zone else "Same time zone"

    @display(description="Visitor", ordering="name")
    def who(self, obj: Appointment) -> str:
        return obj.name or obj.email or "Not given yet"

    @display(description="State", ordering="state", label=column_labels(Appointment))
    def shown_state(self, obj: Appointment) -> str:
        return obj.get_state_display()

    @display(description="E-mails")
    def mails(self, obj: Appointment) -> str:
        return render_to_string("admin/assistant/mails.html", {"mails": obj.deliveries.order_by("created_at")})


def _span(obj: Appointment, zone: str) -> dict[str, Any]:
    there = zoneinfo.ZoneInfo(zone)
    return {"start": obj.start_at.astimezone(there), "end": obj.end_at.astimezone(there), "zone": zone}
