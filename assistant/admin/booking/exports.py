"""Exports of appointments: the list as a CSV file, and a day as a page to print."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from assistant.admin.booking.schedule_changes import calendars_of
from assistant.admin.spreadsheets import as_csv
from assistant.models import Appointment, BlockedTime, Calendar
from assistant.services.booking.invitations import descriptions
from assistant.services.booking.staff import schedule
from assistant.services.booking.staff.typed_hours import parse_day
from assistant.services.primary_keys import NO_ROW, parse_pk

MOST_ROWS = 50_000
HEADINGS = (
    "Reference", "State", "Day", "Start", "End", "Time zone", "Service", "Calendar", "Place", "Price", "Name", "E-mail",
    "Phone", "Notes", "Reason for cancelling", "Booked at", "Organization",
)  # fmt: skip


def export(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """The rows of the list as it is filtered, each in its calendar's own time zone."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    listed = model_admin.get_changelist_instance(request)
    assert isinstance(listed, ChangeList)
    return as_csv("appointments", HEADINGS, map(_cells, listed.get_queryset(request)[:MOST_ROWS].iterator(2000)))


def _cells(row: Appointment) -> list[str]:
    zone = ZoneInfo(row.timezone)
    start, end = row.start_at.astimezone(zone), row.end_at.astimezone(zone)
    when = [f"{start:%Y-%m-%d}", f"{start:%H:%M}", f"{end:%H:%M}", row.timezone]
    what = [row.service.name, row.calendar.name, descriptions.place_of(row), row.price]
    who = [row.name, row.email, row.phone, row.reason, row.cancel_reason]
    booked = f"{row.created_at.astimezone(zone):%Y-%m-%d %H:%M}"
    return [row.reference, row.get_state_display(), *when, *what, *who, booked, row.organization.name]


def print_day(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """One day of all calendars, or of those that are named, on a page without menus. Without a day: today."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    try:
        day = parse_day(request.GET["day"]) if "day" in request.GET else timezone.localdate()
    except ValueError as error:
        model_admin.message_user(request, str(error), messages.ERROR)
        return HttpResponseRedirect(reverse("admin:assistant_schedule"))
    rows = calendars_of(request).prefetch_related("hours", "special_hours", "closures")
    chosen = [pk for pk in map(parse_pk, request.GET.getlist("calendar")) if pk != NO_ROW]
    calendars = list(rows.filter(pk__in=chosen) if chosen else rows)
    found = schedule.between(calendars, day, day)
    sheets = [_sheet(calendar, found, day) for calendar in calendars]
    context = {"day": day, "sheets": sheets, "title": f"Appointments on {day}"}
    return TemplateResponse(request, "admin/assistant/schedule_print.html", context)


@dataclass(frozen=True)
class _Entry:
    """An appointment or a blocked time, in the time zone of its calendar."""

    start: datetime
    end: datetime
    appointment: Appointment | None = None
    blocked: BlockedTime | None = None


@dataclass(frozen=True)
class _OpeningHours:
    opens: datetime
    closes: datetime


@dataclass(frozen=True)
class _Sheet:
    """One calendar's day, with every entry that reaches into it, and the opening hours that begin on it."""

    calendar: Calendar
    hours: list[_OpeningHours]
    entries: list[_Entry]


def _sheet(calendar: Calendar, found: schedule.Schedule, day: date) -> _Sheet:
    zone = found.zones[calendar.pk]

    def entry(row: Appointment | BlockedTime, **kind: Any) -> _Entry:
        return _Entry(row.start_at.astimezone(zone), row.end_at.astimezone(zone), **kind)

    entries = [
        *(entry(row, appointment=row) for row in found.appointments if row.calendar_id == calendar.pk),
        *(entry(row, blocked=row) for row in found.blocked if row.calendar_id == calendar.pk),
    ]
    hours = [
        _OpeningHours(opens_at.astimezone(zone), closes_at.astimezone(zone))
        for pk, opens_at, closes_at in found.open
        if pk == calendar.pk
    ]
    return _Sheet(
        calendar,
        [one for one in hours if one.opens.date() == day],
        sorted((one for one in entries if one.start.date() <= day <= one.end.date()), key=lambda one: one.start),
    )
