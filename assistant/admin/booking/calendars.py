"""Calendars: their weeks, the days that differ, and public holidays."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.decorators import display

from assistant.admin.booking import closing
from assistant.admin.booking.fields import DAYS, DayField, HourField, HoursField, refuse_overlaps, week_in
from assistant.admin.booking.holidays import holidays_view
from assistant.admin.booking.services import never_open
from assistant.admin.counting import count_of
from assistant.admin.scoping import OneOrganizationForm, Scoped, ScopedTabularInline
from assistant.models import Appointment, Calendar, Closure, SpecialHours
from assistant.services.booking.availability import offers
from assistant.services.booking.staff import calendars, typed_hours
from assistant.services.organizations.roles import Act

LINK = '<a class="iw-link" href="{}">{}</a>'


class CalendarForm(OneOrganizationForm):
    """A calendar with its week: one field for each weekday."""

    day_0, day_1, day_2, day_3, day_4, day_5, day_6 = (HoursField(label=name) for name in typed_hours.WEEKDAYS)

    class Meta:
        model = Calendar
        fields = ["organization", "name", "location", "timezone", "hold_minutes", "unproven_per_day"]
        help_texts = {"name": "The person, room or chair that visitors book, such as Mira."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        week = calendars.week_of(self.instance) if self.instance.pk else calendars.USUAL_WEEK
        for name, intervals in zip(DAYS, week, strict=True):
            if name in self.fields:  # viewers get none of them
                self.fields[name].initial = intervals
        if self.instance.pk is None and "timezone" in self.fields:  # most calendars are where their organization is
            self.fields["timezone"].required, self.initial["timezone"] = False, ""
            self.fields["timezone"].help_text += " Leave empty for that of the organization."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("organization") and not cleaned.get("timezone") and "timezone" not in self.errors:
            cleaned["timezone"] = self.instance.timezone = cleaned["organization"].timezone
        refuse_overlaps(self)
        return cleaned


class SpanForm(forms.ModelForm):
    """Days from one to another; the first alone where no last one is given."""

    first_day = DayField(help_text="Enter a day such as 2026-12-24 or 24.12.2026.")
    last_day = DayField(required=False, help_text="Leave empty for one day.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first = cleaned.get("first_day")
        if first and not cleaned.get("last_day") and "last_day" not in self.errors:
            cleaned["last_day"] = self.instance.last_day = first
        if first and cleaned.get("last_day") and cleaned["last_day"] < first:
            self.add_error("last_day", "The last day is before the first day. Change one of them.")
        return cleaned


class SpecialHoursForm(SpanForm):
    opens = HourField(help_text="Enter a time such as 9, 9:30 or 6pm.")
    closes = HourField(
        closing=True, help_text="Enter 24:00 for midnight. A time before the opening time is on the next day."
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("opens") and cleaned["opens"] == cleaned.get("closes"):
            self.add_error("closes", "Opening and closing time are the same. For the whole day, enter 0:00 to 24:00.")
        return cleaned


class SpecialHoursFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        kept = [form for form in self.forms if not form.errors and form.cleaned_data and not form.cleaned_data.get("DELETE")]
        for number, clash in list(calendars.clashes([form.cleaned_data for form in kept])):
            kept[number].add_error("opens", ValidationError(clash, code="overlap"))


class SpecialHoursInline(ScopedTabularInline):
    model = SpecialHours
    form = SpecialHoursForm
    formset = SpecialHoursFormSet
    verbose_name, verbose_name_plural = "day with other hours", "other hours on single days"
    fields = ["first_day", "last_day", "opens", "closes", "reason"]


class ClosureInline(ScopedTabularInline):
    model = Closure
    form = SpanForm
    verbose_name, verbose_name_plural = "closed day", "closed days"
    fields = ["first_day", "last_day", "reason"]


@admin.register(Calendar)
class CalendarAdmin(Scoped):
    delete_rank = Act.DELETE.rank
    form = CalendarForm
    inlines = [SpecialHoursInline, ClosureInline]
    change_form_outer_before_template = "admin/assistant/calendar_actions.html"
    empty_text = "A calendar is a person, a room or a chair, with the hours in which visitors can book."
    list_display = ["name", "organization", "timezone", "opening", "offers", "upcoming"]
    list_filter = ["organization"]
    search_fields = ["name", "location"]

    def get_fieldsets(self, request: HttpRequest, obj: Calendar | None = None) -> Any:
        zone = f", {obj.timezone}" if obj else ""
        about = (
            f"Times are in the calendar's zone{zone}. Several intervals a day are separated by commas, such as 9–12:30, "
            "13:30–18. An empty day is closed."
        )
        week = DAYS if self.rank(request, obj) >= self.change_rank else ["week"]
        return (
            (None, {"fields": ("organization", "name", "location", "timezone")}),
            ("Opening hours", {"fields": week, "description": about}),
            ("Booking rules", {"fields": (("hold_minutes", "unproven_per_day"),)}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "week"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Calendar]:
        ahead = Appointment.objects.upcoming(timezone.now()).filter(calendar=models.OuterRef("pk"))
        found = super().get_queryset(request).select_related("organization").prefetch_related("hours", "services")
        return found.annotate(ahead=count_of(ahead, "calendar"))

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(lambda request, object_id: holidays_view(self, request, object_id))
        return [path("<path:object_id>/holidays/", view, name="assistant_calendar_holidays"), *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Before hours are saved that leave bookings outside, staff decide what becomes of those."""

        def change() -> HttpResponse:
            answer: HttpResponse = super(CalendarAdmin, self).changeform_view(request, object_id, form_url, extra_context)
            return answer

        calendar = self.get_object(request, object_id) if object_id and request.method == "POST" else None
        return closing.save(self, request, calendar, change, request.path) if calendar else change()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        calendar = form.instance
        calendars.set_week(calendar, week_in(form.cleaned_data))
        if not change:
            address = reverse("admin:assistant_calendar_holidays", args=[calendar.pk])
            text = f"Is {{}} closed on public holidays? {LINK}."
            self.message_user(request, format_html(text, calendar, address, "Select the days"), messages.INFO)
        closed = [one for one in calendar.services.filter(active=True) if not offers.is_ever_open(one)]
        if closed:
            self.message_user(request, never_open(closed), messages.WARNING)
        if not calendar.services.exists():
            text = (
                "No service is offered on this calendar yet, so nothing can be booked on it. "
                f"{LINK}, or add the calendar to one under {LINK}."
            )
            add, others = reverse("admin:assistant_service_add"), reverse("admin:assistant_service_changelist")
            self.message_user(request, format_html(text, add, "Add a service", others, "Services"), messages.WARNING)

    def warn_of_closed_bookings(self, request: HttpRequest, calendar: Calendar) -> None:
        """Name the appointments that stand where the calendar is closed: they stay until staff move or cancel them."""
        rows = calendars.booked_while_closed(calendar, timezone.now())
        if not rows:
            return
        addresses = ((reverse("admin:assistant_appointment_change", args=[row.pk]), row) for row in rows[:10])
        links = format_html_join(", ", LINK, addresses)
        more = f" and {len(rows) - 10} more" if len(rows) > 10 else ""
        text = "Booked while the calendar is closed: {}{}. They stay booked until you move or cancel them."
        self.message_user(request, format_html(text, links, more), messages.WARNING)

    @display(description="Opening hours")
    def week(self, obj: Calendar) -> str:
        return "; ".join(str(row) for row in obj.hours.all()) or "None"

    @display(description="Open on")
    def opening(self, obj: Calendar) -> str:
        days = dict.fromkeys(hours.get_weekday_display()[:3] for hours in obj.hours.all())
        return " ".join(days) or "Never"

    @display(description="Services")
    def offers(self, obj: Calendar) -> str:
        return ", ".join(service.name for service in obj.services.all()) or "None yet"

    @display(description="Upcoming appointments", ordering="ahead")
    def upcoming(self, obj: Any) -> int:
        return obj.ahead
