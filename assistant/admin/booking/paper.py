"""Appointments outside the browser: the list as a CSV file, and a day to print."""

from __future__ import annotations

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
from assistant.models import Appointment
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
    sheets = []
    for calendar in calendars:
        zone = found.zones[calendar.pk]
        lines = [
            (at.astimezone(zone), until.astimezone(zone), row, kind)
            for kind, some in (("booked", found.appointments), ("blocked", found.blocked))
            for row in some
            for at, until in [(row.start_at, row.end_at)]
            if row.calendar_id == calendar.pk and at.astimezone(zone).date() <= day <= until.astimezone(zone).date()
        ]
        opened = [
            (opens_at.astimezone(zone), closes_at.astimezone(zone))
            for pk, opens_at, closes_at in found.open
            if pk == calendar.pk and opens_at.astimezone(zone).date() == day
        ]
        sheets.append((calendar, opened, sorted(lines, key=lambda line: line[0])))
    context = {"day": day, "sheets": sheets, "title": f"Appointments on {day}"}
    return TemplateResponse(request, "admin/assistant/schedule_print.html", context)
