"""The list of appointments, and what staff do with one."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from assistant.admin.booking import details, schedule, undo
from assistant.admin.booking.schedule_forms import CancelForm
from assistant.admin.day_range import DayRangeFilter
from assistant.admin.scoping import ReadOnly
from assistant.admin.states import column_labels
from assistant.errors import InterworkyError
from assistant.models import Appointment, Feedback
from assistant.models.booking.appointments import BOOKED
from assistant.services.booking.appointments import appointments
from assistant.services.booking.invitations import descriptions, form_fields
from assistant.services.booking.staff import by_staff
from assistant.services.organizations.roles import Act


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


ABOUT = ("service", "calendar", "where", "price")


@admin.register(Appointment)
class AppointmentAdmin(ReadOnly):
    operate_rank = Act.BOOK.rank
    list_before_template = "admin/assistant/appointment_tools.html"
    empty_text = "Appointments that visitors book in a conversation appear here."
    list_display = ["when", "who", "service", "calendar", "organization", "reference", "shown_state", "created_at"]
    list_filter = [
        "organization",
        "service",
        "calendar",
        "state",
        WhenFilter,
        ("start_at", DayRangeFilter),
        ("created_at", DayRangeFilter),
    ]
    search_fields = ["reference", "name", "email", "phone", "service__name"]
    ordering = ["-start_at"]
    actions = ["edit", "approve", "decline", "cancel", "attended", "no_show"]
    fieldsets = (
        (None, {"fields": ("reference", "shown_state", "when", "visitor_when", *ABOUT, "organization")}),
        ("Visitor", {"fields": ("name", "email", "phone", "reason", "filled_in", "cancel_reason")}),
        ("Source", {"fields": ("conversation", "created_at", "updated_at")}),
        ("Feedback", {"fields": ("shown_feedback",)}),
        ("E-mails", {"fields": ("mails",)}),
    )
    readonly_fields = ["shown_state", "when", "visitor_when", "where", "filled_in", "shown_feedback", "mails"]

    @display(description="Form")
    def filled_in(self, obj: Appointment) -> str:
        return "\n".join(f"{name}: {value}" for name, value in form_fields.answered(obj)) or "-"

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Appointment]:
        related = ("organization", "calendar", "service", "visitor", "conversation__organization")
        return super().get_queryset(request).select_related(*related)

    def get_urls(self) -> list[Any]:
        undone = path("undo/", self.admin_site.admin_view(partial(undo.page, self)), name="assistant_appointment_undo")
        view = self.admin_site.admin_view(partial(details.page, self))
        edited = path("<uuid:object_id>/details/", view, name="assistant_appointment_details")
        return [*schedule.urls(self), undone, edited, *super().get_urls()]

    @action(description="Edit details", permissions=["operate"])
    def edit(self, request: HttpRequest, queryset: models.QuerySet[Appointment]) -> HttpResponse | None:
        rows = list(self.within_reach(request, queryset, self.operate_rank)[:2])
        if len(rows) == 1:
            return HttpResponseRedirect(reverse("admin:assistant_appointment_details", args=[rows[0].pk]))
        self.message_user(request, "Select one appointment to edit its details.", messages.WARNING)
        return None

    @action(description="Cancel", permissions=["operate"])
    def cancel(self, request: HttpRequest, queryset: models.QuerySet[Appointment]) -> HttpResponse | None:
        """After a page that asks: a reason, and whether the visitors are notified. It can be undone for a while."""
        rows = self.within_reach(request, queryset, self.operate_rank)
        form = CancelForm(request.POST if "sure" in request.POST else None, initial={"notify": True})
        if not form.is_valid():
            return self._ask_before_cancelling(request, rows, form) if rows else None
        reason, message, notify = (form.cleaned_data[name] for name in ("reason", "message", "notify"))
        tokens = []
        for row in rows:
            try:
                tokens.append(by_staff.cancel(row, reason=reason, message=message, notify_visitor=notify)[1])
            except InterworkyError as error:
                self.message_user(request, f"{row.reference}: {error}", messages.WARNING)
        if tokens:
            outcome = "Visitors who gave an e-mail address are notified." if notify else "The visitors are not notified."
            undo.announce(self, request, f"Cancelled: {len(tokens)}. {outcome}", tokens)
        return None

    def _ask_before_cancelling(
        self, request: HttpRequest, rows: models.QuerySet[Appointment], form: CancelForm
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Cancel appointments",
            "rows": [(row, _span(row, row.timezone)) for row in rows[:100]],
            "with_mail": sum(bool(row.email) for row in rows),
            "form": form,
        }
        return TemplateResponse(request, "admin/assistant/cancel_appointments.html", context)

    @action(description="Approve request", permissions=["operate"])
    def approve(self, request: HttpRequest, queryset: models.QuerySet[Appointment]) -> None:
        self._change(request, queryset, appointments.approve, "Approved", "The visitors are notified.")

    @action(description="Decline request", permissions=["operate"])
    def decline(self, request: HttpRequest, queryset: models.QuerySet[Appointment]) -> None:
        self._change(
            request, queryset, appointments.decline, "Declined", "The visitors are notified and offered other times."
        )

    @action(description="Mark as attended", permissions=["operate"])
    def attended(self, request: HttpRequest, queryset: models.QuerySet[Appointment]) -> None:
        self._change(request, queryset, partial(appointments.close, attended=True), "Attended")

    @action(description="Mark as no-show", permissions=["operate"])
    def no_show(self, request: HttpRequest, queryset: models.QuerySet[Appointment]) -> None:
        self._change(request, queryset, partial(appointments.close, attended=False), "No-shows")

    def _change(
        self,
        request: HttpRequest,
        queryset: models.QuerySet[Appointment],
        change: Callable[[Appointment], Appointment],
        done: str,
        outcome: str = "",
    ) -> None:
        count = 0
        for appointment in self.within_reach(request, queryset, self.operate_rank):
            try:
                change(appointment)
                count += 1
            except InterworkyError as error:
                self.message_user(request, f"{appointment.reference}: {error}", messages.WARNING)
        if count:
            self.message_user(request, f"{done}: {count}. {outcome}".strip(), messages.SUCCESS)

    def object_actions(self, obj: Appointment) -> list[str]:
        return [*(["edit"] if obj.state in BOOKED else []), *self._marks(obj)]

    def _marks(self, obj: Appointment) -> list[str]:
        state, ahead = obj.state, obj.start_at > timezone.now()
        if state == Appointment.State.REQUESTED:
            return ["approve", "decline"] if ahead else ["decline"]
        if state in (Appointment.State.HELD, Appointment.State.CONFIRMED) and ahead:
            return ["cancel"]
        names = {Appointment.State.CONFIRMED: ["attended", "no_show"], Appointment.State.ATTENDED: ["no_show"]}
        names[Appointment.State.NO_SHOW] = ["attended"]
        return [] if ahead else names.get(Appointment.State(state), [])

    @display(description="Where")
    def where(self, obj: Appointment) -> str:
        return descriptions.place_of(obj) or "Not stated"

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

    @display(description="What the visitor said")
    def shown_feedback(self, obj: Appointment) -> str:
        given = Feedback.objects.filter(appointment=obj).first()
        return f"{given.score} of 5. {given.comment}".strip() if given else "Nothing yet"

    @display(description="E-mails")
    def mails(self, obj: Appointment) -> str:
        return render_to_string("admin/assistant/mails.html", {"mails": obj.deliveries.order_by("created_at")})


def _span(obj: Appointment, zone: str) -> dict[str, Any]:
    there = zoneinfo.ZoneInfo(zone)
    return {"start": obj.start_at.astimezone(there), "end": obj.end_at.astimezone(there), "zone": zone}
