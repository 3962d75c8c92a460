"""The list of appointments, and what staff do with one."""

from __future__ import annotations

import zoneinfo
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter
from unfold.decorators import action, display

from assistant.admin.scoping import ReadOnly
from assistant.admin.states import column_labels
from assistant.errors import InterworkyError
from assistant.models import Appointment
from assistant.services.booking import appointments


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
