"""Taking back what staff have just cancelled, from the message that says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from assistant.errors import InterworkyError
from assistant.models import Appointment
from assistant.services.booking.availability import wording
from assistant.services.booking.staff import by_staff

KEPT = "cancelled_appointments"  # in the session, until something else is cancelled


def announce(model_admin: Any, request: HttpRequest, text: str, tokens: Sequence[str]) -> None:
    """Say what was cancelled, with a link to undo it where that is possible."""
    request.session[KEPT] = found = [token for token in tokens if token]
    if not found:
        model_admin.message_user(request, text, messages.SUCCESS)
        return
    link = format_html('<a class="iw-link" href="{}">Undo</a>', reverse("admin:assistant_appointment_undo"))
    model_admin.message_user(request, format_html("{} {}", text, link), messages.SUCCESS)


def page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """GET names the appointments that would be booked again; POST does it, each as far as its time is still free."""
    tokens = [token for token in request.session.get(KEPT, []) if _may_undo(model_admin, request, token)]
    back = reverse("admin:assistant_appointment_changelist")
    if request.method == "POST" and tokens:
        _undo(model_admin, request, tokens)
        request.session.pop(KEPT, None)
        return HttpResponseRedirect(back)
    rows = Appointment.objects.filter(pk__in=[by_staff.read_token(token)["id"] for token in tokens])
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Undo cancellation",
        "rows": [(row, wording.when(row)) for row in rows.select_related("service", "calendar")],
        "notified": any(by_staff.read_token(token)["notified"] for token in tokens),
        "back": back,
    }
    return TemplateResponse(request, "admin/assistant/undo_cancellation.html", context)


def _may_undo(model_admin: Any, request: HttpRequest, token: str) -> bool:
    if not model_admin.may_operate(request):
        raise PermissionDenied
    row = model_admin.get_queryset(request).filter(pk=by_staff.read_token(token)["id"]).first()
    return row is not None and bool(model_admin.may_operate(request, row))


def _undo(model_admin: Any, request: HttpRequest, tokens: Sequence[str]) -> None:
    booked = []
    for token in tokens:
        try:
            booked.append(by_staff.undo_cancellation(token).reference)
        except InterworkyError as error:
            row = Appointment.objects.get(pk=by_staff.read_token(token)["id"])
            why = by_staff.in_words(error)
            model_admin.message_user(request, f"{row.reference} is still cancelled. {why}", messages.WARNING)
    if booked:
        model_admin.message_user(request, f"Booked again: {', '.join(booked)}.", messages.SUCCESS)
