"""What the calendar page changes: book, move, cancel, mark, block and undo.

All of it goes through the services that everybody's bookings go through, and takes the rank that it takes on the pages of
appointments, in the calendar's own organization.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial, wraps
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from assistant.admin.booking.schedule_forms import BlockForm, BookForm, CancelForm, MoveForm
from assistant.admin.scoping import organizations
from assistant.errors import InterworkyError, NotFound
from assistant.models import Appointment, BlockedTime, Calendar
from assistant.services.booking.appointments import appointments, attempts
from assistant.services.booking.appointments.placing import Overlap
from assistant.services.booking.availability import offers, wording
from assistant.services.booking.availability.slot_ids import Pick
from assistant.services.booking.staff import by_staff
from assistant.services.organizations.roles import Rank
from assistant.services.primary_keys import parse_pk


def posted(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """What a service refuses becomes an answer that the page shows."""

    @wraps(view)
    def inner(model_admin: Any, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            return view(model_admin, request, **kwargs)
        except NotFound as error:
            raise Http404(str(error)) from error
        except InterworkyError as error:
            return refused(str(error), error.code, 409)

    return inner


def calendars_of(request: HttpRequest, rank: Rank = Rank.VIEWER) -> QuerySet[Calendar]:
    """Those of the organizations in which the user has that rank."""
    found = Calendar.objects.filter(organization__in=organizations(request, rank)).select_related("organization")
    return found.order_by("organization__name", "name", "pk")


def refused(text: str, code: str, status: int = 400, **more: Any) -> JsonResponse:
    return JsonResponse({"error": text, "code": code, **more}, status=status)


def _invalid(form: forms.Form) -> JsonResponse:
    fields = {name: [str(error) for error in errors] for name, errors in form.errors.items()}
    return refused("Some fields need another value.", "invalid", fields=fields)


def _writable(model_admin: Any, request: HttpRequest) -> QuerySet[Calendar]:
    """The calendars that the user may book on. Raises `PermissionDenied` where there are none."""
    if not model_admin.may_operate(request):
        raise PermissionDenied
    return calendars_of(request, model_admin.operate_rank)


def _own(model_admin: Any, request: HttpRequest, object_id: Any) -> Appointment:
    """The appointment, with all that belongs to it. Raises 404 for another organization's, and `PermissionDenied`."""
    row = model_admin.get_object(request, str(object_id))
    if not model_admin.may_operate(request, row):
        raise PermissionDenied
    found: Appointment = row
    return found


def _attempt(pick: Pick, moving: Appointment | None, work: Callable[[], Appointment], check_only: bool) -> HttpResponse:
    """Do it, or with `check_only` say whether it could be done; a refusal names what is in the way, and other times."""
    try:
        if check_only:
            by_staff.check(pick, moving)
            return JsonResponse({"ok": True})
        row = work()
    except (Overlap, attempts.SlotTaken):
        return _conflict(pick, moving)
    return JsonResponse({"ok": True, "id": str(row.pk), "reference": row.reference})


def _conflict(pick: Pick, moving: Appointment | None) -> HttpResponse:
    found = by_staff.conflicts(pick, moving)
    zone = ZoneInfo(pick.calendar.timezone) if pick.calendar else UTC
    instead = offers.near(pick.service, pick.calendar, pick.start_at, moving=moving).slots
    taken = [_named(row, zone) for row in found.appointments]
    taken += [f"{_span(row.start_at, row.end_at, zone)} {row.reason or 'blocked'}" for row in found.blocked]
    taken += [f"{_span(row.start_at, row.end_at, zone)} busy in {row.source.name}" for row in found.busy_elsewhere]
    text = "That time is taken." if taken else "That day has as many appointments of this service as it may have."
    other = [slot.start_at.astimezone(zone) for slot in instead]
    alternatives = [
        {"day": f"{at:%Y-%m-%d}", "time": f"{at:%H:%M}", "label": f"{wording.day_label(at.date())}, {wording.clock(at)}"}
        for at in other
    ]
    return refused(text, "slot_taken", 409, conflicts=taken, alternatives=alternatives)


def _named(row: Appointment, zone: Any) -> str:
    who = row.name or ("held for a visitor" if row.state == Appointment.State.HELD else "no name")
    return f"{_span(row.start_at, row.end_at, zone)} {row.service.name}, {who}"


def _span(start_at: datetime, end_at: datetime, zone: Any) -> str:
    start, end = start_at.astimezone(zone), end_at.astimezone(zone)
    return f"{start:%H:%M}–{end:%H:%M}"


@posted
def book(model_admin: Any, request: HttpRequest) -> HttpResponse:
    form = BookForm(request.POST, _writable(model_admin, request))
    check_only = "check" in request.POST
    if check_only:
        form.ask_for_time_alone()
    if not form.is_valid():
        return _invalid(form)
    pick = form.pick()
    details = {name: form.cleaned_data[name] for name in ("name", "email", "phone", "reason")}
    work = partial(by_staff.book, pick, **details, answers=form.answers(), notify_visitor=form.cleaned_data["notify"])
    return _attempt(pick, None, work, check_only)


@posted
def move(model_admin: Any, request: HttpRequest, object_id: Any) -> HttpResponse:
    row = _own(model_admin, request, object_id)
    form = MoveForm(request.POST, _writable(model_admin, request).filter(organization=row.organization_id))
    if not form.is_valid():
        return _invalid(form)
    pick = form.pick(row)
    notice = {"notify_visitor": form.cleaned_data["notify"], "message": form.cleaned_data["message"]}
    work = partial(appointments.reschedule, row, pick, by_staff=True, **notice)
    return _attempt(pick, row, work, "check" in request.POST)


@posted
def cancel(model_admin: Any, request: HttpRequest, object_id: Any) -> HttpResponse:
    row, form = _own(model_admin, request, object_id), CancelForm(request.POST)
    if not form.is_valid():
        return _invalid(form)
    explanation = {"reason": form.cleaned_data["reason"], "message": form.cleaned_data["message"]}
    after, token = by_staff.cancel(row, **explanation, notify_visitor=form.cleaned_data["notify"])
    return JsonResponse({"ok": True, "reference": after.reference, "undo": token})


@posted
def undo(model_admin: Any, request: HttpRequest) -> HttpResponse:
    if not model_admin.may_operate(request):
        raise PermissionDenied
    token = request.POST.get("token", "")
    row = _own(model_admin, request, by_staff.read_token(token)["id"])
    return JsonResponse({"ok": True, "reference": by_staff.undo_cancellation(token).reference, "id": str(row.pk)})


MARKS: dict[str, Callable[[Appointment], Appointment]] = {
    "approve": appointments.approve,
    "decline": appointments.decline,
    "attended": partial(appointments.close, attended=True),
    "no_show": partial(appointments.close, attended=False),
}


@posted
def mark(model_admin: Any, request: HttpRequest, object_id: Any) -> HttpResponse:
    row = _own(model_admin, request, object_id)
    change = MARKS.get(request.POST.get("as", ""))
    if change is None:
        return refused(f"An appointment is marked as one of: {', '.join(MARKS)}.", "bad_arguments")
    return JsonResponse({"ok": True, "state": change(row).state})


@posted
def block(model_admin: Any, request: HttpRequest) -> HttpResponse:
    calendars = _writable(model_admin, request)
    changing = None
    if pk := request.POST.get("id"):
        changing = _blocked_row(calendars, pk)
    form = BlockForm(request.POST, calendars)
    if not form.is_valid():
        return _invalid(form)
    cleaned = form.cleaned_data
    calendar, span = cleaned["calendar"], (cleaned["start_at"], cleaned["end_at"])
    try:
        if "check" in request.POST:
            by_staff.refuse_occupied(calendar, *span, timezone.now())
        else:
            by_staff.block(calendar, *span, cleaned["reason"], changing=changing)
    except by_staff.Occupied as error:
        zone = ZoneInfo(calendar.timezone)
        return refused(str(error), error.code, 409, conflicts=[_named(row, zone) for row in error.appointments])
    return JsonResponse({"ok": True})


@posted
def unblock(model_admin: Any, request: HttpRequest) -> HttpResponse:
    by_staff.unblock(_blocked_row(_writable(model_admin, request), request.POST.get("id", "")))
    return JsonResponse({"ok": True})


def _blocked_row(calendars: QuerySet[Calendar], pk: str) -> BlockedTime:
    row = BlockedTime.objects.filter(pk=parse_pk(pk), calendar__in=calendars).first()
    if row is None:
        raise Http404("No such blocked time.")
    return row
