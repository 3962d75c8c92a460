"""The calendar page: appointments by day, week and month, with what can be done where they are seen.

The page is drawn by static/admin-extra/schedule; here are its addresses, and what it reads. `schedule_changes` has what
it changes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from assistant.admin.booking import exports
from assistant.admin.booking import schedule_changes as changes
from assistant.admin.scoping import has_several
from assistant.models import Appointment, BlockedTime, Calendar, Offering
from assistant.models.booking.appointments import BOOKED
from assistant.services.booking.invitations import form_fields
from assistant.services.booking.staff import schedule
from assistant.services.booking.staff.typed_hours import parse_day
from assistant.services.primary_keys import parse_pk

MOST_DAYS = 62  # that are asked for at once; a month's page shows six weeks
EDITABLE = (Appointment.State.REQUESTED, Appointment.State.CONFIRMED)


def urls(model_admin: Any) -> list[Any]:
    """The addresses of the page, below those of the appointments."""

    def address(route: str, view: Callable[..., HttpResponse], name: str) -> Any:
        only = require_GET if view in (page, events, exports.print_day, exports.export) else require_POST

        def inner(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            return view(model_admin, request, **kwargs)

        return path(route, model_admin.admin_site.admin_view(only(inner)), name=f"assistant_{name}")

    return [
        address("schedule/", page, "schedule"),
        address("schedule/events/", events, "schedule_events"),
        address("schedule/print/", exports.print_day, "schedule_print"),
        address("schedule/export/", exports.export, "schedule_export"),
        address("schedule/book/", changes.book, "schedule_book"),
        address("schedule/block/", changes.block, "schedule_block"),
        address("schedule/unblock/", changes.unblock, "schedule_unblock"),
        address("schedule/undo/", changes.undo, "schedule_undo"),
        address("<uuid:object_id>/move/", changes.move, "schedule_move"),
        address("<uuid:object_id>/cancel/", changes.cancel, "schedule_cancel"),
        address("<uuid:object_id>/mark/", changes.mark, "schedule_mark"),
    ]


# --- Reading ----------------------------------------------------------------------------------------------------------


def page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    services = Offering.objects.select_related("service").prefetch_related("service__form_fields")
    offerings = Prefetch("offerings", services.order_by("service__order", "service__name"))
    rows = list(changes.calendars_of(request).prefetch_related(offerings))
    writable = set(changes.calendars_of(request, model_admin.operate_rank).values_list("pk", flat=True))
    several = has_several(request)
    now = timezone.localtime(timezone=_zone_of(rows))
    config = {
        "calendars": [_calendar(row, row.pk in writable, several) for row in rows],
        "addresses": {
            name: reverse(f"admin:assistant_schedule_{name}") for name in ("events", "book", "block", "unblock", "undo")
        },
        "appointment": reverse("admin:assistant_appointment_changelist"),
        "offset": now.isoformat()[-6:],
        "today": now.date().isoformat(),
    }
    context = {
        **model_admin.admin_site.each_context(request),
        "title": "Calendar",
        "config": config,
        "calendars": rows,
        "may_book": bool(writable),
        "states": [(state.value, state.label) for state in Appointment.State if state not in schedule.GONE],
    }
    return TemplateResponse(request, "admin/assistant/schedule.html", context)


def _zone_of(calendars: list[Calendar]) -> tzinfo:
    """Where it is now and today: where the calendars are, if that is one zone. Each one's times are shown in its own."""
    zones = {row.timezone for row in calendars}
    return ZoneInfo(zones.pop()) if len(zones) == 1 else timezone.get_current_timezone()


def _calendar(row: Calendar, may_change: bool, several: bool) -> dict[str, Any]:
    services = [
        {
            "id": one.service_id,
            "name": one.service.name,
            "minutes": one.minutes or one.service.minutes,
            "fields": form_fields.own_fields(one.service),
        }
        for one in row.offerings.all()
        if one.service.active
    ]
    name = f"{row.name} · {row.organization.name}" if several else row.name
    return {"id": row.pk, "name": name, "zone": row.timezone, "editable": may_change, "services": services}


def events(model_admin: Any, request: HttpRequest) -> HttpResponse:
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    try:
        first, last = (parse_day(request.GET.get(name, "")) for name in ("first", "last"))
    except ValueError as error:
        return changes.refused(str(error), "bad_arguments")
    if not first <= last <= first + timedelta(days=MOST_DAYS):
        return changes.refused(f"At most {MOST_DAYS} days can be shown at once.", "bad_arguments")
    chosen = set(map(parse_pk, request.GET.getlist("calendar")))
    rows = changes.calendars_of(request).prefetch_related("hours", "special_hours", "closures")
    writable = set(changes.calendars_of(request, model_admin.operate_rank).values_list("pk", flat=True))
    shown = [row for row in rows if row.pk in chosen]
    found = schedule.between(shown, first, last, with_cancelled="cancelled" in request.GET)
    local = partial(_local, found.zones)
    return JsonResponse(
        {
            "appointments": [_appointment(row, local, row.calendar_id in writable) for row in found.appointments],
            "blocked": [_blocked(row, local, row.calendar_id in writable) for row in found.blocked],
            "open": [
                {"calendar": pk, "start": local(pk, opens_at), "end": local(pk, closes_at)}
                for pk, opens_at, closes_at in found.open
            ],
            "shut": [
                {"calendar": pk, "start": local(pk, closes_at), "end": local(pk, opens_at)}
                for pk, closes_at, opens_at in found.shut
            ],
        }
    )


def _local(zones: dict[int, ZoneInfo], calendar: int, at: datetime) -> str:
    """The wall time there, without an offset: the page shows each calendar by its own clock."""
    return at.astimezone(zones[calendar]).strftime("%Y-%m-%dT%H:%M:%S")


def _appointment(row: Appointment, local: Callable[[int, datetime], str], may_change: bool) -> dict[str, Any]:
    ahead = row.start_at > timezone.now()
    return {
        "id": str(row.pk),
        "calendar": row.calendar_id,
        "start": local(row.calendar_id, row.start_at),
        "end": local(row.calendar_id, row.end_at),
        "busy_from": local(row.calendar_id, row.busy_from),
        "busy_until": local(row.calendar_id, row.busy_until),
        "service": row.service.name,
        "colour": row.service.colour,
        "shared": row.session != 0,
        "state": row.state,
        "state_label": row.get_state_display(),
        "reference": row.reference,
        "name": row.name,
        "email": row.email,
        "phone": row.phone,
        "reason": row.reason,
        "movable": may_change and ahead and row.state in EDITABLE,
        "correctable": may_change and row.state in BOOKED,
        "marks": _marks(row, ahead) if may_change else [],
    }


def _marks(row: Appointment, ahead: bool) -> list[str]:
    """What can be recorded of an appointment as it is."""
    if row.state == Appointment.State.REQUESTED:
        return ["approve", "decline"] if ahead else ["decline"]
    if ahead:
        return []
    return {"confirmed": ["attended", "no_show"], "attended": ["no_show"], "no_show": ["attended"]}.get(row.state, [])


def _blocked(row: BlockedTime, local: Callable[[int, datetime], str], may_change: bool) -> dict[str, Any]:
    start, end = local(row.calendar_id, row.start_at), local(row.calendar_id, row.end_at)
    return {
        "id": row.pk,
        "calendar": row.calendar_id,
        "start": start,
        "end": end,
        "reason": row.reason,
        "movable": may_change,
    }
