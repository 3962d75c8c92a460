"""Calendars and their hours."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSingleTimeWidget

from assistant.admin.scoping import Scoped, ScopedTabularInline
from assistant.models import Appointment, Calendar, Closure, OpeningHours


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
    list_display = ["name", "organization", "timezone", "opening", "upcoming"]
    list_filter = ["organization"]
    search_fields = ["name", "location"]
    fieldsets = (
        (None, {"fields": ("organization", "name", "location", "timezone")}),
        ("Booking rules", {"fields": (("hold_minutes", "unproven_per_day"),)}),
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
